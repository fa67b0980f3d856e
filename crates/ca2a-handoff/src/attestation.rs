//! What became of a task, signed by whoever did it. (HAND-50 to HAND-54)

mod error;
mod payload;
mod wire;

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use ca2a_core::{
    Sha256, Signature, VerifyingKey,
    json::Node,
    requirement::{enforce, holds},
};

pub use error::AttestationError;
pub use payload::{outcome_hash, reason_hash};

use crate::{AgentId, AgentIdentity};

/// Sets these signatures apart, and says which form follows.
const DOMAIN: &[u8] = b"TRUSTHANDOFF_EXEC_ATTEST_V3\0\x01";
/// The first moment of 2020, before which nothing was attested.
const FIRST_MILLISECOND: u64 = 1_577_836_800_000;
/// How far ahead of the verifier an attestation may lie.
const MAX_AHEAD_MS: u64 = 30_000;

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExecutionStatus {
    /// It is done.
    Ok,
    /// It failed.
    Error,
    /// Some of it is done.
    Partial,
    /// It was not begun.
    Rejected,
    /// Its time was over before it was done.
    Timeout,
}

impl ExecutionStatus {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Error => "ERROR",
            Self::Partial => "PARTIAL",
            Self::Rejected => "REJECTED",
            Self::Timeout => "TIMEOUT",
        }
    }
}

impl fmt::Display for ExecutionStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for ExecutionStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        [Self::Ok, Self::Error, Self::Partial, Self::Rejected, Self::Timeout]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

/// Text that is no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a status is one of `OK`, `ERROR`, `PARTIAL`, `REJECTED`, `TIMEOUT`")]
pub struct UnknownStatus;

/// What is to be attested.
#[derive(Debug, Clone, Copy)]
pub struct Execution<'a> {
    /// The packet that the task came in.
    pub packet_id: &'a str,
    /// How it ended.
    pub status: ExecutionStatus,
    /// What came out: an object without floats.
    pub result: &'a Node<'a>,
    /// Why it ended so, where it did not end well.
    pub reason: Option<&'a Node<'a>>,
    /// Fresh randomness, 128 bits.
    pub nonce: u128,
    /// When, in milliseconds of Unix time.
    pub timestamp_ms: u64,
}

/// A signed statement about an execution: parsed, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionAttestation {
    packet_id: alloc::string::String,
    status: ExecutionStatus,
    outcome_hash: Sha256,
    nonce: u128,
    timestamp_ms: u64,
    signed_by: AgentId,
    agent_pubkey_fingerprint: Sha256,
    signature: Signature,
    reason_hash: Option<Sha256>,
}

/// What an attestation is compared with. The outcome is hashed from what the verifier holds, never taken from the
/// attestation.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who must have done it.
    pub agent: &'a AgentId,
    /// With which key.
    pub key: &'a VerifyingKey,
    /// For which packet, where the verifier knows.
    pub packet_id: Option<&'a str>,
    /// [`outcome_hash`] of the result.
    pub outcome_hash: Sha256,
    /// [`reason_hash`] of the reason; an absent one equals only an absent one.
    pub reason_hash: Option<Sha256>,
    /// Now, in milliseconds of Unix time.
    pub now_ms: u64,
    /// How old it may be.
    pub max_age_ms: u64,
}

impl ExecutionAttestation {
    /// Attests `execution` as `identity`.
    ///
    /// # Errors
    /// A result or reason that cannot be hashed, or a time before 2020.
    pub fn sign(execution: &Execution<'_>, identity: &AgentIdentity) -> Result<Self, AttestationError> {
        if execution.timestamp_ms < FIRST_MILLISECOND {
            return Err(AttestationError::TooEarly { timestamp_ms: execution.timestamp_ms });
        }
        let mut attestation = Self {
            packet_id: execution.packet_id.into(),
            status: execution.status,
            outcome_hash: outcome_hash(execution.result)?,
            nonce: execution.nonce,
            timestamp_ms: execution.timestamp_ms,
            signed_by: identity.agent_id().clone(),
            agent_pubkey_fingerprint: Sha256::of(identity.verifying_key().as_bytes()),
            signature: Signature([0; 64]),
            reason_hash: execution.reason.map(reason_hash).transpose()?,
        };
        attestation.signature = identity.signing_key().sign(&attestation.signing_input());
        Ok(attestation)
    }

