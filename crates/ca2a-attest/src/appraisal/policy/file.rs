//! The policy file as a whole.

use alloc::boxed::Box;

use ca2a_core::{Sha256, canonical, json::Node};

use super::{PolicyError, Section};
use crate::Platform;
#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
use crate::appraisal::PlatformSection;
use crate::appraisal::PolicyId;
#[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
use crate::appraisal::azure::AzurePolicy;
#[cfg(feature = "snp")]
use crate::appraisal::snp::SnpPolicy;
#[cfg(feature = "tdx")]
use crate::appraisal::tdx::TdxPolicy;
#[cfg(feature = "tpm")]
use crate::appraisal::tpm::TpmPolicy;

/// The version of the format that this build reads.
const VERSION: u64 = 1;

/// What the relying party wants of evidence: one file, a section for each platform, each with its reference values.
///
/// Its `Default` is the strict policy without reference values, under which nothing is Affirming. The JSON Schema of the
/// file is `schema/appraisal-policy.schema.json` in this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppraisalPolicy {
    id: PolicyId,
    /// Section `snp`.
    #[cfg(feature = "snp")]
    pub snp: PlatformSection<SnpPolicy>,
    /// Section `tdx`.
    #[cfg(feature = "tdx")]
    pub tdx: PlatformSection<TdxPolicy>,
    /// Section `tpm`.
    #[cfg(feature = "tpm")]
    pub tpm: PlatformSection<TpmPolicy>,
    /// Section `azure`: what a confidential VM there has to be beside the sections of its hardware and its vTPM.
    #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
    pub azure: AzurePolicy,
}

/// The keys of the file. A section of a platform that is not in this build is refused all the same: who asks for it
/// relies on it.
const KEYS: &[&str] = &[
    "version",
    "id",
    #[cfg(feature = "snp")]
    "snp",
    #[cfg(feature = "tdx")]
    "tdx",
    #[cfg(feature = "tpm")]
    "tpm",
    #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
    AzurePolicy::SECTION,
];

impl Default for AppraisalPolicy {
    fn default() -> Self {
        let digest = Sha256::of(b"{}");
        Self {
            id: PolicyId { name: None, digest },
            #[cfg(feature = "snp")]
            snp: PlatformSection::default(),
            #[cfg(feature = "tdx")]
            tdx: PlatformSection::default(),
            #[cfg(feature = "tpm")]
            tpm: PlatformSection::default(),
            #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
            azure: AzurePolicy::default(),
        }
    }
}

impl AppraisalPolicy {
    /// Reads a policy (ATT-410, ATT-411). YAML and JSON spellings of one document read alike and have one digest.
    ///
    /// # Errors
    /// The first key or value that is wrong: `CONFIG_ERROR`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, PolicyError> {
        let file = Section::new("", node, KEYS)?;
        if file.uint("version", VERSION..=VERSION)?.is_none() {
            return Err(file.missing("version"));
        }
        let name = file.text("id")?.map(Box::from);
        // What the reader took as integers and text has canonical bytes.
        let digest =
            Sha256::of(&canonical::to_vec(node).map_err(|_| file.refuse("version", "no canonical form"))?);
        Ok(Self {
            id: PolicyId { name, digest },
            #[cfg(feature = "snp")]
            snp: PlatformSection::read(&file)?,
            #[cfg(feature = "tdx")]
            tdx: PlatformSection::read(&file)?,
            #[cfg(feature = "tpm")]
            tpm: PlatformSection::read(&file)?,
            #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
            azure: AzurePolicy::read(&file)?,
        })
    }

    /// Which policy this is.
    #[must_use]
    pub fn id(&self) -> &PolicyId {
        &self.id
    }

    /// Whether there is a reference value for `platform`, without which nothing of it is Affirming (ATT-421). For a TPM
    /// that is one of the vTPM's; a confidential VM on Azure needs one of its hardware as well.
    #[must_use]
    pub fn has_reference(&self, platform: Platform) -> bool {
        match platform {
            #[cfg(feature = "snp")]
            Platform::SevSnp => !self.snp.reference.is_empty(),
            #[cfg(feature = "tdx")]
            Platform::Tdx => !self.tdx.reference.is_empty(),
            #[cfg(feature = "tpm")]
            Platform::Tpm => !self.tpm.reference.is_empty(),
            _ => false,
        }
    }
}
