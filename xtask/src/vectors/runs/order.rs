//! The order of checks (RUN-1, RUN-2, RUN-4, RUN-6 to RUN-8, RUN-13).

use ca2a_core::encoding::hex;
use serde_json::{Value, json};

use super::call::{Call, Offer, PLAINTEXT, ask, call};
use crate::vectors::{
    case::Case,
    draft::{NOW, public},
};

const OP: &str = "handle_peer_request";
const PROOF: &str = "HOLDER_PROOF_INVALID";
const ATTESTATION: &str = "ATTESTATION_FAILED";
const SCOPE: &str = "SCOPE_NOT_PERMITTED";

pub(super) fn cases() -> Vec<Case> {
    [steps(), spending(), appraisals(), decisions()].concat()
}

/// Served.
pub(super) fn granted(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::accept(requirement, name, about, OP, question, json!({}))
}

/// Not served.
pub(super) fn refused(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    code: &'static str,
) -> Case {
    Case::refuse(requirement, name, about, OP, question, code)
}

/// The same question at a callee that trusts another root.
pub(super) fn elsewhere(mut question: Value) -> Value {
    question["trusted_root_issuers"] = json!([public("stranger")]);
    question
}

fn steps() -> Vec<Case> {
    let stranger = || call().proved_by(Some("stranger"));
    let whole = call().offering(Offer::Whole).sealed_to("channel callee");
    let refuses = |name: &str, about, question: Value, code| refused("RUN-1", name, about, question, code);
    vec![
        granted("RUN-1", "call", "every step", whole.at(&["read"]))
            .expecting("payload_hex", json!(hex(PLAINTEXT)))
            .preimage("holder proof", &whole.proven().unwrap_or_default()),
        refuses("bearer", "a chain alone", call().proved_by(None).at(&["read"]), PROOF),
        refuses(
            "chain",
            "of another root, and by somebody else",
            elsewhere(stranger().at(&["read"])),
            "UNTRUSTED_DELEGATION_ROOT",
        ),
        refuses("proof", "by somebody else, for what nobody may", stranger().at(&["search"]), PROOF),
        refuses(
            "scope",
            "for what nobody may, with a payload that does not open",
            call().sealed_to("channel stranger").at(&["search"]),
            SCOPE,
        ),
        granted("RUN-2", "call", "a message with metadata of cA2A", call().at(&["read"])),
        refused(
            "RUN-2",
            "message",
            "a message without",
            ask("{\"messageId\":\"m-1\",\"role\":\"user\"}", &["read"]),
            "TRANSPORT_ERROR",
        ),
    ]
}

fn spending() -> Vec<Case> {
    let after = |call: &Call, earlier: &[String]| {
        let mut question = call.at(&["read"]);
        question["earlier"] = json!(earlier);
        question
    };
    let first = call();
    let again = after(&first, &[first.message()]);
    let mut respelled = again.clone();
    respelled["message_json"] = json!(first.message().replace("\"m-1\"", "\"m-2\""));
    vec![
        granted(
            "RUN-4",
            "other",
            "another request under the same challenge",
            after(&call().recorded_as("rec-1"), &[first.message()]),
        ),
        refused("RUN-4", "again", "the same once more", again, PROOF),
        refused("RUN-4", "respelled", "the same in another message", respelled, PROOF),
        refused(
            "RUN-4",
            "refused",
            "the same after it was refused",
            after(&first.clone().asking("search"), &[first.asking("search").message()]),
            PROOF,
        ),
    ]
}

fn appraisals() -> Vec<Case> {
    let offering = |offer: Offer| call().offering(offer);
    let bad = || offering(Offer::OtherNonce);
    let demanding = |call: &Call, what: &str| {
        let mut question = call.at(&["read"]);
        question["require_caller_attestation"] = json!(what);
        question
    };
    let fails = |requirement, name: &str, about, question: Value| {
        refused(requirement, name, about, question, ATTESTATION)
    };
    let whole = offering(Offer::Whole);
    vec![
        granted("RUN-6", "offer", "an offer that appraises", demanding(&whole, "any")),
        fails("RUN-6", "decided", "an offer that does not, for what nobody may", bad().at(&["search"])),
        fails(
            "RUN-6",
            "opened",
            "and with a payload that does not open",
            bad().sealed_to("channel stranger").at(&["read"]),
        ),
        granted("RUN-7", "offer", "offer and possession, where none is demanded", whole.at(&["read"])),
        granted("RUN-7", "none", "neither, where none is demanded", call().at(&["read"])),
        fails("RUN-7", "nonce", "an offer under no challenge, where none is demanded", bad().at(&["read"])),
        fails(
            "RUN-7",
            "possession",
            "an offer without its possession",
            offering(Offer::WithoutPossession).at(&["read"]),
        ),
        fails("RUN-7", "alone", "a possession alone", offering(Offer::PossessionAlone).at(&["read"])),
        fails("RUN-7", "none", "neither, where one is demanded", demanding(&call(), "any")),
        fails("RUN-7", "software", "software, where hardware is demanded", demanding(&whole, "hardware")),
    ]
}

fn decisions() -> Vec<Case> {
    let mut unknown = call().at(&["read"]);
    unknown["max_revocation_staleness"] = json!(300);
    let mut known = unknown.clone();
    known["snapshot_json"] = json!(format!("{{\"as_of\":{NOW},\"revocations\":[]}}"));
    vec![
        granted("RUN-8", "both", "granted and allowed", call().at(&["read"])),
        refused(
            "RUN-8",
            "allowed",
            "allowed, and not granted",
            call().asking("search").at(&["search"]),
            SCOPE,
        ),
        refused("RUN-8", "granted", "granted, and not allowed", call().at(&["search"]), SCOPE),
        granted("RUN-13", "snapshot", "with a snapshot", known).expecting("revocation", json!("not_revoked")),
        refused("RUN-13", "none", "told to check, and none there", unknown, "REVOCATION_STATUS_UNKNOWN"),
    ]
}
