//! Private keys: files with mode 0600 in PKCS#8 version 1 PEM, and never arguments (CLI-7).

use std::path::Path;

use ca2a_core::{ErrorCode, SigningKey};
use ca2a_manifest::pq;
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
    let text = text(fs, path, Some("keygen"))?;
    SigningKey::from_pkcs8_pem(&text).map_err(|error| refused(path, &error))
}

/// Reads an ML-DSA-65 key likewise.
pub(crate) fn load_pq(fs: &dyn Fs, path: &Path) -> Result<pq::SigningKey, Failure> {
    let text = text(fs, path, Some("manifest keygen"))?;
    pq::SigningKey::from_pkcs8_pem(&text).map_err(|error| refused(path, &error))
}

/// Reads the PEM text of a key of any kind likewise.
pub(crate) fn load_pem(fs: &dyn Fs, path: &Path) -> Result<Zeroizing<String>, Failure> {
    text(fs, path, None)
}

fn refused(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(ErrorCode::ConfigError, format!("key file {}: {error}", path.display())).rule("CLI-7")
}

fn text(fs: &dyn Fs, path: &Path, verb: Option<&str>) -> Result<Zeroizing<String>, Failure> {
    let place = path.display();
    let refuse = |message: String| Failure::new(ErrorCode::ConfigError, message).rule("CLI-7");
    let contents = fs.read(path, LARGEST).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let missing = refuse(format!("key file not found: {place}"));
            match verb {
                Some(verb) => missing.help(format!("make one with `ca2a {verb} --out {place}`")),
                None => missing,
            }
        }
        _ => refuse(format!("key file {place} cannot be read: {error}")),
    })?;
    let bytes = Zeroizing::new(contents.bytes);
    if let Some(mode) = contents.mode.filter(|mode| mode & 0o077 != 0) {
        let others = format!("key file {place} has mode {mode:04o}: others on this machine may reach it");
        let help = format!("`chmod 600 {place}`; if anybody may have read it, make a new key instead");
        return Err(refuse(others).help(help));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse(format!("key file {place} is not text")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Writes a private key where only its owner reads it. What is there already stays, unless `replace`.
pub(crate) fn store(fs: &dyn Fs, path: &Path, key: &SigningKey, replace: bool) -> Result<(), Failure> {
    let text = key.to_pkcs8_pem().map_err(|error| Failure::new(ErrorCode::Ca2aError, error.to_string()))?;
    put(fs, path, &text, replace)
}

/// Writes an ML-DSA-65 key likewise.
pub(crate) fn store_pq(fs: &dyn Fs, path: &Path, key: &pq::SigningKey, replace: bool) -> Result<(), Failure> {
    let text = key.to_pkcs8_pem().map_err(|error| Failure::new(ErrorCode::Ca2aError, error.to_string()))?;
    put(fs, path, &text, replace)
}

fn put(fs: &dyn Fs, path: &Path, text: &str, replace: bool) -> Result<(), Failure> {
    let placement = Placement { replace, private: true };
    fs.write(path, text.as_bytes(), placement).map_err(|error| unwritten(path, &error))
}
