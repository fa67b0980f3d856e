//! How the command ends.

/// What the command hands back to its caller (CLI-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// It did what was asked, and what was checked holds.
    Success,
    /// It refused: something does not verify, cannot be read or cannot be done.
    Failure,
    /// The command line is no command.
    Usage,
    /// Nothing that was checked is wrong, and something that the answer needs could not be checked.
    Unverifiable,
}

impl ExitCode {
    /// The number that a shell sees: 0, 1, 2 or 3.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Unverifiable => 3,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(exit: ExitCode) -> Self {
        exit.code().into()
    }
}
