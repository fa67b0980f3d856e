//! TR-POL: the policy's digest, its enforcement, and the bundle itself where it is at hand.

use ca2a_core::{
    TraceLink,
    json::{Node, Object},
};

use super::{
    Status,
    checks::{Checks, shown},
    uri::not_absolute,
};

const MODES: [&str; 4] = ["enforce", "advisory", "silent", "declared"];

pub(super) fn check(checks: &mut Checks<'_>) {
    let Some(policy) = checks.part("policy") else {
        return checks.fail("TR-POL-001", "`policy` must be an object");
    };
    checks.digest("TR-POL-001", policy, "bundle_hash");
    let mode = policy.get("enforcement_mode");
    let known = mode.and_then(Node::as_str).is_some_and(|mode| MODES.contains(&mode));
    checks.judge("TR-POL-002", known, "`enforcement_mode` is known", || {
        format!("`enforcement_mode` must be one of `{}`, found {}", MODES.join("`, `"), shown(mode))
    });
    bundle(checks, policy);
}

/// What is wrong on the face of the record comes before what could not be fetched.
fn bundle(checks: &mut Checks<'_>, policy: &Object<'_>) {
    let id = "TR-POL-003";
    let Some(node) = policy.optional("policy_uri") else {
        return checks.skip(id, "`policy_uri` is not there: no bundle to compare");
    };
    let Some(uri) = node.as_str() else {
        return checks.fail(id, format!("`policy_uri` must be a string, found {}", node.kind()));
    };
    if let Some(why) = not_absolute(uri) {
        return checks.fail(id, format!("`policy_uri` {why}"));
    }
    let declared = policy.get("bundle_hash").and_then(Node::as_str);
    let Some(declared) = declared.and_then(|text| TraceLink::parse(text).ok()) else {
        return checks.skip(id, "`bundle_hash` is no digest (TR-POL-001): nothing to compare with");
    };
    let Some(bundles) = checks.options.policies else {
        return checks.skip(id, "`policy_uri` is not followed: no bundles were given");
    };
    match bundles.get(uri) {
        None => {
            checks.note(id, Status::Unverified, "the bundle that `policy_uri` names is not among those given")
        }
        Some(bytes) => {
            checks.judge(id, declared.matches(bytes), "the bundle is the one that was declared", || {
                format!("the bundle that `policy_uri` names does not hash to {declared}")
            })
        }
    }
}
