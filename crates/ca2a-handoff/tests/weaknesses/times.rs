//! When a packet counts.

use super::*;

fn during(issued: &str, expires: &str) -> ca2a_handoff::TaskPacket {
    let mut task = task();
    (task.issued_at, task.expires_at) = (time(issued), time(expires));
    task
}

/// W25, HAND-23: nothing lets an expired packet pass.
#[test]
fn w25_expired_is_expired() {
    covers!(refuse, "HAND-23");
    let task = || during("2026-01-15T11:00:00Z", "2026-01-15T11:59:59.999999Z");
    assert_eq!(verdict_of(task()), Err(ErrorCode::HandoffExpired));
    let packet = signed(task());
    let compat = verifier().compat(Some(Compat::TrustHandoff04)).check(Handoff::packet(&packet), now());
    assert_eq!(compat.unwrap_err().code(), ErrorCode::HandoffExpired);
}

/// W26, HAND-24.
#[test]
fn w26_risk_bounds_life() {
    covers!(accept, "HAND-24");
    covers!(refuse, "HAND-24");
    let stated = |risk, ttl| {
        let mut task = task();
        (task.risk_level, task.ttl_seconds) = (Some(risk), Some(ttl));
        task.expires_at = task.issued_at.plus_seconds(ttl).unwrap();
        verdict_of(task)
    };
    assert_eq!(stated(RiskLevel::Write, 120), Ok(()));
    assert_eq!(stated(RiskLevel::Read, 900), Ok(()));
    for (risk, ttl) in [(RiskLevel::Write, 121), (RiskLevel::Read, 901)] {
        assert_eq!(stated(risk, ttl), Err(ErrorCode::HandoffTtlPolicy));
        assert!(task().expire_by_risk(risk, Some(ttl)).is_err());
    }
    assert!(task().expire_by_risk(RiskLevel::Read, Some(0)).is_err());
    let unknown = edited(&signed(task()), |value| value["risk_level"] = json!("nuclear"));
    assert_eq!(unknown.unwrap_err(), ErrorCode::HandoffTtlPolicy);
}

/// W32, HAND-23.
#[test]
fn w32_the_window_has_no_grace_and_an_end() {
    covers!(accept, "HAND-23");
    covers!(refuse, "HAND-23");
    for (issued, expires, code) in [
        ("2027-01-15T12:00:00Z", "2027-01-15T12:10:00Z", ErrorCode::HandoffNotYetValid),
        ("2026-01-15T12:00:30.000001Z", "2026-01-15T12:10:00Z", ErrorCode::HandoffNotYetValid),
        ("2026-01-15T12:00:10.000001Z", "2026-01-15T12:00:10Z", ErrorCode::HandoffWindowInvalid),
        ("2026-01-15T11:00:00Z", "2026-01-16T11:00:00.000001Z", ErrorCode::HandoffWindowInvalid),
    ] {
        assert_eq!(verdict_of(during(issued, expires)), Err(code), "{issued} {expires}");
    }
    for (issued, expires) in [
        ("2026-01-15T12:00:30Z", "2026-01-15T12:00:30Z"),
        ("2026-01-15T11:00:00Z", "2026-01-15T12:00:00Z"),
        ("2026-01-15T11:00:00Z", "2026-01-16T11:00:00Z"),
    ] {
        assert_eq!(verdict_of(during(issued, expires)), Ok(()), "{issued} {expires}");
    }
    let long = signed(during("2026-01-15T11:00:00Z", "2026-01-20T11:00:00Z"));
    let verifier = HandoffVerifier::new(bob().agent_id().clone()).max_lifetime_seconds(432_000);
    assert!(verifier.check(Handoff::packet(&long), now()).is_ok());
}
