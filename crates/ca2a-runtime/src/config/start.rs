//! Whether a node can start from a configuration.

use std::path::{Path, PathBuf};

use ca2a_attest::Platform;
use ca2a_core::ErrorCode;

use super::{A2aBinding, Choice as _, Config, Provider};
use crate::attestation::{AttesterError, Machine, chosen};

/// A configuration that is well-formed and cannot be run. Always `CONFIG_ERROR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Nothing says what is allowed.
    #[error("a node needs a policy: set `local_policy`, `policy_bundle_path` or `ca2a.policy_bundle`")]
    NoPolicy,
    /// Nobody may originate a chain.
    #[error(
        "a node needs at least one root: list the Ed25519 keys that may originate chains under \
         `trusted_root_issuers`"
    )]
    NoTrustedRoot,
    /// No hardware was found, and software is never chosen for the operator.
    #[error(
        "no hardware attestation is available here; set `attestation.provider: software-only` to run without \
         (`auto` never falls back to it)"
    )]
    NoHardware,
    /// The provider cannot attest.
    #[error("the attestation provider `{}` is not available here", .0.as_str())]
    Provider(Provider),
    /// Nothing is known that evidence could be compared with.
    #[error(
        "`{0}` knows no measurement, so no evidence of hardware would be believed: list what is known under \
         `reference_values` in an appraisal policy, or under `measurements` of a verifier"
    )]
    NoReference(&'static str),
    /// This build verifies no hardware evidence.
    #[error("a verifier of hardware evidence is configured, and this build has none (feature `hardware`)")]
    NoHardwareJudge,
    /// This build speaks no A2A.
    #[error("`ca2a.a2a` needs the feature `a2a`, which this build has not")]
    A2a,
    /// This build speaks no gRPC.
    #[error("`ca2a.a2a.bindings` lists `grpc`, and this build has no feature `grpc`")]
    Grpc,
    /// The same, between an agent and its peers.
    #[error(
        "a peer of `ca2a.gateway.outbound` has a `grpc_listen_addr`, and this build has no feature `grpc`"
    )]
    PeerGrpc,
    /// This build asks nobody.
    #[error("`ca2a.revocation.url` needs the feature `http`, which this build has not")]
    Pulled,
    /// This build sends no spans.
    #[error("`ca2a.operations.traces_url` needs the feature `otel`, which this build has not")]
    Traces,
    /// A change that a running node does not take up.
    #[error("a change of `{0}` counts from the next start on")]
    Restart(&'static str),
    /// Agent manifests are not verified yet.
    #[error(
        "`agent_manifest` needs the feature `manifest`; a node does not start on one that it has not checked"
    )]
    AgentManifest,
}

impl StartError {
    /// Always `CONFIG_ERROR`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ConfigError
    }
}

impl Config {
    /// Whether a node can start: it has a policy and a root, and this build can do what the rest asks for (CFG-10).
    ///
    /// # Errors
    /// The first thing that is missing: `CONFIG_ERROR`.
    pub fn validate_for_start(&self) -> Result<(), StartError> {
        self.validate_for_start_on(&Machine::look_for(self))
    }

    /// The same for another machine than this one.
    ///
    /// # Errors
    /// As [`Self::validate_for_start`].
    pub fn validate_for_start_on(&self, machine: &Machine) -> Result<(), StartError> {
        let own = self.policy_bundle.is_some() || self.policy_bundle_path.is_some();
        if self.local_policy.is_none() && !own {
            return Err(StartError::NoPolicy);
        }
        if self.trusted_root_issuers.is_empty() {
            return Err(StartError::NoTrustedRoot);
        }
        if cfg!(not(feature = "manifest")) && self.agent_manifest.is_some() {
            return Err(StartError::AgentManifest);
        }
        if cfg!(not(feature = "otel")) && self.operations.traces_url.is_some() {
            return Err(StartError::Traces);
        }
        if let Some(settings) = &self.a2a {
            if cfg!(not(feature = "a2a")) {
                return Err(StartError::A2a);
            }
            if cfg!(not(feature = "grpc")) && settings.bindings.contains(&A2aBinding::Grpc) {
                return Err(StartError::Grpc);
            }
        }
        let outbound = self.gateway.as_ref().and_then(|settings| settings.outbound.as_ref());
        let mut peers = outbound.iter().flat_map(|settings| &settings.peers);
        if cfg!(not(feature = "grpc")) && peers.any(|peer| peer.grpc_listen_addr.is_some()) {
            return Err(StartError::PeerGrpc);
        }
        match chosen(self, machine) {
            Ok(platform) if cfg!(not(feature = "hardware")) && platform != Platform::SoftwareOnly => {
                return Err(StartError::Provider(self.provider));
            }
            Ok(_) => {}
            Err(AttesterError::NoHardware) => return Err(StartError::NoHardware),
            Err(_) => return Err(StartError::Provider(self.provider)),
        }
        for (key, verifier) in [
            ("attestation.caller_verifier", &self.caller_verifier),
            ("attestation.callee_verifier", &self.callee_verifier),
        ] {
            if verifier.as_ref().is_some_and(|verifier| verifier.measurements.is_empty()) {
                return Err(StartError::NoReference(key));
            }
        }
        Ok(())
    }
}

/// A path of the configuration: relative ones start at the folder of the configuration file.
#[must_use]
pub fn beside(config_file: &Path, path: &str) -> PathBuf {
    config_file.parent().unwrap_or(Path::new("")).join(path)
}
