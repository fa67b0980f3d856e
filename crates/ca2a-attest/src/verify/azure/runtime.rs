//! The runtime data of a confidential VM: what its paravisor says, in JSON, under the digest of the hardware report.

use alloc::boxed::Box;

use ca2a_core::{
    encoding::from_base64url,
    json::{Node, NumberPolicy, Object, Reader, ShapeError},
};

use super::checks;
use crate::verify::{EvidenceError, tpm::KeyMaterial};

/// The runtime data, read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeData {
    /// The attestation key of the vTPM, HCLAkPub.
    pub attestation_key: KeyMaterial,
    /// Whether the machine booted with secure boot; none where the paravisor does not say.
    pub secure_boot: Option<bool>,
    /// Whether the state of the vTPM outlives a power cycle; none where the paravisor does not say.
    pub tpm_persisted: Option<bool>,
    /// The id that Azure gave the machine; none where the paravisor does not say.
    pub vm_id: Option<Box<str>>,
    /// What the guest wrote before the report was made: 64 bytes in hex, as it stands.
    pub user_data: Option<Box<str>>,
}

impl RuntimeData {
    /// Reads the runtime data (ATT-343). Members that are not named here are left alone.
    ///
    /// # Errors
    /// `azure.runtime-data` for what is not strict JSON, or has not exactly one RSA key `HCLAkPub` to sign with.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let refuse = |error: &dyn core::fmt::Display| EvidenceError::new(checks::RUNTIME_DATA, error);
        let document = Reader::new(NumberPolicy::Lexical).read(bytes).map_err(|error| refuse(&error))?;
        Self::read(&document).map_err(|error| refuse(&error))
    }

    fn read(document: &Node<'_>) -> Result<Self, ShapeError> {
        let data = document.expect_object("runtime data")?;
        let empty = Object::new();
        let configuration = match data.get("vm-configuration") {
            Some(node) => node.expect_object("vm-configuration")?,
            None => &empty,
        };
        let flag = |name: &str| match configuration.get(name) {
            Some(node) => {
                node.as_bool().map(Some).ok_or_else(|| ShapeError::expected(name, "true or false", node))
            }
            None => Ok(None),
        };
        let text = |object: &Object<'_>, name: &str| match object.get(name) {
            Some(node) => node.expect_str(name).map(|text| Some(Box::from(text))),
            None => Ok(None),
        };
        Ok(Self {
            attestation_key: attestation_key(data)?,
            secure_boot: flag("secure-boot")?,
            tpm_persisted: flag("tpm-persisted")?,
            vm_id: text(configuration, "vmUniqueId")?,
            user_data: text(data, "user-data")?,
        })
    }
}

/// The one JWK with the id HCLAkPub.
fn attestation_key(data: &Object<'_>) -> Result<KeyMaterial, ShapeError> {
    const NAME: &str = "HCLAkPub";
    let mut found = None;
    for node in data.array("keys")? {
        let key = node.expect_object("keys")?;
        if key.get("kid").and_then(Node::as_str) == Some(NAME) && found.replace((node, key)).is_some() {
            return Err(ShapeError::expected(NAME, "there once", node));
        }
    }
    let (node, key) = found.ok_or_else(|| ShapeError::missing(NAME))?;
    let signs =
        |ops: &Node<'_>| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op.as_str() == Some("sign")));
    if key.text("kty")? != "RSA" || !key.get("key_ops").is_none_or(signs) {
        return Err(ShapeError::expected(NAME, "an RSA key to sign with", node));
    }
    let number = |name: &str| {
        from_base64url(key.text(name)?).map_err(|_| ShapeError::expected(name, "base64url", node))
    };
    let material = KeyMaterial::rsa(&number("n")?, &number("e")?);
    material.ok_or_else(|| ShapeError::expected(NAME, "an RSA key of 2048 to 4096 bits", node))
}
