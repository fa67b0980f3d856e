//! The vectors made with the published packages: groups CANON and CHAL, operation `jcs` of TRACE, and the registry.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

mod common;

use ca2a_core::{Challenge, ChallengeKey, ErrorCode, Sha256, canonical, encoding::hex, json};
use common::{cases, shared, unhex};
use serde_json::Value;

const CA2A: &str = "vectors/ca2a-vectors.json";

/// Whether a case must be refused: the peer refuses it, or accepts what a strict reader must not.
fn refused(case: &Value) -> bool {
    case["expect"]["ok"] != true || case["recommend"] == "reject"
}

/// CORE-1 to CORE-10
#[test]
fn canonical_bytes() {
    let mut seen = 0;
    for case in cases(CA2A).iter().filter(|case| case["op"] == "canonicalize") {
        seen += 1;
        let text = case["input"]["value_json"].as_str().unwrap();
        let bytes = json::read(text.as_bytes()).map(|node| canonical::to_vec(&node).unwrap());
        if refused(case) {
            assert!(bytes.is_err(), "{case}");
            continue;
        }
        let bytes = bytes.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(hex(&bytes), case["expect"]["canonical_hex"], "{case}");
        assert_eq!(Sha256::of(&bytes).to_hex(), case["expect"]["sha256"], "{case}");
    }
    assert!(seen > 0 || shared(CA2A).is_none());
}

/// CORE-9 as TRACE has it.
#[test]
fn canonical_bytes_of_trace() {
    for case in cases("vectors/trace-vectors.json").iter().filter(|case| case["op"] == "jcs") {
        let text = case["value_json"].as_str().unwrap();
        let bytes = json::read(text.as_bytes()).map(|node| canonical::to_vec(&node).unwrap());
        if case["expect"]["verdict"] == "bytes" && case["recommended"].is_null() {
            assert_eq!(hex(&bytes.unwrap()), case["expect"]["hex"], "{case}");
        } else {
            assert!(bytes.is_err(), "{case}");
        }
    }
}

/// CORE-18 to CORE-20
#[test]
fn challenges() {
    for case in cases(CA2A).iter().filter(|case| case["group"] == "CHAL") {
        let input = &case["input"];
        let secret: [u8; 32] = unhex(input["secret_hex"].as_str().unwrap()).try_into().unwrap();
        let (key, now) = (ChallengeKey::new(secret), input["now"].as_u64().unwrap());
        match case["op"].as_str().unwrap() {
            "challenge.issue" => {
                let random = unhex(input["random_hex"].as_str().unwrap()).try_into().unwrap();
                let token = key.issue(now, input["ttl_seconds"].as_u64().unwrap(), random);
                assert_eq!(token.as_str(), case["expect"]["challenge"], "{case}");
            }
            "challenge.verify" => {
                let token = match &input["challenge_json"] {
                    Value::String(text) => {
                        json::read(text.as_bytes()).ok().and_then(|node| node.as_str().map(Challenge::new))
                    }
                    _ => Some(Challenge::new(input["challenge"].as_str().unwrap())),
                };
                let live = token.and_then(|token| key.verify(&token, now).ok());
                assert_eq!(live.is_none(), refused(case), "{case}");
            }
            other => panic!("unknown operation {other}"),
        }
    }
}

/// CORE-26: the peer's codes are ours, under its statuses.
#[test]
fn the_registry_of_the_peer() {
    let Some(bytes) = shared(CA2A) else { return };
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    let registry = file["error_registry"].as_array().unwrap();
    assert_eq!(registry.len(), 23);
    for entry in registry {
        let code: ErrorCode = entry["code"].as_str().unwrap().parse().unwrap();
        assert_eq!(code.http_status(), entry["http"], "{code}");
        assert!(ErrorCode::ALL[..23].contains(&code), "{code} stands among the first");
    }
}
