//! The keys that sign bundles, and how one is taken back.

use core::fmt;

use ca2a_core::{
    Sha256, Signature, SigningKey, VerifyingKey,
    encoding::{base64url, from_base64url},
    json::{self, Node, Object},
    requirement::holds,
};

use super::BundleError;

/// What a signature over a revocation begins with.
const DOMAIN: &[u8] = b"cmcp-policy-key-revocation-v1|";

/// What names a key that signs bundles: SHA-256 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Sha256);

impl KeyId {
    /// The id of `key`.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        Self(Sha256::of(key.as_bytes()))
    }

    /// Reads `sha256:` and 64 lower-case hex characters; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Sha256::from_hex(text.strip_prefix("sha256:")?).ok().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", self.0.to_hex())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyId({self})")
    }
}

/// The key that bundles are signed by, the one that comes after it, and those that were taken back. (POL-25)
///
/// State moves one way: a revoked key never counts again, and the successor is promoted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyKeys {
    current: Option<VerifyingKey>,
    successor: Option<VerifyingKey>,
    revoked: Vec<VerifyingKey>,
}

impl PolicyKeys {
    /// `current` signs bundles; `successor` signs only the end of `current` until then.
    ///
    /// # Errors
    /// A successor that is the current key.
    pub fn new(current: VerifyingKey, successor: Option<VerifyingKey>) -> Result<Self, BundleError> {
        if successor == Some(current) {
            return Err(BundleError::shape("the successor key must differ from the current one"));
        }
        Ok(Self { current: Some(current), successor, revoked: Vec::new() })
    }

    /// The same keys, with `key` among those that were taken back before.
    #[must_use]
    pub fn and_revoked(mut self, key: VerifyingKey) -> Self {
        self.revoke(key);
        self
    }

    /// The key that bundles are signed by; `None` once all are taken back, and then no bundle counts.
    #[must_use]
    pub fn current(&self) -> Option<&VerifyingKey> {
        self.current.as_ref()
    }

    /// The keys that were taken back.
    #[must_use]
    pub fn revoked(&self) -> &[VerifyingKey] {
        &self.revoked
    }

    /// Whether the key called `id` was taken back.
    #[must_use]
    pub fn is_revoked(&self, id: KeyId) -> bool {
        self.revoked.iter().any(|key| KeyId::of(key) == id)
    }

    /// Takes the current key back on the word of `statement`, and promotes the successor. `false` where it was taken back
    /// already: a statement may come again. (POL-25)
    ///
    /// # Errors
    /// A statement about another key, or signed by neither the current key nor the successor. Nothing changes then.
    pub fn apply(&mut self, statement: &KeyRevocation) -> Result<bool, BundleError> {
        if self.is_revoked(statement.revoked) {
            return Ok(false);
        }
        let current = self.current.filter(|current| holds("POL-25", KeyId::of(current) == statement.revoked));
        let current = current.ok_or(BundleError::Revocation("it is not about the key in force"))?;
        let signers = [self.successor, Some(current)];
        if !holds("POL-25", signers.iter().flatten().any(|signer| statement.is_signed_by(signer))) {
            return Err(BundleError::Revocation("neither the key in force nor its successor signed it"));
        }
        self.revoke(current);
        Ok(true)
    }

    fn revoke(&mut self, key: VerifyingKey) {
        self.revoked.push(key);
        if self.current == Some(key) {
            self.current = self.successor.take();
        }
    }
}

/// The statement that a key is not to be trusted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRevocation {
    revoked: KeyId,
    signature: Signature,
}

impl KeyRevocation {
    /// Reads `{revoked_key_id, signature}`.
    ///
    /// # Errors
    /// Another shape.
    pub fn of(object: &Object<'_>) -> Result<Self, BundleError> {
        let text = |name| object.get(name).and_then(Node::as_str);
        let revoked = text("revoked_key_id").and_then(KeyId::parse);
        let revoked =
            revoked.ok_or(BundleError::Revocation("`revoked_key_id` must be `sha256:` and 64 hex digits"))?;
        let bytes = text("signature").and_then(|text| from_base64url(text).ok());
        let signature = bytes.and_then(|bytes| bytes.try_into().ok().map(Signature));
        let signature =
            signature.ok_or(BundleError::Revocation("`signature` must be unpadded base64url of 64 bytes"))?;
        Ok(Self { revoked, signature })
    }

    /// Reads `signing-key-revocations.json`: an array of statements, each by itself. One that is none hinders no other,
    /// or who can write into the directory could keep a revocation from counting.
    ///
    /// # Errors
    /// Bytes that are not an array.
    pub fn read_file(bytes: &[u8]) -> Result<Vec<Result<Self, BundleError>>, BundleError> {
        let node = json::read(bytes)
            .map_err(|_| BundleError::Revocation("the file is not the JSON that we take"))?;
        let items =
            node.as_array().ok_or(BundleError::Revocation("the file must hold an array of statements"))?;
        let statement = |item: &Node<'_>| match item.as_object() {
            Some(object) => Self::of(object),
            None => Err(BundleError::Revocation("a statement must be an object")),
        };
        Ok(items.iter().map(statement).collect())
    }

    /// The key that it is about.
    #[must_use]
    pub fn revoked(&self) -> KeyId {
        self.revoked
    }

    /// Signs the statement that the key called `revoked` is not to be trusted any more.
    #[must_use]
    pub fn sign(revoked: KeyId, signer: &SigningKey) -> Self {
        Self { revoked, signature: signer.sign(&covered(revoked)) }
    }

    /// The statement as it stands in the file.
    #[must_use]
    pub fn to_object(&self) -> Object<'static> {
        [("revoked_key_id", self.revoked.to_string()), ("signature", base64url(&self.signature.0))].into()
    }

    fn is_signed_by(&self, signer: &VerifyingKey) -> bool {
        signer.verify(&covered(self.revoked), &self.signature).is_ok()
    }
}

fn covered(revoked: KeyId) -> Vec<u8> {
    [DOMAIN, revoked.to_string().as_bytes()].concat()
}
