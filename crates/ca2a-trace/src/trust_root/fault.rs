//! What is wrong with a path, in the words of the draft.

use ca2a_core::{CredentialId, ErrorCode, TraceLink};

use crate::error::RecordFault;

/// What a fault is about. Provenance outranks authorization, and either outranks what cannot be told: while it is
/// open what happened, nothing is known about whether it was allowed (TRC-152).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultClass {
    /// A link that this verifier cannot read. No finding against the path.
    Unverifiable,
    /// The path is sound, the authority that it claims is not.
    Authorization,
    /// The records do not show what happened.
    Provenance,
}

/// A rule that a hop breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathFault {
    /// D-1.
    #[error("it does not verify under the key that it advertises: {0}")]
    SignatureInvalid(RecordFault),
    /// D-2.
    #[error("it is the first of its path, and no trusted root signed it")]
    RootKeyUntrusted,
    /// D-3.
    #[error("its parent {0} is not in the set: a record was altered or left out")]
    ParentNotFound(TraceLink),
    /// D-4.
    #[error("its path is longer than the {0} links that are followed")]
    DepthExceeded(u64),
    /// D-5.
    #[error("it acts under credential `{0}`, which is not known")]
    CredentialUnknown(CredentialId),
    /// D-6.
    #[error("credential `{0}` was not issued by the signer of the parent record")]
    IssuerMismatch(CredentialId),
    /// D-7.
    #[error("credential `{0}` was granted to somebody else")]
    HolderMismatch(CredentialId),
    /// D-8.
    #[error("it is dated {iat}, before its credential held")]
    BeforeWindow {
        /// Unix seconds of the record.
        iat: u64,
    },
    /// D-8.
    #[error("it is dated {iat}, after its credential had ended")]
    AfterWindow {
        /// Unix seconds of the record.
        iat: u64,
    },
    /// D-9.
    #[error("its data class `{own}` is not known to be at most as sensitive as its parent's `{parents}`")]
    DataClassWidened {
        /// The class of the record.
        own: Box<str>,
        /// The class of its parent.
        parents: Box<str>,
    },
    /// D-10.
    #[error("its link {0} uses a digest that this verifier does not read: unverifiable, not broken")]
    DigestUnsupported(TraceLink),
    /// Dated ahead of the time of the assessment (TRC-155).
    #[error("it is dated {ahead} s in the future, more than the {allowed} s of clock skew allowed")]
    Future {
        /// Seconds ahead.
        ahead: u64,
        /// Seconds allowed.
        allowed: u64,
    },
    /// Dated before its parent (TRC-155).
    #[error("it is dated {early} s before its parent, more than the {allowed} s that clocks may differ")]
    BeforeParent {
        /// Seconds before the parent's `iat`.
        early: u64,
        /// Seconds allowed.
        allowed: u64,
    },
}

impl PathFault {
    /// The rule of the draft, or of this project where the draft has none.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::SignatureInvalid(_) => "D-1",
            Self::RootKeyUntrusted => "D-2",
            Self::ParentNotFound(_) => "D-3",
            Self::DepthExceeded(_) => "D-4",
            Self::CredentialUnknown(_) => "D-5",
            Self::IssuerMismatch(_) => "D-6",
            Self::HolderMismatch(_) => "D-7",
            Self::BeforeWindow { .. } | Self::AfterWindow { .. } => "D-8",
            Self::DataClassWidened { .. } => "D-9",
            Self::DigestUnsupported(_) => "D-10",
            Self::Future { .. } | Self::BeforeParent { .. } => "TRC-155",
        }
    }

    /// The requirements that it breaks.
    pub(super) fn requirements(&self) -> &'static str {
        match self {
            Self::Future { .. } | Self::BeforeParent { .. } => "TRC-155",
            Self::DataClassWidened { .. } => "TRC-151, TRC-156",
            _ => "TRC-151",
        }
    }

    /// The stable name that the draft gives it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SignatureInvalid(_) => "record_signature_invalid",
            Self::RootKeyUntrusted => "root_key_untrusted",
            Self::ParentNotFound(_) => "parent_not_found",
            Self::DepthExceeded(_) => "depth_exceeded",
            Self::CredentialUnknown(_) => "credential_unknown",
            Self::IssuerMismatch(_) => "credential_issuer_mismatch",
            Self::HolderMismatch(_) => "credential_holder_mismatch",
            Self::BeforeWindow { .. } | Self::AfterWindow { .. } => "credential_window",
            Self::DataClassWidened { .. } => "data_class_widened",
            Self::DigestUnsupported(_) => "digest_algorithm_unsupported",
            Self::Future { .. } => "record_in_future",
            Self::BeforeParent { .. } => "record_before_parent",
        }
    }

    /// What it is about.
    #[must_use]
    pub fn class(&self) -> FaultClass {
        match self {
            Self::SignatureInvalid(_)
            | Self::RootKeyUntrusted
            | Self::ParentNotFound(_)
            | Self::Future { .. }
            | Self::BeforeParent { .. } => FaultClass::Provenance,
            Self::DigestUnsupported(_) => FaultClass::Unverifiable,
            _ => FaultClass::Authorization,
        }
    }

    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::SignatureInvalid(_) | Self::RootKeyUntrusted | Self::Future { .. } => {
                ErrorCode::TraceRecordInvalid
            }
            Self::DepthExceeded(_) => ErrorCode::DelegationDepthExceeded,
            Self::BeforeWindow { .. } => ErrorCode::CredentialNotYetValid,
            Self::AfterWindow { .. } => ErrorCode::CredentialExpired,
            Self::DataClassWidened { .. } => ErrorCode::ScopeEscalation,
            Self::DigestUnsupported(_) => ErrorCode::TraceDigestUnsupported,
            _ => ErrorCode::ProvenanceLinkBroken,
        }
    }
}
