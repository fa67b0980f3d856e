//! The checks of the published suite, each of them failing in turn, and what counts (TRC-122, TRC-123).

use serde_json::json;

use super::reach::{
    appraisal, missed, policy, published, reached, runtime, strict, unverified, whole, with_evidence,
    with_receipt,
};
use crate::vectors::{
    case::Case,
    draft::NOW,
    traces::draft::{Record, by, digest, jwk},
};

pub(super) fn cases() -> Vec<Case> {
    [level_0(), level_1(), level_2(), counted()].concat()
}

/// A fault of `record`, that the checks `failing` find at `level`.
fn fails(name: &str, about: &'static str, record: &Record, level: u64, failing: &[&str]) -> Case {
    let question = with_receipt(published(&record.text(), level), record);
    missed("TRC-122", name, about, question, failing)
}

fn level_0() -> Vec<Case> {
    let record = whole;
    let key = |json: &str| record().with("cnf", &format!("{{\"jwk\":{json}}}"));
    let fails = |name: &str, about, record: &Record, failing: &[&str]| fails(name, about, record, 0, failing);
    let text = |name, text: &str| record().with(name, &format!("\"{text}\""));
    let bundle = digest("c");
    vec![
        reached(
            "TRC-122",
            "more",
            "a member that the suite does not know",
            published(&record().with("note", "0").text(), 0),
        ),
        fails("profile", "another profile", &text("eat_profile", "tag:example.org,2026:x"), &["TR-ENV-001"]),
        fails("future", "61 s ahead", &record().at(NOW + 61), &["TR-ENV-002"]),
        fails("old", "a second more than a day old", &record().at(NOW - 86_401), &["TR-ENV-002"]),
        fails(
            "subject",
            "a subject that is an URL",
            &text("subject", "https://example.org/a"),
            &["TR-ENV-003"],
        ),
        fails(
            "untyped",
            "a key without its type",
            &key(&jwk("planner").replace("\"kty\":\"OKP\",", "")),
            &["TR-ENV-004", "TR-SIG-004", "TR-SIG-005"],
        ),
        fails(
            "private",
            "the private half of a key",
            &key(&jwk("planner").replace("\"kty\"", "\"d\":\"AA\",\"kty\"")),
            &["TR-ENV-005", "TR-SIG-004"],
        ),
        fails("stranger", "signed by somebody else", &record().signed_by("stranger"), &["TR-SIG-005"]),
        fails(
            "digest",
            "a digest in capitals",
            &record().with("policy", &policy(&digest("C"), "enforce")),
            &["TR-POL-001"],
        ),
        fails(
            "mode",
            "an unknown enforcement, and another bundle",
            &record().with("policy", &policy(&bundle, "sometimes")),
            &["TR-POL-002", "TR-POL-003"],
        ),
        fails(
            "no-policy",
            "no policy, and one check of it alone",
            &record().without("policy"),
            &["TR-POL-001"],
        ),
        fails(
            "status",
            "an unknown status",
            &record().with("appraisal", &appraisal("fine", "https://verifier.example/v1", NOW)),
            &["TR-APR-001"],
        ),
        fails(
            "verifier",
            "a verifier without a scheme",
            &record().with("appraisal", &appraisal("none", "verifier", NOW)),
            &["TR-APR-002"],
        ),
        fails(
            "timestamp",
            "appraised 61 s ahead",
            &record().with("appraisal", &appraisal("none", "https://verifier.example/v1", NOW + 61)),
            &["TR-APR-004"],
        ),
    ]
}

fn level_1() -> Vec<Case> {
    let fails = |name: &str, about, record: &Record, failing: &[&str]| fails(name, about, record, 1, failing);
    let ran = |json: &str| whole().with("runtime", json);
    let built = |slsa: u64, hash: &str| {
        whole().with("build_provenance", &format!("{{\"digest\":\"{hash}\",\"slsa_level\":{slsa}}}"))
    };
    let record = whole();
    let mut unasked = published(&record.text(), 1);
    unasked["expected_nonce"] = json!("b3RoZXI");
    vec![
        fails(
            "appraised",
            "an appraisal that does not affirm",
            &whole().with("appraisal", &appraisal("warning", "https://verifier.example/v1", NOW)),
            &["TR-APR-005"],
        ),
        fails("software", "software alone", &ran(&runtime("software-only", &digest("d"))), &["TR-RTE-001"]),
        fails(
            "measurement",
            "a measurement in capitals",
            &ran(&runtime("tpm2", &digest("D"))),
            &["TR-RTE-002"],
        ),
        fails(
            "reference",
            "reference values over http",
            &ran(&runtime("tpm2", &digest("d")).replace("https://rim", "http://rim")),
            &["TR-RTE-003"],
        ),
        missed("TRC-122", "nonce", "a nonce that nobody sent", unasked, &["TR-RTE-004"]),
        fails("slsa", "a level that SLSA has not", &built(4, &digest("b")), &["TR-SCA-001"]),
        fails("build", "a digest in capitals of what was built", &built(0, &digest("B")), &["TR-SCA-002"]),
    ]
}

fn level_2() -> Vec<Case> {
    let fails = |name: &str, about, record: &Record, failing: &[&str]| fails(name, about, record, 2, failing);
    let counted = |count: i64, hash: &str| {
        whole().with("tool_transcript", &format!("{{\"call_count\":{count},\"hash\":\"{hash}\"}}"))
    };
    let record = whole();
    vec![
        fails("transcript", "no transcript", &whole().without("tool_transcript"), &["TR-TXN-001"]),
        fails("count", "a negative number of calls", &counted(-1, &digest("e")), &["TR-TXN-002"]),
        fails(
            "log",
            "a log over http",
            &whole().with("transparency", "\"http://log.example\""),
            &["TR-ANC-001"],
        ),
        missed("TRC-122", "receipt", "no receipt", published(&record.text(), 2), &["TR-ANC-002"]),
        missed(
            "TRC-122",
            "other",
            "the receipt of another record",
            with_receipt(published(&record.text(), 2), &by("planner")),
            &["TR-ANC-002"],
        ),
    ]
}

fn counted() -> Vec<Case> {
    let record = whole();
    let elsewhere = |level: u64| {
        let mut question = with_receipt(published(&record.text(), level), &record);
        question["policy_bundles_b64u"] = json!({ "https://policies.example/2": "AA" });
        question
    };
    let unsigned = published(&record.body(), 0);
    let attested = with_evidence(strict(&record.text(), 2), "intel-tdx", &digest("d"), "planner");
    vec![
        reached("TRC-123", "unsigned", "a signature is not demanded at level 0", unsigned),
        reached("TRC-123", "bundle", "a bundle that is not at hand, at level 1", elsewhere(1)),
        missed("TRC-123", "bundle", "the same at level 2", elsewhere(2), &["TR-POL-003"]),
        missed(
            "TRC-123",
            "unsigned",
            "a signature is demanded at level 1",
            published(&record.body(), 1),
            &["TR-SIG-005"],
        ),
        unverified(
            "TRC-123",
            "evidence",
            "nothing wrong, and no evidence",
            strict(&record.text(), 1),
            &["CA2A-EVD-001"],
        ),
        unverified(
            "TRC-123",
            "log",
            "nothing wrong, and a root that nobody knows",
            with_receipt(attested, &record),
            &["TR-ANC-002"],
        ),
    ]
}
