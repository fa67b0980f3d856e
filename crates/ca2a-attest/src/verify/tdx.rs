//! Intel TDX: a quote of version 4 or 5, the quoting enclave behind it, the platform's certificates, and Intel's
//! collateral about the platform (ATT-200 to ATT-232).
//!
//! Our own front door reads the quote to its last byte and refuses what has no business there. Collateral, status and
//! identities are judged by `dcap-qvl`, whose cryptography is ours and whose words of refusal become check ids.

pub mod checks;

mod adapter;
mod agreement;
mod attributes;
mod body;
pub mod ca2a_runtime;
mod claims;
mod collateral;
mod event_log;
mod family;
mod memo;
mod quote;
mod refusals;
mod signature;
mod status;
mod trust;
mod verifier;

pub use attributes::{TdAttribute, TdAttributes, Xfam};
pub use body::{BodyKind, Relaunchable, TdBody};
pub use claims::{CollateralWindow, PckPlatform, ReplayedCcel, TcbVerdict, TdxClaims};
pub use collateral::Collateral;
pub use quote::Quote;
pub use status::{TcbStatus, UnknownStatus};
pub use trust::TdxTrust;
pub use verifier::{TdxEvidence, verify};
