//! The allow set and the decision around it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use ca2a_core::{Capability, ErrorCode, Scope, Sha256};
use ca2a_policy::{AllowSet, Decision, Denial, Policy as _, authorize, effective_scope};
use common::{Caller, Counted, capability, scope};
use proptest::prelude::*;

/// POL-3: held by the leaf and allowed by the policy, or denied for the one that is missing.
#[test]
fn both_the_chain_and_the_policy_must_grant() {
    let policy = AllowSet::new([capability("read"), capability("admin")]);
    let delegated = scope(&["read", "write"]);
    let ask = |text: &str| authorize(&policy, &delegated, &Caller::asking(text).facts());

    assert_eq!(ask("read"), Decision::Allow);
    assert_eq!(ask("write"), Decision::Deny(Denial::NotPermitted(capability("write"))));
    assert_eq!(ask("admin"), Decision::Deny(Denial::NotDelegated(capability("admin"))));
    assert_eq!(ask("Read"), Decision::Deny(Denial::NotDelegated(capability("Read"))));
    let Decision::Deny(denial) = ask("write") else { panic!("allowed") };
    assert_eq!(denial.code(), ErrorCode::ScopeNotPermitted);
}

/// POL-4: one question a decision, none where the chain does not grant the capability.
#[test]
fn a_decision_asks_for_one_capability_alone() {
    let policy = Counted::new(AllowSet::new([capability("c7")]));
    let delegated: Scope = (0..256).map(|index| capability(&format!("c{index}"))).collect();
    assert!(authorize(&policy, &delegated, &Caller::asking("c7").facts()).is_allow());
    assert_eq!(policy.asked(), 1);
    assert!(!authorize(&policy, &delegated, &Caller::asking("c256").facts()).is_allow());
    assert_eq!(policy.asked(), 1);
}

/// POL-5
#[test]
fn the_digest_names_the_set_and_not_its_spelling() {
    let digest = |texts: &[&str]| AllowSet::new(texts.iter().map(|text| capability(text))).digest();
    assert_eq!(digest(&["b", "a", "b"]), digest(&["a", "b"]));
    assert_eq!(digest(&["b", "a"]), Sha256::of(br#"{"local_policy":["a","b"]}"#));
    assert_eq!(digest(&[]), Sha256::of(br#"{"local_policy":[]}"#));
    assert_ne!(digest(&["a,b"]), digest(&["a", "b"]));
    assert_ne!(digest(&[r#"a","b"#]), digest(&["a", "b"]));
}

fn capabilities() -> impl Strategy<Value = Vec<Capability>> {
    prop::collection::vec("[a-f]|tool:[a-c]|é|\u{1f511}", 0..12)
        .prop_map(|texts| texts.iter().map(|text| capability(text)).collect())
}

proptest! {
    /// POL-11: the effective scope is exactly the intersection, so a subset of both.
    #[test]
    fn effective_is_the_intersection(granted in capabilities(), allowed in capabilities()) {
        let (delegated, policy) = (Scope::new(granted), AllowSet::new(allowed));
        let effective = effective_scope(&policy, &delegated, &Caller::asking("unrelated").facts());
        prop_assert!(effective.is_subset(&delegated));
        prop_assert!(effective.is_subset(policy.allowed()));
        for capability in &delegated {
            prop_assert_eq!(effective.contains(capability), policy.allowed().contains(capability));
        }
    }

    /// POL-3 and POL-11 agree: a capability is in the effective scope exactly when a request for it is allowed.
    #[test]
    fn decision_and_report_agree(granted in capabilities(), allowed in capabilities(), asked in capabilities()) {
        let (delegated, policy) = (Scope::new(granted), AllowSet::new(allowed));
        let caller = Caller::asking("unrelated");
        let effective = effective_scope(&policy, &delegated, &caller.facts());
        for capability in &asked {
            let decision = authorize(&policy, &delegated, &caller.facts().asking(capability));
            prop_assert_eq!(decision.is_allow(), effective.contains(capability));
        }
    }
}
