//! Against the published Python package itself, where `CA2A_PYTHON` names an interpreter that has it.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use ca2a_core::{CallerAssurance, json};
use ca2a_delegation::Credential;
use ca2a_trace::{DelegationRecord, Denial, ParentLink, validate};
use serde_json::{Value, json};

use crate::support::{context, credentials, keys, records, scope};

/// What `script` prints when it is given `input`; `None` without an interpreter.
fn python(script: &str, input: &str) -> Option<Value> {
    let Some(interpreter) = std::env::var_os("CA2A_PYTHON") else {
        println!("SKIPPED: CA2A_PYTHON names no interpreter");
        return None;
    };
    let mut child = Command::new(interpreter)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// covers TRC-17, TRC-18, TRC-40, TRC-45: a lineage made here verifies there.
#[test]
fn python_accepts_our_lineage() {
    let script = r#"
import json, sys, time
from ca2a_runtime.delegation import DelegationCredential
from ca2a_verify.dag import verify_trace_dag, cross_check_trace_dag
import ca2a_verify.dag as dag, agentrust_trace.sign as sign
from ca2a_runtime.trace_binding import HopContext, build_trace_record, trace_record_hash
given = json.load(sys.stdin)
chain = [DelegationCredential.from_dict(hop) for hop in given["chain"]]
jwks = [record["cnf"]["jwk"] for record in given["records"]]
real = sign.verify_record
dag.verify_record = lambda *a, **k: real(*a, **{**k, "now": given["now"]})
result = verify_trace_dag(given["records"], trusted_keys=jwks)
cross_check_trace_dag(given["records"], chain)
context = HopContext.software(model_provider="acme", model_id="acme-large-2", image_label="planner:1.4", policy_bundle_hash=given["policy"])
draft = build_trace_record(subject=given["records"][0]["subject"], iat=given["records"][0]["iat"], context=context)
ours = {name: value for name, value in given["records"][0].items() if name not in ("cnf", "signature")}
print(json.dumps({"hops": result.hops, "leaf": result.leaf_subject, "same_draft": draft == ours,
    "hashes": [trace_record_hash(record) for record in given["records"]]}))
"#;
    let records = records();
    let parsed: Vec<Value> =
        records.iter().map(|record| serde_json::from_slice(record.canonical()).unwrap()).collect();
    let chain: Vec<Value> =
        credentials().iter().map(|hop| serde_json::from_str(&Credential::to_json(hop)).unwrap()).collect();
    let input = json!({
        "records": parsed,
        "chain": chain,
        "now": crate::support::NOW,
        "policy": context("planner").policy_bundle.to_string(),
        "keys": keys().iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let Some(said) = python(script, &input.to_string()) else { return };
    assert_eq!(said["hops"], 3);
    assert_eq!(said["leaf"], "spiffe://acme.example/agent/searcher");
    assert_eq!(said["same_draft"], true);
    let hashes: Vec<_> = records.iter().map(|record| record.hash().to_string()).collect();
    assert_eq!(said["hashes"], json!(hashes));
}

/// covers TRC-4: every reason is quoted as Python quotes it, but for characters that its tables do not know yet.
#[test]
fn python_quotes_as_we_do() {
    let script = r#"
import json, sys, unicodedata
capabilities = json.load(sys.stdin)
unknown = [len(t) == 2 and unicodedata.category(t[1]) == "Cn" for t in capabilities]
print(json.dumps([[f"capability {t!r} is not in the effective scope", u] for t, u in zip(capabilities, unknown)]))
"#;
    let hop = &credentials()[0];
    let scalars = (0..=0x10_ffff_u32).step_by(1).filter_map(char::from_u32);
    let mut capabilities: Vec<String> = scalars
        .filter(|scalar| {
            u32::from(*scalar) < 0x3_2000 || u32::from(*scalar) >= 0xe_0000 && u32::from(*scalar) < 0xe_2000
        })
        .map(|scalar| format!("a{scalar}"))
        .collect();
    capabilities.extend(["it's", "\"", "'\"", "\\'\"\n"].map(Into::into));
    let Some(said) = python(script, &json!(capabilities).to_string()) else { return };
    let mut newer = 0;
    for (capability, said) in capabilities.iter().zip(said.as_array().unwrap()) {
        let denial = Denial::out_of_scope(capability.parse().unwrap(), scope(&[]));
        let record = DelegationRecord::deny(
            hop,
            "r".parse().unwrap(),
            ParentLink::Root,
            CallerAssurance::Failed,
            denial,
        );
        let ours = record.denial().unwrap();
        assert!(ours.is_scope_denial());
        if said[0] != ours.reason() {
            assert_eq!(said[1], true, "{capability:?}: {} there, {} here", said[0], ours.reason());
            newer += 1;
        }
    }
    println!("{newer} characters are newer than the interpreter's tables");
}

/// covers TRC-10 to TRC-13: the same violations, in the same order, for records broken in many ways.
#[test]
fn python_finds_the_same_violations() {
    let script = r#"
import json, sys
from agentrust_trace.validate import iter_errors
path = lambda error: "/" + "/".join(str(part) for part in error.absolute_path)
print(json.dumps([[[path(e), e.validator] for e in iter_errors(record)] for record in json.load(sys.stdin)]))
"#;
    let broken = broken_records();
    let Some(said) = python(script, &json!(broken).to_string()) else { return };
    for (record, said) in broken.iter().zip(said.as_array().unwrap()) {
        let text = record.to_string();
        let node = json::read(text.as_bytes()).unwrap();
        let ours: Vec<_> =
            validate(&node).iter().map(|found| json!([found.pointer(), found.keyword().as_str()])).collect();
        assert_eq!(json!(ours), *said, "{text}");
    }
    println!("{} records, the same violations", broken.len());
}

/// A record with every member, and then each member in turn replaced by each of many values, dropped, or joined by
/// another.
fn broken_records() -> Vec<Value> {
    let digest = format!("sha256:{}", "a".repeat(64));
    let full = json!({
        "eat_profile": ca2a_trace::PROFILE, "iat": 1_790_000_000, "subject": "did:web:x", "data_class": "x",
        "model": { "provider": "p", "model_id": "m", "version": "1", "weights_digest": digest, "aibom_uri": "a:b" },
        "runtime": { "platform": "software-only", "measurement": digest, "rim_uri": "a:b", "nonce": "n", "firmware_version": "f" },
        "policy": { "bundle_hash": digest, "enforcement_mode": "declared", "version": "1", "policy_uri": "a:b" },
        "build_provenance": { "slsa_level": 3, "digest": digest, "builder": "b", "provenance_uri": "a:b", "provenance_depth": "builder" },
        "appraisal": { "status": "none", "verifier": "a:b", "policy_ref": "a:b", "timestamp": -5, "provenance_depth_verified": "surface",
            "method": "re-execution", "re_execution": { "outcome": "diverged", "observed_digest": digest, "reason": "r", "verifier_code_identity": digest } },
        "cnf": { "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "x", "kid": "k", "z": [1, { "y": null }] } },
        "tool_transcript": { "hash": digest, "call_count": 0, "transcript_uri": "a:b" },
        "delegation": { "parent_record_hash": digest, "credential_id": "c" },
        "origin": { "kind": "log-import", "producer": "p", "source_event_id": "s", "ingested_at": 1_790_000_000 },
        "references": [{ "rel": "r", "id": "i", "resolver": "x", "retention": "P1Y", "digest": digest }],
        "reproducibility": { "function": "f", "code_identity": digest, "code_resolver": "r", "transcript_digest": digest,
            "input_closure": [{ "id": "i", "digest": digest, "resolver": "r" }] },
        "transparency": "a:b", "signature": "abc",
    });
    let values = [
        json!(null),
        json!(true),
        json!(""),
        json!("x"),
        json!("x\n"),
        json!(5),
        json!(-1),
        json!([]),
        json!({}),
        json!(["x"]),
        json!("intel-tdx"),
        json!("self"),
        json!("reproduced"),
        json!("not-attempted"),
        json!("EC"),
        json!("RSA"),
        json!("oct"),
        json!("https://[::1]:80/a?b#c"),
        json!("P1W"),
        json!("spiffe://a/b"),
        json!(1_699_999_999),
    ];
    let mut broken = vec![full.clone()];
    for pointer in pointers(&full, "") {
        for value in &values {
            let mut record = full.clone();
            *record.pointer_mut(&pointer).unwrap() = value.clone();
            broken.push(record);
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let mut record = full.clone();
        if let Some(object) = record.pointer_mut(parent).unwrap().as_object_mut() {
            object.remove(name);
            broken.push(record.clone());
            for extra in ["extra", "d", "k", "n", "e", "y"] {
                let mut record = full.clone();
                record.pointer_mut(parent).unwrap()[extra] = json!(1);
                broken.push(record);
            }
        }
    }
    broken
}

fn pointers(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, member)| (format!("{at}/{name}"), member)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (format!("{at}/{index}"), item)).collect()
        }
        _ => Vec::new(),
    };
    below
        .into_iter()
        .flat_map(|(pointer, member)| {
            let deeper = pointers(member, &pointer);
            std::iter::once(pointer).chain(deeper)
        })
        .collect()
}
