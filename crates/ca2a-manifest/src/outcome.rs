//! The words in which this format gives its results.

use core::fmt;

use ca2a_core::ErrorCode;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $variant,)*
        }

        impl $name {
            /// The word, as other implementations write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What became of a manifest. Only [`Outcome::Valid`] is one to rely on.
    Outcome {
        /// Everything that was asked for holds.
        Valid "VALID",
        /// Something does not hold.
        Mismatch "MISMATCH",
        /// Its time is over.
        Expired "EXPIRED",
        /// It was taken back.
        Revoked "REVOKED",
        /// What was asked for is not all there.
        Incomplete "INCOMPLETE",
        /// Hardware evidence was demanded and none was appraised.
        AttestationUnavailable "ATTESTATION_UNAVAILABLE",
        /// A version that nobody here knows.
        IncompatibleVersion "INCOMPATIBLE_VERSION",
        /// Nobody signed it.
        SignatureMissing "SIGNATURE_MISSING",
        /// Nobody here can tell.
        Unverifiable "UNVERIFIABLE",
    }
}

impl Outcome {
    /// The code of a refusal with this result; `None` for the one that is none.
    #[must_use]
    pub fn code(self) -> Option<ErrorCode> {
        Some(match self {
            Self::Valid => return None,
            Self::Mismatch => ErrorCode::ManifestMismatch,
            Self::Expired => ErrorCode::ManifestExpired,
            Self::Revoked => ErrorCode::ManifestRevoked,
            Self::Incomplete => ErrorCode::ManifestIncomplete,
            Self::AttestationUnavailable => ErrorCode::ManifestAttestationUnavailable,
            Self::IncompatibleVersion => ErrorCode::ManifestVersionUnsupported,
            Self::SignatureMissing => ErrorCode::ManifestUnsigned,
            Self::Unverifiable => ErrorCode::ManifestUnverifiable,
        })
    }
}

words! {
    /// What became of one artifact.
    FieldResult {
        /// What runs is what the manifest binds.
        Match "MATCH",
        /// It is something else.
        Mismatch "MISMATCH",
        /// The manifest does not bind it, or nobody said what runs.
        NotBound "NOT_BOUND",
        /// The binding is over.
        Expired "EXPIRED",
        /// An audit chain that only grew since it was bound.
        Extended "EXTENDED",
    }
}

words! {
    /// What became of the delegation chain.
    DelegationResult {
        /// Every hop holds.
        Valid "VALID",
        /// One does not.
        Invalid "INVALID",
        /// There is none.
        NotPresent "NOT_PRESENT",
        /// Keys or an evaluator are missing.
        Unverifiable "UNVERIFIABLE",
    }
}

words! {
    /// What became of the human approval.
    ApprovalResult {
        /// At least one approval holds.
        Approved "APPROVED",
        /// All are over.
        Expired "EXPIRED",
        /// None is needed.
        NotRequired "NOT_REQUIRED",
        /// One is needed and none is there.
        Missing "MISSING",
        /// The method does not carry the risk.
        Insufficient "APPROVAL_INSUFFICIENT",
        /// Malformed or not signed by its approver.
        Invalid "INVALID",
        /// The approver's key is not known.
        Unverifiable "UNVERIFIABLE",
    }
}

words! {
    /// What somebody found who tested the configuration.
    Assurance {
        /// Nothing, with the named suite.
        Passed "PASSED",
        /// Something.
        Flagged "FLAGGED",
        /// Nobody tested.
        NotAssessed "NOT_ASSESSED",
    }
}

words! {
    /// Why nothing positive can be said about a present applicability of the approval.
    Admissibility {
        /// The appraisal did not get that far.
        VerificationIncomplete "verification_incomplete",
        /// None is needed.
        NotRequired "approval_not_required",
        /// It was given then; whether it still stands today, no document can say.
        CurrentStateUnavailable "current_state_evidence_unavailable",
        /// It does not hold.
        NotSatisfied "approval_checks_not_satisfied",
    }
}
