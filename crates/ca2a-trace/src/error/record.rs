//! What is wrong with one TRACE record, and with how several hang together.

use ca2a_core::{CredentialId, KeyError, TraceLink};

use super::Reason;
use crate::schema::Violation;

/// What is wrong with one TRACE record, or with what it was to be judged by. Always `TRACE_RECORD_INVALID`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordFault {
    /// Not a JSON object.
    #[error("a TRACE record is a JSON object")]
    NotAnObject,
    /// No `eat_profile`, or none that is a non-empty string.
    #[error("`eat_profile` is missing: nothing says under which rules the record was written")]
    ProfileMissing,
    /// The profile of TRACE v0.1.
    #[error("`{0}` is the superseded TRACE v0.1 profile")]
    ProfileSuperseded(String),
    /// Another profile.
    #[error("`{0}` is no profile that this verifier implements")]
    ProfileNotAccepted(String),
    /// No `signature`.
    #[error("the record is not signed")]
    SignatureMissing,
    /// Text that is not canonical unpadded base64url.
    #[error("`{0}` is not unpadded base64url in its one spelling")]
    Encoding(&'static str),
    /// The record does not have the shape of TRACE v0.2.
    #[error(transparent)]
    Schema(#[from] Violation),
    /// Nothing to verify it with.
    #[error("no trusted key was given; a record cannot vouch for itself")]
    NoTrustedKey,
    /// A JWK that is no Ed25519 key.
    #[error("`{0}` must be an OKP key on Ed25519")]
    KeyType(&'static str),
    /// An Ed25519 key that must not be used.
    #[error("`{member}`: {error}")]
    Key {
        /// Where it stands.
        member: &'static str,
        /// What is wrong with it.
        error: KeyError,
    },
    /// A JWK without a thumbprint (RFC 7638).
    #[error("a JWK of kty `{0}` has no thumbprint here, or lacks a member that it covers")]
    Thumbprint(String),
    /// The key was revoked.
    #[error("the signing key is revoked, listed as `{0}`")]
    Revoked(String),
    /// The revocation store gave no answer.
    #[error("whether key `{0}` is revoked cannot be found out, and an unanswered question is no clearance")]
    RevocationUnknown(String),
    /// `cnf.jwk` is another key than the trusted one.
    #[error("`cnf.jwk` is not the trusted key")]
    KeyMismatch,
    /// The key of a hop is not among the trusted keys.
    #[error("it is signed with a key that is not trusted")]
    UntrustedKey,
    /// Dated later than the clock skew allows.
    #[error("it is dated {ahead} s in the future, more than the {allowed} s of clock skew allowed")]
    Future {
        /// Seconds ahead of now.
        ahead: u64,
        /// Seconds allowed.
        allowed: u64,
    },
    /// Older than allowed.
    #[error("it is {age} s old, more than the {allowed} s allowed")]
    Stale {
        /// Seconds since `iat`.
        age: u64,
        /// Seconds allowed.
        allowed: u64,
    },
    /// `runtime.nonce` is not the expected one.
    #[error("`runtime.nonce` is not the nonce that was asked for")]
    Nonce,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    SignatureInvalid,
    /// The delegation block has other members than its two.
    #[error("`delegation` must be an object of exactly `parent_record_hash` and `credential_id`")]
    BlockFields,
    /// The parent link is no digest.
    #[error("`delegation.parent_record_hash` must be `sha256:` or `sha384:` and lower-case hex")]
    BlockDigest,
    /// The credential id is empty or missing.
    #[error("`delegation.credential_id` must be a non-empty string")]
    BlockCredentialId,
    /// One half of a delegation block without the other.
    #[error("a hop names both its parent record and its credential, the root neither")]
    HalfBlock,
    /// A receipt of another shape, or a hash in it in another spelling.
    #[error(
        "a receipt holds `leaf_index`, `leaf_count`, `audit_path` and `merkle_root`, hashes as `sha256:` and hex"
    )]
    HashForm,
    /// A value in it has no canonical form.
    #[error("it holds a number that has no canonical form")]
    NotCanonical,
}

