//! Files, as an argument.

mod memory;
mod os;

use std::{io, path::Path};

pub use memory::MemoryFs;
pub use os::OsFs;

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// Its Unix permission bits (`0o777`), read from the same open file; `None` where the system has none.
    pub mode: Option<u32>,
}

/// How a file is put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Placement {
    /// Whether a file that is already there gives way. It does so at once: a reader sees the old or the new one.
    pub replace: bool,
    /// Whether only the owner may read it (mode 0600), from the moment it exists.
    pub private: bool,
}

/// The files that the command reads and writes.
pub trait Fs {
    /// Reads all of a file.
    ///
    /// # Errors
    /// Whatever the system says; [`io::ErrorKind::FileTooLarge`] when it holds more than `limit` bytes.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Contents>;

    /// Writes a file, durably: when this returns, the bytes are on the disk.
    ///
    /// # Errors
    /// Whatever the system says; [`io::ErrorKind::AlreadyExists`] when it is there and `placement` does not replace.
    fn write(&self, path: &Path, bytes: &[u8], placement: Placement) -> io::Result<()>;

    /// Makes a folder and those above it, where they are missing.
    ///
    /// # Errors
    /// Whatever the system says.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
}
