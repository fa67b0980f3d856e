//! Stable names for causes, shared with other implementations of TRACE.

use core::fmt;

use ca2a_core::json::ReadErrorKind;

/// The stable name of a cause. Its `Display` is the text that test vectors use.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are the documentation; the faults that carry them explain each")]
pub enum Reason {
    NotJson,
    DuplicateMember,
    Surrogate,
    IntegerRange,
    NotAnInteger,
    NegativeZero,
    NotAnObject,
    ProfileMissing,
    ProfileSuperseded,
    ProfileNotAccepted,
    SignatureMissing,
    Encoding,
    /// `schema:` and the pointer of what broke the schema.
    Schema(String),
    NoTrustedKey,
    KeyType,
    Key,
    Revoked,
    RevocationUnknown,
    KeyMismatch,
    UntrustedKey,
    Future,
    Stale,
    Nonce,
    SignatureInvalid,
    BlockFields,
    BlockDigest,
    BlockCredentialId,
    RecordShape,
    HashForm,
    Empty,
    Repeated,
    RootHasBlock,
    NoBlock,
    LinkMismatch,
    BeforeParent,
    AfterDenial,
    Length,
    CredentialId,
    Signer,
    Scope,
    DenialFacts,
}

impl Reason {
    pub(super) fn of_read_error(kind: ReadErrorKind) -> Self {
        match kind {
            ReadErrorKind::DuplicateMember => Self::DuplicateMember,
            ReadErrorKind::LoneSurrogate => Self::Surrogate,
            ReadErrorKind::NumberRange => Self::IntegerRange,
            ReadErrorKind::NotAnInteger => Self::NotAnInteger,
            ReadErrorKind::NegativeZero => Self::NegativeZero,
            _ => Self::NotJson,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotJson => "not-json",
            Self::DuplicateMember => "duplicate-member",
            Self::Surrogate => "surrogate",
            Self::IntegerRange => "integer-range",
            Self::NotAnInteger => "not-an-integer",
            Self::NegativeZero => "negative-zero",
            Self::NotAnObject => "not-an-object",
            Self::ProfileMissing => "profile-missing",
            Self::ProfileSuperseded => "profile-superseded",
            Self::ProfileNotAccepted => "profile-not-accepted",
            Self::SignatureMissing => "signature-missing",
            Self::Encoding => "encoding",
            Self::Schema(pointer) => return write!(out, "schema:{pointer}"),
            Self::NoTrustedKey => "no-trusted-key",
            Self::KeyType => "kty",
            Self::Key => "key",
            Self::Revoked => "revoked",
            Self::RevocationUnknown => "revocation-unknown",
            Self::KeyMismatch => "key-mismatch",
            Self::UntrustedKey => "untrusted-key",
            Self::Future => "future",
            Self::Stale => "stale",
            Self::Nonce => "nonce",
            Self::SignatureInvalid => "signature-invalid",
            Self::BlockFields => "block-fields",
            Self::BlockDigest => "block-digest",
            Self::BlockCredentialId => "block-credential-id",
            Self::RecordShape => "record-shape",
            Self::HashForm => "hash-form",
            Self::Empty => "empty",
            Self::Repeated => "repeated",
            Self::RootHasBlock => "root-has-block",
            Self::NoBlock => "no-block",
            Self::LinkMismatch => "link-mismatch",
            Self::BeforeParent => "before-parent",
            Self::AfterDenial => "after-denial",
            Self::Length => "length",
            Self::CredentialId => "credential-id",
            Self::Signer => "signer",
            Self::Scope => "scope",
            Self::DenialFacts => "denial-facts",
        })
    }
}
