//! TR-APR: what was appraised, by whom, and when. Nothing is fetched.

use ca2a_core::json::{Node, Object};

use super::{
    Level,
    checks::{Checks, SKEW, integer, shown},
    uri::not_absolute,
};

const STATUSES: [&str; 4] = ["affirming", "warning", "contraindicated", "none"];

pub(super) fn check(checks: &mut Checks<'_>) {
    let Some(appraisal) = checks.part("appraisal") else {
        return checks.fail("TR-APR-001", "`appraisal` must be an object");
    };
    let node = appraisal.get("status");
    let status = node.and_then(Node::as_str).filter(|status| STATUSES.contains(status));
    checks.judge("TR-APR-001", status.is_some(), "`status` is known", || {
        format!("`status` must be one of `{}`, found {}", STATUSES.join("`, `"), shown(node))
    });
    match appraisal.get("verifier") {
        Some(node) => uri(checks, "TR-APR-002", "verifier", node),
        None => checks.fail("TR-APR-002", "`verifier` is missing"),
    }
    match appraisal.get("policy_ref") {
        Some(node) => uri(checks, "TR-APR-003", "policy_ref", node),
        None => checks.skip("TR-APR-003", "`policy_ref` is not there"),
    }
    timestamp(checks, appraisal);
    let id = "TR-APR-005";
    if checks.level == Level::SoftwareOnly {
        return checks.skip(id, "an affirming appraisal is demanded from level 1");
    }
    checks.judge(id, status == Some("affirming"), "the appraisal affirms", || {
        format!("level 1 and above demand the status `affirming`, found {}", shown(node))
    });
}

fn uri(checks: &mut Checks<'_>, id: &'static str, member: &str, node: &Node<'_>) {
    let Some(text) = node.as_str() else {
        return checks.fail(id, format!("`{member}` must be a string, found {}", node.kind()));
    };
    match not_absolute(text) {
        Some(why) => checks.fail(id, format!("`{member}` {why}")),
        None => checks.pass(id, format!("`{member}` is an absolute URI")),
    }
}

fn timestamp(checks: &mut Checks<'_>, appraisal: &Object<'_>) {
    let id = "TR-APR-004";
    let Some(node) = appraisal.get("timestamp") else {
        return checks.skip(id, "`timestamp` is not there");
    };
    let Some(seconds) = integer(node) else {
        return checks.fail(
            id,
            format!("`timestamp` must be an integer of Unix seconds, found {}", shown(Some(node))),
        );
    };
    let ahead = seconds.saturating_sub(checks.now());
    checks.judge(id, ahead <= SKEW, "`timestamp` has come", || {
        format!("`timestamp` lies {ahead} s in the future, more than {SKEW}: nobody has appraised that yet")
    });
}
