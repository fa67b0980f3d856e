#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod canonical;
pub mod challenge;
mod code;
#[cfg(feature = "cose")]
pub mod cose;
pub mod digest;
pub mod encoding;
pub mod json;
pub mod key;
mod names;
mod nearest;
mod replay;
pub mod requirement;
mod scope;
mod time;

pub use challenge::{Challenge, ChallengeError, ChallengeKey, LiveChallenge};
pub use code::{ErrorCode, UnknownErrorCode};
pub use digest::{Sha256, TraceLink};
pub use key::{
    KeyError, P256SigningKey, P256VerifyingKey, Signature, SignatureError, SigningKey, VerifyingKey,
};
pub use names::{
    CallerAssurance, Capability, ChannelKey, CredentialDigest, CredentialId, NameError, RecordHash, RecordId,
};
pub use nearest::{distance, nearest};
pub use replay::{Consumption, ReplayClaim, ReplayError, ReplayStore};
pub use scope::{Scope, ScopeError};
pub use time::EvaluationTime;
