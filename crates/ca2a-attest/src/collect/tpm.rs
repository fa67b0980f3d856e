//! Evidence of this machine's TPM 2.0 (ATT-527 to ATT-529): a quote by an attestation key that was provisioned before, with
//! all that a verifier wants to see beside it.
//!
//! The commands are written here, in safe Rust: a handful is all it takes, and what a TPM answers is parsed like the
//! evidence of a peer.

pub mod azure;
mod chip;
mod code;
#[cfg(feature = "provision")]
pub mod provision;
mod source;
mod transport;
mod wire;

pub use chip::{Attested, Chip, PublicArea};
pub use code::ResponseCode;
pub use source::{ATTESTATION_KEY, Certificates, STORAGE_KEY, TpmReport, TpmSource, offer};
pub use transport::{TpmAddress, TpmAddressError, Transport};
