//! What a relying party wants of a confidential VM on Azure beyond its hardware and its vTPM (ATT-345, ATT-346).

use alloc::{boxed::Box, collections::BTreeSet, vec::Vec};

use super::{Check, CheckId, CheckInfo, Component, Effect, PolicyError, policy::Section};
use crate::verify::azure::{AzureClaims, checks as verifier};

/// The machine booted with secure boot.
pub const SECURE_BOOT: CheckId = CheckId::new("azure.secure-boot");
/// The machine is one that is known.
pub const VM_ID: CheckId = CheckId::new("azure.vm-id");

const fn row(id: CheckId, meaning: &'static str) -> CheckInfo {
    CheckInfo { id, meaning, policy_key: None, effects: &[] }
}

/// Every check on a confidential VM on Azure that is neither its hardware's nor its vTPM's.
pub const CHECKS: &[CheckInfo] =
    &[
        row(verifier::MAGIC, "the paravisor's report begins with `HCLA`"),
        row(verifier::HCL_STRUCTURE, "the paravisor's report can be read to its last byte"),
        row(verifier::HASH_TYPE, "the runtime data are under SHA-256, SHA-384 or SHA-512"),
        row(verifier::REPORT_TYPE, "the paravisor's report is of the hardware that the evidence is of"),
        row(verifier::BINDING, "the hardware report holds the digest of the runtime data")
            .effects(&[Effect { component: Component::InstanceIdentity, pass: 2, fail: 96 }]),
        row(verifier::RUNTIME_DATA, "the runtime data name the attestation key of the vTPM"),
        row(SECURE_BOOT, "the paravisor says that the machine booted with secure boot")
            .decided_by("azure.require_secure_boot")
            .effects(&[Effect { component: Component::Configuration, pass: 2, fail: 32 }]),
        row(VM_ID, "the machine is one of those that are known")
            .decided_by("azure.vm_ids")
            .effects(&[Effect { component: Component::InstanceIdentity, pass: 2, fail: 97 }]),
    ];

/// The section `azure` of the policy file. What hardware and vTPM have to be stands in theirs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AzurePolicy {
    /// `require_secure_boot`. Default: no, since PCR 7 says the same with a signature of the vTPM.
    pub require_secure_boot: bool,
    /// `vm_ids`: the machines that will do, by the id that Azure gave each. Default: any.
    pub vm_ids: Option<BTreeSet<Box<str>>>,
}

impl AzurePolicy {
    /// The key of the section.
    pub const SECTION: &'static str = "azure";
    /// The keys of the section.
    pub const KEYS: &'static [&'static str] = &["require_secure_boot", "vm_ids"];

    /// Reads the section under [`Self::SECTION`] of `file`; an absent one is the default.
    ///
    /// # Errors
    /// The first key or value that is wrong.
    pub fn read(file: &Section<'_>) -> Result<Self, PolicyError> {
        let Some(section) = file.section(Self::SECTION, Self::KEYS)? else { return Ok(Self::default()) };
        let require_secure_boot = section.flag("require_secure_boot")?.unwrap_or_default();
        Ok(Self { require_secure_boot, vm_ids: section.texts("vm_ids")? })
    }

    /// The checks on what the paravisor says.
    #[must_use]
    pub fn appraise(&self, claims: &AzureClaims) -> Vec<Check> {
        let said = match claims.runtime.secure_boot {
            Some(true) => "on",
            Some(false) => "off",
            None => "the paravisor does not say",
        };
        let secure_boot = if self.require_secure_boot {
            Check::decided(SECURE_BOOT, claims.runtime.secure_boot == Some(true), "on", said)
        } else {
            Check::not_checked(SECURE_BOOT, said)
        };
        let id = claims.runtime.vm_id.as_deref().unwrap_or("the paravisor does not say");
        let vm_id = match &self.vm_ids {
            Some(known) => {
                let wanted: Vec<&str> = known.iter().map(|id| &**id).collect();
                let held = claims.runtime.vm_id.as_ref().is_some_and(|id| known.contains(id));
                Check::decided(VM_ID, held, wanted.join(" or "), id)
            }
            None => Check::not_checked(VM_ID, id),
        };
        Vec::from([secure_boot, vm_id])
    }
}
