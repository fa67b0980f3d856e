//! The published vectors.

use std::{fs, path::PathBuf};

/// The text of the vector file `name`; says so visibly where it is absent.
pub(crate) fn text(name: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors").join(name);
    let text = fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("SKIPPED: {} is not here", path.display());
    }
    text
}

/// The same, as JSON.
pub(crate) fn json(name: &str) -> Option<serde_json::Value> {
    text(name).map(|text| serde_json::from_str(&text).unwrap())
}
