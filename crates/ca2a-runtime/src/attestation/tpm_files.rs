//! The TPM that a configuration names, and the files that go with it.

use std::path::{Path, PathBuf};

use super::{AttesterError, TpmAttester, TpmKey};
use crate::{
    config::{TpmSettings, beside},
    files,
};

/// More than any chain of certificates has, and any event log that still fits into a message.
const MAX_BYTES: u64 = 512 << 10;

impl TpmAttester {
    /// Quotes by the TPM of `settings`, whose relative paths start at the folder of `config_file` (ATT-511).
    ///
    /// # Errors
    /// A file that cannot be used, or an address that is none: `ATTESTATION_UNSUPPORTED`.
    pub fn configured(settings: &TpmSettings, config_file: &Path) -> Result<Self, AttesterError> {
        let file =
            |path: &Option<String>| path.as_deref().map(|path| read(beside(config_file, path))).transpose();
        // The configuration read both already.
        let refused = |problem: String| AttesterError::File {
            path: config_file.to_owned(),
            problem: format!("ca2a.tpm: {problem}").into(),
        };
        let address = settings.address.as_deref().map(str::parse).transpose();
        let pcrs = settings.pcrs.as_deref().map(str::parse).transpose();
        let key = TpmKey {
            handle: settings.key,
            parent: settings.parent,
            certificates: file(&settings.certificates_path)?,
            event_log: file(&settings.event_log_path)?,
            pcrs: pcrs.map_err(|error: ca2a_attest::verify::tpm::PcrSetError| refused(error.to_string()))?,
        };
        let address = address
            .map_err(|error: ca2a_attest::collect::tpm::TpmAddressError| refused(error.to_string()))?;
        Ok(Self::by(address.unwrap_or_default(), key))
    }
}

fn read(path: PathBuf) -> Result<Vec<u8>, AttesterError> {
    files::read(&path, MAX_BYTES)
        .map_err(|error| AttesterError::File { path, problem: error.to_string().into() })
}
