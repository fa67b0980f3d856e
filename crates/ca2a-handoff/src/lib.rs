#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "adapters")]
pub mod adapter;
mod approval;
pub mod attestation;
mod authority;
mod base64;
mod capability;
mod chain;
mod compat;
mod decision;
mod envelope;
mod error;
mod executor;
#[cfg(feature = "hop")]
pub mod hop;
mod identity;
mod packet;
mod pem;
mod permissions;
mod profile;
mod read;
mod registry;
pub mod replay;
mod text;
mod time;
mod verifier;

pub use approval::{Approval, ApprovalError};
pub use attestation::{AttestationError, ExecutionAttestation, ExecutionStatus};
pub use authority::{Authority, Widening};
pub use capability::{
    CapabilityError, CapabilityGrant, CapabilityRevocationRegistry, CapabilityTokenEnvelope,
    CapabilityVerifier, DelegationCapability, VerifiedCapability,
};
pub use chain::{ChainError, DelegationChain, DelegationHop};
pub use compat::{Compat, Relaxation, UnknownCompat};
pub use decision::{Decision, DecisionForm, PacketDecision, UnknownDecision};
pub use envelope::DelegationEnvelope;
pub use error::HandoffError;
pub use executor::{ActionRefused, Executor, Finished};
pub use identity::{AgentId, AgentIdentity};
pub use packet::{
    PacketDigest, PacketIds, RiskLevel, SignatureMatch, SignedTaskPacket, TaskPacket, TtlError,
};
pub use pem::{PemError, public_key_from_pem};
pub use permissions::{Constraints, HumanReview, Permissions, Provenance};
pub use profile::{Profile, ProfileChoice, Pydantic, UnknownProfile};
pub use registry::{AgentRegistry, AlreadyRegistered};
pub use text::FloatSpelling;
pub use time::{Timestamp, TimestampError, UnixMicros};
pub use verifier::{
    AcceptedHandoff, ChainStatus, Check, CheckOutcome, CheckResult, CheckedHandoff, DEFAULT_MAX_DEPTH,
    Handoff, HandoffVerifier, MAX_LIFETIME_SECONDS, Refusal, SKEW_SECONDS,
};
