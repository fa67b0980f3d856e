#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod anchor;
#[cfg(feature = "cose")]
pub mod cose;
mod dag;
mod error;
pub mod explain;
pub mod levels;
mod lineage;
pub mod lines;
pub mod merkle;
mod picture;
mod profile;
mod record;
mod schema;
#[cfg(feature = "scitt")]
pub mod scitt;
pub mod statement;
mod trace_dag;
mod trust_record;
pub mod trust_root;

pub use anchor::{AnchorLeaf, InclusionProof, anchor_bytes};
pub use dag::{RecordDag, cross_check_chain, verify_dag};
pub use error::{Document, LinkFault, ProvenanceFault, Reason, RecordFault, TraceError};
pub use lineage::Lineage;
pub use picture::{Picture, Refusal};
pub use profile::{PROFILE, check_accepted_profiles};
pub use record::{Decision, DelegationRecord, Denial, ParentLink};
pub use schema::{Keyword, Violation, validate};
pub use trace_dag::{TraceDag, TraceHop, TrustEveryKey, cross_check_trace_dag, verify_trace_dag};
pub use trust_record::{
    Bound, BundleProblem, BundleReport, CLOCK_SKEW, Citation, CitationResolver, Delegation, HopContext,
    NotAttempted, RecordVerifier, RevocationBundle, RevocationCheck, RevocationStore, RevocationUnavailable,
    RevokedKeys, SignedRecord, TrustAnchor, TrustRecord, TrustedKey, Unresolvable, did_jwk, jwk_thumbprint,
    record_hash, record_hash_sha384, sign_object, sign_record, signing_input, verify_record,
};
