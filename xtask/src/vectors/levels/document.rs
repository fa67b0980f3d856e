//! Which levels there are, and what a document of TRACE is (TRC-120, TRC-121).

use serde_json::{Value, json};

use super::reach::{published, reached, strict, unasked, unread, whole, with_receipt};
use crate::vectors::{
    case::Case,
    draft::{key, with},
    traces::draft::{Record, by},
};

/// The checks of level 0, of level 1 besides, and of level 2 besides.
const CHECKS: [&[&str]; 3] = [
    &[
        "TR-ENV-001",
        "TR-ENV-002",
        "TR-ENV-003",
        "TR-ENV-004",
        "TR-ENV-005",
        "TR-SIG-004",
        "TR-SIG-005",
        "TR-POL-001",
        "TR-POL-002",
        "TR-POL-003",
        "TR-APR-001",
        "TR-APR-002",
        "TR-APR-003",
        "TR-APR-004",
        "TR-APR-005",
    ],
    &["TR-RTE-001", "TR-RTE-002", "TR-RTE-003", "TR-RTE-004", "TR-SCA-001", "TR-SCA-002"],
    &["TR-TXN-001", "TR-TXN-002", "TR-ANC-001", "TR-ANC-002"],
];

pub(super) fn cases() -> Vec<Case> {
    [levels(), documents()].concat()
}

fn levels() -> Vec<Case> {
    let record = whole();
    let asked = |level: u64| with_receipt(published(&record.text(), level), &record);
    let run = |name: &str, about, level: u64, modules: usize| {
        let findings: Vec<Value> = CHECKS[..modules]
            .concat()
            .into_iter()
            // Level 0 asks for no appraisal.
            .map(|id| json!([id, if level == 0 && id == "TR-APR-005" { "skip" } else { "pass" }]))
            .collect();
        reached("TRC-120", name, about, asked(level)).expecting("findings", json!(findings))
    };
    vec![
        run("level-0", "the checks of level 0", 0, 1).preimage("record", &record.body()),
        run("level-1", "those of level 1", 1, 2),
        run("level-2", "those of level 2", 2, 3),
        unasked("TRC-120", "level-3", "a level that is none", asked(3)),
    ]
}

/// A record that is not signed, within an envelope that is.
fn envelope(record: &Record) -> String {
    let body = format!("{{\"cmcp_version\":\"0.7\",\"trace\":{}}}", record.body());
    let signature = ca2a_core::encoding::base64url(&key("planner").sign(body.as_bytes()).0);
    with(&body, "signature", &signature)
}

fn documents() -> Vec<Case> {
    let record = by("planner");
    let reads = |name: &str, about, text: &str, format: &str| {
        reached("TRC-121", name, about, strict(text, 0)).expecting("format", json!(format))
    };
    let refuses =
        |name: &str, about, text: &str, reason: &str| unread("TRC-121", name, about, strict(text, 0), reason);
    let enclosed = envelope(&record);
    let half = enclosed.replace("\"cmcp_version\":\"0.7\",", "");
    vec![
        reads("record", "a record", &record.text(), "trace"),
        reads("envelope", "an envelope, whose signature covers it", &enclosed, "cmcp-runtime"),
        refuses("half", "an envelope that does not say that it is one", &half, "partial-envelope"),
        refuses(
            "gateway",
            "a record with a gateway beside it",
            &record.clone().with("gateway", "{}").text(),
            "partial-envelope",
        ),
        refuses(
            "empty",
            "an envelope around a text",
            "{\"cmcp_version\":\"0.7\",\"trace\":\"\"}",
            "partial-envelope",
        ),
        refuses("text", "no JSON", "{", "not-json"),
        refuses("array", "no object", "[]", "not-an-object"),
        refuses(
            "twice",
            "a member twice",
            &record.text().replacen('{', "{\"iat\":0,", 1),
            "duplicate-member",
        ),
    ]
}
