//! What people approved, and what was taken back (MAN-5, MAN-12, MAN-15, MAN-26, MAN-29, MAN-30).

use ca2a_core::encoding::base64url;
use serde_json::{Value, json};

use super::{
    OP,
    draft::{Document, ID, ISSUER, ask_text, honest, key_id, public as base64url_key},
    reported, with,
};
use crate::vectors::{
    case::Case,
    draft::{key, public},
};

const INVALID: &str = "MANIFEST_APPROVAL_INVALID";
const APPROVER: &str = "mailto:ann@example.org";

pub(super) fn cases() -> Vec<Case> {
    [approvals(), revocations()].concat()
}

/// An approval for so many seconds from `at` on, by somebody.
fn approval(at: &str, seconds: &str, signer: &str) -> (String, String) {
    let scope = format!(
        "{{\"approval_duration_seconds\":{seconds},\"artifacts\":[\"policy_bundle\"],\"risk_tier\":\"low\"}}"
    );
    // RFC 8785 writes a whole number without its fraction, however it came.
    let canonical = scope.replace(".0,", ",");
    let body = format!(
        "{{\"approval_method\":\"software-key\",\"approved_at\":\"{at}\",\"approved_scope\":{canonical},\"approver_id\":\"{APPROVER}\",\"manifest_id\":\"{ID}\"}}"
    );
    let signature = base64url(&key(signer).sign(body.as_bytes()).0);
    let text = format!(
        "{{\"approval_id\":\"01926b4c-1234-7abc-9def-0000000000aa\",\"approval_method\":\"software-key\",\"approval_signature\":\"{signature}\",\"approved_at\":\"{at}\",\"approved_scope\":{scope},\"approver_id\":\"{APPROVER}\",\"approver_identity_type\":\"email\",\"approver_role\":\"owner\",\"evidence_uri\":\"https://example.org/1\"}}"
    );
    (text, body)
}

/// A document that has to be approved, and by these was. It is signed as if nobody had (MAN-18).
fn ask(approvals: &[&str]) -> Value {
    let record = |approvals: &str| {
        honest().with("hitl_record", &format!("{{\"approvals\":[{approvals}],\"required\":true}}"))
    };
    let text = record(&approvals.join(",")).text_over("root", &record("").body());
    with(ask_text(&text), &[("approvers", json!({ APPROVER: base64url_key("tool") }))])
}

fn approvals() -> Vec<Case> {
    let at = "2027-01-15T07:00:00Z";
    let (good, body) = approval(at, "3600", "tool");
    let findings = |more: &[&str]| {
        let mut findings = reported(more);
        if let Some(list) = findings["findings"].as_array_mut() {
            list.insert(0, json!("not_checked: approval_digest"));
        }
        findings["approvers"] = json!([APPROVER]);
        findings
    };
    let takes = |requirement, name: &str, about, approval: &str, expect: Value| {
        Case::accept(requirement, name, about, OP, ask(&[approval]), expect)
    };
    let refuses = |requirement, name: &str, about, approvals: &[&str]| {
        Case::refuse(requirement, name, about, OP, ask(approvals), INVALID)
    };
    let by = |at: &str, seconds: &str, signer: &str| approval(at, seconds, signer).0;
    vec![
        takes("MAN-26", "last-second", "in its last second", &good, findings(&[]))
            .preimage("approval", &body),
        refuses("MAN-26", "none", "required, and none", &[]),
        refuses("MAN-26", "over", "over", &[&by(at, "3599", "tool")]),
        refuses("MAN-26", "future", "not given yet", &[&by("2027-01-15T08:00:01Z", "3600", "tool")]),
        refuses("MAN-15", "approver", "signed by another than the approver", &[&by(at, "3600", "stranger")]),
        takes(
            "MAN-5",
            "fraction",
            "a whole number spelled as a fraction, which is reported",
            &by(at, "3600.0", "tool"),
            findings(&["accepted: fractional_number"]),
        ),
    ]
}

/// A record that takes `id` back, at a time as it is stated and as it is signed (MAN-30).
fn record(id: &str, stated: &str, signed: &str, signer: &str) -> (String, String) {
    let spelled = |time: &str, more: &str, name: &str| {
        format!(
            "{{\"manifest_id\":\"{id}\",\"reason\":\"key compromise\",{more}\"revoked_at\":\"{time}\",\"revoked_by\":\"{ISSUER}\"{name}}}"
        )
    };
    let body = spelled(signed, "", "");
    let signature = base64url(&key(signer).sign(body.as_bytes()).0);
    let name = format!(",\"signer_key_id\":\"{}\"", key_id(&key("tool")));
    (spelled(stated, &format!("\"revocation_signature\":\"{signature}\","), &name), body)
}

fn against(document: &Document, lines: &str) -> Value {
    with(document.ask(), &[("revocations", json!(lines)), ("revocations_signer", json!(public("tool")))])
}

fn revocations() -> Vec<Case> {
    const TIME: &str = "2027-01-10T00:00:00+00:00";
    const REVOKED: &str = "MANIFEST_REVOKED";
    let other = "01926b4c-1234-7abc-9def-000000000009";
    let (of_other, body) = record(other, TIME, TIME, "tool");
    let forged = record(other, TIME, TIME, "stranger").0;
    let (zulu, zulu_body) = record(other, "2027-01-10T00:00:00Z", TIME, "tool");
    let bad_list = |requirement, name: &str, about, line: &str| {
        Case::refuse(requirement, name, about, OP, against(&honest(), line), "MANIFEST_REVOCATIONS_INVALID")
    };
    let revoked = |requirement, name: &str, about, id: &str| {
        let line = record(id, TIME, TIME, "tool").0;
        Case::refuse(requirement, name, about, OP, against(&honest(), &line), REVOKED)
    };
    vec![
        Case::accept(
            "MAN-29",
            "other",
            "another one was taken back",
            OP,
            against(&honest(), &of_other),
            json!({}),
        )
        .preimage("record", &body),
        bad_list("MAN-29", "forged", "a record that the signer did not sign", &forged),
        revoked("MAN-12", "revoked", "taken back under its id in capitals", &ID.to_uppercase()),
        Case::accept(
            "MAN-30",
            "zone",
            "stated with `Z`, signed as `+00:00`",
            OP,
            against(&honest(), &zulu),
            json!({}),
        )
        .preimage("record", &zulu_body),
        bad_list(
            "MAN-30",
            "zulu",
            "signed as it is stated",
            &record(other, "2027-01-10T00:00:00Z", "2027-01-10T00:00:00Z", "tool").0,
        ),
    ]
}
