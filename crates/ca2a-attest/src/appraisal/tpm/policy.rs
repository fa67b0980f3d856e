//! The section `tpm` of the policy file.

use alloc::{collections::BTreeMap, collections::BTreeSet, format, vec::Vec};

use super::checks;
use crate::{
    appraisal::{
        Check, CheckId, CheckInfo, Context, Measurement, PlatformPolicy, PolicyError, ReferenceName,
        policy::Section,
    },
    verify::{
        hash::HashAlgorithm,
        tpm::{CertificatePurpose, PcrSet, TpmClaims},
    },
};

/// How the selection of a quote has to relate to the PCRs that the policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// It covers them, and may cover more.
    AtLeast,
    /// It is exactly them.
    Exactly,
}

/// What a provider writes into the certificates of attestation keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateProfile {
    /// `tcg-aik`: the extended key usage tcg-kp-AIKCertificate, as the TCG has it; Azure follows.
    TcgAik,
    /// `gce`: tcg-kp-EKCertificate, or no extended key usage, as on Google Compute Engine. Under Google's built-in roots
    /// it needs no mention.
    Gce,
    /// `unmarked`: no extended key usage at all.
    Unmarked,
}

impl CertificateProfile {
    const ALL: [Self; 3] = [Self::TcgAik, Self::Gce, Self::Unmarked];
    const WORDS: [&'static str; 3] = ["tcg-aik", "gce", "unmarked"];

    /// The word in the policy file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TcgAik => "tcg-aik",
            Self::Gce => "gce",
            Self::Unmarked => "unmarked",
        }
    }

    pub(super) const fn admits(self, purpose: CertificatePurpose) -> bool {
        match self {
            Self::TcgAik => purpose.attestation,
            Self::Gce => purpose.endorsement || !purpose.any,
            Self::Unmarked => !purpose.any,
        }
    }
}

/// What a relying party wants of a TPM. The default is the strict one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmPolicy {
    /// `require_pcr_cover`: the quote has to cover `pcrs`. Strict: yes.
    pub require_cover: bool,
    /// `pcrs`: the PCRs that count, by bank. Strict: `{sha256: 0-7}`.
    pub pcrs: BTreeMap<HashAlgorithm, PcrSet>,
    /// `selection`: `at-least` or `exactly`. Strict: at least.
    pub selection: Cover,
    /// `require_pcr_values`. Strict: no, since reference values of single PCRs ask for them anyway.
    pub require_pcr_values: bool,
    /// `allow_zero_pcr0`: takes a machine whose firmware measured nothing. Strict: no.
    pub allow_zero_pcr0: bool,
    /// `require_event_log`. Strict: no.
    pub require_event_log: bool,
    /// `event_log_pcrs`: the PCRs that an event log has to explain. Strict: all that it extends and the quote covers, and
    /// all of `pcrs`.
    pub event_log_pcrs: Option<PcrSet>,
    /// `require_attestation_key_public`: the public area of the key has to come along, so that its attributes are seen
    /// and not taken from its certificate authority on trust. Strict: yes.
    pub require_public: bool,
    /// `require_qualified_name`: the place of the key in its TPM has to be shown. Strict: no.
    pub require_qualified_name: bool,
    /// `certificate_profiles`. Strict: `tcg-aik`.
    pub profiles: BTreeSet<CertificateProfile>,
    /// `minimum_nonce_bytes`. Strict: 16.
    pub minimum_nonce_bytes: u64,
    /// `allow_unsafe_clock`: takes a clock that may have gone back at a loss of power. Strict: no.
    pub allow_unsafe_clock: bool,
    /// `allow_reset`: takes a key whose TPM was reset since it was last seen. Strict: no.
    pub allow_reset: bool,
    /// `allow_restart`: takes a key whose TPM was restarted or resumed since it was last seen. Strict: no.
    pub allow_restart: bool,
    /// `minimum_firmware_version`, of the TPM, as 16 hex characters. Strict: any.
    pub minimum_firmware_version: u64,
}

impl Default for TpmPolicy {
    fn default() -> Self {
        Self {
            require_cover: true,
            pcrs: BTreeMap::from([(HashAlgorithm::Sha256, PcrSet::FIRMWARE)]),
            selection: Cover::AtLeast,
            require_pcr_values: false,
            allow_zero_pcr0: false,
            require_event_log: false,
            event_log_pcrs: None,
            require_public: true,
            require_qualified_name: false,
            profiles: BTreeSet::from([CertificateProfile::TcgAik]),
            minimum_nonce_bytes: 16,
            allow_unsafe_clock: false,
            allow_reset: false,
            allow_restart: false,
            minimum_firmware_version: 0,
        }
    }
}

/// The banks that a policy may name. SHA-1 is none of them.
const BANKS: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

