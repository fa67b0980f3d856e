//! Agent manifests.
#![forbid(unsafe_code)]

mod document;
mod error;
mod mode;
mod outcome;
mod time;

pub use document::canonicalize;
pub use error::ManifestError;
pub use mode::{Mode, UnknownMode};
pub use outcome::{Admissibility, ApprovalResult, Assurance, DelegationResult, FieldResult, Outcome};
pub use time::Timestamp;
