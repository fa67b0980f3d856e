//! In which mode cases are judged.

use std::{fmt, str::FromStr};

/// Which rules count where another implementation is lax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Ours: what a case calls safer, and what `specs/` demands.
    #[default]
    Strict,
    /// The other implementation's, as far as `specs/` lets anything relax.
    Compat,
}

/// Text that names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownMode;

impl fmt::Display for UnknownMode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a mode is `strict` or `compat`")
    }
}

impl std::error::Error for UnknownMode {}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "strict" => Ok(Self::Strict),
            "compat" => Ok(Self::Compat),
            _ => Err(UnknownMode),
        }
    }
}