impl RecordFault {
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::NotAnObject => Reason::NotAnObject,
            Self::ProfileMissing => Reason::ProfileMissing,
            Self::ProfileSuperseded(_) => Reason::ProfileSuperseded,
            Self::ProfileNotAccepted(_) => Reason::ProfileNotAccepted,
            Self::SignatureMissing => Reason::SignatureMissing,
            Self::Encoding(_) => Reason::Encoding,
            Self::Schema(violation) => Reason::Schema(violation.pointer().into()),
            Self::NoTrustedKey => Reason::NoTrustedKey,
            Self::KeyType(_) | Self::Thumbprint(_) => Reason::KeyType,
            Self::Key { .. } => Reason::Key,
            Self::Revoked(_) => Reason::Revoked,
            Self::RevocationUnknown(_) => Reason::RevocationUnknown,
            Self::KeyMismatch => Reason::KeyMismatch,
            Self::UntrustedKey => Reason::UntrustedKey,
            Self::Future { .. } => Reason::Future,
            Self::Stale { .. } => Reason::Stale,
            Self::Nonce => Reason::Nonce,
            Self::SignatureInvalid => Reason::SignatureInvalid,
            Self::BlockFields | Self::HalfBlock => Reason::BlockFields,
            Self::BlockDigest => Reason::BlockDigest,
            Self::BlockCredentialId => Reason::BlockCredentialId,
            Self::HashForm => Reason::HashForm,
            Self::NotCanonical => Reason::IntegerRange,
        }
    }
}

/// How TRACE records fail to hang together. Always `PROVENANCE_LINK_BROKEN`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkFault {
    /// The document is neither a list nor an object with `records`.
    #[error("TRACE records come as a list, or as an object with a list `records`")]
    NotAList,
    /// More records than the limit.
    #[error("more than {0} records")]
    TooMany(usize),
    /// The list holds nothing.
    #[error("there is no record at all")]
    Empty,
    /// The same record twice.
    #[error("it repeats record {0}")]
    Repeated(usize),
    /// The first record has a delegation block.
    #[error("the first record is the root and must not carry a delegation block")]
    RootHasBlock,
    /// A later record has none.
    #[error("only the first record may lack a delegation block")]
    NoBlock,
    /// The link names no earlier record of the list.
    #[error(
        "its parent link {0} names no earlier record of the list: a record was altered, moved or left out"
    )]
    LinkMismatch(TraceLink),
    /// Dated before its parent by more than clocks may differ.
    #[error(
        "it is dated {early} s before its parent, record {parent}, more than the {allowed} s that clocks may differ"
    )]
    BeforeParent {
        /// Seconds before the parent's `iat`.
        early: u64,
        /// Seconds allowed.
        allowed: u64,
        /// Position of the parent.
        parent: usize,
    },
    /// Not one record per hop.
    #[error("{records} records cannot belong to a chain of {hops} hops")]
    Length {
        /// TRACE records.
        records: usize,
        /// Hops of the chain.
        hops: usize,
    },
    /// The record names another credential than its hop.
    #[error("it names credential `{found}`, its hop is `{expected}`")]
    Credential {
        /// What the record names; empty where it names none.
        found: String,
        /// The credential of the hop.
        expected: CredentialId,
    },
    /// Signed by another key than the hop's subject.
    #[error("it was signed with a key that is not the subject of credential `{0}`")]
    Signer(CredentialId),
    /// A record of a chain that continues another record than the one before.
    #[error("it continues record {parent}, but its hop continues hop {expected}")]
    OffPath {
        /// Position of the record that the link names.
        parent: usize,
        /// Position that it should name.
        expected: usize,
    },
}

impl LinkFault {
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::NotAList | Self::TooMany(_) => Reason::RecordShape,
            Self::Empty => Reason::Empty,
            Self::Repeated(_) => Reason::Repeated,
            Self::RootHasBlock => Reason::RootHasBlock,
            Self::NoBlock => Reason::NoBlock,
            Self::LinkMismatch(_) | Self::OffPath { .. } => Reason::LinkMismatch,
            Self::BeforeParent { .. } => Reason::BeforeParent,
            Self::Length { .. } => Reason::Length,
            Self::Credential { .. } => Reason::CredentialId,
            Self::Signer(_) => Reason::Signer,
        }
    }
}
