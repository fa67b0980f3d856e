//! Every finding of the published suite, on thousands of records that are wrong in one place, where `CA2A_PYTHON` names
//! an interpreter that has `agentrust-trace-tests`.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use ca2a_core::{SigningKey, canonical, encoding::base64url, json};
use ca2a_trace::levels::{Level, Mode, Options, PolicyBundles, check};
use serde_json::{Map, Value, json};

use crate::support::{AT, NOW, key};

const SCRIPT: &str = r#"
import json, sys
try:
    from trace_tests import loader, runner
    from trace_tests.modules import tr_apr, tr_env, unverified
except ImportError:
    print("null"); sys.exit()
given = json.load(sys.stdin)
class Clock:
    time = staticmethod(lambda: given["now"])
tr_env.time = tr_apr.time = Clock
bundles = {uri: text.encode() for uri, text in given["bundles"].items()}
out = []
for text in given["documents"]:
    try:
        record, fmt = loader.parse_record(text.encode())
    except loader.LoadError:
        out.append(None)
        continue
    answers = []
    for level in (0, 1, 2):
        results = runner.run(record, fmt, level, expected_nonce="bm9uY2U", receipt=given["receipt"], policy_resolver=lambda uri: bundles[uri])
        findings = [finding for module in results.values() for finding in module]
        failing = any(unverified.finding_counts_as_level_failure(finding, level) for finding in findings)
        answers.append([not failing, [[finding.code, finding.status.value] for finding in findings]])
    out.append(answers)
print(json.dumps(out))
"#;

fn python(input: &Value) -> Option<Value> {
    let Some(interpreter) = std::env::var_os("CA2A_PYTHON") else {
        println!("SKIPPED: CA2A_PYTHON names no interpreter");
        return None;
    };
    let mut child = Command::new(interpreter)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_string());
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    if said.is_null() {
        println!("SKIPPED: the interpreter that CA2A_PYTHON names has no agentrust-trace-tests");
    }
    Some(said).filter(|said| !said.is_null())
}

fn whole() -> Value {
    let digest = |text: &str| ca2a_core::TraceLink::sha256_of(text.as_bytes()).to_string();
    json!({
        "eat_profile": ca2a_trace::PROFILE,
        "iat": NOW - 60,
        "subject": "spiffe://acme.example/planner",
        "model": { "provider": "acme", "model_id": "large-2" },
        "runtime": {
            "platform": "intel-tdx", "measurement": digest("image"), "nonce": "bm9uY2U", "rim_uri": "https://rim.example/1"
        },
        "policy": {
            "bundle_hash": digest("policy"), "enforcement_mode": "enforce", "policy_uri": "https://policy.example/1"
        },
        "data_class": "internal",
        "build_provenance": { "slsa_level": 2, "digest": digest("build") },
        "appraisal": {
            "status": "affirming", "verifier": "https://verifier.example/1",
            "policy_ref": "urn:x:y", "timestamp": NOW - 70
        },
        "tool_transcript": { "hash": digest("calls"), "call_count": 3 },
        "transparency": "https://registry.example/1",
    })
}

/// Values as JSON text, so that a number keeps its spelling.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "3",
    "4",
    "-1",
    "1.0",
    "1.5",
    "-1.0",
    "1e2",
    "1e999",
    "9007199254740993",
    "-9007199254740993",
    "\"\"",
    "\" \"",
    "\"x\"",
    "[]",
    "[1]",
    "{}",
    "{\"a\":1}",
    "1790000060",
    "1790000061",
    "1789913600",
    "1789913599",
    "1699999999",
    "1790000000.0",
    "\"OKP\"",
    "\"EC\"",
    "\"RSA\"",
    "\"software-only\"",
    "\"tpm2\"",
    "\"none\"",
    "\"declared\"",
    "\"bm9uY2V\"",
    "\"spiffe://a/\"",
    "\"spiffe:///p\"",
    "\"spiffe://a\\nb/p\"",
    "\"spiffe://a/p\\n\"",
    "\"spiffe://a/p\\u2028\"",
    "\"did:x:y\"",
    "\"did:X:y\"",
    "\"did:x:\"",
    "\"did::y\"",
    "\"did:x:y\\r\"",
    "\"https://\"",
    "\"https:///p\"",
    "\"https:h\"",
    "\"HTTPS://h\"",
    "\"http://h\"",
    "\" https://h\"",
    "\"ht\\ttps://h\"",
    "\"https://[::1]/\"",
    "\"https://[::g]/\"",
    "\"https://[::1/\"",
    "\"https://::1]/\"",
    "\"https://[v1.x]/\"",
    "\"https://[v.x]/\"",
    "\"https://[1.2.3.4]/\"",
    "\"https://[fe80::1%en0]\"",
    "\"https://[fe80::1%]\"",
    "\"https://h x\"",
    "\"https://h\\u00a0\"",
    "\"https://h\\u0085\"",
    "\"https://h\\u007f\"",
    "\"//h/p\"",
    "\"self\"",
    "\":x\"",
    "\"1a:b\"",
    "\"a+b.c-d:\"",
    "\"a_b:c\"",
    "\"é:b\"",
    "\"x:é\"",
    "\"https://é/\"",
    "\"https://h?q\"",
    "\"https://?q\"",
    "\"https://#f\"",
    "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
    "\"sha256:000000000000000000000000000000000000000000000000000000000000000\"",
    "\"sha256:00000000000000000000000000000000000000000000000000000000000000AA\"",
    "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\\n\"",
    "\"sha384:000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\"",
];

