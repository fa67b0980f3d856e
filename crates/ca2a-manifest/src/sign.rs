//! Signing a manifest.

use ca2a_core::{
    SigningKey,
    encoding::base64url,
    json::{self, Node, Object},
};

use crate::{
    Algorithm, ManifestError, ManifestKey, Timestamp, document, envelope,
    manifest::{SIGNED_MEMBERS, payload, signing_input},
    schema,
};

/// Who signs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Signer<'k> {
    /// With Ed25519.
    Ed25519(&'k SigningKey),
    /// With ML-DSA-65.
    #[cfg(feature = "pq")]
    MlDsa65(&'k crate::pq::SigningKey),
    /// With both.
    #[cfg(feature = "pq")]
    Hybrid(&'k SigningKey, &'k crate::pq::SigningKey),
}

impl Signer<'_> {
    /// The public half, under which the manifest verifies.
    #[must_use]
    pub fn key(&self) -> ManifestKey {
        match self {
            Self::Ed25519(key) => key.verifying_key().into(),
            #[cfg(feature = "pq")]
            Self::MlDsa65(key) => ManifestKey::MlDsa65(key.verifying_key()),
            #[cfg(feature = "pq")]
            Self::Hybrid(classical, pq) => ManifestKey::Hybrid(classical.verifying_key(), pq.verifying_key()),
        }
    }

    /// Signs `document`, whose `version` says in which form: `0.1` becomes JSON with a `signature`, `0.2` an envelope.
    /// (MAN-18, MAN-19)
    ///
    /// # Errors
    /// A document that every verifier would refuse: not the JSON that we take, of another version, of another shape, or
    /// under a profile that demands more than this key.
    pub fn sign(&self, document: &[u8], signed_at: Timestamp) -> Result<Vec<u8>, ManifestError> {
        let mut document = document::read(document)?;
        document.remove("signature");
        self.check(&document)?;
        match document.get("version").and_then(Node::as_str).unwrap_or_default() {
            "0.2" => self.seal(&payload(&document)?),
            "0.1" => {
                let block = self.block(&signing_input(&document)?, signed_at);
                document.insert("signature", block);
                Ok(json::to_pretty(&document.into()).into_bytes())
            }
            version => Err(ManifestError::Version {
                version: version.chars().take(40).collect(),
                place: "for signing",
            }),
        }
    }

    fn check(&self, document: &Object<'_>) -> Result<(), ManifestError> {
        if let Some(first) = schema::violations(document).first() {
            let field = if first.path.is_empty() { "the document" } else { &first.path };
            return Err(ManifestError::Schema {
                field: field.to_owned(),
                problem: first.problem().to_owned(),
            });
        }
        let demanded = document.get("crypto_profile").and_then(Node::as_str) == Some("post-quantum");
        if demanded && !self.key().algorithm().is_post_quantum() {
            let (field, problem) =
                ("crypto_profile".to_owned(), "demands a signature with ML-DSA-65".to_owned());
            return Err(ManifestError::Schema { field, problem });
        }
        Ok(())
    }

    fn seal(&self, payload: &[u8]) -> Result<Vec<u8>, ManifestError> {
        match self {
            Self::Ed25519(key) => envelope::sign_one(payload, key),
            #[cfg(feature = "pq")]
            Self::MlDsa65(key) => envelope::sign_hybrid(payload, None, key),
            #[cfg(feature = "pq")]
            Self::Hybrid(classical, pq) => envelope::sign_hybrid(payload, Some(classical), pq),
        }
    }

    fn block(&self, input: &[u8], signed_at: Timestamp) -> Object<'static> {
        let key = self.key();
        let mut block: Object<'static> = [
            ("algorithm", Node::from(key.algorithm().as_str())),
            ("key_id", key.id().to_hex().into()),
            ("key_type", "software".into()),
            ("signed_at", signed_at.to_isoformat().into()),
        ]
        .into();
        let classical = |key: &SigningKey| base64url(&key.sign(input).0);
        match self {
            Self::Ed25519(key) => block.insert("signature_value", classical(key)),
            #[cfg(feature = "pq")]
            Self::MlDsa65(key) => block.insert("signature_value", base64url(&key.sign(input))),
            #[cfg(feature = "pq")]
            Self::Hybrid(key, pq) => {
                block.insert("classical_signature", classical(key));
                block.insert("pq_signature", base64url(&pq.sign(input)));
            }
        }
        block.insert("signed_fields", SIGNED_MEMBERS.into_iter().collect::<Node<'static>>());
        block
    }
}

impl Algorithm {
    /// The members of a signature block that hold signatures of this algorithm.
    pub(crate) fn members(self) -> &'static [&'static str] {
        match self {
            Self::Ed25519 | Self::MlDsa65 => &["signature_value"],
            Self::Hybrid => &["classical_signature", "pq_signature"],
        }
    }
}
