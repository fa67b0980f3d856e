//! Rules about GUEST_POLICY, which the guest's owner set at launch and the firmware enforces (ATT-134).

use alloc::{format, vec::Vec};

use super::terms::{Demand, Permission};
use crate::{
    appraisal::{
        Check,
        policy::{PolicyError, Section},
    },
    verify::snp::{GuestPolicy, check},
};

/// The mapping `guest_policy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestPolicyRules {
    /// The host may read and write the guest's memory.
    pub debug: Permission,
    /// The guest may have a migration agent.
    pub migration_agent: Permission,
    /// The guest may share a core.
    pub smt: Permission,
    /// The guest may have CXL memory.
    pub cxl: Permission,
    /// The guest is bound to one socket.
    pub single_socket: Demand,
    /// The guest's memory has to be encrypted with AES-256-XTS.
    pub aes_256_xts: Demand,
    /// Power is not measured.
    pub rapl_disabled: Demand,
    /// Ciphertext is hidden.
    pub ciphertext_hiding: Demand,
    /// Pages are not swapped.
    pub page_swap_disabled: Demand,
    /// The least ABI, major and minor, that the guest demands.
    pub min_abi: Option<(u8, u8)>,
}

impl Default for GuestPolicyRules {
    fn default() -> Self {
        Self {
            debug: Permission::Refuse,
            migration_agent: Permission::Refuse,
            smt: Permission::Unsaid,
            cxl: Permission::Unsaid,
            single_socket: Demand::Unsaid,
            aes_256_xts: Demand::Unsaid,
            rapl_disabled: Demand::Unsaid,
            ciphertext_hiding: Demand::Unsaid,
            page_swap_disabled: Demand::Unsaid,
            min_abi: None,
        }
    }
}

const KEYS: &[&str] = &[
    "debug",
    "migration_agent",
    "smt",
    "cxl",
    "single_socket",
    "aes_256_xts",
    "rapl_disabled",
    "ciphertext_hiding",
    "page_swap_disabled",
    "min_abi",
];

impl GuestPolicyRules {
    pub(super) fn read(snp: &Section<'_>) -> Result<Self, PolicyError> {
        let strict = Self::default();
        let Some(section) = snp.section("guest_policy", KEYS)? else { return Ok(strict) };
        let permission = |key, strict| Permission::read(&section, key, strict);
        let demand = |key| Demand::read(&section, key);
        let min_abi = match section.text("min_abi")? {
            None => None,
            Some(text) => {
                let parts = text
                    .split_once('.')
                    .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
                Some(parts.ok_or_else(|| section.refuse("min_abi", "must be two numbers, like `1.55`"))?)
            }
        };
        Ok(Self {
            debug: permission("debug", strict.debug)?,
            migration_agent: permission("migration_agent", strict.migration_agent)?,
            smt: permission("smt", strict.smt)?,
            cxl: permission("cxl", strict.cxl)?,
            single_socket: demand("single_socket")?,
            aes_256_xts: demand("aes_256_xts")?,
            rapl_disabled: demand("rapl_disabled")?,
            ciphertext_hiding: demand("ciphertext_hiding")?,
            page_swap_disabled: demand("page_swap_disabled")?,
            min_abi,
        })
    }

    pub(super) fn appraise(&self, policy: GuestPolicy) -> Vec<Check> {
        let (major, minor) = policy.abi();
        let abi = format!("{major}.{minor}");
        Vec::from([
            self.debug.check(check::POLICY_DEBUG, policy.debug()),
            self.migration_agent.check(check::POLICY_MIGRATION, policy.migration_agent()),
            self.smt.check(check::POLICY_SMT, policy.smt()),
            self.cxl.check(check::POLICY_CXL, policy.cxl()),
            self.single_socket.check(check::POLICY_SINGLE_SOCKET, policy.single_socket()),
            self.aes_256_xts.check(check::POLICY_AES_256, policy.aes_256_xts()),
            self.rapl_disabled.check(check::POLICY_RAPL, policy.rapl_disabled()),
            self.ciphertext_hiding.check(check::POLICY_CIPHERTEXT_HIDING, policy.ciphertext_hiding()),
            self.page_swap_disabled.check(check::POLICY_PAGE_SWAP, policy.page_swap_disabled()),
            match self.min_abi {
                None => Check::not_checked(check::POLICY_ABI, abi),
                Some(floor) => {
                    let expected = format_args!("{}.{} or later", floor.0, floor.1);
                    Check::decided(check::POLICY_ABI, (major, minor) >= floor, expected, abi)
                }
            },
            Check::decided(
                check::POLICY_RESERVED,
                policy.is_well_formed(),
                "bit 17 one, bits 26 to 63 zero",
                policy,
            ),
        ])
    }
}
