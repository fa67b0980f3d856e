//! What is wrong with a delegation record or its place among others.

use ca2a_core::{
    Capability, CredentialId, KeyError, NameError, RecordHash, RecordId, ScopeError, json::ShapeError,
};

use super::Reason;

/// What is wrong with a delegation record or its place in its list. Always `PROVENANCE_LINK_BROKEN`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenanceFault {
    /// A member is missing, unknown or of another type.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The scope or the effective scope is none.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// An identifier or an enumerated text is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The subject is no Ed25519 key.
    #[error("the subject: {0}")]
    Subject(#[from] KeyError),
    /// `decision` is neither `allow` nor `deny`.
    #[error("`decision` must be exactly `allow` or `deny`, found `{0}`")]
    Decision(String),
    /// A parent link in another spelling.
    #[error(
        "`parent_record_hash` must be null, 64 hex characters, or `sha256:`/`sha384:` and hex; found `{0}`"
    )]
    ParentLink(String),
    /// A denial without one of its facts, or an allow record with one.
    #[error(
        "a denial carries `requested_capability`, `effective_scope` and `denial_reason`, an allow record none of them"
    )]
    DenialFacts,
    /// The record's own `record_hash` is not the hash of its body.
    #[error("`record_hash` is {stated}, but the record's body hashes to {actual}")]
    RecordHash {
        /// What the record says.
        stated: String,
        /// What its body hashes to.
        actual: RecordHash,
    },
    /// The document is neither a list nor an object with `records`.
    #[error("delegation records come as a list, or as an object with a list `records`")]
    NotAList,
    /// More records than the limit.
    #[error("more than {0} records")]
    TooMany(usize),
    /// The list holds nothing.
    #[error("there is no record at all")]
    Empty,
    /// Two records share an id.
    #[error("record id `{0}` stands twice")]
    RepeatedId(RecordId),
    /// The first record names a parent.
    #[error("the first record is the root and must not name a parent")]
    RootHasParent,
    /// The record follows a denial.
    #[error("it follows the refusal `{0}`; nothing may follow a refused hop")]
    AfterDenial(RecordId),
    /// The parent link is not the hash of the record before.
    #[error(
        "its parent link is not {expected}, the hash of the record before: one of the two was altered or moved"
    )]
    LinkMismatch {
        /// The hash that the link should have been.
        expected: RecordHash,
    },
    /// Not one allow record per hop.
    #[error("{records} allow records cannot belong to a chain of {hops} hops")]
    ChainLength {
        /// Allow records.
        records: usize,
        /// Hops of the chain.
        hops: usize,
    },
    /// The record names another credential than its hop.
    #[error("it names credential `{found}`, its hop is `{expected}`")]
    Credential {
        /// What the record names.
        found: CredentialId,
        /// The credential of the hop.
        expected: CredentialId,
    },
    /// A denial names a credential outside the chain.
    #[error("it refuses a call under credential `{0}`, which is not in the chain")]
    ForeignCredential(CredentialId),
    /// The record's subject is not the credential's.
    #[error("its subject is not the subject of credential `{0}`")]
    OtherSubject(CredentialId),
    /// The record's scope is not the credential's.
    #[error("its scope is not the scope of credential `{0}`")]
    OtherScope(CredentialId),
    /// A denial's effective scope goes beyond the credential.
    #[error("its effective scope holds `{capability}`, which credential `{credential}` does not grant")]
    EffectiveBeyond {
        /// The first capability beyond.
        capability: Capability,
        /// The credential.
        credential: CredentialId,
    },
    /// A scope denial of a capability that its own effective scope holds.
    #[error("it refuses `{0}` as outside the effective scope, and its own effective scope holds it")]
    DeniedThoughHeld(Capability),
}

impl ProvenanceFault {
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Empty => Reason::Empty,
            Self::RepeatedId(_) => Reason::Repeated,
            Self::RootHasParent => Reason::RootHasBlock,
            Self::AfterDenial(_) => Reason::AfterDenial,
            Self::LinkMismatch { .. } => Reason::LinkMismatch,
            Self::ChainLength { .. } => Reason::Length,
            Self::Credential { .. } | Self::ForeignCredential(_) => Reason::CredentialId,
            Self::OtherSubject(_) => Reason::Signer,
            Self::OtherScope(_) | Self::EffectiveBeyond { .. } => Reason::Scope,
            Self::DenialFacts | Self::DeniedThoughHeld(_) => Reason::DenialFacts,
            Self::RecordHash { .. } => Reason::HashForm,
            _ => Reason::RecordShape,
        }
    }
}
