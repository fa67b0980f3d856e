//! A manifest that parses.

use std::borrow::Cow;

use ca2a_core::{
    Sha256, canonical,
    json::{Node, Object, Value},
};

use crate::{ManifestError, document, envelope::Envelope};

/// Members of a version 0.1 document that its signature covers, and no others. (MAN-18)
pub(crate) const SIGNED_MEMBERS: [&str; 23] = [
    "@context",
    "@type",
    "manifest_id",
    "previous_manifest_id",
    "agent_id",
    "agent_instance_id",
    "version",
    "min_verifier_version",
    "issued_at",
    "expires_at",
    "issuer",
    "crypto_profile",
    "profile",
    "unbound_artifacts",
    "source_bundle",
    "artifacts",
    "delegation_chain",
    "hitl_record",
    "prior_transparency_log_entry",
    "log_retention",
    "data_scope",
    "operational_lifecycle",
    "intent",
];

/// Members that no payload of an envelope holds: they come later, or the envelope takes their place.
const APART: [&str; 3] = ["signature", "attestation", "transparency_log_entry"];

/// A manifest that parses. Nothing in it is proven; [`crate::Verifier`] makes a [`crate::VerifiedManifest`] of it.
#[derive(Debug, Clone)]
pub struct Manifest {
    document: Object<'static>,
    envelope: Option<Envelope>,
}

impl Manifest {
    /// Reads a document of version 0.1 as JSON, or one of version 0.2 in its envelope; the first byte tells which.
    /// (MAN-1)
    ///
    /// A bare document of version 0.2 parses, and is signed by nobody.
    ///
    /// # Errors
    /// Bytes that are neither, and an envelope whose headers are not those of a manifest.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.first().is_some_and(|first| *first >= 0x80) {
            let (envelope, document) = Envelope::read(bytes)?;
            return Ok(Self { document, envelope: Some(envelope) });
        }
        Ok(Self { document: document::read(bytes)?, envelope: None })
    }

    /// The document, as it was signed where it is in an envelope.
    #[must_use]
    pub fn document(&self) -> &Object<'static> {
        &self.document
    }

    /// Whether it is in an envelope.
    #[must_use]
    pub fn is_enveloped(&self) -> bool {
        self.envelope.is_some()
    }

    pub(crate) fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    /// `manifest_id`, as written.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text("manifest_id")
    }

    /// `agent_id`: whom it describes.
    #[must_use]
    pub fn agent_id(&self) -> Option<&str> {
        self.text("agent_id")
    }

    /// `issuer`: who says so.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("issuer")
    }

    /// `version` of the format.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.text("version")
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.document.get(name).and_then(Node::as_str)
    }

    /// The bytes that its issuer signs: the payload of the envelope, or the allow-listed members without null in
    /// canonical form. (MAN-18, MAN-19)
    ///
    /// # Errors
    /// A document without a canonical form.
    pub fn signed_bytes(&self) -> Result<Cow<'_, [u8]>, ManifestError> {
        match &self.envelope {
            Some(envelope) => Ok(Cow::Borrowed(&envelope.payload)),
            None => signing_input(&self.document).map(Cow::Owned),
        }
    }

    /// SHA-256 of [`Self::signed_bytes`]: what names this manifest with all that its issuer said, and nothing that was
    /// attached later. (MAN-11)
    ///
    /// # Errors
    /// A document without a canonical form.
    pub fn digest(&self) -> Result<Sha256, ManifestError> {
        Ok(Sha256::of(&self.signed_bytes()?))
    }

    /// The digest that hardware evidence binds: of the payload, or of the canonical document with its signature and
    /// without `attestation` and `transparency_log_entry`. (MAN-28)
    pub(crate) fn attested_digest(&self) -> Result<String, ManifestError> {
        let digest = match &self.envelope {
            Some(envelope) => Sha256::of(&envelope.payload),
            None => {
                let mut document = self.document.clone();
                document.retain(|name, _| name != "attestation" && name != "transparency_log_entry");
                Sha256::of(&document::lean_bytes(document)?)
            }
        };
        Ok(format!("sha256:{}", digest.to_hex()))
    }

    /// The document with the approvals that are attached to its envelope.
    pub(crate) fn with_approvals(&self) -> Cow<'_, Object<'static>> {
        let approvals = self.envelope.as_ref().and_then(|envelope| envelope.attached.approvals.as_ref());
        let Some(approvals) = approvals else { return Cow::Borrowed(&self.document) };
        let mut document = self.document.clone();
        if let Some(record) = document.get_mut("hitl_record").and_then(Node::as_object_mut) {
            record.insert("approvals", Node::from(Value::Array(approvals.clone())));
        }
        Cow::Owned(document)
    }
}

/// The bytes that a signature of version 0.1 covers. (MAN-18)
pub(crate) fn signing_input(document: &Object<'_>) -> Result<Vec<u8>, ManifestError> {
    let mut signed = document.clone();
    signed.retain(|name, _| SIGNED_MEMBERS.contains(&name));
    if let Some(record) = signed.get_mut("hitl_record").and_then(Node::as_object_mut) {
        record.insert("approvals", Node::from(Value::Array(Vec::new())));
    }
    document::lean_bytes(signed)
}

/// The payload of an envelope around `document`. (MAN-19)
pub(crate) fn payload(document: &Object<'_>) -> Result<Vec<u8>, ManifestError> {
    let mut payload = document.clone();
    payload.retain(|name, _| !APART.contains(&name));
    if let Some(record) = payload.get_mut("hitl_record").and_then(Node::as_object_mut) {
        record.remove("approvals");
    }
    document::lean_bytes(payload)
}

/// `sha256:` and the digest of the canonical `intent`; `None` where none is declared.
///
/// # Errors
/// An intent without a canonical form.
pub fn intent_digest(document: &Object<'_>) -> Result<Option<String>, ManifestError> {
    let Some(intent) = document.optional("intent") else { return Ok(None) };
    let bytes = match intent.as_object() {
        Some(object) => document::lean_bytes(object.clone())?,
        None => canonical::to_vec(intent)?,
    };
    Ok(Some(format!("sha256:{}", Sha256::of(&bytes).to_hex())))
}
