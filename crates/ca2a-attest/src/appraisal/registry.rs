//! Every check there is.

use super::{CheckId, CheckInfo};

/// The tables of the platforms in this build.
fn tables() -> impl Iterator<Item = &'static [CheckInfo]> {
    let tables: &[&'static [CheckInfo]] = &[
        super::report_checks::CHECKS,
        #[cfg(feature = "snp")]
        <super::snp::SnpPolicy as super::PlatformPolicy>::CHECKS,
        #[cfg(feature = "tdx")]
        <super::tdx::TdxPolicy as super::PlatformPolicy>::CHECKS,
        #[cfg(feature = "tpm")]
        <super::tpm::TpmPolicy as super::PlatformPolicy>::CHECKS,
        #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
        super::azure::CHECKS,
    ];
    tables.iter().copied()
}

/// Every check that this build knows, platform by platform.
pub fn checks() -> impl Iterator<Item = &'static CheckInfo> {
    tables().flatten()
}

/// What the check `id` asks and which key of the policy file decides it.
#[must_use]
pub fn check_info(id: CheckId) -> Option<&'static CheckInfo> {
    checks().find(|info| info.id == id)
}
