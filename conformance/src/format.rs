//! Which runner a file is for, by what it says it is.

use serde::Deserialize;

use crate::{FileError, Mode, Report, VectorFile, handoff, run::run_in};

/// What a file says of itself before its cases.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: Option<String>,
}

/// Runs the file, whatever it is.
pub(crate) fn run_any(bytes: &[u8], mode: Mode) -> Result<Report, FileError> {
    let head: Head = serde_json::from_slice(bytes).map_err(FileError::Json)?;
    match head.format.as_deref() {
        Some(format) if format.starts_with("trusthandoff-interop-vectors/") => handoff::run(bytes, mode),
        _ => VectorFile::read(bytes).map(|file| run_in(&file, mode)),
    }
}
