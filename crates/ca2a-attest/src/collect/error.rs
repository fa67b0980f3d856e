//! Why a machine gave no evidence.

use alloc::boxed::Box;
use std::io;

use ca2a_core::ErrorCode;

use crate::Platform;

/// A collector that came back without a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The machine has no such interface.
    #[error("`{place}` is not there: {remedy}")]
    NoInterface {
        /// Where it would be.
        place: Box<str>,
        /// What would bring it.
        remedy: &'static str,
    },
    /// The interface is there and no hardware behind it.
    #[error("`{place}` has no provider behind it: this machine is no confidential guest")]
    NoProvider {
        /// Where the interface is.
        place: Box<str>,
    },
    /// A provider that this build has no use for.
    #[error("the reports of provider `{found}` are unknown here; known are `sev_guest` and `tdx_guest`")]
    UnknownProvider {
        /// What it calls itself.
        found: Box<str>,
    },
    /// Evidence that comes from another interface, or from none.
    #[error("`{wanted}` evidence does not come from {interface}")]
    NotHere {
        /// What was asked for.
        wanted: Platform,
        /// Where.
        interface: &'static str,
    },
    /// A machine of another platform than the one asked for.
    #[error("this machine attests as `{found}`, not as `{wanted}`")]
    OtherPlatform {
        /// What was asked for.
        wanted: Platform,
        /// What the machine is.
        found: Platform,
    },
    /// A step that failed in a way which will not pass.
    #[error("{step} failed for good: {source}")]
    Step {
        /// What was done.
        step: Box<str>,
        /// What the system said.
        source: io::Error,
    },
    /// A TPM that refuses, or that answers what no TPM answers.
    #[error("`{command}`: {problem}")]
    Device {
        /// The command.
        command: &'static str,
        /// What came of it.
        problem: Box<str>,
    },
    /// Content that is not what the interface promises.
    #[error("`{file}` holds {found}, which is not {expected}")]
    Content {
        /// The file.
        file: &'static str,
        /// What it must hold.
        expected: &'static str,
        /// What it holds.
        found: Box<str>,
    },
    /// A report about something else than what was asked.
    #[error("the report does not sign what was asked: another process may use the same entry")]
    Foreign,
    /// Setbacks that would pass, for as long as there was patience.
    #[error("no report in {attempts} attempts before the deadline; the last setback: {setback}")]
    Deadline {
        /// How often it was tried.
        attempts: u32,
        /// What went wrong last.
        setback: Box<str>,
    },
}

impl CollectError {
    /// The stable code: `ATTESTATION_UNSUPPORTED` where the machine cannot, `ATTESTATION_FAILED` where it did not.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoInterface { .. }
            | Self::NoProvider { .. }
            | Self::UnknownProvider { .. }
            | Self::NotHere { .. }
            | Self::OtherPlatform { .. } => ErrorCode::AttestationUnsupported,
            Self::Step { .. }
            | Self::Device { .. }
            | Self::Content { .. }
            | Self::Foreign
            | Self::Deadline { .. } => ErrorCode::AttestationFailed,
        }
    }
}
