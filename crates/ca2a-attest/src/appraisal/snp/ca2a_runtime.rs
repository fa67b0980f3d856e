//! The checks of `ca2a-runtime` 0.4.0 on a report (profile `ca2a-runtime-0.4`). What that package does not look at is
//! [`crate::appraisal::Outcome::NotChecked`], and what comes out is a list of checks, never a verdict (ATT-127).

use alloc::vec::Vec;

use ca2a_core::encoding::hex;

use super::{GuestRules, PlatformInfoRules, SnpPolicy, terms::Permission};
use crate::{
    appraisal::{Check, PlatformPolicy as _},
    verify::snp::{PlatformInfoBit, SnpReport, check},
};

/// What the package is told to want.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The one launch measurement.
    pub measurement: Option<[u8; 48]>,
    /// What REPORT_DATA has to hold.
    pub report_data: Option<[u8; 64]>,
    /// The least security version of the guest.
    pub min_guest_svn: u32,
    /// About PLATFORM_INFO.
    pub platform_info: PlatformInfoRules,
}

/// The bit of PLATFORM_INFO that the package calls `name`.
#[must_use]
pub fn platform_info_bit(name: &str) -> Option<PlatformInfoBit> {
    Some(match name {
        "smt_enabled" => PlatformInfoBit::Smt,
        "tsme_enabled" => PlatformInfoBit::Tsme,
        "ecc_enabled" => PlatformInfoBit::Ecc,
        "rapl_disabled" => PlatformInfoBit::RaplDisabled,
        "ciphertext_hiding_dram_enabled" => PlatformInfoBit::CiphertextHiding,
        "alias_check_complete" => PlatformInfoBit::AliasCheck,
        "tio_enabled" => PlatformInfoBit::Tio,
        _ => return None,
    })
}

/// Every check there is: those of the package decided, the others not checked.
#[must_use]
pub fn appraise(report: &SnpReport, wanted: &Expectations) -> Vec<Check> {
    let measurement = hex(&report.measurement);
    let data = hex(&report.report_data);
    let guest = GuestRules { min_guest_svn: Some(wanted.min_guest_svn), ..GuestRules::default() };
    let mut checks = Vec::from([
        match &wanted.measurement {
            None => Check::not_checked(check::MEASUREMENT, &measurement),
            Some(known) => {
                Check::decided(check::MEASUREMENT, report.measurement == *known, hex(known), &measurement)
            }
        },
        match &wanted.report_data {
            None => Check::not_checked(check::REPORT_DATA, &data),
            Some(field) => {
                Check::decided(check::REPORT_DATA, report.report_data == *field, hex(field), &data)
            }
        },
        Check::decided(check::VMPL, report.vmpl == 0, 0, report.vmpl),
        Permission::Refuse.check(check::POLICY_DEBUG, report.policy.debug()),
    ]);
    checks.extend(guest.appraise(report));
    checks.extend(wanted.platform_info.appraise(report.platform_info));
    checks.push(wanted.platform_info.bit(PlatformInfoBit::AliasCheck, report.platform_info));
    let said: Vec<_> = checks.iter().map(|check| check.id).collect();
    let rest = SnpPolicy::CHECKS.iter().filter(|info| !said.contains(&info.id));
    checks.extend(rest.map(|info| Check::not_checked(info.id, "not looked at by this profile")));
    checks
}
