//! Private keys: files with mode 0600 in PKCS#8 version 1 PEM, and never arguments (CLI-7).

use std::path::Path;

use ca2a_core::{ErrorCode, SigningKey};
use zeroize::Zeroizing;

use crate::{
    failure::Failure,
    fs::{Fs, Placement},
    session::unwritten,
};

/// No PEM of an Ed25519 key comes near this.
const LARGEST: usize = 16 * 1024;

/// Reads a private key, from a file that nobody but its owner may read.
pub(crate) fn load(fs: &dyn Fs, path: &Path) -> Result<SigningKey, Failure> {
    let place = path.display();
    let refuse = |message: String| Failure::new(ErrorCode::ConfigError, message).rule("CLI-7");
    let contents = fs.read(path, LARGEST).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refuse(format!("key file not found: {place}"))
            .help(format!("make one with `ca2a keygen --out {place}`")),
        _ => refuse(format!("key file {place} cannot be read: {error}")),
    })?;
    let bytes = Zeroizing::new(contents.bytes);
    if let Some(mode) = contents.mode.filter(|mode| mode & 0o077 != 0) {
        let others = format!("key file {place} has mode {mode:04o}: others on this machine may reach it");
        let help = format!("`chmod 600 {place}`; if anybody may have read it, make a new key instead");
        return Err(refuse(others).help(help));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse(format!("key file {place} is not text")))?;
    SigningKey::from_pkcs8_pem(text).map_err(|error| refuse(format!("key file {place}: {error}")))
}

/// Writes a private key where only its owner reads it. What is there already stays, unless `replace`.
pub(crate) fn store(fs: &dyn Fs, path: &Path, key: &SigningKey, replace: bool) -> Result<(), Failure> {
    let text = key.to_pkcs8_pem().map_err(|error| Failure::new(ErrorCode::Ca2aError, error.to_string()))?;
    let placement = Placement { replace, private: true };
    fs.write(path, text.as_bytes(), placement).map_err(|error| unwritten(path, &error))
}