const PATHS: &[&str] = &[
    "eat_profile",
    "iat",
    "subject",
    "cnf",
    "cnf/jwk",
    "cnf/jwk/kty",
    "cnf/jwk/crv",
    "cnf/jwk/x",
    "cnf/jwk/d",
    "cnf/jwk/k",
    "signature",
    "policy",
    "policy/bundle_hash",
    "policy/enforcement_mode",
    "policy/policy_uri",
    "appraisal",
    "appraisal/status",
    "appraisal/verifier",
    "appraisal/policy_ref",
    "appraisal/timestamp",
    "runtime",
    "runtime/platform",
    "runtime/measurement",
    "runtime/nonce",
    "runtime/rim_uri",
    "build_provenance",
    "build_provenance/slsa_level",
    "build_provenance/digest",
    "tool_transcript",
    "tool_transcript/hash",
    "tool_transcript/call_count",
    "transparency",
    "model",
    "delegation",
    "origin",
    "cmcp_version",
    "gateway",
    "trace",
];

/// Puts the marker, which becomes a value's own text, or nothing at `path`.
fn edit(object: &mut Map<String, Value>, path: &str, value: Option<&str>) {
    match path.split_once('/') {
        Some((name, rest)) => {
            if let Some(Value::Object(inner)) = object.get_mut(name) {
                edit(inner, rest, value);
            }
        }
        None => {
            match value {
                Some(value) => object.insert(path.into(), value.into()),
                None => object.remove(path),
            };
        }
    }
}

const MARK: &str = "@@here@@";

fn sign(document: &mut Value, key: &SigningKey) {
    let text = document.to_string();
    let covered = canonical::to_vec(&json::read(text.as_bytes()).unwrap()).unwrap();
    document["signature"] = base64url(&key.sign(&covered).0).into();
}

/// The honest document with one thing changed; signed before the change, and after it where it can be.
fn documents() -> Vec<String> {
    let signer = key(1);
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": signer.verifying_key().to_base64url() });
    let mut record = whole();
    record["cnf"] = json!({ "jwk": jwk });
    let mut signed = record.clone();
    sign(&mut signed, &signer);
    let mut envelope = json!({ "cmcp_version": "0.1", "gateway": {}, "trace": record.clone() });
    sign(&mut envelope, &signer);

    let mut documents = vec![signed.to_string(), record.to_string(), envelope.to_string()];
    for path in PATHS {
        let mut removed = signed.clone();
        edit(removed.as_object_mut().unwrap(), path, None);
        documents.push(removed.to_string());
        for value in VALUES {
            let place = |mut document: Value, at: &str| {
                edit(document.as_object_mut().unwrap(), at, Some(MARK));
                document.to_string().replace(&format!("\"{MARK}\""), value)
            };
            documents.push(place(signed.clone(), path));
            documents.push(place(envelope.clone(), path));
            documents.push(place(envelope.clone(), &format!("trace/{path}")));
            let changed = place(record.clone(), path);
            let readable = json::Reader::new(json::NumberPolicy::Ieee754).read(changed.as_bytes());
            if let Some(covered) = readable.ok().and_then(|node| canonical::to_vec(&node).ok()) {
                let signature = base64url(&signer.sign(&covered).0);
                documents
                    .push(format!("{{\"signature\":\"{signature}\",{}", changed.strip_prefix('{').unwrap()));
            }
        }
    }
    documents
}

/// covers TRC-120, TRC-121, TRC-122, TRC-123
#[test]
fn the_suite_and_we_find_the_same() {
    let documents = documents();
    let receipt = json!({
        "leaf_index": 0, "leaf_count": 1, "audit_path": [], "merkle_root": format!("sha256:{}", "00".repeat(32)),
    });
    let input = json!({
        "now": NOW, "documents": documents, "receipt": receipt,
        "bundles": { "https://policy.example/1": "policy" },
    });
    let Some(said) = python(&input) else { return };
    let receipt = receipt.to_string();
    let receipt = json::read(receipt.as_bytes()).unwrap();
    let bundles = PolicyBundles::from([("https://policy.example/1".to_owned(), b"policy".to_vec())]);
    let options = Options::at(AT).expected_nonce("bm9uY2U").receipt(&receipt).policies(&bundles);
    let (mut compared, mut differing) = (0, Vec::new());
    for (document, said) in documents.iter().zip(said.as_array().unwrap()) {
        for (number, level) in Level::ALL.into_iter().enumerate() {
            let ours = check(document.as_bytes(), level, &options, Mode::Package).ok().map(|report| {
                let findings = report.findings().iter();
                let findings: Vec<_> =
                    findings.map(|finding| json!([finding.id(), finding.status().as_str()])).collect();
                json!([report.verdict().exit_code() == 0, findings])
            });
            let theirs = said.get(number).cloned();
            compared += 1;
            if ours != theirs {
                differing
                    .push(format!("level {number} of {document}\n  ours:   {ours:?}\n  theirs: {theirs:?}"));
            }
        }
    }
    assert!(
        differing.is_empty(),
        "{} of {compared} differ, among them\n{}",
        differing.len(),
        differing[..differing.len().min(8)].join("\n")
    );
    println!("{compared} answers compared");
    assert!(compared > 20_000);
}
