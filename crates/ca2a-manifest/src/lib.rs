#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod algorithm;
mod anchors;
mod approval;
mod constraint;
mod context;
mod delegation;
mod document;
mod envelope;
mod error;
mod finding;
mod manifest;
mod merkle;
mod mode;
mod names;
mod outcome;
pub mod pq;
mod revocation;
mod schema;
mod sign;
mod time;
mod verify;
mod version;

pub use algorithm::{Algorithm, KeyError, ManifestKey};
pub use anchors::{KeyIssuers, PrincipalKeys, TrustAnchors};
pub use approval::{ApprovalFault, VerifiedApproval, sign_approval, verify_approval};
pub use constraint::{ConstraintAnswer, ConstraintEvaluator, ConstraintQuestion};
pub use context::{Context, Continuity, Demands, Evidence, Running, runtime_nonce};
pub use delegation::{
    ChainFault, ChainQuestion, ChainRefusal, HopDraft, PrincipalType, ScopeGrant, VerifiedDelegation,
};
pub use document::canonicalize;
pub use envelope::Attachment;
pub use error::ManifestError;
pub use finding::Finding;
pub use manifest::{Manifest, intent_digest};
pub use merkle::{catalog_root, chain_root, corpus_root, entry_leaf};
pub use mode::{Mode, UnknownMode};
pub use outcome::{Admissibility, ApprovalResult, Assurance, DelegationResult, FieldResult, Outcome};
pub use revocation::{Revocation, RevocationList, RevocationListError};
pub use sign::Signer;
pub use time::Timestamp;
pub use verify::{
    Appraisal, BindError, BoundManifest, Check, CheckResult, Fields, Mismatch, Refusal, Step,
    VerifiedManifest, Verifier,
};
