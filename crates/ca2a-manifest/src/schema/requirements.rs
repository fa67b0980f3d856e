//! `evidence-requirements-experimental-v1`: which evidence a relying party must be shown.

use std::collections::BTreeSet;

use ca2a_core::json::{Node, Object};

use super::{
    Kind::{Count, Flag, List, Of, Ruled, Word},
    Shape,
    artifacts::{holds, word},
    may, must, shape,
    walk::Kind,
};

/// The profile under which requirements may stand, and outside of which they may not.
pub(super) const PROFILE: &str = "evidence-requirements-experimental-v1";

const NAME: Kind =
    Ruled(|text| (1..=256).contains(&text.chars().count()), "must be text of 1 to 256 characters");
const NAMES: Kind = List(&NAME, 1, 16);
const COMPONENT_ID: Kind =
    Ruled(is_component_id, "must begin with a letter or digit and go on with those and `._:/-`");

pub(super) static REQUIREMENTS: Shape = shape(&[
    must("components", List(&Of(&COMPONENT), 1, 64)),
    must("required_bindings", List(&Of(&BINDING), 0, 128)),
    must("combination_policy_ref", NAME),
])
.ruled(topology);

static COMPONENT: Shape = shape(&[
    must("component_id", COMPONENT_ID),
    must(
        "component_type",
        Word(&[
            "identity",
            "runtime",
            "accelerator",
            "code",
            "policy",
            "model",
            "tool-catalog",
            "mcp-server",
            "guardrail",
            "data-state",
        ]),
    ),
    must("required", Flag),
    must("accepted_profiles", NAMES),
    must("accepted_appraisal_authorities", NAMES),
    must("maximum_age_seconds", Count(1, 86_400)),
    may("expected_observed_digest", Ruled(is_sha256, "must be `sha256:` and 64 lower-case hex digits")),
    may(
        "artifact_ref",
        Word(&[
            "artifacts.system_prompt",
            "artifacts.policy_bundle",
            "artifacts.tool_manifest",
            "artifacts.model_identity",
            "artifacts.rag_corpus",
            "artifacts.memory_baseline",
            "artifacts.decision_trace",
            "artifacts.supply_chain",
        ]),
    ),
])
.ruled(|component| {
    let once = |name| {
        component.get(name).and_then(Node::as_array).is_some_and(|items| all_once(items, Node::as_str))
    };
    holds(once("accepted_profiles") && once("accepted_appraisal_authorities"), "names something twice")
});

static BINDING: Shape = shape(&[
    must("source", COMPONENT_ID),
    must("target", COMPONENT_ID),
    must("relationship", Word(&["same-workload"])),
    must("accepted_methods", List(&Word(&["same-instance-v1"]), 1, 1)),
]);

fn topology(requirements: &Object<'_>) -> Result<(), &'static str> {
    let items = |name| requirements.get(name).and_then(Node::as_array).unwrap_or_default();
    let id = |node: &'_ Node<'_>| {
        node.as_object().and_then(|object| word(object, "component_id").map(str::to_owned))
    };
    let components: BTreeSet<_> = items("components").iter().filter_map(id).collect();
    holds(components.len() == items("components").len(), "names a component twice")?;
    let ends = |node: &Node<'_>| {
        let object = node.as_object()?;
        Some((word(object, "source")?.to_owned(), word(object, "target")?.to_owned()))
    };
    let bindings: BTreeSet<_> = items("required_bindings").iter().filter_map(ends).collect();
    holds(bindings.len() == items("required_bindings").len(), "binds two components twice")?;
    holds(bindings.iter().all(|(source, target)| source != target), "binds a component to itself")?;
    let known =
        |(source, target): &(String, String)| components.contains(source) && components.contains(target);
    holds(bindings.iter().all(known), "binds a component that it does not declare")
}

fn all_once<'n, 'a, T: Ord>(items: &'n [Node<'a>], key: impl Fn(&'n Node<'a>) -> T) -> bool {
    items.iter().map(key).collect::<BTreeSet<_>>().len() == items.len()
}

fn is_sha256(text: &str) -> bool {
    text.starts_with("sha256:") && crate::names::is_digest(text)
}

fn is_component_id(text: &str) -> bool {
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
    begins && text.len() <= 128 && text.bytes().all(goes_on)
}
