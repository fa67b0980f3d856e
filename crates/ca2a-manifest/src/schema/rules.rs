//! What holds between the members of a document.

use ca2a_core::{
    json::{Node, Object},
    requirement::{enforce, holds, is_off},
};

use super::{
    Fault, Violation,
    artifacts::{stated, word},
    requirements::PROFILE,
    walk::timestamp,
};
use crate::{document::whole, names::is_spiffe, version};

/// The artifacts by name.
pub(super) const ARTIFACT_NAMES: [&str; 10] = [
    "system_prompt",
    "policy_bundle",
    "tool_manifest",
    "model_identity",
    "rag_corpus",
    "memory_baseline",
    "decision_trace",
    "delegation_chain",
    "supply_chain",
    "hitl_record",
];

/// Those without which a manifest binds nothing.
const NEEDED: [&str; 3] = ["system_prompt", "policy_bundle", "model_identity"];
/// Those that do not stand under `artifacts`.
const APART: [&str; 2] = ["delegation_chain", "hitl_record"];

const HOUR: i64 = 3_600_000_000;
const YEAR: i64 = 365 * 24 * HOUR;

/// How many hops may follow where a grant does not say.
pub(crate) const DEFAULT_DEPTH: u64 = 3;

/// What fails, the first rule of three, and what a manifest lacks beside it.
pub(super) fn between_members(document: &Object<'_>) -> Vec<Violation> {
    let first = enforce("MAN-8", window(document))
        .and_then(|()| enforce("MAN-9", profile(document)))
        .and_then(|()| depth(document));
    let mut found: Vec<_> = first.err().map(Violation::of_document).into_iter().collect();
    if full_binding(document) && !holds("MAN-9", missing(document).is_empty()) {
        found.push(value("artifacts", "lacks `system_prompt`, `policy_bundle` or `model_identity`"));
    }
    if found.is_empty() {
        found.extend(identity(document).filter(|_| !is_off("MAN-10")));
    }
    found
}

/// MAN-8.
fn window(document: &Object<'_>) -> Result<(), &'static str> {
    let at = |name| document.get(name).and_then(timestamp);
    let (issued, expires) =
        at("issued_at").zip(at("expires_at")).ok_or("must state when it begins and ends")?;
    if issued.has_zone() != expires.has_zone() {
        return Err("states one time with its zone and the other without");
    }
    let length = expires.micros().saturating_sub(issued.micros());
    match (HOUR..=YEAR).contains(&length) {
        true => Ok(()),
        false => Err("must hold for at least an hour and at most 365 days"),
    }
}

/// MAN-9.
fn profile(document: &Object<'_>) -> Result<(), &'static str> {
    if full_binding(document) {
        if stated(document, "unbound_artifacts") {
            return Err("declares unbound artifacts outside of the profile `composition-only`");
        }
        if !missing(document).is_empty() {
            return Err("lacks an artifact that a full binding has");
        }
        return experimental(document);
    }
    let declared: Vec<_> = array(document, "unbound_artifacts").iter().filter_map(Node::as_str).collect();
    let times = |name: &str| declared.iter().filter(|declared| **declared == name).count();
    let once = |name: &&str| times(name).saturating_add(usize::from(bound(document, name))) == 1;
    match ARTIFACT_NAMES.iter().all(once) {
        true => Ok(()),
        false => Err("must name every artifact once, as bound or as unbound"),
    }
}

fn experimental(document: &Object<'_>) -> Result<(), &'static str> {
    if word(document, "profile") != Some(PROFILE) {
        return Ok(());
    }
    let requirements = document.get("evidence_requirements").and_then(Node::as_object);
    let Some(requirements) = requirements.filter(|_| word(document, "version") == Some("0.2")) else {
        return Err("needs version 0.2 and `evidence_requirements` under its profile");
    };
    let unresolved = array(requirements, "components").iter().any(|component| {
        let name = component.as_object().and_then(|component| word(component, "artifact_ref"));
        name.and_then(|name| name.strip_prefix("artifacts.")).is_some_and(|name| !bound(document, name))
    });
    if unresolved { Err("requires evidence of an artifact that it does not bind") } else { Ok(()) }
}

fn depth(document: &Object<'_>) -> Result<(), &'static str> {
    let chain = array(document, "delegation_chain");
    let Some(root) = chain.first().and_then(Node::as_object) else { return Ok(()) };
    let limit =
        root.get("scope_grant").and_then(Node::as_object).and_then(|grant| grant.get("max_delegation_depth"));
    let limit = limit.and_then(whole).unwrap_or(DEFAULT_DEPTH);
    if u64::try_from(chain.len().saturating_sub(1)).unwrap_or(u64::MAX) > limit {
        return Err("delegates deeper than its root allows");
    }
    let counted = chain.iter().zip(0..).all(|(hop, place)| {
        let number = hop.as_object().and_then(|hop| hop.get("hop"));
        number.is_none_or(|number| whole(number) == Some(place))
    });
    if counted { Ok(()) } else { Err("must count its hops from 0") }
}

/// MAN-10: the identities and the format say what they are. The package compares none of this.
fn identity(document: &Object<'_>) -> Option<Violation> {
    let spiffe = |name| word(document, name).is_none_or(is_spiffe);
    let is = |name, known: &[&str]| word(document, name).is_none_or(|text| known.contains(&text));
    if !is("@context", &["https://manifest.agentrust-io.com/v0.2/context.json"]) {
        return Some(value("@context", "is not the context of this format"));
    }
    if !is("@type", &["AgentManifest"]) {
        return Some(value("@type", "must be `AgentManifest`"));
    }
    if !spiffe("agent_id") {
        return Some(value("agent_id", "must be a SPIFFE ID"));
    }
    if !spiffe("issuer") {
        return Some(value("issuer", "must be a SPIFFE ID"));
    }
    let demanded = word(document, "min_verifier_version");
    let met = demanded
        .is_none_or(|text| version::read(text).is_some_and(|demanded| demanded <= version::OURS.to_vec()));
    (!met).then(|| {
        value("min_verifier_version", "demands a verifier that is newer than the rules that we follow")
    })
}

fn full_binding(document: &Object<'_>) -> bool {
    matches!(word(document, "profile"), None | Some(PROFILE))
}

fn missing(document: &Object<'_>) -> Vec<&'static str> {
    NEEDED.into_iter().filter(|name| !bound(document, name)).collect()
}

fn bound(document: &Object<'_>, name: &str) -> bool {
    if APART.contains(&name) {
        return match document.optional(name) {
            Some(node) => node.as_array().is_none_or(|items| !items.is_empty()),
            None => false,
        };
    }
    document.get("artifacts").and_then(Node::as_object).is_some_and(|artifacts| stated(artifacts, name))
}

fn array<'d, 'a>(object: &'d Object<'a>, name: &str) -> &'d [Node<'a>] {
    object.get(name).and_then(Node::as_array).unwrap_or_default()
}

fn value(path: &str, problem: &'static str) -> Violation {
    Violation { path: path.to_owned(), fault: Fault::Value(problem), depth: 1, essential: true }
}
