//! POL-12: effective scopes are evaluated once and remembered within bounds. Cost is counted, never timed.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs, reason = "tests")]

mod common;

use std::sync::{Arc, Barrier};

use ca2a_core::{CallerAssurance, CredentialDigest, Scope, Sha256};
use ca2a_covers::covers;
use ca2a_policy::{AllowSet, EffectiveScopes, effective_scope};
use common::{ASSURANCES, Caller, Counted, capability, key, scope};
use proptest::prelude::*;

fn leaf(index: u64) -> CredentialDigest {
    CredentialDigest(Sha256::of(&index.to_be_bytes()))
}

fn policy() -> Counted<AllowSet> {
    Counted::new(AllowSet::new([capability("read"), capability("admin")]))
}

#[test]
fn once_for_equal_facts_whatever_is_asked_for() {
    covers!(accept, "POL-12");
    let (scopes, policy, delegated) = (EffectiveScopes::default(), policy(), scope(&["read", "write"]));
    for asked in ["read", "write", "read", "something else"] {
        let effective = scopes.effective(&policy, leaf(0), &delegated, &Caller::asking(asked).facts());
        assert_eq!(*effective, scope(&["read"]));
    }
    assert_eq!(policy.asked(), delegated.len());
}

#[test]
fn again_for_every_fact_that_differs() {
    covers!(refuse, "POL-12");
    let (scopes, policy, delegated) = (EffectiveScopes::default(), policy(), scope(&["read"]));
    let base = Caller::asking("read");
    let callers = [
        base.clone(),
        Caller { subject: key(3), ..base.clone() },
        Caller { depth: 2, ..base.clone() },
        Caller { root_issuer: key(4), ..base.clone() },
        Caller { measurement: Some(String::new()), ..base.clone() },
        Caller { measurement: Some("sha256:00".to_owned()), ..base.clone() },
        Caller { assurance: CallerAssurance::Failed, ..base.clone() },
        Caller { assurance: CallerAssurance::NotOffered, ..base.clone() },
        Caller { assurance: CallerAssurance::Hardware, ..base },
    ];
    for round in 0..2 {
        for (index, caller) in callers.iter().enumerate() {
            let _ = scopes.effective(&policy, leaf(0), &delegated, &caller.facts());
            assert_eq!(policy.asked(), if round == 0 { index + 1 } else { callers.len() });
        }
    }
    let _ = scopes.effective(&policy, leaf(1), &delegated, &callers[0].facts());
    assert_eq!(policy.asked(), callers.len() + 1);
    let other = Counted::new(AllowSet::new([capability("write")]));
    assert!(scopes.effective(&other, leaf(0), &delegated, &callers[0].facts()).is_empty());
    assert_eq!((policy.asked(), other.asked()), (callers.len() + 1, 1));
}

#[test]
fn once_among_concurrent_callers() {
    covers!(accept, "POL-12");
    let (scopes, policy, delegated) = (EffectiveScopes::default(), policy(), scope(&["read", "write"]));
    let (caller, start) = (Caller::asking("read"), Barrier::new(8));
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                start.wait();
                let effective = scopes.effective(&policy, leaf(0), &delegated, &caller.facts());
                assert_eq!(*effective, scope(&["read"]));
            });
        }
    });
    assert_eq!(policy.asked(), delegated.len());
}

#[test]
fn what_is_used_stays_and_the_rest_is_forgotten() {
    covers!(accept, "POL-12");
    covers!(refuse, "POL-12");
    // Room for tens of entries, asked for thousands.
    let (scopes, policy, delegated) = (EffectiveScopes::new(64 << 10), policy(), scope(&["read"]));
    let caller = Caller::asking("read");
    let mut used = Vec::new();
    for index in 1..=5_000 {
        let _ = scopes.effective(&policy, leaf(index), &delegated, &caller.facts());
        used.push(scopes.effective(&policy, leaf(0), &delegated, &caller.facts()));
    }
    assert_eq!(policy.asked(), 5_001, "the entry in use was evaluated once and every other one once");
    assert!(used.iter().all(|scope| Arc::ptr_eq(scope, &used[0])));
    // Entry 1 was forgotten long ago: it is evaluated again.
    let _ = scopes.effective(&policy, leaf(1), &delegated, &caller.facts());
    assert_eq!(policy.asked(), 5_002);
}

#[test]
fn a_scope_larger_than_the_memory_is_right_and_not_kept() {
    covers!(refuse, "POL-12");
    let (scopes, policy) = (EffectiveScopes::new(16 << 10), policy());
    let delegated: Scope = [capability("read"), capability(&"x".repeat(16 << 10))].into_iter().collect();
    for round in 1..=2 {
        let effective = scopes.effective(&policy, leaf(0), &delegated, &Caller::asking("read").facts());
        assert_eq!(*effective, scope(&["read"]));
        assert_eq!(policy.asked(), 2 * round);
    }
    // So is a measurement, which a caller's platform chooses.
    let caller = Caller { measurement: Some("m".repeat(16 << 10)), ..Caller::asking("read") };
    for round in 1..=2 {
        let _ = scopes.effective(&policy, leaf(0), &scope(&["read"]), &caller.facts());
        assert_eq!(policy.asked(), 4 + round);
    }
}

#[test]
fn no_memory_at_all_still_answers() {
    let (scopes, policy) = (EffectiveScopes::new(0), policy());
    let effective = scopes.effective(&policy, leaf(0), &scope(&["read", "x"]), &Caller::asking("x").facts());
    assert_eq!(*effective, scope(&["read"]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Remembered or not, the answer is the one that an evaluation gives.
    #[test]
    fn remembered_equals_evaluated(
        asks in prop::collection::vec((0_u8..6, 0_u64..3, 0_usize..4, any::<bool>()), 1..200),
        max_bytes in 0_usize..16_384,
    ) {
        let policies = [AllowSet::new([capability("c0"), capability("c3")]), AllowSet::new([capability("c1")])];
        let scopes = EffectiveScopes::new(max_bytes);
        for (grants, depth, assurance, first) in asks {
            // The digest of a leaf stands for its scope, so that the scope is a function of it here too.
            let delegated: Scope = (0..=grants).map(|index| capability(&format!("c{index}"))).collect();
            let caller = Caller { depth, assurance: ASSURANCES[assurance], ..Caller::asking("c0") };
            let policy = &policies[usize::from(first)];
            let remembered = scopes.effective(policy, leaf(grants.into()), &delegated, &caller.facts());
            prop_assert_eq!(&*remembered, &effective_scope(policy, &delegated, &caller.facts()));
        }
    }
}
