//! Cedar against a model: random sets of policies, decided by a few lines that know only POL-8 and POL-9.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

mod common;

use ca2a_core::{CallerAssurance, Scope};
use ca2a_policy::{Policy as _, authorize, cedar::CedarPolicy, effective_scope};
use common::{ASSURANCES, Caller, capability, key};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Condition {
    Always,
    DepthBelow(u64),
    Assured(CallerAssurance),
    RootIs(u8),
    Measured(String),
    ReadsWhatIsNotThere,
}

#[derive(Debug, Clone)]
struct Rule {
    permit: bool,
    subject: Option<u8>,
    capability: Option<String>,
    condition: Condition,
}

impl Rule {
    fn text(&self) -> String {
        let effect = if self.permit { "permit" } else { "forbid" };
        let principal = self
            .subject
            .map_or_else(|| "principal".to_owned(), |seed| format!(r#"principal == Agent::"{}""#, key(seed)));
        let action = self
            .capability
            .as_ref()
            .map_or_else(|| "action".to_owned(), |text| format!(r#"action == Action::"{text}""#));
        let condition = match &self.condition {
            Condition::Always => "true".to_owned(),
            Condition::DepthBelow(depth) => format!("context.depth < {depth}"),
            Condition::Assured(assurance) => format!(r#"context.caller_assurance == "{assurance}""#),
            Condition::RootIs(seed) => format!(r#"context.root_issuer == "{}""#, key(*seed)),
            Condition::Measured(text) => format!(r#"context.measurement == "{text}""#),
            Condition::ReadsWhatIsNotThere => "context.nothing".to_owned(),
        };
        format!("{effect}({principal}, {action}, resource) when {{ {condition} }};\n")
    }

    /// Whether the rule applies; `None` where it fails.
    fn applies(&self, caller: &Caller, asked: &str) -> Option<bool> {
        let subject = self.subject.is_none_or(|seed| key(seed) == caller.subject);
        if !subject || self.capability.as_ref().is_some_and(|text| text != asked) {
            return Some(false);
        }
        match &self.condition {
            Condition::Always => Some(true),
            Condition::DepthBelow(depth) => Some(caller.depth < *depth),
            Condition::Assured(assurance) => Some(caller.assurance == *assurance),
            Condition::RootIs(seed) => Some(caller.root_issuer == key(*seed)),
            Condition::Measured(text) => caller.measurement.as_ref().map(|measured| measured == text),
            Condition::ReadsWhatIsNotThere => None,
        }
    }
}

fn model(rules: &[Rule], caller: &Caller, asked: &str) -> bool {
    let verdicts: Option<Vec<_>> =
        rules.iter().map(|rule| rule.applies(caller, asked).map(|applies| (rule.permit, applies))).collect();
    verdicts.is_some_and(|verdicts| verdicts.contains(&(true, true)) && !verdicts.contains(&(false, true)))
}

const CAPABILITIES: [&str; 4] = ["read", "write", "tool:purchase", "é"];

fn conditions() -> impl Strategy<Value = Condition> {
    prop_oneof![
        6 => Just(Condition::Always),
        2 => (0_u64..4).prop_map(Condition::DepthBelow),
        2 => (0_usize..4).prop_map(|index| Condition::Assured(ASSURANCES[index])),
        1 => (0_u8..2).prop_map(Condition::RootIs),
        1 => "[ab]".prop_map(Condition::Measured),
        1 => Just(Condition::ReadsWhatIsNotThere),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let subject = prop::option::weighted(0.3, 2_u8..4);
    let asked = prop::option::weighted(0.7, prop::sample::select(&CAPABILITIES[..]));
    let rule = (prop::bool::weighted(0.7), subject, asked, conditions()).prop_map(
        |(permit, subject, capability, condition)| Rule {
            permit,
            subject,
            capability: capability.map(ToOwned::to_owned),
            condition,
        },
    );
    prop::collection::vec(rule, 1..8)
}

fn callers() -> impl Strategy<Value = Caller> {
    (2_u8..4, 0_u8..2, 0_u64..4, 0_usize..4, prop::option::of("[ab]")).prop_map(
        |(subject, root, depth, assurance, measurement)| Caller {
            subject: key(subject),
            root_issuer: key(root),
            depth,
            assurance: ASSURANCES[assurance],
            measurement,
            ..Caller::asking("read")
        },
    )
}

proptest! {
    /// POL-8, POL-9: every decision is the model's; a rule that fails denies whatever stands around it.
    #[test]
    fn decides_as_the_model(rules in rules(), caller in callers()) {
        let text: String = rules.iter().map(Rule::text).collect();
        let policy = CedarPolicy::from_bytes(text.as_bytes()).unwrap();
        for asked in CAPABILITIES {
            let decision = policy.decide(&caller.facts().asking(&capability(asked)));
            prop_assert_eq!(decision.is_allow(), model(&rules, &caller, asked), "{} on {}: {:?}", text, asked, decision);
        }
    }

    /// POL-9: one more forbid never lets more through. POL-11: what is effective is delegated and allowed.
    #[test]
    fn forbid_only_narrows(rules in rules(), caller in callers(), granted in prop::sample::subsequence(&CAPABILITIES[..], 0..=4)) {
        let text: String = rules.iter().map(Rule::text).collect();
        let delegated: Scope = granted.into_iter().map(capability).collect();
        let before = CedarPolicy::from_bytes(text.as_bytes()).unwrap();
        let after = CedarPolicy::from_bytes(
            format!("{text} forbid(principal, action == Action::\"write\", resource);").as_bytes()
        ).unwrap();
        let wider = effective_scope(&before, &delegated, &caller.facts());
        let narrower = effective_scope(&after, &delegated, &caller.facts());
        prop_assert!(wider.is_subset(&delegated));
        prop_assert!(narrower.is_subset(&wider));
        prop_assert!(!narrower.contains(&capability("write")));
        for asked in CAPABILITIES {
            let asked = capability(asked);
            let decision = authorize(&before, &delegated, &caller.facts().asking(&asked));
            prop_assert_eq!(decision.is_allow(), wider.contains(&asked));
        }
    }
}
