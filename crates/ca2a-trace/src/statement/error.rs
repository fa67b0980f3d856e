//! Why a statement was refused.

use ca2a_core::{
    CallerAssurance, Capability, ChannelKey, ErrorCode, KeyError, ScopeError, TraceLink, VerifyingKey,
    json::{ReadError, ShapeError},
};

use super::ChainDigest;

/// A refusal of a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The bytes are no strict JSON.
    #[error("the statement cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// A member is missing, unknown, null or of another form.
    #[error("the statement: {0}")]
    Shape(#[from] ShapeError),
    /// The effective scope is none.
    #[error("the statement: {0}")]
    Scope(#[from] ScopeError),
    /// The callee's key is no Ed25519 key that may be used.
    #[error("the statement: `callee`: {0}")]
    Callee(#[from] KeyError),
    /// An allowed capability that the effective scope lacks.
    #[error("it allows `{0}`, which its own effective scope does not hold")]
    AllowedBeyondScope(Capability),
    /// A capability refused as outside the scope that holds it.
    #[error("it refuses `{0}` as outside the effective scope, and its own effective scope holds it")]
    DeniedThoughHeld(Capability),
    /// A measurement of hardware that nobody verified.
    #[error("a measurement stands only where the caller's assurance is `hardware`, found `{0}`")]
    MeasurementWithoutHardware(CallerAssurance),
    /// A time beyond 2^53-1.
    #[error("a time is an integer of Unix seconds from 0 to 2^53-1")]
    TimeRange,
    /// Approvers out of order, or one of them twice (TRC-113).
    #[error("the approvers of a manifest ascend, and none stands twice")]
    Approvers,
    /// What is to be signed disagrees with what it is to be about.
    #[error("the record of the call and the statement disagree: {0}")]
    Contradiction(Mismatch),
    /// Signed in another callee's name.
    #[error("it speaks for callee `{found}`, expected `{expected}`")]
    OtherCallee {
        /// The key that the verifier knows.
        expected: Box<VerifyingKey>,
        /// The key in the statement.
        found: Box<VerifyingKey>,
    },
    /// About a call that came in under another channel key.
    #[error("it names channel key `{found}`, expected `{expected}`")]
    OtherChannelKey {
        /// The channel key of the handshake.
        expected: ChannelKey,
        /// The channel key in the statement.
        found: ChannelKey,
    },
    /// Dated later than the clock skew allows.
    #[error("it is dated {ahead} s in the future, more than the {allowed} s of clock skew allowed")]
    Future {
        /// Seconds ahead of now.
        ahead: u64,
        /// Seconds allowed.
        allowed: u64,
    },
    /// Older than allowed.
    #[error("it is {age} s old, more than the {allowed} s allowed")]
    Stale {
        /// Seconds since it was issued.
        age: u64,
        /// Seconds allowed.
        allowed: u64,
    },
    /// The signature does not verify.
    #[error("the statement's signature does not verify")]
    SignatureInvalid,
    /// It does not belong to the evidence.
    #[error("the statement does not belong to this evidence: {0}")]
    Broken(#[from] Mismatch),
}

impl StatementError {
    /// `PROVENANCE_LINK_BROKEN` where a genuine statement does not belong to the evidence, `UNTRUSTED_SIGNER` where it is
    /// another's, `STATEMENT_INVALID` where it is no genuine statement at all.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Broken(_) | Self::Contradiction(_) => ErrorCode::ProvenanceLinkBroken,
            Self::OtherCallee { .. } => ErrorCode::UntrustedSigner,
            _ => ErrorCode::StatementInvalid,
        }
    }
}

/// A fact on which a statement and the evidence disagree (TRC-107).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The chain has another digest.
    #[error("it names chain {stated}, this chain is {actual}")]
    Chain {
        /// What the statement names.
        stated: ChainDigest,
        /// The chain's digest.
        actual: ChainDigest,
    },
    /// The effective scope goes beyond the leaf credential.
    #[error("its effective scope holds `{0}`, which the leaf credential does not grant")]
    EffectiveBeyond(Capability),
    /// Allowed at a time at which a credential did not hold.
    #[error("it allows a call at {at}, when credential {hop} of the chain did not hold")]
    Window {
        /// Position of the credential, from 0.
        hop: usize,
        /// Unix seconds of the statement.
        at: u64,
    },
    /// A TRACE record that the statement does not name.
    #[error("it names no TRACE record, and one was given")]
    NoTraceRecord,
    /// The TRACE record has another digest.
    #[error("it names TRACE record {0}, which this record does not hash to")]
    TraceRecord(TraceLink),
    /// The TRACE record was signed by somebody else than the chain's subject.
    #[error("the TRACE record was not signed with the key of the chain's subject")]
    TraceSigner,
    /// The TRACE record names another credential than the leaf.
    #[error("the TRACE record acts under another credential than the chain's leaf")]
    TraceCredential,
    /// The TRACE record is dated after the statement about the call that carried it.
    #[error("the TRACE record is dated {0} s after the statement, more than clocks may differ")]
    TraceAfter(u64),
    /// A delegation record with another hash.
    #[error("it names another delegation record")]
    DelegationRecord,
    /// The delegation record differs in this fact.
    #[error("the delegation record has another {0}")]
    RecordFact(&'static str),
    /// A payload that the statement does not name.
    #[error("it names no payload, and one was given")]
    NoPayload,
    /// The payload has another digest.
    #[error("the sealed payload is not the one whose salted digest it holds")]
    Payload,
}
