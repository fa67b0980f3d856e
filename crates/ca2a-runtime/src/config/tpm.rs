//! `ca2a.tpm`: where this node's TPM is, and the key that it quotes by.

use std::path::Path;

use super::{
    error::ConfigError,
    section::{Field, Section},
};

/// The handles of persistent objects (TPM 2.0 Library Part 2, section 7.5).
const PERSISTENT: std::ops::RangeInclusive<u64> = 0x8100_0000..=0x81ff_ffff;

/// `ca2a.tpm`. What is left out is found in the TPM, where a platform or `ca2a_attest::collect::tpm::provision` leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TpmSettings {
    /// `address`, default `/dev/tpmrm0`: a device, or the socket of a software TPM as `unix:PATH` or `tcp:HOST:PORT`.
    pub address: Option<String>,
    /// `key`: the persistent handle of the attestation key.
    pub key: Option<u32>,
    /// `parent`: that of its parent, which shows the place of the key in its TPM.
    pub parent: Option<u32>,
    /// `certificates_path`: who speaks for the key, PEM, its own certificate first.
    pub certificates_path: Option<String>,
    /// `event_log_path`: the TCG event log of the boot, which the firmware left.
    pub event_log_path: Option<String>,
    /// `pcrs`, default `0-7`: the PCRs of the SHA-256 bank that are quoted.
    pub pcrs: Option<String>,
}

impl TpmSettings {
    /// Where the TPM was said to be; none of a place that is no path.
    pub(crate) fn place(&self) -> Option<Option<&Path>> {
        let address = self.address.as_deref()?;
        Some(match address.split_once(':') {
            Some(("tcp", _)) => None,
            Some(("unix", path)) => Some(Path::new(path)),
            _ => Some(Path::new(address)),
        })
    }

    /// Reads the section.
    pub(super) fn read(section: &Section<'_>) -> Result<Self, ConfigError> {
        let text = |key| section.present(key).map(|field| field.text().map(str::to_owned)).transpose();
        let handle = |key| section.get(key).map(|field| handle(&field)).transpose();
        let pcrs = section.get("pcrs").map(|field| pcrs(&field)).transpose()?;
        let address = section.get("address").map(|field| address(&field)).transpose()?;
        Ok(Self {
            address,
            key: handle("key")?,
            parent: handle("parent")?,
            certificates_path: text("certificates_path")?,
            event_log_path: text("event_log_path")?,
            pcrs,
        })
    }
}

fn handle(field: &Field<'_>) -> Result<u32, ConfigError> {
    let handle = Some(field.uint(0)?).filter(|handle| PERSISTENT.contains(handle));
    handle
        .and_then(|handle| u32::try_from(handle).ok())
        .ok_or_else(|| field.refuse("must be the handle of a persistent key, 0x81000000 to 0x81ffffff"))
}

#[cfg(feature = "hardware")]
fn address(field: &Field<'_>) -> Result<String, ConfigError> {
    let text = field.text()?;
    let address = text.parse::<ca2a_attest::collect::tpm::TpmAddress>();
    address.map(|_| text.to_owned()).map_err(|problem| field.refuse(problem.to_string()))
}

#[cfg(feature = "hardware")]
fn pcrs(field: &Field<'_>) -> Result<String, ConfigError> {
    let text = field.text()?;
    let pcrs = text.parse::<ca2a_attest::verify::tpm::PcrSet>();
    pcrs.map(|_| text.to_owned()).map_err(|problem| field.refuse(problem.to_string()))
}

// A build without collectors reads what another one can use, and attests by no TPM.
#[cfg(not(feature = "hardware"))]
fn address(field: &Field<'_>) -> Result<String, ConfigError> {
    field.text().map(str::to_owned)
}

#[cfg(not(feature = "hardware"))]
fn pcrs(field: &Field<'_>) -> Result<String, ConfigError> {
    field.text().map(str::to_owned)
}
