//! The allow set and the decision around it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, missing_docs, reason = "tests")]

mod common;

use ca2a_core::{Capability, ErrorCode, Scope, Sha256};
use ca2a_covers::covers;
use ca2a_policy::{AllowSet, Decision, Denial, Policy as _, authorize, effective_scope};
use common::{ASSURANCES, Caller, Counted, capability, key, scope};
use proptest::prelude::*;

/// POL-3: held by the leaf and allowed by the policy, or denied for the one that is missing.
#[test]
fn both_the_chain_and_the_policy_must_grant() {
    covers!(accept, "POL-3");
    covers!(refuse, "POL-3");
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
    covers!(accept, "POL-4");
    covers!(refuse, "POL-4");
    let policy = Counted::new(AllowSet::new([capability("c7")]));
    let delegated: Scope = (0..256).map(|index| capability(&format!("c{index}"))).collect();
    assert!(authorize(&policy, &delegated, &Caller::asking("c7").facts()).is_allow());
    assert_eq!(policy.asked(), 1);
    assert!(!authorize(&policy, &delegated, &Caller::asking("c256").facts()).is_allow());
    assert_eq!(policy.asked(), 1);
    // What the leaf grants and the policy allows besides is no help to what was asked for.
    assert!(!authorize(&policy, &delegated, &Caller::asking("c8").facts()).is_allow());
    assert_eq!(policy.asked(), 2);
}

/// POL-5: exactly its capabilities, whoever asks.
#[test]
fn an_allow_set_knows_no_callers() {
    covers!(accept, "POL-5");
    covers!(refuse, "POL-5");
    let policy = AllowSet::new([capability("read")]);
    for (seed, assurance) in (3..7).zip(ASSURANCES) {
        let measurement = (seed == 5).then(|| "sha384:ab".to_owned());
        let depth = u64::from(seed);
        let ask = |text: &str| {
            let caller = Caller {
                subject: key(seed),
                root_issuer: key(seed + 4),
                depth,
                assurance,
                measurement: measurement.clone(),
                ..Caller::asking(text)
            };
            policy.decide(&caller.facts()).is_allow()
        };
        assert!(ask("read"), "{assurance}");
        for other in ["Read", "read ", "rea", "read:x", "*", "\u{0}"] {
            assert!(!ask(other), "{other:?}");
        }
    }
}

/// POL-11: a report of what is delegated and allowed, and nothing that decides.
#[test]
fn the_effective_scope_is_what_is_in_both() {
    covers!(accept, "POL-11");
    covers!(refuse, "POL-11");
    let policy = AllowSet::new([capability("read"), capability("admin")]);
    let delegated = scope(&["read", "write"]);
    let facts_of = |text| Caller::asking(text);
    let effective = effective_scope(&policy, &delegated, &facts_of("admin").facts());
    assert_eq!(effective, scope(&["read"]));
    assert!(effective_scope(&AllowSet::new([]), &delegated, &facts_of("read").facts()).is_empty());
    // That the report names something allows nothing else.
    assert!(!authorize(&policy, &delegated, &facts_of("admin").facts()).is_allow());
}

/// POL-2: a decision is a function of the facts and the policy, which its digest names.
#[test]
fn equal_policies_decide_alike_at_any_time() {
    covers!(accept, "POL-2");
    covers!(refuse, "POL-2");
    let policies = [&["read", "write"][..], &["write", "read", "read"], &["read"]]
        .map(|texts| AllowSet::new(texts.iter().map(|text| capability(text))));
    let [one, same, other] = &policies;
    for asked in ["read", "write", "admin", "read"] {
        let decided = |policy: &AllowSet| policy.decide(&Caller::asking(asked).facts());
        assert_eq!(decided(one), decided(one));
        assert_eq!((one.digest(), decided(one)), (same.digest(), decided(same)));
    }
    let write = Caller::asking("write");
    assert_ne!(one.decide(&write.facts()), other.decide(&write.facts()));
    assert_ne!(one.digest(), other.digest(), "what decides otherwise has another name");
}

/// POL-5
#[test]
fn the_digest_names_the_set_and_not_its_spelling() {
    covers!(accept, "POL-5");
    covers!(refuse, "POL-5");
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
