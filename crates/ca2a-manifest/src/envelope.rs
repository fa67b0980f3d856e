//! The envelope of version 0.2: COSE_Sign1 or COSE_Sign around the document (RFC 9052).

mod attached;
mod read;
mod write;

pub(crate) use attached::Attached;
pub use attached::Attachment;
pub(crate) use read::{Entry, EntryAlgorithm, Envelope};
#[cfg(feature = "pq")]
pub(crate) use write::sign_hybrid;
pub(crate) use write::sign_one;

/// `content type` of the payload.
const CONTENT_TYPE: &str = "application/agent-manifest+json";
/// `typ` of the message.
const TYPE: &str = "application/agent-manifest+cose";
/// Where attestation stands among the unprotected parameters.
const ATTESTATION: &str = "agent-manifest-attestation";
/// Where approvals stand among the unprotected parameters.
const APPROVALS: &str = "agent-manifest-approvals";
