//! Who makes the reports of this node.

#[cfg(feature = "config")]
use std::sync::Arc;
use std::{
    fmt,
    path::{Path, PathBuf},
};

use ca2a_attest::{ChannelOffer, Platform, Role, software};
use ca2a_core::{ChannelKey, ErrorCode};

#[cfg(feature = "config")]
use crate::config::{Config, Provider};

/// Makes offers: a channel key under a report that binds it, a nonce and a role.
pub trait Attester: Send + Sync + fmt::Debug {
    /// The platform that it attests with.
    fn platform(&self) -> Platform;

    /// What its reports state as their measurement: a payload of version 2 is sealed to it (SEAL-26).
    fn measurement(&self) -> Box<str>;

    /// Whether making an offer costs hardware: a quote takes milliseconds to seconds of a device that serves one at a time.
    fn is_costly(&self) -> bool {
        true
    }

    /// An offer of `key` that answers `nonce` in `role`. It may block for as long as the device takes.
    ///
    /// # Errors
    /// The device gives no evidence now: `ATTESTATION_UNSUPPORTED`.
    fn offer(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError>;
}

/// Why there is no report. Always `ATTESTATION_UNSUPPORTED`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttesterError {
    /// There is nothing to attest with.
    #[error("no hardware attestation is available here")]
    NoHardware,
    /// The machine has no such device.
    #[error("this machine has no `{0}` device: {1}")]
    NoDevice(Platform, Box<str>),
    /// The device is there, and this build has no collector for it.
    #[error("this machine has a `{0}` device, and this build cannot collect its evidence")]
    NoCollector(Platform),
    /// A provider that is read for a peer's sake.
    #[error("the provider `{0}` is not one that is collected here")]
    Foreign(&'static str),
    /// A file that goes with the device cannot be used.
    #[error("`{}`: {problem}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        problem: Box<str>,
    },
    /// The device gave nothing.
    #[error("the `{platform}` device gave no evidence: {detail}")]
    Device {
        /// The platform.
        platform: Platform,
        /// What it said.
        detail: Box<str>,
    },
}

impl AttesterError {
    /// Always `ATTESTATION_UNSUPPORTED`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::AttestationUnsupported
    }
}

/// Reports that nobody signs, which prove nothing and say so.
#[derive(Debug, Clone, Copy, Default)]
pub struct SoftwareAttester;

impl Attester for SoftwareAttester {
    fn platform(&self) -> Platform {
        Platform::SoftwareOnly
    }

    fn measurement(&self) -> Box<str> {
        software::MEASUREMENT.into()
    }

    fn is_costly(&self) -> bool {
        false
    }

    fn offer(&self, role: Role, key: &ChannelKey, nonce: &str) -> Result<ChannelOffer, AttesterError> {
        Ok(software::offer(role, key, nonce))
    }
}

/// What a machine can attest with. The empty one has nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Machine {
    /// `/dev/sev-guest`.
    pub sev_snp: bool,
    /// `/dev/tdx_guest`.
    pub tdx: bool,
    /// `/dev/tpmrm0`, or whatever `ca2a.tpm.address` names.
    pub tpm: bool,
}

impl Machine {
    /// Looks for the devices of this machine.
    #[must_use]
    pub fn look() -> Self {
        let there = |path: &str| Path::new(path).exists();
        Self { sev_snp: there(SEV_GUEST), tdx: there(TDX_GUEST), tpm: there(TPM) }
    }

    /// The same, with the TPM where `config` says that it is.
    #[cfg(feature = "config")]
    #[must_use]
    pub fn look_for(config: &Config) -> Self {
        let found = Self::look();
        match config.tpm.place() {
            // Whether somebody answers at a host shows with the first quote.
            Some(place) => Self { tpm: place.is_none_or(Path::exists), ..found },
            None => found,
        }
    }

    /// The hardware that `auto` chooses: of a confidential VM the VM's own, else a TPM (ATT-510).
    #[must_use]
    pub fn best(&self) -> Option<Platform> {
        [(self.sev_snp, Platform::SevSnp), (self.tdx, Platform::Tdx), (self.tpm, Platform::Tpm)]
            .into_iter()
            .find_map(|(there, platform)| there.then_some(platform))
    }

    #[cfg(feature = "config")]
    fn has(&self, platform: Platform) -> bool {
        match platform {
            Platform::SoftwareOnly => true,
            Platform::SevSnp => self.sev_snp,
            Platform::Tdx => self.tdx,
            Platform::Tpm => self.tpm,
        }
    }
}

const SEV_GUEST: &str = "/dev/sev-guest";
const TDX_GUEST: &str = "/dev/tdx_guest";
const TPM: &str = "/dev/tpmrm0";

/// Who makes the reports of a node of `config` on `machine`; relative paths start at the folder of `config_file`. Nothing but
/// `software-only` gives software: `auto` on a machine without hardware gives nothing (ATT-510).
///
/// # Errors
/// No device, none that this build collects from, or a file that cannot be used: `ATTESTATION_UNSUPPORTED`.
#[cfg(feature = "config")]
pub fn attester(
    config: &Config,
    config_file: &Path,
    machine: &Machine,
) -> Result<Arc<dyn Attester>, AttesterError> {
    match chosen(config, machine)? {
        Platform::SoftwareOnly => Ok(Arc::new(SoftwareAttester)),
        platform => collected(platform, config, config_file),
    }
}

/// What a node of `config` attests with on `machine`.
///
/// # Errors
/// No device, or a provider that is none here: `ATTESTATION_UNSUPPORTED`.
#[cfg(feature = "config")]
pub(crate) fn chosen(config: &Config, machine: &Machine) -> Result<Platform, AttesterError> {
    use crate::config::Choice as _;

    let platform = match config.provider {
        Provider::SoftwareOnly => Platform::SoftwareOnly,
        Provider::Auto => machine.best().ok_or(AttesterError::NoHardware)?,
        Provider::SevSnp => Platform::SevSnp,
        Provider::Tdx => Platform::Tdx,
        Provider::Tpm => Platform::Tpm,
        Provider::Opaque => return Err(AttesterError::Foreign(config.provider.as_str())),
    };
    if machine.has(platform) {
        return Ok(platform);
    }
    let device = match platform {
        Platform::SevSnp => SEV_GUEST,
        Platform::Tdx => TDX_GUEST,
        Platform::Tpm | Platform::SoftwareOnly => config.tpm.address.as_deref().unwrap_or(TPM),
    };
    Err(AttesterError::NoDevice(platform, device.into()))
}

/// Who collects the evidence of `platform` on this machine.
#[cfg(all(feature = "config", feature = "hardware"))]
fn collected(
    platform: Platform,
    config: &Config,
    config_file: &Path,
) -> Result<Arc<dyn Attester>, AttesterError> {
    use super::{TpmAttester, TsmAttester};

    match platform {
        Platform::SevSnp | Platform::Tdx => {
            Ok(Arc::new(TsmAttester::new(platform, ca2a_attest::collect::tsm::OsTsmFs::default())))
        }
        Platform::Tpm => Ok(Arc::new(TpmAttester::configured(&config.tpm, config_file)?)),
        Platform::SoftwareOnly => Ok(Arc::new(SoftwareAttester)),
    }
}

#[cfg(all(feature = "config", not(feature = "hardware")))]
fn collected(platform: Platform, _: &Config, _: &Path) -> Result<Arc<dyn Attester>, AttesterError> {
    Err(AttesterError::NoCollector(platform))
}
