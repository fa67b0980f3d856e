//! The few things that a collector does with configfs.

use alloc::{string::String, vec::Vec};
use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::PathBuf,
};

/// Where Linux has it.
pub const REPORT_FOLDER: &str = "/sys/kernel/config/tsm/report";

/// The largest blob that the kernel hands out.
const LARGEST: usize = 16 << 20;

/// The folder of report entries: `entry` is a folder in it, `file` a file of that folder.
pub trait TsmFs {
    /// What to call the folder in a message.
    fn place(&self) -> String;

    /// Makes an entry. The kernel fills it with files.
    ///
    /// # Errors
    /// What the system says; ENXIO when no provider is registered.
    fn make(&mut self, entry: &str) -> io::Result<()>;

    /// Removes an entry.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&mut self, entry: &str) -> io::Result<()>;

    /// The whole content of a file, as of the moment it is opened.
    ///
    /// # Errors
    /// What the system says.
    fn read(&mut self, entry: &str, file: &str) -> io::Result<Vec<u8>>;

    /// Writes a file with one write and closes it. The kernel acts at the close and tells nobody how that went.
    ///
    /// # Errors
    /// What the system says of the write.
    fn write(&mut self, entry: &str, file: &str, bytes: &[u8]) -> io::Result<()>;
}

/// The operating system's.
#[derive(Debug, Clone)]
pub struct OsTsmFs {
    folder: PathBuf,
}

impl Default for OsTsmFs {
    fn default() -> Self {
        Self::at(REPORT_FOLDER)
    }
}

impl OsTsmFs {
    /// The folder at `folder`, [`REPORT_FOLDER`] on a real machine.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl TsmFs for OsTsmFs {
    fn place(&self) -> String {
        self.folder.to_string_lossy().into_owned()
    }

    fn make(&mut self, entry: &str) -> io::Result<()> {
        fs::create_dir(self.folder.join(entry))
    }

    fn remove(&mut self, entry: &str) -> io::Result<()> {
        fs::remove_dir(self.folder.join(entry))
    }

    fn read(&mut self, entry: &str, file: &str) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.folder.join(entry).join(file))?;
        let mut content = Vec::new();
        let mut piece = [0; 4096];
        // Not `read_to_end`, which goes on for as long as it is interrupted: how often that may happen, the caller knows.
        loop {
            let length = file.read(&mut piece)?;
            if length == 0 {
                return Ok(content);
            }
            content.extend_from_slice(piece.get(..length).unwrap_or_default());
            if content.len() > LARGEST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
    }

    fn write(&mut self, entry: &str, file: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::options().write(true).open(self.folder.join(entry).join(file))?;
        // A second write would be a second request.
        if file.write(bytes)? == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }
}
