//! Confidential VMs on Azure: the paravisor's report beside a quote of its vTPM (ATT-529).

use ca2a_core::ChannelKey;

use super::{Certificates, Chip, TpmReport, TpmSource, source::offer_of};
use crate::{ChannelOffer, Role, collect::CollectError};

/// The NV index of the paravisor's report.
pub const HCL_REPORT: u32 = 0x0140_0001;
/// The NV index of the 64 bytes that the paravisor puts into its next report, where the host supports it.
pub const USER_DATA: u32 = 0x0140_0002;
/// The handle of the attestation key that the paravisor's report names.
pub const ATTESTATION_KEY: u32 = 0x8100_0003;
/// The NV index of that key's certificate under Trusted Launch.
pub const CERTIFICATE: u32 = 0x01c1_01d0;

/// The paravisor's report, with `user_data` in it where the host takes some.
///
/// # Errors
/// No paravisor, or one that refuses.
pub fn hcl_report(
    chip: &mut Chip<'_>,
    user_data: Option<&[u8; 64]>,
) -> Result<alloc::vec::Vec<u8>, CollectError> {
    if let Some(data) = user_data {
        chip.nv_write(USER_DATA, data)?;
    }
    chip.nv_read(HCL_REPORT)
}

/// What quotes on such a machine: the key that the paravisor's report names, without certificates.
#[must_use]
pub fn source() -> TpmSource {
    TpmSource { paravisor: true, ..TpmSource::new(ATTESTATION_KEY) }
}

/// The same under Trusted Launch, where a certificate speaks for the key and its `authorities`, PEM, for that.
#[must_use]
pub fn trusted_launch(authorities: alloc::vec::Vec<u8>) -> TpmSource {
    let certificates = Certificates::Nv { index: CERTIFICATE, authorities };
    TpmSource { certificates, ..TpmSource::new(ATTESTATION_KEY) }
}

/// The paravisor's report and a quote over `field`.
///
/// # Errors
/// As [`hcl_report`] and [`TpmSource::collect`].
pub fn collect(source: &TpmSource, chip: &mut Chip<'_>, field: &[u8]) -> Result<TpmReport, CollectError> {
    let report = hcl_report(chip, None)?;
    Ok(source.collect(chip, field)?.with_hcl_report(report))
}

/// An offer of `channel_key`, which the vTPM of `source` binds to `nonce` and `role`. The TD quote of an Intel machine is
/// the host's to make, from the TDREPORT in the paravisor's report: it goes into `td_quote`.
///
/// # Errors
/// As [`collect`].
pub fn offer(
    source: &TpmSource,
    chip: &mut Chip<'_>,
    role: Role,
    channel_key: &ChannelKey,
    nonce: &str,
) -> Result<ChannelOffer, CollectError> {
    offer_of(role, channel_key, nonce, |field| collect(source, chip, field))
}
