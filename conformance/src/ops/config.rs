//! The configuration file.

use ca2a_core::Capability;
use ca2a_runtime::config::{Choice as _, Config};
use serde_json::json;

use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// Reads a configuration.
pub(crate) fn load(input: &Input, _: &Context) -> Run {
    let config = Config::from_yaml(input.text("yaml")?.as_bytes())?;
    let (verifier, manifest) = (&config.caller_verifier, &config.agent_manifest);
    let policy = config.local_policy.as_ref();
    let policy = policy.map(|allowed| allowed.iter().map(Capability::as_str).collect::<Vec<_>>());
    let roots: Vec<_> = config.trusted_root_issuers.iter().map(|key| key.to_hex()).collect();
    Ok(Got::accepted(json!({
        "provider": config.provider.as_str(),
        "enforcement_mode": config.enforcement_mode.as_str(),
        "require_caller_attestation": config.require_caller_attestation.as_str(),
        "caller_verifier_platform": verifier.as_ref().map(|verifier| verifier.platform.as_str()),
        "caller_verifier_trusted_roots_path": verifier.as_ref().map(|verifier| &verifier.trusted_roots_path),
        "challenge_ttl_seconds": config.challenge_ttl_seconds,
        "max_delegation_depth": config.max_delegation_depth,
        "policy_bundle_path": config.policy_bundle_path,
        "local_policy": policy,
        "listen_addr": config.listen_addr.to_string(),
        "trusted_root_issuers": roots,
        "agent_manifest_path": manifest.as_ref().map(|manifest| &manifest.path),
        "agent_manifest_trust_anchor_path": manifest.as_ref().map(|manifest| &manifest.trust_anchor_path),
        "agent_manifest_authenticated_subject": manifest.as_ref().map(|manifest| &manifest.authenticated_subject),
    })))
}

/// The time that challenges live, as a node gets it: from its configuration, which judges it.
pub(crate) fn challenge_ttl(seconds: u64) -> Result<u64, Stop> {
    let yaml = format!("attestation: {{challenge_ttl_seconds: {seconds}}}");
    Ok(Config::from_yaml(yaml.as_bytes())?.challenge_ttl_seconds)
}
