//! Group CONF of the shared vectors: the peer's verdicts, but for those that recommend otherwise.

use ca2a_core::ErrorCode;
use ca2a_runtime::config::{Choice, Config};
use serde_json::{Value, json};

/// A configuration in the words of the vectors.
fn told(config: &Config) -> Value {
    let manifest = config.agent_manifest.as_ref();
    let verifier = config.caller_verifier.as_ref();
    let policy = config.local_policy.as_ref();
    json!({
        "ok": true,
        "provider": config.provider.as_str(),
        "enforcement_mode": config.enforcement_mode.as_str(),
        "require_caller_attestation": config.require_caller_attestation.as_str(),
        "caller_verifier_platform": verifier.map(|verifier| verifier.platform.as_str()),
        "caller_verifier_trusted_roots_path": verifier.map(|verifier| &verifier.trusted_roots_path),
        "challenge_ttl_seconds": config.challenge_ttl_seconds,
        "max_delegation_depth": config.max_delegation_depth,
        "policy_bundle_path": config.policy_bundle_path,
        "local_policy": policy.map(|policy| policy.iter().map(|item| item.as_str()).collect::<Vec<_>>()),
        "listen_addr": config.listen_addr.to_string(),
        "trusted_root_issuers": config.trusted_root_issuers.iter().map(|key| key.to_hex()).collect::<Vec<_>>(),
        "agent_manifest_path": manifest.map(|manifest| &manifest.path),
        "agent_manifest_trust_anchor_path": manifest.map(|manifest| &manifest.trust_anchor_path),
        "agent_manifest_authenticated_subject": manifest.map(|manifest| &manifest.authenticated_subject),
    })
}

#[test]
fn the_peers_verdicts() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/ca2a-vectors.json");
    let Ok(text) = std::fs::read(path) else {
        println!("SKIPPED: no shared vectors at {path}");
        return;
    };
    let file: Value = serde_json::from_slice(&text).unwrap();
    let mut judged = 0;
    for case in file["cases"].as_array().unwrap().iter().filter(|case| case["group"] == "CONF") {
        let note = &case["note"];
        let read = Config::from_yaml(case["input"]["yaml"].as_str().unwrap().as_bytes());
        let refused = case["recommend"] == "reject" || case["expect"]["ok"] == json!(false);
        match read {
            Ok(config) => {
                assert!(!refused, "{note} was accepted");
                assert_eq!(told(&config), case["expect"], "{note}");
            }
            Err(error) => {
                assert!(refused, "{note}: {error}");
                assert_eq!(error.code(), ErrorCode::ConfigError);
                assert!(error.line() > 0 && error.column() > 0, "{note}: {error}");
            }
        }
        judged += 1;
    }
    assert!(judged > 0, "the file has no case of the group");
}
