//! Agent manifests: documents and envelopes, chains, approvals, revocations (MAN).

mod approvals;
mod chains;
mod documents;
mod draft;
mod signatures;

use serde_json::{Value, json};

use super::case::Case;
use draft::Document;

const OP: &str = "manifest.verify";
const INVALID: &str = "MANIFEST_INVALID";

pub(super) fn cases() -> Vec<Case> {
    [documents::cases(), signatures::cases(), chains::cases(), approvals::cases()].concat()
}

/// A document of version 0.1 that holds, with what is expected of the answer.
fn taken(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    document: &Document,
    expect: Value,
) -> Case {
    Case::accept(requirement, name, about, OP, document.ask(), expect).preimage("document", &document.body())
}

/// A document that is signed as it stands, and refused.
fn refused(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    document: &Document,
    code: &'static str,
) -> Case {
    Case::refuse(requirement, name, about, OP, document.ask(), code)
}

/// The question, with more to it.
fn with(mut question: Value, more: &[(&str, Value)]) -> Value {
    for (name, value) in more {
        question[*name] = value.clone();
    }
    question
}

/// What a verifier says that knows nothing but the issuer's key, of a document of version 0.1.
fn reported(more: &[&str]) -> Value {
    let always = ["not_checked: key_issuer", "not_checked: unsigned_members", "not_checked: revocation"];
    let findings = [&always[..], more, &["not_checked: artifacts"]].concat();
    json!({ "findings": findings })
}
