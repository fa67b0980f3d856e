//! The exception file: where an implementation is known to differ, and why.

use std::{error::Error, fmt};

use serde::Deserialize;

use super::{CaseResult, Stale, Verdict};

/// Known differences of one implementation. Each names a requirement, what is observed and the reason; one that excuses
/// nothing is stale, and a run with a stale exception fails (CONF-10).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    exceptions: Vec<Exception>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    requirement: String,
    /// What the implementation does, in the words of a report: `accepted`, `refused CODE`, `status 400`.
    observed: String,
    reason: String,
    /// The cases that it is about; all of the requirement where it names none.
    #[serde(default)]
    cases: Vec<String>,
}

/// An exception file that is none.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExceptionError {
    /// Not JSON, or of another shape.
    Json(serde_json::Error),
    /// An entry that says nothing, by its place in the file from 0.
    Empty(usize, &'static str),
}

impl fmt::Display for ExceptionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(out, "no exception file: {error}"),
            Self::Empty(at, member) => {
                write!(out, "no exception file: `{member}` of entry {at} must not be blank")
            }
        }
    }
}

impl Error for ExceptionError {}

impl Exceptions {
    /// Reads an exception file.
    ///
    /// # Errors
    /// Anything but an object with `exceptions`, each with `requirement`, `observed`, `reason` and perhaps `cases`.
    pub fn read(bytes: &[u8]) -> Result<Self, ExceptionError> {
        let read: Self = serde_json::from_slice(bytes).map_err(ExceptionError::Json)?;
        for (at, exception) in read.exceptions.iter().enumerate() {
            let texts = [
                ("requirement", &exception.requirement),
                ("observed", &exception.observed),
                ("reason", &exception.reason),
            ];
            if let Some((member, _)) = texts.into_iter().find(|(_, text)| text.trim().is_empty()) {
                return Err(ExceptionError::Empty(at, member));
            }
        }
        Ok(read)
    }

    /// Excuses the failures in `results` that an exception names, and returns the exceptions that excused none.
    ///
    /// Only a failure can be excused: a broken protocol and a case that was not run cannot.
    pub(crate) fn apply(&self, results: &mut [CaseResult]) -> Vec<Stale> {
        let mut stale = Vec::new();
        for exception in &self.exceptions {
            let mut excused: Vec<&str> = Vec::new();
            for result in results.iter_mut().filter(|result| exception.is_about(result)) {
                result.verdict = Verdict::Exception;
                result.exception = Some(exception.reason.clone());
                excused.push(&result.case);
            }
            let unused = |case: Option<String>| Stale {
                requirement: exception.requirement.clone(),
                case,
                observed: exception.observed.clone(),
            };
            if exception.cases.is_empty() && excused.is_empty() {
                stale.push(unused(None));
            }
            let idle = exception.cases.iter().filter(|case| !excused.contains(&case.as_str()));
            stale.extend(idle.map(|case| unused(Some(case.clone()))));
        }
        stale
    }
}

impl Exception {
    fn is_about(&self, result: &CaseResult) -> bool {
        result.verdict == Verdict::Fail
            && result.requirement == self.requirement
            && result.observed == self.observed
            && (self.cases.is_empty() || self.cases.contains(&result.case))
    }
}