impl TpmPolicy {
    fn read_pcrs(section: &Section<'_>) -> Result<Option<BTreeMap<HashAlgorithm, PcrSet>>, PolicyError> {
        let Some(banks) = section.section("pcrs", &BANKS.map(HashAlgorithm::as_str))? else {
            return Ok(None);
        };
        let mut pcrs = BTreeMap::new();
        for bank in BANKS {
            if let Some(set) = read_set(&banks, bank.as_str())? {
                pcrs.insert(bank, set);
            }
        }
        if pcrs.is_empty() {
            return Err(section.refuse("pcrs", "names no PCR, so a quote of nothing would do"));
        }
        if !pcrs.values().any(|set| !set.and(PcrSet::STATIC).is_empty()) {
            return Err(section.refuse("pcrs", "names no PCR that software cannot reset (0 to 15)"));
        }
        Ok(Some(pcrs))
    }

    fn read_profiles(section: &Section<'_>) -> Result<Option<BTreeSet<CertificateProfile>>, PolicyError> {
        let Some(words) = section.words("certificate_profiles", &CertificateProfile::WORDS)? else {
            return Ok(None);
        };
        Ok(Some(
            CertificateProfile::ALL.into_iter().filter(|profile| words.contains(profile.as_str())).collect(),
        ))
    }
}

fn read_set(section: &Section<'_>, key: &str) -> Result<Option<PcrSet>, PolicyError> {
    let Some(text) = section.text(key)? else { return Ok(None) };
    text.parse().map(Some).map_err(|error| section.refuse(key, format!("`{text}`: {error}")))
}

impl PlatformPolicy for TpmPolicy {
    type Claims = TpmClaims;

    const SECTION: &'static str = "tpm";
    const KEYS: &'static [&'static str] = &[
        "require_pcr_cover",
        "pcrs",
        "selection",
        "require_pcr_values",
        "allow_zero_pcr0",
        "require_event_log",
        "event_log_pcrs",
        "require_attestation_key_public",
        "require_qualified_name",
        "certificate_profiles",
        "minimum_nonce_bytes",
        "allow_unsafe_clock",
        "allow_reset",
        "allow_restart",
        "minimum_firmware_version",
    ];
    const CHECKS: &'static [CheckInfo] = checks::CHECKS;
    const MEASUREMENT: CheckId = checks::MEASUREMENT;
    const REFERENCE_NAMES: &'static [ReferenceName] = &REFERENCE_NAMES;

    fn read(section: &Section<'_>) -> Result<Self, PolicyError> {
        let strict = Self::default();
        let flag = |key: &str, strict: bool| section.flag(key).map(|flag| flag.unwrap_or(strict));
        let selection = match section.word("selection", &["at-least", "exactly"])? {
            Some("exactly") => Cover::Exactly,
            _ => Cover::AtLeast,
        };
        let minimum_nonce_bytes = section.uint("minimum_nonce_bytes", 0..=64)?;
        let minimum_firmware_version = section.hex::<8>("minimum_firmware_version")?;
        Ok(Self {
            require_cover: flag("require_pcr_cover", strict.require_cover)?,
            pcrs: Self::read_pcrs(section)?.unwrap_or(strict.pcrs),
            selection,
            require_pcr_values: flag("require_pcr_values", strict.require_pcr_values)?,
            allow_zero_pcr0: flag("allow_zero_pcr0", strict.allow_zero_pcr0)?,
            require_event_log: flag("require_event_log", strict.require_event_log)?,
            event_log_pcrs: read_set(section, "event_log_pcrs")?,
            require_public: flag("require_attestation_key_public", strict.require_public)?,
            require_qualified_name: flag("require_qualified_name", strict.require_qualified_name)?,
            profiles: Self::read_profiles(section)?.unwrap_or(strict.profiles),
            minimum_nonce_bytes: minimum_nonce_bytes.unwrap_or(strict.minimum_nonce_bytes),
            allow_unsafe_clock: flag("allow_unsafe_clock", strict.allow_unsafe_clock)?,
            allow_reset: flag("allow_reset", strict.allow_reset)?,
            allow_restart: flag("allow_restart", strict.allow_restart)?,
            minimum_firmware_version: minimum_firmware_version.map_or(0, u64::from_be_bytes),
        })
    }

    fn measurement(claims: &TpmClaims) -> Measurement {
        claims.measurement()
    }

    fn appraise(&self, claims: &TpmClaims, context: &Context<'_>) -> Vec<Check> {
        self.checks(claims, context)
    }
}

const fn digest(name: &'static str) -> ReferenceName {
    ReferenceName { name, lengths: &[32, 48, 64] }
}

const REFERENCE_NAMES: [ReferenceName; 25] = [
    digest("pcr-digest"),
    digest("pcr0"),
    digest("pcr1"),
    digest("pcr2"),
    digest("pcr3"),
    digest("pcr4"),
    digest("pcr5"),
    digest("pcr6"),
    digest("pcr7"),
    digest("pcr8"),
    digest("pcr9"),
    digest("pcr10"),
    digest("pcr11"),
    digest("pcr12"),
    digest("pcr13"),
    digest("pcr14"),
    digest("pcr15"),
    digest("pcr16"),
    digest("pcr17"),
    digest("pcr18"),
    digest("pcr19"),
    digest("pcr20"),
    digest("pcr21"),
    digest("pcr22"),
    digest("pcr23"),
];
