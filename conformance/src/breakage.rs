//! A requirement that the reference side is told not to hold, for tests of the kit itself (CONF-15).

use std::{collections::BTreeSet, fmt};

use ca2a_core::requirement::switch_off;
use serde::Deserialize;

/// Our own vector files: what they name is what can be broken.
const VECTORS: [&str; 9] = [
    include_str!("../vectors/attestation.json"),
    include_str!("../vectors/core.json"),
    include_str!("../vectors/delegation.json"),
    include_str!("../vectors/holder.json"),
    include_str!("../vectors/log.json"),
    include_str!("../vectors/record.json"),
    include_str!("../vectors/revocation.json"),
    include_str!("../vectors/seal.json"),
    include_str!("../vectors/wire.json"),
];

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

/// The requirements that our vectors test.
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
    let cases = |text: &str| serde_json::from_str::<File>(text).map(|file| file.cases).unwrap_or_default();
    VECTORS.into_iter().flat_map(cases).map(|case| case.requirement).collect()
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
