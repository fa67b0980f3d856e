//! What a holder makes, and what it cannot make.

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

use ca2a_core::{Capability, CredentialId, ErrorCode, EvaluationTime, Scope, SigningKey};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, ChainVerifier, Credential, Grant, TrustedRoots, delegate, issue};
use common::{NOW, honest, key};
use proptest::prelude::*;

fn grant(id: &str, to: &SigningKey, scope: Scope) -> Grant {
    let id = CredentialId::new(id).unwrap();
    Grant { id, subject: to.verifying_key(), scope, not_before: None, not_after: None }
}

fn capabilities() -> impl Strategy<Value = Scope> {
    // Text that canonical forms care about: escapes, astral characters, the order of U+FFEE and U+10000.
    let text =
        prop::sample::select(vec!["a", "b", "c", "\"", "\n", "\u{ffee}", "\u{10000}", "é", "e\u{301}"]);
    prop::collection::vec(text.prop_map(|text| Capability::new(text).unwrap()), 1..6).prop_map(Scope::new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Delegating works exactly where the scope does not widen, and what it makes verifies.
    #[test]
    fn delegation_never_widens(scopes in prop::collection::vec(capabilities(), 1..6)) {
        let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
        let mut chain = vec![issue(&key(0), grant("c-0", &key(1), scopes[0].clone())).unwrap()];
        for (step, wanted) in scopes.iter().enumerate().skip(1) {
            let parent = chain.last().unwrap();
            let holder = chain.len();
            let made = delegate(parent, &key(holder), grant(&format!("c-{step}"), &key(holder + 1), wanted.clone()));
            match made {
                Ok(child) => {
                    prop_assert!(child.scope().is_subset(parent.scope()));
                    prop_assert_eq!(child.depth(), parent.depth() + 1);
                    chain.push(child);
                }
                Err(error) => {
                    prop_assert_eq!(error.code(), ErrorCode::ScopeEscalation);
                    prop_assert!(!wanted.is_subset(parent.scope()));
                }
            }
        }
        let document = Chain::from_iter(chain.clone()).to_json();
        let verified = ChainVerifier::new(&roots).verify_json(document.as_bytes(), EvaluationTime::Live(NOW)).unwrap();
        prop_assert_eq!(verified.hops(), &chain[..]);
        prop_assert!(verified.scope().is_subset(chain[0].scope()));
    }

    /// The wire form reads back as the same credential, whatever its text.
    #[test]
    fn the_wire_form_reads_back(
        id in "\\PC{1,12}",
        scope in capabilities(),
        (not_before, not_after) in (prop::option::of(0..NOW), prop::option::of(NOW..NOW * 2)),
    ) {
        let grant = Grant { not_before, not_after, ..grant(&id, &key(1), scope) };
        let credential = issue(&key(0), grant).unwrap();
        let read = Credential::from_json(credential.to_json().as_bytes()).unwrap();
        prop_assert!(read.verify_signature().is_ok());
        prop_assert_eq!(read.digest(), credential.digest());
        prop_assert_eq!(read, credential);
    }

    /// Whatever comes in, a value or a coded refusal comes out.
    #[test]
    fn parsing_is_total(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..900_usize) {
        let _ = Credential::from_json(&bytes).map_err(|error| error.code());
        let mut document = common::document(&honest(2));
        document.truncate(cut);
        document.extend(bytes);
        if let Err(error) = Chain::from_json(&document) {
            prop_assert_eq!(error.code(), ErrorCode::InvalidCredential);
        }
    }
}

#[test]
fn what_no_verifier_would_accept_is_not_made() {
    covers!(accept, "DEL-30");
    covers!(refuse, "DEL-30");
    let scope = Scope::new([Capability::new("read").unwrap()]);
    let root = issue(&key(0), grant("c-0", &key(1), scope.clone())).unwrap();
    let code = |made: Result<Credential, ca2a_delegation::DelegationError>| made.unwrap_err().code();
    let issued = |grant: Grant| code(issue(&key(0), grant));

    assert_eq!(issued(grant("c", &key(1), Scope::default())), ErrorCode::InvalidCredential);
    let many = Scope::new((0..257).map(|number| Capability::new(number.to_string()).unwrap()));
    assert_eq!(issued(grant("c", &key(1), many)), ErrorCode::InvalidCredential);
    let inverted = Grant { not_before: Some(2), not_after: Some(1), ..grant("c", &key(1), scope.clone()) };
    assert_eq!(issued(inverted), ErrorCode::InvalidCredential);
    let endless = Grant { not_after: Some(1 << 53), ..grant("c", &key(1), scope.clone()) };
    assert_eq!(issued(endless), ErrorCode::InvalidCredential);

    let stolen = delegate(&root, &key(7), grant("c-1", &key(2), scope.clone()));
    assert_eq!(code(stolen), ErrorCode::InvalidCredential);
    let again = delegate(&root, &key(1), grant("c-0", &key(2), scope.clone()));
    assert_eq!(code(again), ErrorCode::CredentialReplay);

    let mut parent = root;
    for depth in 1..256 {
        parent = delegate(&parent, &key(depth), grant(&format!("c-{depth}"), &key(depth + 1), scope.clone()))
            .unwrap();
    }
    let deeper = delegate(&parent, &key(256), grant("c-256", &key(257), scope));
    assert_eq!(code(deeper), ErrorCode::DelegationDepthExceeded);
}

#[test]
fn the_first_problem_is_named() {
    let said = |member: &'static str, node: ca2a_core::json::Node<'static>| {
        let mut object = honest(1).remove(0);
        object.insert(member, node);
        Credential::from_node(&object.into()).unwrap_err().to_string()
    };
    assert_eq!(said("note", "x".into()), "malformed credential: unknown member `note`");
    assert_eq!(
        said("issuer", "AB".repeat(32).into()),
        "malformed credential: `issuer` must be 64 lower-case hex characters, found a string"
    );
    assert_eq!(said("scope", Vec::new().into()), "a credential must grant at least one capability");
    assert_eq!(
        said("not_after", 0_u64.into()),
        format!("`not_before` {} lies after `not_after` 0", NOW - 100)
    );
    assert_eq!(
        said("subject", common::NO_POINT.into()),
        "`subject` is not usable as a key: the bytes are no point of the curve"
    );
}
