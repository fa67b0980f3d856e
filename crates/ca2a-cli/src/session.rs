//! What a verb works with.

use std::path::Path;

use ca2a_core::ErrorCode;
use zeroize::Zeroizing;

use crate::{
    Clock,
    failure::Failure,
    fs::{Fs, Placement},
    out::Out,
};

/// The most bytes that are read of any document; the readers of the library crates draw tighter bounds.
pub(crate) const LARGEST_DOCUMENT: usize = (16 << 20) + 1;

/// Files, clock and streams of one invocation.
pub(crate) struct Session<'s, 'o> {
    pub(crate) fs: &'s dyn Fs,
    pub(crate) clock: &'s dyn Clock,
    pub(crate) out: &'s mut Out<'o>,
    /// Whether the answer is to be JSON.
    pub(crate) json: bool,
}

impl Session<'_, '_> {
    /// Reads a document. A file that cannot be read is refused under the code of the document it stands for.
    pub(crate) fn document(&self, what: &str, path: &Path, code: ErrorCode) -> Result<Vec<u8>, Failure> {
        let contents = self.fs.read(path, LARGEST_DOCUMENT);
        contents.map(|contents| contents.bytes).map_err(|error| {
            let place = path.display();
            match error.kind() {
                std::io::ErrorKind::NotFound => Failure::new(code, format!("{what} file not found: {place}"))
                    .help("check the path; it is relative to the folder you are in"),
                std::io::ErrorKind::FileTooLarge => {
                    Failure::new(code, format!("{what} file {place} is larger than 16 MiB"))
                }
                _ => Failure::new(code, format!("{what} file {place} cannot be read: {error}")),
            }
        })
    }

    /// Writes a document that is not secret.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8], replace: bool) -> Result<(), Failure> {
        let placement = Placement { replace, private: false };
        self.fs.write(path, bytes, placement).map_err(|error| unwritten(path, &error))
    }

    /// Remarks a line on standard error.
    pub(crate) fn remark(&mut self, line: &str) {
        self.out.remark(&crate::page::harmless(line));
    }
}

pub(crate) fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    let place = path.display();
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return Failure::argument(format!("{place} exists already"))
            .help("choose another path, or pass --force to replace it");
    }
    Failure::new(ErrorCode::StoreUnavailable, format!("{place} cannot be written: {error}"))
}

/// Fresh random bytes, wiped when dropped.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Failure> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| {
        Failure::new(ErrorCode::Ca2aError, format!("the system gives no randomness: {error}"))
    })?;
    Ok(bytes)
}
