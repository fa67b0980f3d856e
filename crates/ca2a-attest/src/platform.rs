//! What an offer says about itself: the platform that attests and the role it was minted for.

use core::{fmt, str::FromStr};

use crate::{AttestError, error::excerpt};

/// A kind of runtime that can attest a channel key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// No hardware at all: the report is unsigned and proves nothing.
    SoftwareOnly,
    /// AMD SEV-SNP.
    SevSnp,
    /// Intel TDX.
    Tdx,
    /// A TPM 2.0.
    Tpm,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 4] = [Self::SoftwareOnly, Self::SevSnp, Self::Tdx, Self::Tpm];

    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SoftwareOnly => "software-only",
            Self::SevSnp => "sev-snp",
            Self::Tdx => "tdx",
            Self::Tpm => "tpm",
        }
    }
}

impl FromStr for Platform {
    type Err = AttestError;

    fn from_str(text: &str) -> Result<Self, AttestError> {
        let found = Self::ALL.into_iter().find(|platform| platform.as_str() == text);
        found.ok_or_else(|| AttestError::UnknownPlatform { found: excerpt(text) })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The side of a call that an offer was minted for. One side's offer is none of the other's (ATT-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The side that is called: what its handshake endpoint mints for anybody.
    Callee,
    /// The side that calls: minted for its own call alone.
    Caller,
}

impl Role {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Callee => "callee",
            Self::Caller => "caller",
        }
    }
}

impl FromStr for Role {
    type Err = AttestError;

    fn from_str(text: &str) -> Result<Self, AttestError> {
        let found = [Self::Callee, Self::Caller].into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| AttestError::UnknownRole { found: excerpt(text) })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
