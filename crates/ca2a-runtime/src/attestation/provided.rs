//! The files that an operator puts beside a node: certificates of SEV-SNP machines, collateral of TDX platforms. They are
//! looked up by name when a report asks for them, and read again when they change (ATT-502).

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ca2a_attest::verify::{Wanted, tdx::Collateral};

use crate::files::{self, Stamp};

/// More than any such file has.
pub(super) const MAX_BYTES: u64 = 1 << 20;
/// Files that are kept.
const KEPT: usize = 256;

/// `attestation.endorsements_dir` and `attestation.collateral_dir`.
#[derive(Debug, Default)]
pub struct OperatorFiles {
    endorsements: Option<PathBuf>,
    collateral: Option<PathBuf>,
    certificates: Shelf<Vec<u8>>,
    statements: Shelf<Collateral>,
}

/// What there is about the machine of one report.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) endorsement: Option<Arc<Vec<u8>>>,
    pub(super) collateral: Option<Arc<Collateral>>,
}

impl OperatorFiles {
    /// The files in these folders, of which either may be left out.
    #[must_use]
    pub fn new(endorsements: Option<PathBuf>, collateral: Option<PathBuf>) -> Self {
        Self { endorsements, collateral, ..Self::default() }
    }

    /// The folder of endorsements.
    pub(super) fn endorsements(&self) -> Option<&PathBuf> {
        self.endorsements.as_ref()
    }

    /// What is there of `wanted`. A file that cannot be read or used is as good as none: the report is then refused for
    /// lack of it.
    pub(super) fn find(&self, wanted: &Wanted) -> Found {
        let named =
            |folder: &Option<PathBuf>, name: &Option<String>| Some(folder.as_ref()?.join(name.as_ref()?));
        let endorsement = named(&self.endorsements, &wanted.endorsement);
        let collateral = named(&self.collateral, &wanted.collateral);
        Found {
            endorsement: endorsement.and_then(|path| self.certificates.get(&path, Some)),
            collateral: collateral
                .and_then(|path| self.statements.get(&path, |bytes| Collateral::from_json(&bytes).ok())),
        }
    }
}

/// Files as they were read last.
#[derive(Debug)]
struct Shelf<T>(Mutex<HashMap<PathBuf, (Stamp, Arc<T>)>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shelf<T> {
    fn get(&self, path: &Path, read: impl FnOnce(Vec<u8>) -> Option<T>) -> Option<Arc<T>> {
        let found = Stamp::of(path).ok()?;
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, value)) = shelf.get(path)
            && *known == found
        {
            return Some(Arc::clone(value));
        }
        let value = Arc::new(read(files::read(path, MAX_BYTES).ok()?)?);
        if shelf.len() >= KEPT {
            shelf.clear();
        }
        shelf.insert(path.to_owned(), (found, Arc::clone(&value)));
        Some(value)
    }
}
