//! What a run is remembered as, in memory and as JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{file::Case, protocol::Hello, requirement};

/// What became of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// What was answered is what was demanded.
    Pass,
    /// The implementation does not do this operation.
    Unsupported,
    /// It is not what was demanded, in the way that an exception names.
    Exception,
    /// It is not what was demanded.
    Fail,
    /// The protocol was broken. That is no answer.
    Broken,
    /// The runner had given up before.
    NotRun,
}

/// One case and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseResult {
    /// What the case is called.
    pub case: String,
    /// The requirement that it is about.
    pub requirement: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What the implementation did, in a few words.
    pub observed: String,
    /// Why it did not pass, for people.
    pub why: Vec<String>,
    /// The reason that an exception gives.
    pub exception: Option<String>,
    /// What was asked, but for the id.
    pub request: Value,
    /// What was answered; `null` where nothing was.
    pub answer: Value,
}

impl CaseResult {
    pub(crate) fn new(case: &Case, request: Value) -> Self {
        Self {
            case: case.label.to_string(),
            requirement: requirement::of(case),
            verdict: Verdict::NotRun,
            observed: String::new(),
            why: Vec::new(),
            exception: None,
            request,
            answer: Value::Null,
        }
    }
}

/// Who was asked, as its hello says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Implementation {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An exception that excuses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stale {
    /// The requirement of the exception.
    pub requirement: String,
    /// The case that did not fail in the way that the exception names; `None` where it names none and none did.
    pub case: Option<String>,
    /// What the exception says was observed.
    pub observed: String,
}

/// A run of the kit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// The protocol that was spoken.
    pub protocol: String,
    /// Who was asked; `None` where nobody said.
    pub implementation: Option<Implementation>,
    /// Whether the runner gave up.
    pub aborted: bool,
    /// Whether the implementation conforms, but for the exceptions.
    pub passed: bool,
    /// Every case, in the order of the files.
    pub results: Vec<CaseResult>,
    /// Exceptions that excuse nothing.
    pub stale: Vec<Stale>,
}

impl RunReport {
    pub(crate) fn new(
        hello: Option<Hello>,
        aborted: bool,
        results: Vec<CaseResult>,
        stale: Vec<Stale>,
    ) -> Self {
        let implementation = hello.map(|hello| Implementation { name: hello.name, version: hello.version });
        let mut report = Self {
            protocol: crate::protocol::PROTOCOL.to_owned(),
            implementation,
            aborted,
            passed: false,
            results,
            stale,
        };
        report.passed = report.conforms();
        report
    }

    /// What a node that runs said to the live suite, which speaks no line protocol.
    pub(crate) fn live(asked: Implementation, results: Vec<CaseResult>) -> Self {
        let report = Self {
            protocol: "ca2a-live/1".to_owned(),
            implementation: Some(asked),
            aborted: false,
            passed: false,
            results,
            stale: Vec::new(),
        };
        Self { passed: report.conforms(), ..report }
    }

    /// Whether something passed and nothing went wrong: who knows no operation conforms to nothing.
    fn conforms(&self) -> bool {
        let wrong = [Verdict::Fail, Verdict::Broken, Verdict::NotRun];
        self.count(Verdict::Pass) > 0
            && !self.aborted
            && self.stale.is_empty()
            && wrong.into_iter().all(|verdict| self.count(verdict) == 0)
    }

    /// How many cases came out as `verdict`.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|result| result.verdict == verdict).count()
    }

    /// The implementation by name and version.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.implementation {
            Some(who) => format!("{} {}", who.name, who.version),
            None => "(nobody)".to_owned(),
        }
    }
}
