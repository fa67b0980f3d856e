//! A TRACE record as text, signed by whoever is told to.

use std::collections::BTreeMap;

use ca2a_core::{Sha256, encoding::base64url};
use serde_json::{Value, json};

use crate::vectors::draft::{NOW, key};

/// A record before it is signed. Its members stand as their canonical JSON texts, so that they can say anything.
#[derive(Clone)]
pub(in crate::vectors) struct Record {
    members: BTreeMap<&'static str, String>,
    signer: &'static str,
}

/// A digest of nothing in particular.
pub(in crate::vectors) fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

/// The public key called `name`, in its canonical form: what a thumbprint is over (RFC 7638).
pub(in crate::vectors) fn jwk(name: &str) -> String {
    let x = base64url(key(name).verifying_key().as_bytes());
    format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}")
}

/// The thumbprint of the key called `name`.
pub(in crate::vectors) fn thumbprint(name: &str) -> String {
    base64url(&Sha256::of(jwk(name).as_bytes()).0)
}

/// A record by `signer`, made now.
pub(in crate::vectors) fn by(signer: &'static str) -> Record {
    let members = [
        ("appraisal", "{\"status\":\"none\",\"verifier\":\"https://verifier.example/v1\"}".to_owned()),
        ("build_provenance", format!("{{\"digest\":\"{}\",\"slsa_level\":0}}", digest("b"))),
        ("cnf", format!("{{\"jwk\":{}}}", jwk(signer))),
        ("data_class", "\"internal\"".to_owned()),
        ("eat_profile", "\"tag:agentrust-io.com,2026:trace-v0.2\"".to_owned()),
        ("iat", NOW.to_string()),
        ("model", "{\"model_id\":\"m\",\"provider\":\"p\"}".to_owned()),
        ("policy", format!("{{\"bundle_hash\":\"{}\",\"enforcement_mode\":\"enforce\"}}", digest("c"))),
        ("runtime", format!("{{\"measurement\":\"{}\",\"platform\":\"software-only\"}}", digest("d"))),
        ("subject", format!("\"spiffe://example.org/agent/{signer}\"")),
    ];
    Record { members: members.into(), signer }
}

impl Record {
    /// The same with the member `name` as this JSON text.
    pub(in crate::vectors) fn with(mut self, name: &'static str, json: &str) -> Self {
        self.members.insert(name, json.to_owned());
        self
    }

    /// The same without a member.
    pub(in crate::vectors) fn without(mut self, name: &str) -> Self {
        self.members.remove(name);
        self
    }

    /// The same, made at another time.
    pub(in crate::vectors) fn at(self, iat: u64) -> Self {
        self.with("iat", &iat.to_string())
    }

    /// The same, signed by somebody else.
    pub(in crate::vectors) fn signed_by(self, signer: &'static str) -> Self {
        Self { signer, ..self }
    }

    /// The same behind the record with this hash, under a credential.
    pub(in crate::vectors) fn behind(self, parent: &str, credential: &str) -> Self {
        let block = format!("{{\"credential_id\":\"{credential}\",\"parent_record_hash\":\"{parent}\"}}");
        self.with("delegation", &block)
    }

    fn spelled<'m>(members: impl Iterator<Item = (&'m &'static str, &'m String)>) -> String {
        let members: Vec<String> = members.map(|(name, text)| format!("\"{name}\":{text}")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// What is signed: the canonical form without the signature (TRC-15).
    pub(in crate::vectors) fn body(&self) -> String {
        Self::spelled(self.members.iter())
    }

    /// The record with its signature, in its canonical form: what its hash is over (TRC-16).
    pub(in crate::vectors) fn text(&self) -> String {
        let mut members = self.members.clone();
        let signature = base64url(&key(self.signer).sign(self.body().as_bytes()).0);
        members.insert("signature", json!(signature).to_string());
        Self::spelled(members.iter())
    }

    /// The hash of the record (TRC-16).
    pub(in crate::vectors) fn hash(&self) -> String {
        format!("sha256:{}", Sha256::of(self.text().as_bytes()).to_hex())
    }

    /// The question about this record, of a verifier that trusts the planner's key.
    pub(in crate::vectors) fn ask(&self) -> Value {
        ask_text(&self.text())
    }
}

/// The question about a record as it stands.
pub(in crate::vectors) fn ask_text(record: &str) -> Value {
    json!({ "record_json": record, "trusted_jwk_json": jwk("planner"), "options": { "now": NOW } })
}
