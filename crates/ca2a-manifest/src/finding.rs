//! What an appraisal says beside its result.

use core::fmt;

/// Something that a reader should know and that decided nothing. (MAN-41)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Finding {
    /// No hop names to whom it grants; `expected_delegates` would tell.
    RecipientNotChecked,
    /// Approvals name a manifest by its id and not by its content; `approved_digests` would tell.
    ApprovalDigestNotChecked,
    /// Any trusted key may sign for any issuer; `trusted_key_issuers` would tell.
    KeyIssuerNotChecked,
    /// Members that no signature covers: they may have been written by anybody.
    UnsignedMembersNotChecked,
    /// No list of revocations was given.
    RevocationNotChecked,
    /// The demanded SLSA level is a declaration that nothing here proves.
    SlsaLevelNotChecked,
    /// A time without a zone, taken as UTC.
    NaiveTime,
    /// An envelope that is not in deterministic CBOR.
    NotDeterministic,
    /// A payload that is not canonical JSON.
    NotCanonical,
    /// A whole number that is spelled as a fraction.
    FractionalNumber,
    /// An algorithm under its deprecated number (-8).
    DeprecatedAlgorithm,
    /// A signature that this build cannot check.
    AlgorithmUnavailable,
    /// An attestation that names this manifest and that nobody appraised.
    AttestationNotAppraised,
    /// A receipt that nobody verified.
    TransparencyNotAppraised,
    /// A corpus that nobody scanned.
    CorpusNotScanned,
    /// A prompt that nobody assessed.
    PromptNotAssessed,
    /// Artifacts that are bound and of which nobody said what runs.
    ArtifactsNotCompared,
}

impl Finding {
    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecipientNotChecked => "not_checked: recipient",
            Self::ApprovalDigestNotChecked => "not_checked: approval_digest",
            Self::KeyIssuerNotChecked => "not_checked: key_issuer",
            Self::UnsignedMembersNotChecked => "not_checked: unsigned_members",
            Self::RevocationNotChecked => "not_checked: revocation",
            Self::SlsaLevelNotChecked => "not_checked: slsa_level",
            Self::NaiveTime => "accepted: naive_time",
            Self::NotDeterministic => "accepted: not_deterministic",
            Self::NotCanonical => "accepted: not_canonical",
            Self::FractionalNumber => "accepted: fractional_number",
            Self::DeprecatedAlgorithm => "accepted: deprecated_algorithm",
            Self::AlgorithmUnavailable => "not_checked: algorithm",
            Self::AttestationNotAppraised => "not_checked: attestation",
            Self::TransparencyNotAppraised => "not_checked: transparency",
            Self::CorpusNotScanned => "not_checked: corpus",
            Self::PromptNotAssessed => "not_checked: prompt",
            Self::ArtifactsNotCompared => "not_checked: artifacts",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
