//! What the published suite leaves open, and we do not (TRC-124 to TRC-128).

use serde_json::{Value, json};

use super::reach::{
    missed, reached, runtime, strict, unread, unverified, whole, with_evidence, with_receipt, with_root,
};
use crate::vectors::{
    case::Case,
    draft::{NOW, public},
    traces::draft::{Record, by, digest},
};

pub(super) fn cases() -> Vec<Case> {
    [shapes(), keys(), evidence(), logs()].concat()
}

fn shapes() -> Vec<Case> {
    let record = || by("planner");
    let shape = |name: &str, about, record: &Record| {
        missed("TRC-124", name, about, strict(&record.text(), 0), &["CA2A-SCH-001"])
    };
    let origin = format!("{{\"ingested_at\":{NOW},\"kind\":\"log-import\",\"producer\":\"p\"}}");
    let imported = record().with("runtime", &runtime("intel-tdx", &digest("d"))).with("origin", &origin);
    let fraction = record().text().replace("\"slsa_level\":0", "\"slsa_level\":0.0");
    vec![
        reached("TRC-124", "record", "the members of the schema", strict(&record().text(), 0)),
        shape("unknown", "a member that is none", &record().with("note", "0")),
        shape("missing", "no model", &record().without("model")),
        shape(
            "block",
            "a delegation without its credential",
            &record().with("delegation", "{\"credential_id\":\"c-1\"}"),
        ),
        shape("imported", "another party's evidence of a platform", &imported),
        unread("TRC-124", "fraction", "a number in its other spelling", strict(&fraction, 0), "not-json"),
        reached("TRC-125", "signed", "a signature at level 0", strict(&record().text(), 0)),
        missed("TRC-125", "unsigned", "none at level 0", strict(&record().body(), 0), &["TR-SIG-005"]),
    ]
}

fn keys() -> Vec<Case> {
    let trusting = |name: &str| {
        let mut question = strict(&by("planner").text(), 0);
        question["trusted_key_hex"] = json!(public(name));
        question
    };
    vec![
        reached("TRC-126", "key", "the trusted key", trusting("planner")),
        reached("TRC-126", "none", "no key is trusted", strict(&by("planner").text(), 0)),
        missed("TRC-126", "key", "another key is trusted", trusting("stranger"), &["CA2A-KEY-001"]),
    ]
}

fn evidence() -> Vec<Case> {
    let asked = |platform: &str, measurement: &str, key: &str| {
        with_evidence(strict(&whole().text(), 1), platform, measurement, key)
    };
    let differs =
        |name: &str, about, question: Value| missed("TRC-127", name, about, question, &["CA2A-EVD-001"]);
    let nothing = digest("0");
    let unmeasured = whole().with("runtime", &runtime("intel-tdx", &nothing)).text();
    let unmeasured = with_evidence(strict(&unmeasured, 1), "intel-tdx", &nothing, "planner");
    vec![
        reached(
            "TRC-127",
            "evidence",
            "verified evidence of it",
            asked("intel-tdx", &digest("d"), "planner"),
        ),
        differs("platform", "evidence of another platform", asked("amd-sev-snp", &digest("d"), "planner")),
        differs("measurement", "of another measurement", asked("intel-tdx", &digest("a"), "planner")),
        differs("signer", "of another key", asked("intel-tdx", &digest("d"), "tool")),
        unverified("TRC-127", "none", "none", strict(&whole().text(), 1), &["CA2A-EVD-001"]),
        missed("TRC-127", "zero", "a measurement of nothing", unmeasured, &["TR-RTE-002"]),
    ]
}

fn logs() -> Vec<Case> {
    let attested =
        |record: &Record| with_evidence(strict(&record.text(), 2), "intel-tdx", &digest("d"), "planner");
    let record = whole();
    let nowhere = whole().with("transparency", "\"https://log.invalid/1\"");
    let mut other = with_receipt(attested(&record), &record);
    other["log_roots"] = json!(["00".repeat(32)]);
    vec![
        reached("TRC-128", "root", "under a root that a log signed", with_root(attested(&record), &record)),
        unverified("TRC-128", "root", "under a root that no known log signed", other, &["TR-ANC-002"]),
        missed(
            "TRC-128",
            "nowhere",
            "in a log that cannot be",
            with_root(attested(&nowhere), &nowhere),
            &["TR-ANC-001"],
        ),
    ]
}
