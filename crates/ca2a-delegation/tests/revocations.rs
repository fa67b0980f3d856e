//! Who can take a grant back, from when on, and how old the news may be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod common;

use ca2a_core::{
    ErrorCode, EvaluationTime,
    json::{Node, Object, to_text},
};
use ca2a_covers::covers;
use ca2a_delegation::{
    Chain, ChainVerifier, DelegationError, RevocationSnapshot, RevocationStatement, RevocationStatus,
    TrustedRoots, revoke,
};
use common::{NOW, document, honest, key};

const LIVE: EvaluationTime = EvaluationTime::Live(NOW);

/// The verdict on an honest chain of 3 hops.
fn verdict(
    snapshot: Option<&RevocationSnapshot>,
    staleness: Option<u64>,
    time: EvaluationTime,
) -> Result<RevocationStatus, DelegationError> {
    let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
    let mut verifier = ChainVerifier::new(&roots);
    if let Some(snapshot) = snapshot {
        verifier = verifier.revocations(snapshot);
    }
    if let Some(seconds) = staleness {
        verifier = verifier.max_revocation_staleness(seconds);
    }
    verifier.verify_json(&document(&honest(3)), time).map(|chain| chain.revocation())
}

fn statement(hop: usize, by: usize, issued_at: u64) -> RevocationStatement {
    let credentials = Chain::from_json(&document(&honest(3))).unwrap().credentials().unwrap();
    revoke(&key(by), credentials[hop].digest(), issued_at).unwrap()
}

fn code(verdict: Result<RevocationStatus, DelegationError>) -> (ErrorCode, Option<usize>) {
    let error = verdict.unwrap_err();
    (error.code(), error.hop())
}

#[test]
fn the_issuer_and_those_above_it_revoke() {
    covers!(accept, "REV-6", "REV-10");
    covers!(refuse, "REV-6");
    for hop in 0..3 {
        for by in 0..5 {
            let snapshot = RevocationSnapshot::new(NOW, [statement(hop, by, NOW)]).unwrap();
            let verdict = verdict(Some(&snapshot), None, LIVE);
            if by <= hop {
                assert_eq!(code(verdict), (ErrorCode::CredentialRevoked, Some(hop)), "hop {hop} by {by}");
            } else {
                assert_eq!(verdict, Ok(RevocationStatus::NotRevoked { as_of: NOW }), "hop {hop} by {by}");
            }
        }
    }
}

#[test]
fn an_audit_sees_what_was_said_by_then() {
    covers!(accept, "REV-7");
    covers!(refuse, "REV-7");
    let snapshot = RevocationSnapshot::new(NOW, [statement(1, 0, NOW + 50)]).unwrap();
    let at = |then| verdict(Some(&snapshot), None, EvaluationTime::At(then)).map_err(|error| error.code());
    assert_eq!(at(NOW + 49), Ok(RevocationStatus::NotRevoked { as_of: NOW }));
    assert_eq!(at(NOW + 50), Err(ErrorCode::CredentialRevoked));
    // In a live decision a statement counts, whatever its date.
    assert_eq!(code(verdict(Some(&snapshot), None, LIVE)), (ErrorCode::CredentialRevoked, Some(1)));
}

#[test]
fn how_old_a_snapshot_may_be() {
    covers!(accept, "REV-8", "REV-9");
    covers!(refuse, "REV-8", "REV-9", "REV-10");
    let aged = |as_of, staleness, time| {
        let snapshot = RevocationSnapshot::new(as_of, []).unwrap();
        verdict(Some(&snapshot), staleness, time).map_err(|error| error.code())
    };
    let unknown = Err(ErrorCode::RevocationStatusUnknown);
    let fine = |as_of| Ok(RevocationStatus::NotRevoked { as_of });

    assert_eq!(verdict(None, None, LIVE), Ok(RevocationStatus::NotChecked));
    assert_eq!(code(verdict(None, Some(60), LIVE)), (ErrorCode::RevocationStatusUnknown, None));
    assert_eq!(aged(NOW - 60, Some(60), LIVE), fine(NOW - 60));
    assert_eq!(aged(NOW - 61, Some(60), LIVE), unknown);
    assert_eq!(aged(NOW - 61, None, LIVE), fine(NOW - 61));
    // A snapshot from the future would never grow stale.
    assert_eq!(aged(NOW + 300, Some(60), LIVE), fine(NOW + 300));
    assert_eq!(aged(NOW + 301, Some(60), LIVE), unknown);
    assert_eq!(aged(NOW + 301, None, LIVE), fine(NOW + 301));
    // An audit looks back with what is known today.
    assert_eq!(aged(NOW + 301, Some(60), EvaluationTime::At(NOW)), fine(NOW + 301));
    assert_eq!(aged(NOW - 61, Some(60), EvaluationTime::At(NOW)), unknown);
}

#[test]
fn a_stale_snapshot_still_proves_a_revocation() {
    covers!(refuse, "REV-6", "REV-8");
    let snapshot = RevocationSnapshot::new(0, [statement(2, 2, NOW)]).unwrap();
    assert_eq!(code(verdict(Some(&snapshot), Some(1), LIVE)), (ErrorCode::CredentialRevoked, Some(2)));
}

#[test]
fn one_bad_statement_refuses_the_snapshot() {
    covers!(refuse, "REV-1", "REV-2", "REV-3", "REV-5");
    let good = statement(0, 0, NOW).to_node();
    let broken = |member: &'static str, node: Node<'static>| {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().insert(member, node);
        let snapshot =
            Object::from([("as_of", Node::from(NOW)), ("revocations", Node::from(vec![good.clone(), bad]))]);
        RevocationSnapshot::from_json(to_text(&snapshot.into()).as_bytes()).unwrap_err()
    };
    for (member, node) in [
        ("issued_at", Node::from(NOW + 1)),
        ("issued_at", (1_u64 << 53).into()),
        ("revoker", key(1).verifying_key().to_hex().into()),
        ("revoker", common::SMALL_ORDER.into()),
        ("revoked_digest", "0".repeat(64).into()),
        ("signature", "0".repeat(127).into()),
        ("signature", Node::NULL),
        ("type", "ca2a.delegation-revocation.v2".into()),
        ("reason", "none".into()),
    ] {
        let error = broken(member, node);
        assert_eq!(error.code(), ErrorCode::InvalidRevocation, "{error}");
    }
    assert_eq!(
        broken("issued_at", (NOW + 1).into()).to_string(),
        "statement 1 refuses the whole snapshot: \
         the signature of the revocation statement does not verify under its `revoker`"
    );
}

#[test]
fn snapshots_read_back() {
    covers!(accept, "REV-1", "REV-2", "REV-3", "REV-4", "REV-5");
    covers!(refuse, "REV-4");
    let snapshot = RevocationSnapshot::new(NOW, [statement(0, 0, NOW), statement(0, 0, NOW)]).unwrap();
    assert_eq!(RevocationSnapshot::from_json(to_text(&snapshot.to_node()).as_bytes()), Ok(snapshot));
    assert_eq!(RevocationSnapshot::new(1 << 53, []).unwrap_err().code(), ErrorCode::InvalidRevocation);
    let digest = statement(0, 0, NOW).revoked();
    assert_eq!(revoke(&key(0), digest, 1 << 53).unwrap_err().code(), ErrorCode::InvalidRevocation);
}
