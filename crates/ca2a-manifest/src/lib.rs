//! Agent manifests.
#![forbid(unsafe_code)]
#![allow(dead_code, unused_imports)]

mod algorithm;
mod anchors;
mod document;
mod envelope;
mod error;
mod mode;
mod names;
mod outcome;
pub mod pq;
mod schema;
mod time;
mod version;

pub use algorithm::{Algorithm, KeyError, ManifestKey};
pub use anchors::{KeyIssuers, PrincipalKeys, TrustAnchors};
pub use document::canonicalize;
pub use envelope::Attachment;
pub use error::ManifestError;
pub use mode::{Mode, UnknownMode};
pub use outcome::{Admissibility, ApprovalResult, Assurance, DelegationResult, FieldResult, Outcome};
pub use time::Timestamp;
