//! What is recorded, and what the caller is told (RUN-3, RUN-9, RUN-11).

use serde_json::{Value, json};

use super::{
    call::{Offer, call},
    order::{elsewhere, granted, refused},
};
use crate::vectors::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [before(), records(), answers()].concat()
}

fn before() -> Vec<Case> {
    let unrecorded = |name: &str, about, question: Value, code| {
        refused("RUN-3", name, about, question, code).expecting("recorded", json!(false))
    };
    let stranger = call().proved_by(Some("stranger")).at(&["read"]);
    let mut again = call().at(&["read"]);
    again["earlier"] = json!([call().message()]);
    vec![
        granted("RUN-3", "call", "a call that is served is recorded", call().at(&["read"]))
            .expecting("response", json!({ "record": { "record_id": "rec-0" } })),
        unrecorded("root", "of another root", elsewhere(call().at(&["read"])), "UNTRUSTED_DELEGATION_ROOT"),
        unrecorded("holder", "by somebody else", stranger, "HOLDER_PROOF_INVALID"),
        unrecorded("again", "the same once more", again, "HOLDER_PROOF_INVALID"),
    ]
}

fn records() -> Vec<Case> {
    let whole = || call().offering(Offer::Whole);
    let denied = |name: &str, about, question: Value, code, assurance: &str| {
        let record = json!({ "decision": "deny", "record_id": "rec-0", "caller_attestation": assurance });
        refused("RUN-9", name, about, question, code).expecting("denial_record", record)
    };
    vec![
        granted("RUN-9", "call", "what was found stands in the record", whole().at(&["read"])).expecting(
            "response",
            json!({ "record": { "record_id": "rec-0", "caller_attestation": "software-only" } }),
        ),
        denied(
            "scope",
            "for what nobody may, of a runtime that appraises",
            whole().at(&["search"]),
            "SCOPE_NOT_PERMITTED",
            "software-only",
        ),
        denied(
            "offer",
            "of a runtime that does not appraise",
            call().offering(Offer::OtherNonce).at(&["read"]),
            "ATTESTATION_FAILED",
            "failed",
        ),
        denied(
            "payload",
            "a payload that does not open",
            call().sealed_to("channel stranger").at(&["read"]),
            "SEALED_CHANNEL_ERROR",
            "not_offered",
        ),
    ]
}

fn answers() -> Vec<Case> {
    vec![
        Case::answer(
            "RUN-11",
            "accept",
            "call",
            "the record of a call that is served",
            call().over_http(&["read"]),
            json!({ "status": 200, "body": { "accepted": true, "record": { "record_id": "rec-0" } } }),
        ),
        Case::answer(
            "RUN-11",
            "refuse",
            "denial",
            "that of one which is not, beside the error",
            call().over_http(&["search"]),
            json!({
                "status": 403,
                "body": { "error": { "code": "SCOPE_NOT_PERMITTED" }, "record": { "record_id": "rec-0", "decision": "deny" } },
            }),
        ),
    ]
}
