//! What a statement says.

use ca2a_core::{
    CallerAssurance, Capability, ChannelKey, ErrorCode, RecordHash, Scope, Sha256, TraceLink,
    json::MAX_SAFE_INTEGER,
};
use ca2a_delegation::RevocationStatus;

use super::{ChainDigest, PayloadDigest, StatementError};

/// What a callee says about one call (TRC-100).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementFacts {
    /// Digest of the TRACE record that the caller sent with its call; `None` where it sent none.
    pub trace_record: Option<TraceLink>,
    /// Digest of the credential chain that the call was made under.
    pub chain: ChainDigest,
    /// Hash of the delegation record that the callee made of the call.
    pub delegation_record: RecordHash,
    /// What was asked for.
    pub capability: Capability,
    /// Everything that the leaf holds and this callee allows.
    pub effective_scope: Scope,
    /// What was decided.
    pub verdict: Verdict,
    /// What the callee established about the caller's runtime.
    pub caller: CallerRuntime,
    /// Salted digest of the sealed payload as received; `None` where there was none.
    pub payload: Option<PayloadDigest>,
    /// Digest of the policy that decided.
    pub policy: Sha256,
    /// Whether revocation was checked, and as of when.
    pub revocation: RevocationStatus,
    /// When it was decided, in Unix seconds.
    pub issued_at: u64,
    /// The channel key that the callee received the call under.
    pub channel_key: ChannelKey,
    /// The verified manifest of the callee's agent; `None` where it has none.
    pub manifest: Option<CalleeManifest>,
}

/// The agent manifest that a callee verified of itself and runs under (TRC-113).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CalleeManifest {
    /// The agent, by its SPIFFE ID.
    pub agent_id: Box<str>,
    /// What names the manifest: SHA-256 of what its issuer signed.
    pub digest: Sha256,
    /// The people whose approval of it held at the start, in ascending order, none twice.
    pub approvers: Vec<Box<str>>,
}

/// What a callee decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The call went ahead.
    Allow,
    /// The call was refused, with this code.
    Deny(ErrorCode),
}

impl Verdict {
    /// `allow` or `deny`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny(_) => "deny",
        }
    }

    /// Why it was refused; `None` where it was not.
    #[must_use]
    pub fn reason(self) -> Option<ErrorCode> {
        match self {
            Self::Allow => None,
            Self::Deny(code) => Some(code),
        }
    }
}

/// What a callee established about the runtime of its caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallerRuntime {
    /// How much it proves.
    pub assurance: CallerAssurance,
    /// What hardware measured, such as `sha384:<96 hex>`. Never what a software report claims.
    pub measurement: Option<Box<str>>,
    /// Digest of the appraisal that the callee made of that hardware (ATT-530).
    pub appraisal: Option<Sha256>,
}

impl StatementFacts {
    /// TRC-103: facts that cannot all be true are refused, on signing and on reading.
    pub(super) fn consistent(&self) -> Result<(), StatementError> {
        let held = self.effective_scope.contains(&self.capability);
        match self.verdict {
            Verdict::Allow if !held => {
                return Err(StatementError::AllowedBeyondScope(self.capability.clone()));
            }
            Verdict::Deny(ErrorCode::ScopeNotPermitted) if held => {
                return Err(StatementError::DeniedThoughHeld(self.capability.clone()));
            }
            _ => {}
        }
        let shown = self.caller.measurement.is_some() || self.caller.appraisal.is_some();
        if shown && self.caller.assurance != CallerAssurance::Hardware {
            return Err(StatementError::MeasurementWithoutHardware(self.caller.assurance));
        }
        let ascends = |manifest: &CalleeManifest| manifest.approvers.is_sorted_by(|one, other| one < other);
        if !self.manifest.as_ref().is_none_or(ascends) {
            return Err(StatementError::Approvers);
        }
        let beyond = |seconds: u64| i64::try_from(seconds).map_or(true, |seconds| seconds > MAX_SAFE_INTEGER);
        if beyond(self.issued_at) || self.revocation.as_of().is_some_and(beyond) {
            return Err(StatementError::TimeRange);
        }
        Ok(())
    }
}
