//! One credential: an issuer grants a subject a scope.

mod members;

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

use ca2a_core::{
    CredentialDigest, CredentialId, Scope, Sha256, Signature, VerifyingKey,
    json::{self, Node},
    requirement::holds,
};

pub(crate) use members::{Members, check_window, signature};

use crate::{DelegationError, once::Once};

/// A well-formed credential whose keys are usable keys. Cheap to clone.
///
/// Having one proves nothing about who issued it: [`Self::verify_signature`] checks this one alone, a
/// [`crate::ChainVerifier`] checks what it is worth. Its form is in `specs/delegation.md`, DEL-1 to DEL-14.
#[derive(Clone)]
pub struct Credential(Arc<Inner>);

struct Inner {
    members: Arc<Members>,
    issuer: VerifyingKey,
    subject: VerifyingKey,
    digest: Once<CredentialDigest>,
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        self.0.members == other.0.members
    }
}

impl Eq for Credential {}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.members.fmt(out)
    }
}

impl Credential {
    /// Reads a credential; its signature is not verified.
    ///
    /// # Errors
    /// What is not strict JSON, or not a credential; all of it `INVALID_CREDENTIAL`.
    pub fn from_json(input: &[u8]) -> Result<Self, DelegationError> {
        Self::from_members(Members::from_json(input)?.into())
    }

    /// Takes a credential out of a document that was read strictly; its signature is not verified.
    ///
    /// # Errors
    /// What is not a credential; `INVALID_CREDENTIAL`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, DelegationError> {
        Self::from_members(Members::from_node(node)?.into())
    }

    /// DEL-12: both keys are usable.
    pub(crate) fn from_members(members: Arc<Members>) -> Result<Self, DelegationError> {
        let (issuer, subject) = (members.issuer_key()?, members.subject_key()?);
        Ok(Self::with_keys(members, issuer, subject))
    }

    /// `issuer` and `subject` are the decoded keys of `members`.
    pub(crate) fn with_keys(members: Arc<Members>, issuer: VerifyingKey, subject: VerifyingKey) -> Self {
        debug_assert!(holds(
            "DEL-27",
            members.issuer == *issuer.as_bytes() && members.subject == *subject.as_bytes()
        ));
        Self(Arc::new(Inner { members, issuer, subject, digest: Once::new() }))
    }

    pub(crate) fn members(&self) -> &Arc<Members> {
        &self.0.members
    }

    /// The issuer's name for this credential, unique within its chain.
    #[must_use]
    pub fn id(&self) -> &CredentialId {
        &self.0.members.id
    }

    /// Who grants.
    #[must_use]
    pub fn issuer(&self) -> &VerifyingKey {
        &self.0.issuer
    }

    /// Who is granted.
    #[must_use]
    pub fn subject(&self) -> &VerifyingKey {
        &self.0.subject
    }

    /// What is granted; never empty.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.0.members.scope
    }

    /// How many grants stand above this one; 0 for a root's.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.0.members.depth
    }

    /// The id of the credential that this one is derived from; `None` for a root's.
    #[must_use]
    pub fn parent_id(&self) -> Option<&CredentialId> {
        self.0.members.parent_id.as_ref()
    }

    /// First second, Unix time, at which the grant holds; `None` for always.
    #[must_use]
    pub fn not_before(&self) -> Option<u64> {
        self.0.members.not_before
    }

    /// Last second, Unix time, at which the grant holds; `None` for ever.
    #[must_use]
    pub fn not_after(&self) -> Option<u64> {
        self.0.members.not_after
    }

    /// The issuer's signature over [`Self::body`].
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.0.members.signature
    }

    /// The canonical bytes (RFC 8785) that the signature covers.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.0.members.body()
    }

    /// SHA-256 over [`Self::body`]: the name under which a revocation takes this grant back. The signature is not
    /// covered, so no re-signing escapes a revocation (DEL-14).
    #[must_use]
    pub fn digest(&self) -> CredentialDigest {
        self.0.digest.get_or(|| CredentialDigest(Sha256::of(&self.body())))
    }

    /// The wire form.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        self.0.members.to_node()
    }

    /// The wire form as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::to_text(&self.to_node())
    }

    /// Verifies the issuer's signature, and nothing else: not that the issuer held what it grants.
    ///
    /// # Errors
    /// When it does not verify; `INVALID_CREDENTIAL`.
    pub fn verify_signature(&self) -> Result<(), DelegationError> {
        self.0.members.verify_signature(&self.0.issuer)
    }
}
