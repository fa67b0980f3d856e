//! `attest verify` and `attest appraise` of a report, through the command: the caller's offer of the shared vectors, whose
//! authority is made up. Covers CLI-40, CLI-47.

use ca2a_cli::{ExitCode, MemoryFs};
use ca2a_core::cose::{PublicKey, Sign1};
use ca2a_covers::covers;
use serde_json::{Value, json};

use crate::support::{Said, keygen, on_terminal, piped};

/// The offer, its nonce, and the root of its certificates.
fn offered() -> Option<(Value, String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/ca2a-vectors.json");
    let Ok(bytes) = std::fs::read(path) else {
        println!("SKIPPED: {path} is not there");
        return None;
    };
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let input = &cases.iter().find(|case| case["id"] == json!("v-pipe-039")).unwrap()["input"];
    let message: Value = serde_json::from_str(input["message_json"].as_str().unwrap()).unwrap();
    let metadata = message["metadata"].as_object().unwrap();
    let (_, offer) = metadata.iter().find(|(name, _)| name.ends_with("/caller_offer")).unwrap();
    let nonce = offer["attestation"]["nonce"].as_str().unwrap().to_owned();
    let roots = input["caller_verifier"]["trusted_roots_pem"].as_str().unwrap().to_owned();
    Some((offer.clone(), nonce, roots))
}

fn files() -> Option<(MemoryFs, String)> {
    let (offer, nonce, roots) = offered()?;
    let policy = format!(
        "version: 1\nid: ours\ntpm:\n  reference_values: [{{name: known, pcr-digest: \"{}\"}}]\n  certificate_profiles: \
         [unmarked]\n  require_attestation_key_public: false\n  allow_unsafe_clock: true\n",
        "3".repeat(64)
    );
    let files = MemoryFs::new()
        .with("offer.json", offer.to_string().as_bytes(), false)
        .with("report.json", offer["attestation"].to_string().as_bytes(), false)
        .with("roots.pem", roots.as_bytes(), false)
        .with("policy.yaml", policy.as_bytes(), false)
        .with("strict.yaml", b"version: 1\n", false)
        .with("typo.yaml", b"version: 1\ntpm: {alow_reset: true}\n", false);
    Some((files, nonce))
}

const REPORT: [&str; 6] =
    ["--report", "offer.json", "--trusted-root", "roots.pem", "--at-time", "1800000000"];

fn attest(files: &MemoryFs, verb: &str, more: &[&str]) -> Said {
    piped(files, &[&["attest", verb][..], &REPORT, more].concat())
}

fn failed(said: &Said) -> Vec<(String, Value)> {
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    let reasons = answer["reasons"].as_array().unwrap().iter();
    reasons
        .map(|reason| (reason["check"].as_str().unwrap().to_owned(), reason["policy_key"].clone()))
        .collect()
}

#[test]
fn genuine_evidence_is_called_so_and_no_more() {
    let Some((files, _)) = files() else { return };
    covers!(accept, "CLI-40");
    covers!(refuse, "CLI-40");
    let said = attest(&files, "verify", &[]);
    assert_eq!((said.accepted().bool("verified"), said.text("platform")), (Some(true), "tpm".into()));
    let bare = ["attest", "verify", "--report", "report.json", "--trusted-root", "roots.pem"];
    piped(&files, &bare).accepted();
    let rootless = ["attest", "verify", "--report", "offer.json"];
    let said = piped(&files, &rootless);
    assert_eq!(said.refused("ATTESTATION_FAILED").text("check"), "tpm.ak-root");
    piped(&files, &["attest", "verify"]).refused("BAD_REQUEST");
    piped(&files, &["attest", "verify", "--report", "offer.json", "--cases", "x"]).usage();
    piped(&files, &["attest", "verify", "--report", "policy.yaml"]).refused("TRANSPORT_ERROR");
}

#[test]
fn an_appraisal_names_each_failed_check_and_the_key_that_decides_it() {
    let Some((files, nonce)) = files() else { return };
    covers!(accept, "CLI-40");
    covers!(refuse, "CLI-40");
    let asked = ["--nonce", &nonce, "--role", "caller"];
    let with = |more: &[&str]| attest(&files, "appraise", &[&asked[..], more].concat());

    let said = with(&["--policy", "policy.yaml"]);
    assert_eq!((said.accepted().bool("affirming"), said.text("reference")), (Some(true), "known".into()));

    let said = with(&["--policy", "strict.yaml"]);
    assert_eq!(said.exit, ExitCode::Failure);
    let keys: Vec<_> = failed(&said);
    assert_eq!(
        keys,
        [
            ("tpm.ak-eku".into(), json!("tpm.certificate_profiles")),
            ("tpm.ak-attributes".into(), json!("tpm.require_attestation_key_public")),
            ("tpm.clock-safe".into(), json!("tpm.allow_unsafe_clock")),
        ]
    );
    let page = [&["attest", "appraise"][..], &REPORT, &asked, &["--policy", "strict.yaml"]].concat();
    let page = on_terminal(&files, &page).stdout;
    assert!(page.contains("`tpm.allow_unsafe_clock` in the policy file decides it"), "{page}");

    // Another nonce or role is another question, and no question is shown as none.
    let other =
        attest(&files, "appraise", &["--nonce", "another", "--role", "caller", "--policy", "policy.yaml"]);
    assert_eq!(failed(&other), [("tpm.nonce".into(), Value::Null)]);
    let callee = attest(&files, "appraise", &["--nonce", &nonce, "--policy", "policy.yaml"]);
    assert_eq!(failed(&callee), [("tpm.nonce".into(), Value::Null)]);
    let unasked = attest(&files, "appraise", &["--policy", "policy.yaml"]);
    assert!(unasked.accepted().stdout.contains(r#"{"id":"tpm.nonce","outcome":"not-checked""#));

    let said = with(&["--policy", "typo.yaml"]);
    assert!(said.refused("CONFIG_ERROR").text("error").contains("line 2, column 19"), "{said:?}");
}

#[test]
fn the_result_is_exported_for_others() {
    let Some((files, nonce)) = files() else { return };
    let key = keygen(&files, "verifier.pem");
    let out = ["--ear", "ear.json", "--ear-cwt", "ear.cwt", "--key", "verifier.pem"];
    let asked = ["--nonce", &nonce, "--role", "caller", "--policy", "policy.yaml"];
    attest(&files, "appraise", &[&asked[..], &out].concat()).accepted();
    let ear: Value = serde_json::from_slice(&files.get("ear.json").unwrap().bytes).unwrap();
    assert_eq!(ear["submods"]["tpm"]["ear_status"], json!("affirming"));
    let token = Sign1::read_cwt(&files.get("ear.cwt").unwrap().bytes).unwrap();
    let key = ca2a_core::VerifyingKey::from_hex(&key).unwrap();
    token.verify(&PublicKey::from(key)).unwrap();
    attest(&files, "appraise", &[&asked[..], &out].concat()).refused("BAD_REQUEST");
}

#[test]
fn who_judges_a_peer_is_said_by_a_configuration_that_can() {
    let files = MemoryFs::new().with("node.yaml", b"local_policy: [read]\n", false);
    let words = ["send", "--url", "http://127.0.0.1:9", "--chain", "c", "--key", "k", "--capability", "read"];
    piped(&files, &[&words[..], &["--require-hardware"]].concat()).usage();
}