    /// The domain, then each part with its length before it. `signed_by` is not covered, which is why a verifier says whom
    /// it expects.
    #[must_use]
    pub fn signing_input(&self) -> Vec<u8> {
        let nonce = self.nonce.to_be_bytes();
        let timestamp = self.timestamp_ms.to_be_bytes();
        let frames = [
            self.packet_id.as_bytes(),
            &self.outcome_hash.0,
            self.status.as_str().as_bytes(),
            &nonce,
            &timestamp,
            &self.agent_pubkey_fingerprint.0,
        ];
        let reason = self.reason_hash.as_ref().map(|hash| &hash.0[..]);
        let mut out = DOMAIN.to_vec();
        for frame in frames.into_iter().chain(reason) {
            out.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(frame);
        }
        out
    }

    /// Whether `expected` is what was attested (HAND-52). Nonces are the caller's to remember: [`Self::nonce`].
    ///
    /// # Errors
    /// The first respect in which it is not.
    pub fn verify(&self, expected: &Expected<'_>) -> Result<(), AttestationError> {
        let Expected { agent, key, packet_id, outcome_hash, reason_hash, now_ms, max_age_ms } = *expected;
        if !holds("HAND-52", self.signed_by == *agent) {
            return Err(AttestationError::OtherAgent {
                found: self.signed_by.clone(),
                expected: agent.clone(),
            });
        }
        if !holds("HAND-52", packet_id.is_none_or(|packet_id| packet_id == self.packet_id)) {
            return Err(AttestationError::OtherPacket { found: self.packet_id.clone() });
        }
        if !holds("HAND-52", self.outcome_hash == outcome_hash) {
            return Err(AttestationError::OtherOutcome);
        }
        if !holds("HAND-52", self.reason_hash == reason_hash) {
            return Err(AttestationError::OtherReason);
        }
        let ahead = self.timestamp_ms.saturating_sub(now_ms);
        let behind = now_ms.saturating_sub(self.timestamp_ms);
        if !holds("HAND-52", ahead <= MAX_AHEAD_MS && behind <= max_age_ms) {
            return Err(AttestationError::Age { timestamp_ms: self.timestamp_ms, now_ms });
        }
        if !holds("HAND-52", self.agent_pubkey_fingerprint == Sha256::of(key.as_bytes())) {
            return Err(AttestationError::OtherKey);
        }
        let verified = key.verify(&self.signing_input(), &self.signature);
        enforce("HAND-50, HAND-52", verified.map_err(|_| AttestationError::Signature))
    }

    /// The packet.
    #[must_use]
    pub fn packet_id(&self) -> &str {
        &self.packet_id
    }

    /// How it ended.
    #[must_use]
    pub fn status(&self) -> ExecutionStatus {
        self.status
    }

    /// Hash of the result.
    #[must_use]
    pub fn outcome_hash(&self) -> Sha256 {
        self.outcome_hash
    }

    /// Hash of the reason.
    #[must_use]
    pub fn reason_hash(&self) -> Option<Sha256> {
        self.reason_hash
    }

    /// Tells two attestations of one outcome apart.
    #[must_use]
    pub fn nonce(&self) -> u128 {
        self.nonce
    }

    /// When, in milliseconds of Unix time.
    #[must_use]
    pub fn timestamp_ms(&self) -> u64 {
        self.timestamp_ms
    }

    /// Who, by its own word; not signed.
    #[must_use]
    pub fn signed_by(&self) -> &AgentId {
        &self.signed_by
    }

    /// SHA-256 of the raw key.
    #[must_use]
    pub fn agent_pubkey_fingerprint(&self) -> Sha256 {
        self.agent_pubkey_fingerprint
    }
}
