//! Where a node gets its revocation snapshot from, call by call.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ca2a_delegation::{DelegationError, RevocationSnapshot};

use crate::files::{self, Stamp};

/// Two hundred thousand statements: no root revokes more before their credentials expire.
const MAX_BYTES: u64 = 64 << 20;

/// A snapshot that should be there and is not. The call is refused, never served unchecked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the revocation snapshot cannot be used: {0}")]
pub struct RevocationsUnavailable(pub String);

/// A source of revocation snapshots. A snapshot goes stale, so a node asks for the current one on every call.
pub trait RevocationSource: Send + Sync {
    /// The current snapshot; `None` when this node was told to check none.
    ///
    /// # Errors
    /// When there should be one and it cannot be had.
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable>;
}

/// One snapshot, or none, for good.
#[derive(Debug, Clone, Default)]
pub struct FixedRevocations(pub Option<Arc<RevocationSnapshot>>);

impl RevocationSource for FixedRevocations {
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
        Ok(self.0.clone())
    }
}

/// A snapshot file that somebody else replaces; it is read again whenever it changes.
#[derive(Debug)]
pub struct RevocationFile {
    path: PathBuf,
    read: Mutex<Option<(Stamp, Arc<RevocationSnapshot>)>>,
}

impl RevocationFile {
    /// Reads the file at `path` and watches it from then on.
    ///
    /// # Errors
    /// When it cannot be read or is no snapshot.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, RevocationsUnavailable> {
        let file = Self { path: path.into(), read: Mutex::new(None) };
        file.current()?;
        Ok(file)
    }
}

fn load(path: &Path) -> Result<RevocationSnapshot, String> {
    let bytes = files::read(path, MAX_BYTES).map_err(|error| error.to_string())?;
    RevocationSnapshot::from_json(&bytes).map_err(|error: DelegationError| error.to_string())
}

impl RevocationSource for RevocationFile {
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
        let unavailable = |why: String| RevocationsUnavailable(format!("`{}`: {why}", self.path.display()));
        let found = Stamp::of(&self.path).map_err(|error| unavailable(error.to_string()))?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, snapshot)) = read.as_ref()
            && *known == found
        {
            return Ok(Some(Arc::clone(snapshot)));
        }
        let snapshot = Arc::new(load(&self.path).map_err(unavailable)?);
        *read = Some((found, Arc::clone(&snapshot)));
        Ok(Some(snapshot))
    }
}
