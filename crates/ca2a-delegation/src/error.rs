//! Why a delegation was refused.

use alloc::{boxed::Box, format, string::String};
use core::fmt;

use ca2a_core::{
    Capability, ChallengeError, CredentialId, ErrorCode, KeyError, ScopeError,
    json::{ReadError, ShapeError},
};

/// A document of this layer, as an error names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// One credential.
    Credential,
    /// A list of credentials, root first.
    Chain,
    /// A holder's signature over a request.
    HolderProof,
    /// One revocation statement.
    Revocation,
    /// A set of revocation statements.
    Snapshot,
}

impl Document {
    /// The code of everything that is wrong with the form of such a document.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Credential | Self::Chain => ErrorCode::InvalidCredential,
            Self::HolderProof => ErrorCode::HolderProofInvalid,
            Self::Revocation | Self::Snapshot => ErrorCode::InvalidRevocation,
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Credential => "credential",
            Self::Chain => "delegation chain",
            Self::HolderProof => "holder proof",
            Self::Revocation => "revocation statement",
            Self::Snapshot => "revocation snapshot",
        })
    }
}

/// A refusal. Hops are counted from 0, the root; keys stand as 64 hex characters, times in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DelegationError {
    /// Not strict JSON.
    #[error("the {document} cannot be read: {source}")]
    Unreadable {
        /// What was read.
        document: Document,
        /// Why and where.
        source: ReadError,
    },
    /// A member that is missing, unknown or of the wrong form.
    #[error("malformed {document}: {source}")]
    Malformed {
        /// What was parsed.
        document: Document,
        /// Which member and why.
        source: ShapeError,
    },
    /// A chain document that is neither a list nor an object with the list under `chain`.
    #[error("a chain document is an array of credentials, or an object that holds one as `chain`")]
    NotAChain,
    /// A scope that is no set of capabilities.
    #[error("malformed credential: {0}")]
    Scope(#[from] ScopeError),
    /// A credential that grants nothing.
    #[error("a credential must grant at least one capability")]
    EmptyScope,
    /// A window that is never open.
    #[error("`not_before` {not_before} lies after `not_after` {not_after}")]
    InvertedWindow {
        /// First second of the window.
        not_before: u64,
        /// Last second of the window.
        not_after: u64,
    },
    /// An integer that JSON readers do not agree on.
    #[error("`{member}` {value} is beyond 2^53-1")]
    IntegerRange {
        /// What was being made.
        document: Document,
        /// The member.
        member: &'static str,
        /// Its value.
        value: u64,
    },
    /// Hex that is the right length but no key anybody can safely hold.
    #[error("`{member}` is not usable as a key: {source}")]
    UnusableKey {
        /// Where the key stood.
        document: Document,
        /// The member.
        member: &'static str,
        /// What is wrong with the bytes.
        source: KeyError,
    },
    /// A signature that does not verify: the document was changed, or another key signed it.
    #[error("the signature of the {document} does not verify under its `{signer}`")]
    BadSignature {
        /// What is signed.
        document: Document,
        /// The member that names the key.
        signer: &'static str,
    },
    /// Delegating or proving with a key that the credential was not granted to.
    #[error("the signing key is `{found}`, but the credential was granted to `{expected}`")]
    WrongKey {
        /// What was to be signed.
        document: Document,
        /// The subject of the credential.
        expected: String,
        /// The public half of the key given.
        found: String,
    },
    /// Something is wrong with one hop by itself.
    #[error("hop {hop}: {source}")]
    Hop {
        /// Which.
        hop: usize,
        /// What.
        source: Box<DelegationError>,
    },
    /// One statement of a snapshot is refused, and the whole snapshot with it.
    #[error("statement {index} refuses the whole snapshot: {source}")]
    Statement {
        /// Which, from 0.
        index: usize,
        /// What is wrong with it.
        source: Box<DelegationError>,
    },
    /// No hops.
    #[error("the delegation chain is empty")]
    EmptyChain,
    /// The issuer of hop 0 is not pinned here.
    #[error("hop 0 was issued by `{issuer}`, which is not a trusted root here")]
    UntrustedRoot {
        /// The issuer.
        issuer: String,
    },
    /// Too early.
    #[error("hop {hop} is not valid before {not_before}, judged at {at}")]
    NotYetValid {
        /// Which hop.
        hop: usize,
        /// First second of its window.
        not_before: u64,
        /// When it was judged.
        at: u64,
    },
    /// Too late.
    #[error("hop {hop} expired after {not_after}, judged at {at}")]
    Expired {
        /// Which hop.
        hop: usize,
        /// Last second of its window.
        not_after: u64,
        /// When it was judged.
        at: u64,
    },
    /// An id that an earlier hop has.
    #[error("hop {hop} repeats the credential id `{id}`")]
    RepeatedId {
        /// The later hop.
        hop: usize,
        /// The id.
        id: CredentialId,
    },
    /// Deeper than allowed.
    #[error("hop {hop} is at depth {depth}, allowed is {max}")]
    TooDeep {
        /// Which hop.
        hop: usize,
        /// Its depth.
        depth: u64,
        /// The greatest depth allowed.
        max: u64,
    },
    /// Hop 0 is not where the grant begins.
    #[error("hop 0 names the parent `{parent}`: the chain starts in the middle")]
    RootWithParent {
        /// The parent it names.
        parent: CredentialId,
    },
    /// The parent named is not the hop before.
    #[error("hop {hop} names {}, the hop before is `{expected}`", parent_text(found.as_ref()))]
    ParentMismatch {
        /// Which hop.
        hop: usize,
        /// The id of the hop before.
        expected: CredentialId,
        /// The parent it names.
        found: Option<CredentialId>,
    },
    /// The issuer is not who the hop before was granted to.
    #[error("hop {hop} was issued by `{found}`, the hop before was granted to `{expected}`")]
    IssuerMismatch {
        /// Which hop.
        hop: usize,
        /// The subject of the hop before.
        expected: String,
        /// The issuer.
        found: String,
    },
    /// A depth that does not count the hops.
    #[error("hop {hop} says depth {found}, its place is {expected}")]
    DepthMismatch {
        /// Which hop.
        hop: usize,
        /// Its place in the chain.
        expected: u64,
        /// What it says.
        found: u64,
    },
    /// A grant of what the grantor does not hold.
    #[error("hop {hop} grants `{capability}`, which {} does not hold", before(*hop))]
    Escalation {
        /// Which hop.
        hop: usize,
        /// The first capability, in order, that is too much.
        capability: Capability,
    },
    /// Taken back.
    #[error("hop {hop} (`{id}`) was revoked by `{revoker}` at {issued_at}")]
    Revoked {
        /// Which hop.
        hop: usize,
        /// Its id.
        id: CredentialId,
        /// Whose statement it is.
        revoker: String,
        /// When the revoker says it was made.
        issued_at: u64,
    },
    /// A staleness bound, and nothing to hold it against.
    #[error("revocation must be checked here, and there is no revocation snapshot")]
    SnapshotMissing,
    /// A snapshot that is too old.
    #[error("the revocation snapshot is of {as_of}, judged at {at} it may be at most {max} s old")]
    SnapshotStale {
        /// The time it claims.
        as_of: u64,
        /// When it was judged.
        at: u64,
        /// Seconds it may be old.
        max: u64,
    },
    /// A snapshot from the future, which no staleness bound could ever refuse.
    #[error("the revocation snapshot claims to be of {as_of}, which is long after now, {now}")]
    SnapshotFromFuture {
        /// The time it claims.
        as_of: u64,
        /// Now.
        now: u64,
    },
    /// The challenge of the proof is not live.
    #[error(transparent)]
    Challenge(#[from] ChallengeError),
    /// The challenge that is live is not the one that the proof answers.
    #[error("the proof answers another challenge than the one that was verified")]
    OtherChallenge,
}

impl DelegationError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { document, .. }
            | Self::Malformed { document, .. }
            | Self::IntegerRange { document, .. }
            | Self::UnusableKey { document, .. }
            | Self::BadSignature { document, .. }
            | Self::WrongKey { document, .. } => document.code(),
            Self::Hop { source, .. } | Self::Statement { source, .. } => source.code(),
            Self::NotAChain | Self::Scope(_) | Self::EmptyScope | Self::InvertedWindow { .. } => {
                ErrorCode::InvalidCredential
            }
            Self::UntrustedRoot { .. } => ErrorCode::UntrustedDelegationRoot,
            Self::NotYetValid { .. } => ErrorCode::CredentialNotYetValid,
            Self::Expired { .. } => ErrorCode::CredentialExpired,
            Self::RepeatedId { .. } => ErrorCode::CredentialReplay,
            Self::TooDeep { .. } => ErrorCode::DelegationDepthExceeded,
            Self::EmptyChain
            | Self::RootWithParent { .. }
            | Self::ParentMismatch { .. }
            | Self::IssuerMismatch { .. }
            | Self::DepthMismatch { .. } => ErrorCode::BrokenDelegationLink,
            Self::Escalation { .. } => ErrorCode::ScopeEscalation,
            Self::Revoked { .. } => ErrorCode::CredentialRevoked,
            Self::SnapshotMissing | Self::SnapshotStale { .. } | Self::SnapshotFromFuture { .. } => {
                ErrorCode::RevocationStatusUnknown
            }
            Self::Challenge(_) | Self::OtherChallenge => ErrorCode::HolderProofInvalid,
        }
    }

    /// Which hop was refused, counted from 0; `None` where the trouble is not in one hop.
    #[must_use]
    pub fn hop(&self) -> Option<usize> {
        match self {
            Self::Hop { hop, .. }
            | Self::NotYetValid { hop, .. }
            | Self::Expired { hop, .. }
            | Self::RepeatedId { hop, .. }
            | Self::TooDeep { hop, .. }
            | Self::ParentMismatch { hop, .. }
            | Self::IssuerMismatch { hop, .. }
            | Self::DepthMismatch { hop, .. }
            | Self::Escalation { hop, .. }
            | Self::Revoked { hop, .. } => Some(*hop),
            Self::UntrustedRoot { .. } | Self::RootWithParent { .. } => Some(0),
            _ => None,
        }
    }

    pub(crate) fn malformed(document: Document) -> impl Fn(ShapeError) -> Self {
        move |source| Self::Malformed { document, source }
    }

    pub(crate) fn in_hop(hop: usize) -> impl FnOnce(Self) -> Self {
        move |source| Self::Hop { hop, source: Box::new(source) }
    }
}

fn parent_text(parent: Option<&CredentialId>) -> String {
    parent.map_or_else(|| "no parent".into(), |id| format!("the parent `{id}`"))
}

fn before(hop: usize) -> String {
    hop.checked_sub(1).map_or_else(|| "its issuer".into(), |hop| format!("hop {hop}"))
}
