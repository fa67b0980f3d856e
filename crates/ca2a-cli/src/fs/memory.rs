//! Files in memory.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Contents, Fs, Placement};

/// Files in memory, for tests and for the conformance runner. A path is its text: there are no folders.
#[derive(Debug, Default)]
pub struct MemoryFs {
    files: Mutex<BTreeMap<PathBuf, Contents>>,
}

impl MemoryFs {
    /// No file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same files and one more, with mode 0644 or, if `private`, 0600.
    #[must_use]
    pub fn with(self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>, private: bool) -> Self {
        self.files().insert(path.into(), Contents { bytes: bytes.into(), mode: Some(mode(private)) });
        self
    }

    /// The file at `path`, if there is one.
    #[must_use]
    pub fn get(&self, path: impl AsRef<Path>) -> Option<Contents> {
        self.files().get(path.as_ref()).cloned()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Contents>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mode(private: bool) -> u32 {
    if private { 0o600 } else { 0o644 }
}

impl Fs for MemoryFs {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Contents> {
        let contents = self.get(path).ok_or(io::ErrorKind::NotFound)?;
        if contents.bytes.len() > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(contents) }
    }

    fn write(&self, path: &Path, bytes: &[u8], placement: Placement) -> io::Result<()> {
        let mut files = self.files();
        if files.contains_key(path) && !placement.replace {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        files.insert(path.into(), Contents { bytes: bytes.into(), mode: Some(mode(placement.private)) });
        Ok(())
    }

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}
