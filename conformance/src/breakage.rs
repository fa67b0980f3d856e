//! A requirement that the reference side is told not to hold, for tests of the kit itself (CONF-15).

use std::{collections::BTreeSet, fmt, fs};

use ca2a_core::requirement::switch_off;
use serde::Deserialize;

use crate::kit_vectors;

/// Why nothing was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakError {
    /// No vector of ours is about this requirement.
    Unknown(String),
    /// This build keeps all its checks.
    NotForTests,
}

impl fmt::Display for BreakError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(out, "no vector is about a requirement `{id}`"),
            Self::NotForTests => out.write_str("`--break` is for builds for tests"),
        }
    }
}

impl std::error::Error for BreakError {}

/// The requirements that the kit's own vectors test: what they name is what can be broken.
#[must_use]
pub fn tested_requirements() -> BTreeSet<String> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    #[derive(Deserialize)]
    struct Case {
        requirement: String,
    }
    let read = |path| serde_json::from_slice::<File>(&fs::read(path).ok()?).ok();
    let files = kit_vectors().into_iter().filter_map(read);
    files.flat_map(|file| file.cases).map(|case| case.requirement).collect()
}

/// Switches the check of the requirement `id` off, in this process and for good.
///
/// # Errors
/// A requirement that no vector tests, and a build that is not for tests of the kit.
pub fn break_requirement(id: &str) -> Result<(), BreakError> {
    if !tested_requirements().contains(id) {
        return Err(BreakError::Unknown(id.to_owned()));
    }
    switch_off(id).map_err(|_| BreakError::NotForTests)
}
