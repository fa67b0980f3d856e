//! The flags that say how a handoff is judged, and the verifier that they make.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, VerifyingKey, json};
use ca2a_handoff::{
    AgentId, AgentRegistry, Approval, CapabilityRevocationRegistry, Compat, DelegationCapability,
    HandoffVerifier, UnixMicros,
};

use super::profile::ProfileArgs;
use crate::{failure::Failure, number::Integer, session::Session};

/// How a handoff is judged.
#[derive(Debug, clap::Args)]
pub(super) struct JudgeArgs {
    /// The agents and their keys: {"agents": {"ID": "PEM"}, "revoked": ["ID"]}. Without it an agent goes by its derived id
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// A key that may grant capabilities, 64 hex characters; may be given several times
    #[arg(long = "root", value_name = "KEY")]
    roots: Vec<VerifyingKeyArg>,
    /// The capabilities that were taken back: an array of ids
    #[arg(long, value_name = "FILE")]
    revoked: Option<PathBuf>,
    /// The grants above the packet's capability, root first: an array of tokens
    #[arg(long, value_name = "FILE")]
    capabilities: Option<PathBuf>,
    /// Approvals of the packet: an array
    #[arg(long, value_name = "FILE")]
    approvals: Option<PathBuf>,
    /// A key that may approve, 64 hex characters; may be given several times
    #[arg(long = "approver", value_name = "KEY")]
    approvers: Vec<VerifyingKeyArg>,
    #[command(flatten)]
    profile: ProfileArgs,
    /// The most handoffs of a chain
    #[arg(long, value_name = "N", default_value = "5")]
    max_depth: Integer,
    /// The longest life of a packet in seconds
    #[arg(long, value_name = "SECONDS", default_value = "86400")]
    max_lifetime: Integer,
    /// Relax what the honest users of a release need: `trusthandoff-0.2` or `trusthandoff-0.4`
    #[arg(long, value_name = "NAME")]
    compat: Option<Compat>,
    /// Judge as of this Unix time; it reads no clock then
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    at_time: Option<Integer>,
}

/// A key on the command line.
#[derive(Debug, Clone, Copy)]
struct VerifyingKeyArg(VerifyingKey);

impl std::str::FromStr for VerifyingKeyArg {
    type Err = ca2a_core::KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        VerifyingKey::from_hex(text).map(Self)
    }
}

/// What is presented beside the packet.
pub(super) struct Beside {
    pub(super) ancestors: Vec<DelegationCapability>,
    pub(super) approvals: Vec<Approval>,
}

impl JudgeArgs {
    /// When it is judged.
    pub(super) fn now(&self, session: &Session<'_, '_>) -> Result<UnixMicros, Failure> {
        let seconds = match self.at_time {
            Some(then) => then.uint("--at-time")?,
            None => session.clock.now(),
        };
        Ok(UnixMicros::from_seconds(seconds))
    }

    pub(super) fn is_audit(&self) -> bool {
        self.at_time.is_some()
    }

    /// The verifier of `me`.
    pub(super) fn verifier(
        &self,
        session: &Session<'_, '_>,
        me: &AgentId,
    ) -> Result<HandoffVerifier, Failure> {
        let depth = usize::try_from(self.max_depth.uint("--max-depth")?).unwrap_or(usize::MAX);
        let lifetime = i64::try_from(self.max_lifetime.uint("--max-lifetime")?).unwrap_or(i64::MAX);
        let mut verifier = HandoffVerifier::new(me.clone())
            .profile(self.profile.choice())
            .max_depth(depth)
            .max_lifetime_seconds(lifetime)
            .compat(self.compat);
        if let Some(path) = &self.registry {
            let bytes = session.document("registry", path, ErrorCode::ConfigError)?;
            verifier = verifier.registry(AgentRegistry::from_json(&bytes)?);
        }
        if let Some(path) = &self.revoked {
            let bytes = session.document("revocation", path, ErrorCode::ConfigError)?;
            verifier = verifier.revoked(CapabilityRevocationRegistry::from_json(&bytes)?);
        }
        verifier = self.roots.iter().fold(verifier, |verifier, key| verifier.root(key.0));
        Ok(self.approvers.iter().fold(verifier, |verifier, key| verifier.approver(key.0)))
    }

    pub(super) fn beside(&self, session: &Session<'_, '_>) -> Result<Beside, Failure> {
        let mut beside = Beside { ancestors: Vec::new(), approvals: Vec::new() };
        if let Some(path) = &self.capabilities {
            let bytes = session.document("capability", path, ErrorCode::HandoffCapabilityInvalid)?;
            let node = json::read(&bytes).map_err(ca2a_handoff::CapabilityError::from)?;
            for token in node.expect_array("capabilities").map_err(ca2a_handoff::CapabilityError::from)? {
                let token = token.expect_str("capabilities").map_err(ca2a_handoff::CapabilityError::from)?;
                beside.ancestors.push(DelegationCapability::from_token(token)?);
            }
        }
        if let Some(path) = &self.approvals {
            let bytes = session.document("approval", path, ErrorCode::HandoffApprovalInvalid)?;
            let broken =
                |error: ca2a_handoff::ApprovalError| Failure::from(ca2a_handoff::HandoffError::from(error));
            let node = json::read(&bytes).map_err(|error| broken(error.into()))?;
            for approval in node.expect_array("approvals").map_err(|error| broken(error.into()))? {
                beside.approvals.push(Approval::from_node(approval).map_err(broken)?);
            }
        }
        Ok(beside)
    }
}
