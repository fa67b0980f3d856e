//! The files of a policy bundle (POL-20).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ca2a_policy::bundle::Bundle;

use super::FolderError;
use crate::files::{self, Stamp};

const MANIFEST: &str = "manifest.json";
const SCHEMA: &str = "schema.cedarschema";
const REVOCATIONS: &str = "signing-key-revocations.json";
/// A bundle is at most this large, and so is each file of it.
const MAX_BYTES: u64 = 1 << 20;
const MAX_FILES: usize = 1_000;
const MAX_DEPTH: usize = 16;

/// What tells one state of a folder from the next without reading it: the two files that change whenever a bundle or its key
/// does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version([Option<Stamp>; 2]);

pub(super) fn version(folder: &Path) -> Version {
    Version([MANIFEST, REVOCATIONS].map(|name| Stamp::of(&folder.join(name)).ok()))
}

/// The statements about keys, where there is such a file.
pub(super) fn revocations(folder: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    let path = folder.join(REVOCATIONS);
    match bytes(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FolderError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bundle, believed in no respect.
pub(super) fn read(folder: &Path) -> Result<Bundle, FolderError> {
    let mut found = Vec::new();
    collect(folder, String::new(), 0, &mut found)?;
    let mut policies = Vec::with_capacity(found.len());
    let mut left = MAX_BYTES;
    for (name, path) in found {
        let policy = bytes(&path)?;
        left = left
            .checked_sub(u64::try_from(policy.len()).unwrap_or(u64::MAX))
            .ok_or_else(|| too_large(&path))?;
        policies.push((name, policy));
    }
    Ok(Bundle::read(&bytes(&folder.join(MANIFEST))?, policies, &bytes(&folder.join(SCHEMA))?)?)
}

/// Finds the `.cedar` files below `folder`. No link is followed: it could lead anywhere.
fn collect(
    folder: &Path,
    below: String,
    depth: usize,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), FolderError> {
    let fail = |source| FolderError::File { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (kind, path) = (entry.file_type().map_err(fail)?, entry.path());
        let Some(name) = entry.file_name().to_str().map(|name| format!("{below}{name}")) else { continue };
        if kind.is_dir() && depth < MAX_DEPTH {
            collect(&path, format!("{name}/"), depth.saturating_add(1), found)?;
        } else if kind.is_file() && name.ends_with(".cedar") {
            if found.len() >= MAX_FILES {
                return Err(too_large(folder));
            }
            found.push((name, path));
        }
    }
    Ok(())
}

fn bytes(path: &Path) -> Result<Vec<u8>, FolderError> {
    files::read(path, MAX_BYTES).map_err(|source| FolderError::File { path: path.to_owned(), source })
}

fn too_large(path: &Path) -> FolderError {
    let source = io::Error::new(io::ErrorKind::FileTooLarge, "more than a policy bundle may hold");
    FolderError::File { path: path.to_owned(), source }
}
