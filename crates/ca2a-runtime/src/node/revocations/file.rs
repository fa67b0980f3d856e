//! A snapshot in a file that somebody else replaces.

use std::{path::PathBuf, sync::Arc};

use ca2a_delegation::RevocationSnapshot;

use super::{MAX_BYTES, RevocationSource, RevocationsUnavailable, snapshot, succession::succeeds};
use crate::{
    files,
    reload::{Reloaded, Report},
};

/// A snapshot file. It is read again whenever it changes; what is broken or would take a revocation back leaves the snapshot
/// in force, which grows stale (RUN-62, RUN-90).
#[derive(Debug)]
pub struct RevocationFile(Reloaded<RevocationSnapshot, RevocationsUnavailable>);

impl RevocationFile {
    /// Reads the file at `path` and watches it from then on. `report` is told what becomes of a change.
    ///
    /// # Errors
    /// When it cannot be read or is no snapshot.
    pub fn open(path: impl Into<PathBuf>, report: Report) -> Result<Self, RevocationsUnavailable> {
        let path = path.into();
        let files = vec![path.clone()];
        let load = move |held: Option<&RevocationSnapshot>| {
            let unavailable = |why: String| RevocationsUnavailable(format!("`{}`: {why}", path.display()));
            let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
            let bytes = files::read(&path, most).map_err(|error| unavailable(error.to_string()))?;
            let next = snapshot(&bytes).map_err(unavailable)?;
            if let Some(held) = held {
                succeeds(&next, held).map_err(|error| unavailable(error.to_string()))?;
            }
            Ok(next)
        };
        Reloaded::open("the revocation snapshot", files, load, report).map(Self)
    }
}

impl RevocationSource for RevocationFile {
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
        Ok(Some(self.0.current()))
    }
}
