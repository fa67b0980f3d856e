//! The revocation lists that an operator puts beside a node, `*.crl` in the folder of endorsements (ATT-507).

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ca2a_attest::{Platform, verify::HardwareVerifier};

use super::provided::MAX_BYTES;
use crate::files::{self, Stamp};

/// More lists than all makers of machines issue.
const MOST_LISTS: usize = 64;

/// A verifier with the lists that are in a folder now. They are read again when one of them changes, comes or goes.
#[derive(Debug)]
pub(super) struct Listed {
    base: Arc<HardwareVerifier>,
    folder: Option<PathBuf>,
    current: Mutex<Option<Current>>,
}

/// The lists as they were found, and the verifier that consults them.
#[derive(Debug)]
struct Current {
    found: Vec<(PathBuf, Stamp)>,
    verifier: Arc<HardwareVerifier>,
}

impl Listed {
    pub(super) fn new(base: HardwareVerifier, folder: Option<PathBuf>) -> Self {
        Self { base: Arc::new(base), folder, current: Mutex::default() }
    }

    pub(super) fn in_folder(self, folder: Option<PathBuf>) -> Self {
        Self { folder, ..self }
    }

    pub(super) fn covers(&self, platform: Platform) -> bool {
        self.base.covers(platform)
    }

    /// The verifier.
    ///
    /// # Errors
    /// A list that cannot be read or is none: nobody is believed until the operator mends it, since what it would revoke
    /// is not known.
    pub(super) fn now(&self) -> Result<Arc<HardwareVerifier>, String> {
        let Some(folder) = &self.folder else { return Ok(Arc::clone(&self.base)) };
        let found = lists(folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = &*current
            && current.found == found
        {
            return Ok(Arc::clone(&current.verifier));
        }
        let verifier = found.iter().try_fold((*self.base).clone(), |verifier, (path, _)| {
            consulting(verifier, path).map_err(|problem| format!("`{}`: {problem}", path.display()))
        });
        let verifier = Arc::new(verifier?);
        *current = Some(Current { found, verifier: Arc::clone(&verifier) });
        Ok(verifier)
    }
}

/// Which certificates a list is about, its issuer says: each platform asks it about its own.
fn consulting(verifier: HardwareVerifier, path: &Path) -> Result<HardwareVerifier, String> {
    let der = files::read(path, MAX_BYTES).map_err(|error| error.to_string())?;
    [Platform::SevSnp, Platform::Tpm].into_iter().try_fold(verifier, |verifier, platform| {
        verifier.with_crl(platform, &der).map_err(|error| error.to_string())
    })
}

/// The lists in `folder`, by name.
fn lists(folder: &Path) -> io::Result<Vec<(PathBuf, Stamp)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "crl") {
            continue;
        }
        if found.len() == MOST_LISTS {
            let problem = format!("it holds more than {MOST_LISTS} lists");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
        }
        let stamp = Stamp::of(&path)?;
        found.push((path, stamp));
    }
    found.sort();
    Ok(found)
}
