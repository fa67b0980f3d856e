//! Taking grants back: signed statements, and snapshots that collect them.

mod snapshot;

use alloc::{string::ToString as _, vec::Vec};

use ca2a_core::{
    CredentialDigest, Signature, SigningKey, VerifyingKey,
    canonical::ObjectWriter,
    json::{self, Node, Object, ShapeError},
    requirement::{enforce, holds},
};

pub use snapshot::RevocationSnapshot;

use crate::{DelegationError, Document, credential::signature, grant::check_integer};

const TYPE: &str = "ca2a.delegation-revocation.v1";
const MEMBERS: &[&str] = &["type", "revoked_digest", "revoker", "issued_at", "signature"];

/// A revoker's signed word that a credential holds no more. Its signature is verified: no other statement exists.
///
/// Whether the revoker has any say over the credential shows only in a chain (REV-6). There is no way back from a
/// revocation, and it does not expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationStatement {
    revoked: CredentialDigest,
    revoker: VerifyingKey,
    issued_at: u64,
    signature: Signature,
}

/// Revokes the credential of digest `revoked`. It counts in chains where `revoker` issued that credential or one
/// above it. `issued_at` is in Unix seconds.
///
/// ```
/// # use ca2a_core::{Capability, CredentialId, Scope, SigningKey};
/// # use ca2a_delegation::{Grant, issue, revoke};
/// # let (operator, planner) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
/// # let (id, scope) = (CredentialId::new("c0")?, Scope::new([Capability::new("search")?]));
/// # let grant = Grant { id, subject: planner.verifying_key(), scope, not_before: None, not_after: None };
/// let credential = issue(&operator, grant)?;
/// let statement = revoke(&operator, credential.digest(), 1_800_000_000)?;
/// assert_eq!(statement.revoked(), credential.digest());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `issued_at` beyond 2^53-1; `INVALID_REVOCATION`.
pub fn revoke(
    revoker: &SigningKey,
    revoked: CredentialDigest,
    issued_at: u64,
) -> Result<RevocationStatement, DelegationError> {
    check_integer(Document::Revocation, "issued_at", issued_at)?;
    let key = revoker.verifying_key();
    let signature = revoker.sign(&body(revoked, &key, issued_at));
    Ok(RevocationStatement { revoked, revoker: key, issued_at, signature })
}

/// REV-2: the canonical form of every member but the signature.
fn body(revoked: CredentialDigest, revoker: &VerifyingKey, issued_at: u64) -> Vec<u8> {
    ObjectWriter::new()
        .uint("issued_at", issued_at)
        .text("revoked_digest", &revoked.to_string())
        .text("revoker", &revoker.to_hex())
        .text("type", TYPE)
        .finish()
}

impl RevocationStatement {
    /// Reads a statement and verifies its signature.
    ///
    /// # Errors
    /// What is not strict JSON, not a statement, or not signed by its revoker; all `INVALID_REVOCATION`.
    pub fn from_json(input: &[u8]) -> Result<Self, DelegationError> {
        let unreadable = |source| DelegationError::Unreadable { document: Document::Revocation, source };
        Self::from_node(&json::read(input).map_err(unreadable)?)
    }

    /// Takes a statement out of a document that was read strictly, and verifies its signature (REV-1 to REV-3).
    ///
    /// # Errors
    /// What is not a statement, or not signed by its revoker; `INVALID_REVOCATION`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, DelegationError> {
        let document = Document::Revocation;
        let malformed = DelegationError::malformed(document);
        let object = node.expect_object("revocation").map_err(&malformed)?;
        enforce("REV-1", object.closed(MEMBERS, &[]).map_err(&malformed))?;
        let expected = |member: &str, expected| {
            let found = object.get(member).unwrap_or(&Node::NULL);
            malformed(ShapeError::expected(member, expected, found))
        };
        if !holds("REV-1", object.text("type").map_err(&malformed)? == TYPE) {
            return Err(expected("type", "`ca2a.delegation-revocation.v1`"));
        }
        let revoked = object.text("revoked_digest").ok().and_then(|text| text.parse().ok());
        let revoked = revoked
            .ok_or_else(|| expected("revoked_digest", "`sha256:` and 64 lower-case hex characters"))?;
        let revoker = VerifyingKey::from_hex(object.text("revoker").map_err(&malformed)?)
            .map_err(|source| DelegationError::UnusableKey { document, member: "revoker", source })?;
        let issued_at = object.uint("issued_at").map_err(&malformed)?;
        let signature = signature(object).map_err(&malformed)?;
        let verdict = revoker
            .verify(&body(revoked, &revoker, issued_at), &signature)
            .map_err(|_| DelegationError::BadSignature { document, signer: "revoker" });
        enforce("REV-2, REV-3", verdict)?;
        Ok(Self { revoked, revoker, issued_at, signature })
    }

    /// The digest of the credential that holds no more.
    #[must_use]
    pub fn revoked(&self) -> CredentialDigest {
        self.revoked
    }

    /// Whose word this is.
    #[must_use]
    pub fn revoker(&self) -> &VerifyingKey {
        &self.revoker
    }

    /// When the revoker says it was given, in Unix seconds.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// The revoker's signature over [`Self::body`].
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The canonical bytes (RFC 8785) that the signature covers.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        body(self.revoked, &self.revoker, self.issued_at)
    }

    /// The wire form.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        Object::from([
            ("type", Node::from(TYPE)),
            ("revoked_digest", self.revoked.to_string().into()),
            ("revoker", self.revoker.to_hex().into()),
            ("issued_at", self.issued_at.into()),
            ("signature", self.signature.to_hex().into()),
        ])
        .into()
    }
}
