//! What the checks came to.

use core::fmt;

use ca2a_core::{
    json::{Node, Object},
    requirement::is_off,
};

use super::{Format, Level, Mode};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// There is nothing to check.
    Skip,
    /// There is something, and no way to check it.
    Unverified,
}

impl Status {
    /// `pass`, `fail`, `skip` or `unverified`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Unverified => "unverified",
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub(super) id: &'static str,
    pub(super) status: Status,
    pub(super) message: String,
}

impl Finding {
    /// The stable id of the check, such as `TR-ENV-002`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// How it ended.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// What was found, for a person.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether it is unverified where the suite would not be: strict mode asked for what no record holds.
    fn is_for_want_of_evidence(&self) -> bool {
        self.status == Status::Unverified && !matches!(self.id, "TR-SIG-005" | "TR-POL-003")
    }

    /// Whether it keeps the record from `level` (TRC-123).
    #[must_use]
    pub fn counts(&self, level: Level) -> bool {
        match self.status {
            Status::Fail => true,
            Status::Unverified if is_off("TRC-123") => false,
            Status::Unverified if self.id == "TR-POL-003" => level >= Level::Anchored,
            Status::Unverified => level >= Level::TeeAttested,
            Status::Pass | Status::Skip => false,
        }
    }
}

/// The answer about a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The record has the level.
    Pass,
    /// It has not.
    Fail,
    /// Nothing is wrong with it, and something that the level demands could not be checked. Strict mode only.
    Unverified,
}

impl Verdict {
    /// `pass`, `fail` or `unverified`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unverified => "unverified",
        }
    }

    /// What a command exits with: 0, 1 or 3.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Fail => 1,
            Self::Unverified => 3,
        }
    }
}

/// Every finding about one document at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub(super) level: Level,
    pub(super) mode: Mode,
    pub(super) format: Format,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// The level that was asked about.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whose questions were asked.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What the document is.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Every finding, in the order of the checks.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings that keep the record from the level.
    pub fn failing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.counts(self.level))
    }

    /// The answer (TRC-123).
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut failing = self.failing().peekable();
        if failing.peek().is_none() {
            Verdict::Pass
        } else if failing.all(Finding::is_for_want_of_evidence) {
            Verdict::Unverified
        } else {
            Verdict::Fail
        }
    }

    /// The report as a value: `level`, `mode`, `format`, `verdict`, `findings`.
    #[must_use]
    pub fn to_node(&self) -> Node<'_> {
        let finding = |finding: &'_ Finding| -> Node<'_> {
            Object::from([
                ("id", Node::from(finding.id)),
                ("status", finding.status.as_str().into()),
                ("message", finding.message.clone().into()),
            ])
            .into()
        };
        let mode = match self.mode {
            Mode::Strict => "strict",
            Mode::Package => "package",
        };
        Object::from([
            ("level", Node::from(self.level.number())),
            ("mode", mode.into()),
            ("format", self.format.as_str().into()),
            ("verdict", self.verdict().as_str().into()),
            ("findings", self.findings.iter().map(finding).collect()),
        ])
        .into()
    }
}

impl fmt::Display for Report {
    /// One line a finding, and one for the answer.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "TRACE level {} ({}), format {}",
            self.level.number(),
            self.level.name(),
            self.format.as_str()
        )?;
        for finding in &self.findings {
            writeln!(out, "  {:<13} {:<10} {}", finding.id, finding.status.as_str(), finding.message)?;
        }
        write!(
            out,
            "{}: {} checks, {} that count against it",
            self.verdict().as_str(),
            self.findings.len(),
            self.failing().count()
        )
    }
}
