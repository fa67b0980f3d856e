//! Keys as JWKs (RFC 7517, RFC 8037) and their thumbprints (RFC 7638).

use ca2a_core::{
    KeyError, Sha256, VerifyingKey,
    canonical::ObjectWriter,
    encoding::{base64url, from_base64url},
    json::{Node, Object},
};

use crate::error::{RecordFault, TraceError};

/// A key that the verifier trusts, from configuration or from a chain: never from the record it judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    key: VerifyingKey,
    kid: Option<String>,
}

impl TrustedKey {
    /// Reads a JWK: `kty` `OKP`, `crv` `Ed25519`, `x` in its one spelling, optionally a `kid`.
    ///
    /// # Errors
    /// Another type, another spelling, or a key that anybody can sign under.
    pub fn from_jwk(jwk: &Node<'_>) -> Result<Self, TraceError> {
        let object = jwk.as_object().ok_or(RecordFault::KeyType("jwk"))?;
        Self::read(object, "jwk").map_err(TraceError::from)
    }

    pub(super) fn read(jwk: &Object<'_>, member: &'static str) -> Result<Self, RecordFault> {
        let bytes = ed25519_of(jwk, member)?;
        let bytes = <&[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_| RecordFault::Key { member, error: KeyError::Encoding })?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|error| RecordFault::Key { member, error })?;
        let kid = jwk.get("kid").and_then(Node::as_str).filter(|kid| !kid.is_empty());
        Ok(Self { key, kid: kid.map(Into::into) })
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The RFC 7638 thumbprint: base64url of SHA-256 over the members that make the key.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        thumbprint_of(&[("crv", "Ed25519"), ("kty", "OKP"), ("x", &self.key.to_base64url())])
    }

    /// Every name under which a revocation may list the key: its thumbprint, then its `kid`.
    #[must_use]
    pub fn identifiers(&self) -> Vec<String> {
        let thumbprint = self.thumbprint();
        let kid = self.kid.clone().filter(|kid| *kid != thumbprint);
        std::iter::once(thumbprint).chain(kid).collect()
    }
}

impl From<VerifyingKey> for TrustedKey {
    fn from(key: VerifyingKey) -> Self {
        Self { key, kid: None }
    }
}

/// The bytes of `x` in an Ed25519 JWK, which need not be a usable key.
pub(crate) fn ed25519_of(jwk: &Object<'_>, member: &'static str) -> Result<Vec<u8>, RecordFault> {
    let is = |name: &str, value: &str| jwk.get(name).and_then(Node::as_str) == Some(value);
    if !is("kty", "OKP") || !is("crv", "Ed25519") {
        return Err(RecordFault::KeyType(member));
    }
    let x = jwk.get("x").and_then(Node::as_str).ok_or(RecordFault::KeyType(member))?;
    from_base64url(x).map_err(|_| RecordFault::Encoding(member))
}

/// `key` as a JWK of exactly three members.
pub(super) fn to_jwk(key: &VerifyingKey) -> Object<'static> {
    Object::from([("kty", Node::from("OKP")), ("crv", "Ed25519".into()), ("x", key.to_base64url().into())])
}

/// The name of an agent that has none but its key: a DID of the method `jwk`, which is the key itself.
#[must_use]
pub fn did_jwk(key: &VerifyingKey) -> String {
    let jwk = [("crv", "Ed25519"), ("kty", "OKP"), ("x", &key.to_base64url())];
    let jwk = jwk.iter().fold(ObjectWriter::new(), |writer, (name, text)| writer.text(name, text));
    format!("did:jwk:{}", base64url(&jwk.finish()))
}

/// The RFC 7638 thumbprint of an `OKP`, `EC` or `RSA` key.
///
/// # Errors
/// Another `kty`, `oct` among them, or a member that is missing or empty.
pub fn jwk_thumbprint(jwk: &Object<'_>) -> Result<String, TraceError> {
    let kty = jwk.get("kty").and_then(Node::as_str).unwrap_or_default();
    let names: &[&str] = match kty {
        "OKP" => &["crv", "kty", "x"],
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        _ => &[""],
    };
    let member = |name: &&'static str| -> Option<(&'static str, &str)> {
        jwk.get(name).and_then(Node::as_str).filter(|text| !text.is_empty()).map(|text| (*name, text))
    };
    let members: Option<Vec<_>> = names.iter().map(member).collect();
    let members = members.ok_or_else(|| RecordFault::Thumbprint(kty.chars().take(40).collect()))?;
    Ok(thumbprint_of(&members))
}

/// `members` come in the order of their names.
fn thumbprint_of(members: &[(&str, &str)]) -> String {
    let writer = members.iter().fold(ObjectWriter::new(), |writer, (name, text)| writer.text(name, text));
    base64url(&Sha256::of(&writer.finish()).0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ca2a_core::{SigningKey, encoding::from_base64url, json};

    use super::{TrustedKey, did_jwk};

    #[test]
    fn the_did_of_a_key_is_the_key() {
        let key = SigningKey::from_seed(&[7; 32]).verifying_key();
        let did = did_jwk(&key);
        let jwk = from_base64url(did.strip_prefix("did:jwk:").unwrap()).unwrap();
        assert_eq!(*TrustedKey::from_jwk(&json::read(&jwk).unwrap()).unwrap().key(), key);
    }
}
