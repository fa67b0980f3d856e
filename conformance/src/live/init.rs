//! What a target needs: a root of the test's own, and a configuration that trusts it and nobody else.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use ca2a_core::{Capability, SigningKey};

use super::{caller::fresh, target::LiveError};

/// Writes `root.pem` (PKCS#8, mode 0600) and `ca2a.yaml` into `folder`: a node that `ca2a start --config ca2a.yaml` serves on
/// `port` of the loopback address, and as an A2A agent on `a2a_port`.
///
/// # Errors
/// Files that are there already or cannot be written, and no randomness.
pub fn init(folder: &Path, capability: &Capability, port: u16, a2a_port: u16) -> Result<(), LiveError> {
    let root = SigningKey::from_seed(&fresh().map_err(LiveError::File)?);
    let pem = root.to_pkcs8_pem().map_err(|error| LiveError::File(error.to_string()))?;
    fs::create_dir_all(folder)
        .map_err(|error| LiveError::File(format!("`{}`: {error}", folder.display())))?;
    create(&folder.join("root.pem"), &pem)?;
    create(&folder.join("ca2a.yaml"), &config(&root, capability, port, a2a_port))
}

fn config(root: &SigningKey, capability: &Capability, port: u16, a2a_port: u16) -> String {
    // A text of JSON is a scalar of YAML that every version reads alike.
    let capability = serde_json::Value::from(capability.as_str());
    format!(
        "# For the live suite of the conformance kit. The root key beside this file is made for a test: do not serve\n\
         # anything that matters under it.\n\
         attestation: {{provider: software-only}}\n\
         listen_addr: '127.0.0.1:{port}'\n\
         trusted_root_issuers: ['{}']\n\
         local_policy: [{capability}]\n\
         ca2a:\n  a2a: {{listen_addr: '127.0.0.1:{a2a_port}'}}\n",
        root.verifying_key().to_hex()
    )
}

/// Writes a file that was not there, for its owner alone.
fn create(path: &Path, text: &str) -> Result<(), LiveError> {
    let failed = |error: std::io::Error| LiveError::File(format!("`{}`: {error}", path.display()));
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
