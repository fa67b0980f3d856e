//! The levels of TRACE and the checks that they consist of (`specs/levels.md`).
//!
//! [`Mode::Package`] answers as `agentrust-trace-tests` 0.6.2 does, check by check. [`Mode::Strict`] also asks what that
//! suite leaves open: a schema, a key that somebody knows, evidence of hardware, a root that a log signed.
//!
//! ```
//! use ca2a_core::{EvaluationTime, SigningKey, TraceLink};
//! use ca2a_trace::{HopContext, levels::{Level, Mode, Options, Verdict, check}};
//!
//! let agent = SigningKey::from_seed(&[1; 32]);
//! let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
//! let record = context.sign("spiffe://acme.example/planner", 1_790_000_000, None, &agent)?;
//!
//! let options = Options::at(EvaluationTime::At(1_790_000_100));
//! let report = check(record.canonical(), Level::SoftwareOnly, &options, Mode::Strict)?;
//! assert_eq!(report.verdict(), Verdict::Pass);
//!
//! let report = check(record.canonical(), Level::TeeAttested, &options, Mode::Package)?;
//! let failing: Vec<_> = report.failing().map(|finding| finding.id()).collect();
//! assert_eq!(failing, ["TR-APR-005", "TR-RTE-001", "TR-RTE-004"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod anchoring;
mod appraisal;
mod build;
mod checks;
mod envelope;
mod load;
mod options;
mod policy;
mod report;
mod runtime;
mod signature;
mod strict;
mod transcript;
mod uri;

pub use load::{Format, LoadError};
pub use options::{EstablishedRuntime, Options, PolicyBundles};
pub use report::{Finding, Report, Status, Verdict};

use checks::Checks;

/// A level of TRACE (TRC-120).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// 0: well-formed and signed.
    SoftwareOnly,
    /// 1: signed inside a verified TEE.
    TeeAttested,
    /// 2: level 1, and in a log.
    Anchored,
}

/// There is no such level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("TRACE has the levels 0, 1 and 2; `{0}` is none of them")]
pub struct NoSuchLevel(pub u64);

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 3] = [Self::SoftwareOnly, Self::TeeAttested, Self::Anchored];

    /// 0, 1 or 2.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            Self::SoftwareOnly => 0,
            Self::TeeAttested => 1,
            Self::Anchored => 2,
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SoftwareOnly => "Software-only",
            Self::TeeAttested => "TEE-attested",
            Self::Anchored => "Transparency-anchored",
        }
    }
}

impl TryFrom<u64> for Level {
    type Error = NoSuchLevel;

    fn try_from(number: u64) -> Result<Self, NoSuchLevel> {
        Self::ALL.into_iter().find(|level| level.number() == number).ok_or(NoSuchLevel(number))
    }
}

/// Whose questions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Ours: those of the published suite, and those that it leaves open.
    #[default]
    Strict,
    /// Those of the published suite alone.
    Package,
}

/// Checks a record or a cMCP envelope against `level`.
///
/// # Errors
/// A document that no check can be run on (TRC-121).
pub fn check(document: &[u8], level: Level, options: &Options<'_>, mode: Mode) -> Result<Report, LoadError> {
    let document = load::load(document, mode)?;
    let mut checks = Checks::new(&document, level, options, mode);
    envelope::check(&mut checks);
    signature::check(&mut checks);
    policy::check(&mut checks);
    appraisal::check(&mut checks);
    if level >= Level::TeeAttested {
        runtime::check(&mut checks);
        build::check(&mut checks);
    }
    if level >= Level::Anchored {
        transcript::check(&mut checks);
        anchoring::check(&mut checks);
    }
    if mode == Mode::Strict {
        strict::check(&mut checks);
    }
    Ok(checks.into_report())
}
