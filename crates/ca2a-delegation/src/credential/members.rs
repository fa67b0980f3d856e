//! The members of a credential as they stand on the wire, each of the right form and none of them believed.

use alloc::{borrow::ToOwned as _, vec::Vec};
use core::fmt;

use ca2a_core::{
    CredentialId, KeyError, Scope, Signature, VerifyingKey,
    canonical::ObjectWriter,
    encoding::{from_hex, hex},
    json::{self, Node, Object, ShapeError},
    requirement::{enforce, holds},
};

use crate::{DelegationError, Document};

const REQUIRED: &[&str] = &["credential_id", "issuer", "subject", "scope", "depth", "parent_id", "signature"];
const OPTIONAL: &[&str] = &["not_before", "not_after"];

/// What a credential says. The keys are bytes still: that a chain from a stranger costs no curve arithmetic, and
/// is refused in the order of DEL-20, hangs on decoding them as late as they are used.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) id: CredentialId,
    pub(crate) issuer: [u8; 32],
    pub(crate) subject: [u8; 32],
    pub(crate) scope: Scope,
    pub(crate) depth: u64,
    pub(crate) parent_id: Option<CredentialId>,
    pub(crate) not_before: Option<u64>,
    pub(crate) not_after: Option<u64>,
    pub(crate) signature: Signature,
}

impl Members {
    pub(crate) fn from_json(input: &[u8]) -> Result<Self, DelegationError> {
        let document = Document::Credential;
        let node = json::read(input).map_err(|source| DelegationError::Unreadable { document, source })?;
        Self::from_node(&node)
    }

    /// DEL-1 to DEL-9, in the order in which the rules stand there.
    pub(crate) fn from_node(node: &Node<'_>) -> Result<Self, DelegationError> {
        let malformed = DelegationError::malformed(Document::Credential);
        let object = node.expect_object("credential").map_err(&malformed)?;
        enforce("DEL-1", object.closed(REQUIRED, OPTIONAL).map_err(&malformed))?;
        let id = identifier(object, "credential_id").map_err(&malformed)?;
        let issuer = key_bytes(object, "issuer").map_err(&malformed)?;
        let subject = key_bytes(object, "subject").map_err(&malformed)?;
        let scope = Scope::from_node("scope", object.required("scope").map_err(&malformed)?)?;
        if !holds("DEL-4", !scope.is_empty()) {
            return Err(DelegationError::EmptyScope);
        }
        let depth = object.uint("depth").map_err(&malformed)?;
        let parent_id = match object.required("parent_id") {
            Ok(parent) if parent.is_null() => None,
            _ => Some(identifier(object, "parent_id").map_err(&malformed)?),
        };
        let signature = signature(object).map_err(&malformed)?;
        let not_before = object.optional_uint("not_before").map_err(&malformed)?;
        let not_after = object.optional_uint("not_after").map_err(&malformed)?;
        check_window(not_before, not_after)?;
        Ok(Self { id, issuer, subject, scope, depth, parent_id, not_before, not_after, signature })
    }

    /// The canonical bytes that the signature covers: every member but the signature, the scope sorted, an absent
    /// bound left out (DEL-10).
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = ObjectWriter::new()
            .text("credential_id", self.id.as_str())
            .uint("depth", self.depth)
            .text("issuer", &hex(&self.issuer));
        if let Some(not_after) = self.not_after {
            body = body.uint("not_after", not_after);
        }
        if let Some(not_before) = self.not_before {
            body = body.uint("not_before", not_before);
        }
        body.text_or_null("parent_id", self.parent_id.as_ref().map(CredentialId::as_str))
            .texts("scope", self.scope.texts())
            .text("subject", &hex(&self.subject))
            .finish()
    }

    /// DEL-11: the signature verifies under `issuer`, which is the decoded key of this credential's issuer.
    pub(crate) fn verify_signature(&self, issuer: &VerifyingKey) -> Result<(), DelegationError> {
        let refused = |_| DelegationError::BadSignature { document: Document::Credential, signer: "issuer" };
        enforce("DEL-11", issuer.verify(&self.body(), &self.signature).map_err(refused))
    }

    pub(crate) fn issuer_key(&self) -> Result<VerifyingKey, DelegationError> {
        usable("issuer", &self.issuer)
    }

    pub(crate) fn subject_key(&self) -> Result<VerifyingKey, DelegationError> {
        usable("subject", &self.subject)
    }

    pub(crate) fn to_node(&self) -> Node<'static> {
        let mut object = Object::from([
            ("credential_id", Node::from(self.id.as_str().to_owned())),
            ("issuer", hex(&self.issuer).into()),
            ("subject", hex(&self.subject).into()),
            ("scope", self.scope.to_node().into_owned()),
            ("depth", self.depth.into()),
            ("parent_id", self.parent_id.as_ref().map(|id| id.as_str().to_owned()).into()),
        ]);
        for (name, bound) in [("not_before", self.not_before), ("not_after", self.not_after)] {
            if let Some(bound) = bound {
                object.insert(name, bound);
            }
        }
        object.insert("signature", self.signature.to_hex());
        object.into()
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&json::to_text(&self.to_node()))
    }
}

/// DEL-9: a window that is never open is a mistake, whoever writes it.
pub(crate) fn check_window(not_before: Option<u64>, not_after: Option<u64>) -> Result<(), DelegationError> {
    match (not_before, not_after) {
        (Some(not_before), Some(not_after)) if !holds("DEL-9", not_before <= not_after) => {
            Err(DelegationError::InvertedWindow { not_before, not_after })
        }
        _ => Ok(()),
    }
}

fn usable(member: &'static str, bytes: &[u8; 32]) -> Result<VerifyingKey, DelegationError> {
    let unusable =
        |source: KeyError| DelegationError::UnusableKey { document: Document::Credential, member, source };
    VerifyingKey::from_bytes(bytes).map_err(unusable)
}

fn identifier(object: &Object<'_>, member: &str) -> Result<CredentialId, ShapeError> {
    let node = object.required(member)?;
    let id = node.as_str().and_then(|text| CredentialId::new(text).ok());
    id.ok_or_else(|| ShapeError::expected(member, "a non-empty string", node))
}

fn key_bytes(object: &Object<'_>, member: &str) -> Result<[u8; 32], ShapeError> {
    let node = object.required(member)?;
    let bytes = node.as_str().and_then(|text| from_hex(text).ok());
    bytes.ok_or_else(|| ShapeError::expected(member, "64 lower-case hex characters", node))
}

pub(crate) fn signature(object: &Object<'_>) -> Result<Signature, ShapeError> {
    let node = object.required("signature")?;
    let signature = node.as_str().and_then(|text| Signature::from_hex(text).ok());
    signature.ok_or_else(|| ShapeError::expected("signature", "128 lower-case hex characters", node))
}
