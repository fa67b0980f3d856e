//! The key that a node signs its statements with: its delegation subject key.

use std::{
    fs::OpenOptions,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use ca2a_core::SigningKey;
use zeroize::Zeroizing;

use crate::system::{OsRandom, RandomError, random_bytes};

/// A PKCS#8 file holds an Ed25519 key in about 120 bytes; anything much larger is no such file.
const MAX_BYTES: u64 = 16 << 10;

/// A key that a node cannot use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The file cannot be read or written.
    #[error("the key `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read it.
    #[error("the key `{}` may be read by others (mode {mode:03o}); `chmod 600` it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds no key.
    #[error("`{}` holds no Ed25519 private key in PKCS#8 PEM", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// No randomness for a new key.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// The key in the file at `path`. Where there is no file, one is made with a fresh key, for its owner alone.
///
/// # Errors
/// A file that cannot be read or made, that others may read, or that holds something else.
pub(super) fn load_or_make(path: &Path) -> Result<SigningKey, IdentityError> {
    match make(path) {
        Ok(key) => return Ok(key),
        Err(IdentityError::File { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    load(path)
}

/// The key in the file at `path`.
///
/// # Errors
/// A file that cannot be read, that others may read, or that holds something else.
pub(crate) fn load(path: &Path) -> Result<SigningKey, IdentityError> {
    let text = read(path)?;
    SigningKey::from_pkcs8_pem(&text).map_err(|_| IdentityError::NotAKey { path: path.to_owned() })
}

/// The text of a small file that nobody but its owner may read.
///
/// # Errors
/// A file that cannot be read, or that others may read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, IdentityError> {
    let broken = |source| IdentityError::File { path: path.to_owned(), source };
    let file = OpenOptions::new().read(true).open(path).map_err(broken)?;
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&file.metadata().map_err(broken)?.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(IdentityError::Exposed { path: path.to_owned(), mode });
        }
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES.saturating_add(1)).read_to_string(&mut text).map_err(broken)?;
    if u64::try_from(text.len()).is_ok_and(|length| length <= MAX_BYTES) {
        return Ok(text);
    }
    Err(broken(io::ErrorKind::FileTooLarge.into()))
}

fn make(path: &Path) -> Result<SigningKey, IdentityError> {
    let broken = |source| IdentityError::File { path: path.to_owned(), source };
    // The key comes first: a file without one would be refused at every later start.
    let key = SigningKey::from_seed(&Zeroizing::new(random_bytes(&OsRandom)?));
    let pem = key.to_pkcs8_pem().map_err(|_| IdentityError::NotAKey { path: path.to_owned() })?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(broken)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(broken)?;
    Ok(key)
}
