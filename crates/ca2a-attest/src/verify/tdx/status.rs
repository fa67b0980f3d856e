//! The status of a platform's trusted computing base, in Intel's words.

use core::{fmt, str::FromStr};

/// A status as Intel's collateral gives it, merged from platform, TDX module and quoting enclave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TcbStatus {
    /// Nothing is known against it.
    UpToDate,
    /// The software in the trust domain has to defend itself.
    SwHardeningNeeded,
    /// The platform has to be configured otherwise.
    ConfigurationNeeded,
    /// Both.
    ConfigurationAndSwHardeningNeeded,
    /// Updates are missing.
    OutOfDate,
    /// Updates are missing and the platform has to be configured otherwise.
    OutOfDateConfigurationNeeded,
    /// The updates are there since the domain was launched; it should be launched again.
    TdRelaunchAdvised,
    /// The same, and the platform has to be configured otherwise.
    TdRelaunchAdvisedConfigurationNeeded,
    /// Its keys are not to be trusted. Never verified.
    Revoked,
}

impl TcbStatus {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::UpToDate,
        Self::SwHardeningNeeded,
        Self::ConfigurationNeeded,
        Self::ConfigurationAndSwHardeningNeeded,
        Self::OutOfDate,
        Self::OutOfDateConfigurationNeeded,
        Self::TdRelaunchAdvised,
        Self::TdRelaunchAdvisedConfigurationNeeded,
        Self::Revoked,
    ];

    /// Intel's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "UpToDate",
            Self::SwHardeningNeeded => "SWHardeningNeeded",
            Self::ConfigurationNeeded => "ConfigurationNeeded",
            Self::ConfigurationAndSwHardeningNeeded => "ConfigurationAndSWHardeningNeeded",
            Self::OutOfDate => "OutOfDate",
            Self::OutOfDateConfigurationNeeded => "OutOfDateConfigurationNeeded",
            Self::TdRelaunchAdvised => "TDRelaunchAdvised",
            Self::TdRelaunchAdvisedConfigurationNeeded => "TDRelaunchAdvisedConfigurationNeeded",
            Self::Revoked => "Revoked",
        }
    }

    /// Whether updates are missing: what a time of grace is for.
    #[must_use]
    pub const fn is_out_of_date(self) -> bool {
        matches!(self, Self::OutOfDate | Self::OutOfDateConfigurationNeeded)
    }
}

impl From<dcap_qvl::TcbStatus> for TcbStatus {
    fn from(status: dcap_qvl::TcbStatus) -> Self {
        match status {
            dcap_qvl::TcbStatus::UpToDate => Self::UpToDate,
            dcap_qvl::TcbStatus::SWHardeningNeeded => Self::SwHardeningNeeded,
            dcap_qvl::TcbStatus::ConfigurationNeeded => Self::ConfigurationNeeded,
            dcap_qvl::TcbStatus::ConfigurationAndSWHardeningNeeded => Self::ConfigurationAndSwHardeningNeeded,
            dcap_qvl::TcbStatus::OutOfDate => Self::OutOfDate,
            dcap_qvl::TcbStatus::OutOfDateConfigurationNeeded => Self::OutOfDateConfigurationNeeded,
            dcap_qvl::TcbStatus::TDRelaunchAdvised => Self::TdRelaunchAdvised,
            dcap_qvl::TcbStatus::TDRelaunchAdvisedConfigurationNeeded => {
                Self::TdRelaunchAdvisedConfigurationNeeded
            }
            dcap_qvl::TcbStatus::Revoked => Self::Revoked,
        }
    }
}

impl FromStr for TcbStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

impl fmt::Display for TcbStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// A text that is no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the statuses that Intel gives")]
pub struct UnknownStatus;
