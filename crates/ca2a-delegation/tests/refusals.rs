//! One fault at a time, signed again by the right keys: each gets its own code, at its own hop.

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
    json::{Node, Object},
};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, ChainVerifier, DelegationError, MAX_HOPS, TrustedRoots, VerifiedChain};
use common::{NO_POINT, NOW, SMALL_ORDER, document, honest, key, members, scope, signed};

/// y = p + 3, another spelling of the point with y = 3.
const NOT_CANONICAL: &str = "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";

fn verify(hops: &[Object<'static>]) -> Result<VerifiedChain, DelegationError> {
    let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
    ChainVerifier::new(&roots).verify_json(&document(hops), EvaluationTime::Live(NOW))
}

#[track_caller]
fn refused(hops: &[Object<'static>], code: ErrorCode, hop: Option<usize>) -> DelegationError {
    let error = verify(hops).expect_err("a refusal");
    assert_eq!((error.code(), error.hop()), (code, hop), "{error}");
    error
}

/// An honest chain of `hops` in which hop `at` says something else, under the signature of its own issuer.
fn altered(
    hops: usize,
    at: usize,
    member: &'static str,
    node: impl Into<Node<'static>>,
) -> Vec<Object<'static>> {
    let mut chain = honest(hops);
    let mut changed = members(at, hops);
    changed.insert(member, node);
    chain[at] = signed(changed, &key(at));
    chain
}

#[test]
fn an_honest_chain_verifies() {
    covers!(accept, "DEL-20", "DEL-21", "DEL-22", "DEL-24", "DEL-26", "DEL-27", "DEL-29");
    for hops in 1..=9 {
        let chain = verify(&honest(hops)).unwrap();
        assert_eq!(chain.hops().len(), hops);
        assert_eq!(chain.root_issuer(), &key(0).verifying_key());
        assert_eq!(chain.subject(), &key(hops).verifying_key());
        assert_eq!(chain.scope().len(), 2);
    }
}

#[test]
fn messages_say_what_is_wrong_and_where() {
    let said = |hops: &[Object<'static>]| verify(hops).unwrap_err().to_string();
    assert_eq!(
        said(&altered(3, 2, "scope", Node::from_iter(["cap:00", "tool:purchase"]))),
        "hop 2 grants `tool:purchase`, which hop 1 does not hold"
    );
    assert_eq!(
        said(&altered(3, 1, "parent_id", "c-9")),
        "hop 1 names the parent `c-9`, the hop before is `c-0`"
    );
    assert_eq!(
        said(&altered(3, 1, "parent_id", Node::NULL)),
        "hop 1 names no parent, the hop before is `c-0`"
    );
    assert_eq!(
        said(&altered(2, 1, "depth", "one")),
        "hop 1: malformed credential: `depth` must be an integer from 0 to 2^53-1, found a string"
    );
    assert_eq!(
        said(&altered(2, 1, "subject", NO_POINT)),
        "hop 1: `subject` is not usable as a key: the bytes are no point of the curve"
    );
}

#[test]
fn a_stranger_is_refused_before_anything_is_verified() {
    covers!(refuse, "DEL-20", "DEL-21");
    let mut chain = honest(2);
    chain[0].insert("issuer", NO_POINT);
    refused(&chain, ErrorCode::UntrustedDelegationRoot, Some(0));
    let nobody = TrustedRoots::none();
    let verifier = ChainVerifier::new(&nobody);
    let error = verifier.verify_json(&document(&honest(1)), EvaluationTime::Live(NOW)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::UntrustedDelegationRoot);
}

#[test]
fn signatures() {
    covers!(refuse, "DEL-22");
    let mut chain = honest(3);
    chain[1] = signed(members(1, 3), &key(7));
    refused(&chain, ErrorCode::InvalidCredential, Some(1));
    let mut chain = honest(3);
    chain[2].insert("scope", scope(1));
    refused(&chain, ErrorCode::InvalidCredential, Some(2));
}

#[test]
fn windows_include_both_bounds() {
    covers!(accept, "DEL-23");
    covers!(refuse, "DEL-23");
    for hop in 0..3 {
        assert!(verify(&altered(3, hop, "not_before", NOW)).is_ok());
        assert!(verify(&altered(3, hop, "not_after", NOW)).is_ok());
        let early = altered(3, hop, "not_before", NOW + 1);
        refused(&early, ErrorCode::CredentialNotYetValid, Some(hop));
        let late = altered(3, hop, "not_after", NOW - 1);
        refused(&late, ErrorCode::CredentialExpired, Some(hop));
    }
    // An audit judges the windows at its own time.
    let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
    let then = ChainVerifier::new(&roots).verify_json(&document(&honest(2)), EvaluationTime::At(NOW + 101));
    assert_eq!(then.unwrap_err().code(), ErrorCode::CredentialExpired);
}

#[test]
fn ids_and_depths() {
    covers!(refuse, "DEL-24", "DEL-25", "DEL-27");
    refused(&altered(3, 2, "credential_id", "c-0"), ErrorCode::CredentialReplay, Some(2));
    refused(&altered(3, 1, "depth", 9_u64), ErrorCode::DelegationDepthExceeded, Some(1));
    refused(&altered(3, 1, "depth", 2_u64), ErrorCode::BrokenDelegationLink, Some(1));
    refused(&honest(10), ErrorCode::DelegationDepthExceeded, Some(9));
}

#[test]
fn links() {
    covers!(refuse, "DEL-26", "DEL-27");
    refused(&[], ErrorCode::BrokenDelegationLink, None);
    refused(&altered(2, 0, "parent_id", "c-x"), ErrorCode::BrokenDelegationLink, Some(0));
    refused(&altered(2, 0, "depth", 1_u64), ErrorCode::BrokenDelegationLink, Some(0));
    refused(&altered(3, 1, "parent_id", Node::NULL), ErrorCode::BrokenDelegationLink, Some(1));
    let mut swapped = honest(3);
    swapped.swap(1, 2);
    refused(&swapped, ErrorCode::BrokenDelegationLink, Some(1));

    let mut foreign = members(1, 2);
    foreign.insert("issuer", key(7).verifying_key().to_hex());
    let chain = [honest(2).remove(0), signed(foreign, &key(7))];
    refused(&chain, ErrorCode::BrokenDelegationLink, Some(1));
}

#[test]
fn a_hop_grants_no_more_than_the_hop_before() {
    covers!(accept, "DEL-28");
    covers!(refuse, "DEL-28");
    refused(&altered(3, 1, "scope", scope(5)), ErrorCode::ScopeEscalation, Some(1));
    refused(&altered(3, 1, "scope", Node::from_iter(["other"])), ErrorCode::ScopeEscalation, Some(1));
    assert!(verify(&altered(3, 1, "scope", scope(4))).is_ok(), "an equal scope is no escalation");
}

#[test]
fn a_subject_that_is_no_key_is_refused_last() {
    covers!(refuse, "DEL-12", "DEL-20", "DEL-29");
    for unusable in [NO_POINT, SMALL_ORDER, NOT_CANONICAL] {
        refused(&altered(2, 1, "subject", unusable), ErrorCode::InvalidCredential, Some(1));
        // Where anything else is wrong, that is what the refusal says.
        let mut late = members(1, 2);
        late.insert("subject", unusable);
        late.insert("not_after", NOW - 1);
        let chain = [honest(2).remove(0), signed(late, &key(1))];
        refused(&chain, ErrorCode::CredentialExpired, Some(1));
        // In the middle, the next hop's issuer is not it.
        refused(&altered(3, 1, "subject", unusable), ErrorCode::BrokenDelegationLink, Some(2));
    }
}

#[test]
fn a_signature_that_anybody_can_make_is_refused() {
    covers!(refuse, "DEL-11", "DEL-12");
    // R is the neutral element and S is 0: under a small-order key a lax verifier takes this for any body.
    let constant = format!("01{}", "0".repeat(126));
    let mut chain = altered(2, 0, "subject", SMALL_ORDER);
    let mut forged = members(1, 2);
    forged.insert("issuer", SMALL_ORDER);
    forged.insert("signature", constant);
    chain[1] = forged;
    refused(&chain, ErrorCode::InvalidCredential, Some(1));
}

#[test]
fn no_chain_has_more_than_256_hops() {
    covers!(accept, "DEL-25");
    covers!(refuse, "DEL-25");
    let hops = usize::try_from(MAX_HOPS).unwrap();
    let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
    let verifier = ChainVerifier::new(&roots).max_depth(u64::MAX);
    let chain = |hops: usize| -> Vec<Object<'static>> {
        let narrow = |hop: usize| {
            let mut members = members(hop, hops);
            members.insert("scope", scope(1));
            signed(members, &key(hop))
        };
        (0..hops).map(narrow).collect()
    };
    let verdict = |hops| verifier.verify_json(&document(&chain(hops)), EvaluationTime::Live(NOW));
    assert_eq!(verdict(hops).unwrap().hops().len(), hops);
    let error = verdict(hops + 1).unwrap_err();
    assert_eq!((error.code(), error.hop()), (ErrorCode::DelegationDepthExceeded, Some(hops)));
}

#[test]
fn what_is_no_chain_document() {
    let error = |bytes: &[u8]| Chain::from_json(bytes).unwrap_err().code();
    for bytes in [
        &b"{}"[..],
        b"1",
        b"",
        b"[1]",
        br#"{"chain": 1}"#,
        br#"{"chain": [], "chain": []}"#,
        b"\xef\xbb\xbf[]",
    ] {
        assert_eq!(error(bytes), ErrorCode::InvalidCredential, "{}", bytes.escape_ascii());
    }
    let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
    assert_eq!(error(&deep), ErrorCode::InvalidCredential);
    assert!(Chain::from_json(br#"{"chain": [], "about": "nothing"}"#).unwrap().is_empty());
}

#[test]
fn a_chain_extends_by_a_credential() {
    let hops = honest(3);
    let mut chain = Chain::from_json(&document(&hops[..2])).unwrap();
    let parent = chain.credentials().unwrap().pop().unwrap();
    assert_eq!(parent.subject(), &key(2).verifying_key());
    chain.extend([ca2a_delegation::Credential::from_node(&hops[2].clone().into()).unwrap()]);
    assert_eq!(chain, Chain::from_json(&document(&hops)).unwrap());
    assert_eq!(chain.to_json().into_bytes(), document(&hops));
}
