//! A snapshot in a file that somebody else replaces.

use std::{path::PathBuf, sync::Arc};

use ca2a_delegation::{MAX_FUTURE_SECONDS, RevocationSnapshot};

use super::{MAX_BYTES, RevocationSource, RevocationsUnavailable, snapshot, succession::succeeds};
use crate::{
    files,
    reload::{Reloaded, Report},
    system::{Clock, SystemClock},
};

/// A snapshot file. It is read again whenever it changes; what is broken, of a time to come, or would take a
/// revocation back leaves the snapshot
/// in force, which grows stale (RUN-62, RUN-90).
#[derive(Debug)]
pub struct RevocationFile(Reloaded<RevocationSnapshot, RevocationsUnavailable>);

impl RevocationFile {
    /// Reads the file at `path` and watches it from then on. `report` is told what becomes of a change.
    ///
    /// # Errors
    /// When it cannot be read, is no snapshot, or one of a time to come.
    pub fn open(path: impl Into<PathBuf>, report: Report) -> Result<Self, RevocationsUnavailable> {
        Self::open_on(Arc::new(SystemClock), path, report)
    }

    /// The same with another clock than the machine's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_on(
        clock: Arc<dyn Clock>,
        path: impl Into<PathBuf>,
        report: Report,
    ) -> Result<Self, RevocationsUnavailable> {
        let path = path.into();
        let files = vec![path.clone()];
        let load = move |held: Option<&RevocationSnapshot>| {
            let unavailable = |why: String| RevocationsUnavailable(format!("`{}`: {why}", path.display()));
            let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
            let bytes = files::read(&path, most).map_err(|error| unavailable(error.to_string()))?;
            let next = snapshot(&bytes).map_err(unavailable)?;
            let latest = clock.now().saturating_add(MAX_FUTURE_SECONDS);
            if next.as_of() > latest {
                let as_of = next.as_of();
                return Err(unavailable(format!(
                    "it is of {as_of}, more than {MAX_FUTURE_SECONDS} s from now"
                )));
            }
            // Nothing could follow one that should not have been taken up, because this clock was ahead.
            if let Some(held) = held.filter(|held| held.as_of() <= latest) {
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
