#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
// What remembers verified certificates and signatures needs a lock; collectors read devices.
#[cfg(any(feature = "snp", feature = "tdx", feature = "collect"))]
extern crate std;

pub mod appraisal;
pub mod binding;
pub mod collect;
mod error;
mod evidence;
mod offer;
mod platform;
mod report;
pub mod verify;

pub use collect::software;
pub use error::AttestError;
pub use evidence::{Anchor, Verified, VerifiedEvidence};
pub use offer::{ChannelOffer, Handshake};
pub use platform::{Platform, Role};
pub use report::{AttestationReport, Evidence};
pub use verify::{
    Accepted, Assurance, EvidenceError, EvidenceVerifier, OfferPolicy, VerifiedOffer, appraise_caller,
    verify_offer,
};
