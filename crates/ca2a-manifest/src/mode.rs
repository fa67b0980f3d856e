//! How a verifier treats what the Python package lets pass.

use core::{fmt, str::FromStr};

/// A mode of verification.
///
/// Both refuse small-order keys, lone surrogates, duplicate members, lenient base64, and everything else that
/// `specs/manifest.md` demands; `agent-manifest-0.15` relaxes the rules about the clock, the depth and the principals of
/// delegation chains and approvals, and no other. (MAN-40)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Mode {
    /// Every rule.
    #[default]
    Strict,
    /// As the Python package `agent-manifest` 0.15.0 has it, as far as that is safe.
    AgentManifest015,
}

/// Text that names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mode is `strict` or `agent-manifest-0.15`")]
pub struct UnknownMode;

impl Mode {
    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::AgentManifest015 => "agent-manifest-0.15",
        }
    }

    /// Whether every rule counts.
    #[must_use]
    pub fn is_strict(self) -> bool {
        self == Self::Strict
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        [Self::Strict, Self::AgentManifest015]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or(UnknownMode)
    }
}
