//! Rules about PLATFORM_INFO: per bit, whether it has to be set or must not be (ATT-135, ATT-136).

use alloc::{collections::BTreeSet, vec::Vec};

use crate::{
    appraisal::{
        Check, CheckId,
        policy::{PolicyError, Section},
    },
    verify::snp::{PlatformInfo, PlatformInfoBit, SnpReport, check},
};

/// The mapping `platform_info`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlatformInfoRules {
    /// The bits that have to be set.
    pub require: BTreeSet<PlatformInfoBit>,
    /// The bits that must not be.
    pub forbid: BTreeSet<PlatformInfoBit>,
    /// About the bits that have no name.
    pub unnamed: UnnamedBits,
}

/// What a policy says about the bits of PLATFORM_INFO that have no name. Genuine Turin sets bit 6, so that refusing them
/// is a choice and not the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UnnamedBits {
    /// They are shown and not judged (`allow`).
    #[default]
    Allow,
    /// They must not be set (`refuse`).
    Refuse,
}

/// Whether the machine's memory has to have been checked for aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AliasCheck {
    /// Always (`require`). A report below version 3 cannot say so and fails: an exception for it would be what a
    /// downgrade goes through.
    #[default]
    Require,
    /// By reports that can say so (`require-from-version-3`).
    RequireFromVersion3,
    /// Not at all (`any`).
    Any,
}

fn id(bit: PlatformInfoBit) -> CheckId {
    match bit {
        PlatformInfoBit::Smt => check::PLATFORM_SMT,
        PlatformInfoBit::Tsme => check::PLATFORM_TSME,
        PlatformInfoBit::Ecc => check::PLATFORM_ECC,
        PlatformInfoBit::RaplDisabled => check::PLATFORM_RAPL,
        PlatformInfoBit::CiphertextHiding => check::PLATFORM_CIPHERTEXT_HIDING,
        PlatformInfoBit::AliasCheck => check::PLATFORM_ALIAS_CHECK,
        PlatformInfoBit::Tio => check::PLATFORM_TIO,
    }
}

impl PlatformInfoRules {
    pub(super) fn read(snp: &Section<'_>) -> Result<Self, PolicyError> {
        let Some(section) = snp.section("platform_info", &["require", "forbid", "unnamed"])? else {
            return Ok(Self::default());
        };
        let names = PlatformInfoBit::ALL.map(PlatformInfoBit::as_str);
        let bits = |key| -> Result<BTreeSet<_>, PolicyError> {
            let words = section.words(key, &names)?.unwrap_or_default();
            Ok(PlatformInfoBit::ALL.into_iter().filter(|bit| words.contains(bit.as_str())).collect())
        };
        let rules = Self {
            require: bits("require")?,
            forbid: bits("forbid")?,
            unnamed: match section.word("unnamed", &["allow", "refuse"])? {
                Some("refuse") => UnnamedBits::Refuse,
                _ => UnnamedBits::Allow,
            },
        };
        match rules.require.intersection(&rules.forbid).next() {
            Some(bit) => Err(section.refuse("forbid", alloc::format!("`{}` is required too", bit.as_str()))),
            None => Ok(rules),
        }
    }

    /// Every bit but the alias check, which has a key of its own.
    pub(super) fn appraise(&self, info: PlatformInfo) -> Vec<Check> {
        let named = PlatformInfoBit::ALL.into_iter().filter(|bit| *bit != PlatformInfoBit::AliasCheck);
        let mut checks: Vec<_> = named.map(|bit| self.bit(bit, info)).collect();
        let actual = alloc::format!("{:#x}", info.unnamed());
        checks.push(match self.unnamed {
            UnnamedBits::Allow => Check::not_checked(check::PLATFORM_UNNAMED, actual),
            UnnamedBits::Refuse => {
                Check::decided(check::PLATFORM_UNNAMED, info.unnamed() == 0, "0x0", actual)
            }
        });
        checks
    }

    pub(super) fn bit(&self, bit: PlatformInfoBit, info: PlatformInfo) -> Check {
        let actual = if info.has(bit) { "set" } else { "not set" };
        if self.require.contains(&bit) {
            Check::decided(id(bit), info.has(bit), "set", actual)
        } else if self.forbid.contains(&bit) {
            Check::decided(id(bit), !info.has(bit), "not set", actual)
        } else {
            Check::not_checked(id(bit), actual)
        }
    }
}

impl AliasCheck {
    pub(super) fn read(snp: &Section<'_>) -> Result<Self, PolicyError> {
        Ok(match snp.word("alias_check", &["require", "require-from-version-3", "any"])? {
            None | Some("require") => Self::Require,
            Some("any") => Self::Any,
            Some(_) => Self::RequireFromVersion3,
        })
    }

    pub(super) fn appraise(self, rules: &PlatformInfoRules, report: &SnpReport) -> Check {
        let required = match self {
            Self::Require => true,
            Self::RequireFromVersion3 => report.version >= 3,
            Self::Any => false,
        };
        if !required {
            return rules.bit(PlatformInfoBit::AliasCheck, report.platform_info);
        }
        let done = report.platform_info.has(PlatformInfoBit::AliasCheck);
        Check::decided(check::PLATFORM_ALIAS_CHECK, done, "set", if done { "set" } else { "not set" })
    }
}
