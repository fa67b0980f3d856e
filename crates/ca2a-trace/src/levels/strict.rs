//! What the published suite leaves open.

use ca2a_core::{
    TraceLink, VerifyingKey,
    json::{Node, Object},
    requirement::{holds, is_off},
};

use super::{Level, Status, checks::Checks, options::EstablishedRuntime};
use crate::schema;

pub(super) fn check(checks: &mut Checks<'_>) {
    shape(checks);
    key(checks);
    if checks.level >= Level::TeeAttested {
        evidence(checks);
    }
}

/// TRC-124.
fn shape(checks: &mut Checks<'_>) {
    let id = "CA2A-SCH-001";
    let violations = schema::validate(&checks.trace.clone().into());
    if holds("TRC-124", violations.is_empty()) {
        return checks.pass(id, "the record has the shape of TRACE v0.2");
    }
    for violation in violations {
        checks.fail(id, violation.to_string());
    }
}

fn signer(checks: &Checks<'_>) -> Option<VerifyingKey> {
    VerifyingKey::from_base64url(checks.jwk()?.get("x")?.as_str()?).ok()
}

/// TRC-126.
fn key(checks: &mut Checks<'_>) {
    let id = "CA2A-KEY-001";
    let Some(trusted) = checks.options.trusted_key else {
        return checks.skip(id, "not checked: no trusted key was given, so nobody knows who signed");
    };
    let same = signer(checks).as_ref() == Some(trusted);
    checks.judge(id, holds("TRC-126", same), "`cnf.jwk` is the trusted key", || {
        "`cnf.jwk` is not the trusted key".into()
    });
}

/// TRC-127.
fn evidence(checks: &mut Checks<'_>) {
    let id = "CA2A-EVD-001";
    let Some(established) = checks.options.evidence else {
        let message = "a record holds no evidence of its hardware, and none that was verified was given";
        return checks.note(id, Status::Unverified, message);
    };
    match differing(checks.part("runtime"), signer(checks), &established) {
        _ if is_off("TRC-127") => checks.pass(id, "not compared"),
        None => checks.pass(id, "platform, measurement and key are those of the verified evidence"),
        Some(member) => checks.fail(id, format!("`{member}` is not what the verified evidence shows")),
    }
}

fn differing(
    runtime: Option<&Object<'_>>,
    signer: Option<VerifyingKey>,
    established: &EstablishedRuntime<'_>,
) -> Option<&'static str> {
    let text = |name: &str| runtime.and_then(|runtime| runtime.get(name)).and_then(Node::as_str);
    if text("platform") != Some(established.platform) {
        Some("runtime.platform")
    } else if text("measurement").and_then(|text| TraceLink::parse(text).ok())
        != Some(established.measurement)
    {
        Some("runtime.measurement")
    } else if signer != Some(established.key) {
        Some("cnf.jwk")
    } else {
        None
    }
}
