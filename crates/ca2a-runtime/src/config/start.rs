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
        Built::HERE.does_what_asks(self)?;
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

/// What a build can do beside what every build can.
#[derive(Debug, Clone, Copy)]
struct Built {
    a2a: bool,
    grpc: bool,
    manifest: bool,
    otel: bool,
}

impl Built {
    const HERE: Self = Self {
        a2a: cfg!(feature = "a2a"),
        grpc: cfg!(feature = "grpc"),
        manifest: cfg!(feature = "manifest"),
        otel: cfg!(feature = "otel"),
    };

    /// Refuses `config` where it asks for what this build lacks: a key that does nothing would deceive its operator.
    fn does_what_asks(self, config: &Config) -> Result<(), StartError> {
        if !self.manifest && config.agent_manifest.is_some() {
            return Err(StartError::AgentManifest);
        }
        if !self.otel && config.operations.traces_url.is_some() {
            return Err(StartError::Traces);
        }
        let outbound = config.gateway.as_ref().and_then(|settings| settings.outbound.as_ref());
        let mut peers = outbound.iter().flat_map(|settings| &settings.peers);
        match &config.a2a {
            Some(_) if !self.a2a => Err(StartError::A2a),
            Some(settings) if !self.grpc && settings.bindings.contains(&A2aBinding::Grpc) => {
                Err(StartError::Grpc)
            }
            _ if !self.grpc && peers.any(|peer| peer.grpc_listen_addr.is_some()) => Err(StartError::PeerGrpc),
            _ => Ok(()),
        }
    }
}

/// A path of the configuration: relative ones start at the folder of the configuration file.
#[must_use]
pub fn beside(config_file: &Path, path: &str) -> PathBuf {
    config_file.parent().unwrap_or(Path::new("")).join(path)
}

#[cfg(test)]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    const ALL: Built = Built { a2a: true, grpc: true, manifest: true, otel: true };

    /// CFG-10, RUN-97: whichever features this test is built with.
    #[test]
    fn a_build_refuses_what_it_lacks() {
        covers!(accept, "RUN-97", "CFG-10");
        covers!(refuse, "RUN-97", "CFG-10");
        let traces = "ca2a: {operations: {traces_url: 'http://127.0.0.1:4318'}}\n";
        let json = "ca2a: {a2a: {listen_addr: '127.0.0.1:1', bindings: [jsonrpc]}}\n";
        let grpc = "ca2a: {a2a: {listen_addr: '127.0.0.1:1', bindings: [grpc]}}\n";
        let key = "c9dccd66703268cf2b146dee384b9028637266a8232f8bbfff4f6c0a56626b57";
        let peer = format!(
            "ca2a: {{gateway: {{outbound: {{listen_addr: '127.0.0.1:1', peers: [{{name: b, url: 'http://127.0.0.1:2', \
             card_key: '{key}', capability: read, grpc_listen_addr: '127.0.0.1:3'}}]}}}}}}\n"
        );
        let manifest =
            "agent_manifest: {path: m, trust_anchor_path: t, authenticated_subject: 'spiffe://a/b'}\n";
        for (yaml, lacking, why) in [
            (traces, Built { otel: false, ..ALL }, StartError::Traces),
            (json, Built { a2a: false, ..ALL }, StartError::A2a),
            (grpc, Built { grpc: false, ..ALL }, StartError::Grpc),
            (&*peer, Built { grpc: false, ..ALL }, StartError::PeerGrpc),
            (manifest, Built { manifest: false, ..ALL }, StartError::AgentManifest),
        ] {
            let config = Config::from_yaml(yaml.as_bytes()).unwrap();
            assert_eq!(ALL.does_what_asks(&config), Ok(()), "{yaml}");
            assert_eq!(lacking.does_what_asks(&config), Err(why), "{yaml}");
            assert_eq!(why.code(), ErrorCode::ConfigError);
            // What is not asked for is not missed.
            assert_eq!(lacking.does_what_asks(&Config::from_yaml(b"{}\n").unwrap()), Ok(()), "{yaml}");
        }
    }
}
