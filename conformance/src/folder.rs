//! The vector files of the kit: those that are there.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The vector files of the kit by their names in order, one a layer; none where the sources of the kit are not at hand.
#[must_use]
pub fn kit_vectors() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| !path.to_string_lossy().ends_with(".schema.json"))
        .collect();
    files.sort();
    files
}
