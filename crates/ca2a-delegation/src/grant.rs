//! Making credentials: a root issues, a holder delegates.

use ca2a_core::{CredentialId, Scope, Signature, SigningKey, VerifyingKey, json::MAX_SAFE_INTEGER};

use crate::{
    Credential, DelegationError, Document,
    credential::{Members, check_window},
};

/// What a credential is to grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// A name that no other credential of the chain has, and better none at all.
    pub id: CredentialId,
    /// Who may act under it and delegate it on.
    pub subject: VerifyingKey,
    /// What they may do: at least one capability.
    pub scope: Scope,
    /// First second, Unix time, at which it holds.
    pub not_before: Option<u64>,
    /// Last second, Unix time, at which it holds.
    pub not_after: Option<u64>,
}

/// Issues a root credential: depth 0, no parent, signed by `root`.
///
/// ```
/// # use ca2a_core::{Capability, CredentialId, Scope, SigningKey};
/// # use ca2a_delegation::{Grant, issue};
/// let (operator, planner) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
/// let credential = issue(&operator, Grant {
///     id: CredentialId::new("planner-2027")?,
///     subject: planner.verifying_key(),
///     scope: Scope::new([Capability::new("search")?]),
///     not_before: None,
///     not_after: Some(1_830_000_000),
/// })?;
/// credential.verify_signature()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A grant that no verifier would accept: an empty or oversized scope, an inverted window, or a bound beyond
/// 2^53-1. All `INVALID_CREDENTIAL`.
pub fn issue(root: &SigningKey, grant: Grant) -> Result<Credential, DelegationError> {
    sign(root, grant, 0, None)
}

/// Delegates from `parent`, signed by `holder`, whose public half `parent` names as its subject.
///
/// Refuses to make what a verifier would refuse (DEL-30), so that a mistake shows where it is made.
///
/// # Errors
/// `INVALID_CREDENTIAL` for another key than the parent's subject and for everything [`issue`] refuses;
/// `CREDENTIAL_REPLAY` for the parent's own id; `SCOPE_ESCALATION` for a capability that the parent does not hold;
/// `DELEGATION_DEPTH_EXCEEDED` below the greatest depth there is.
pub fn delegate(
    parent: &Credential,
    holder: &SigningKey,
    grant: Grant,
) -> Result<Credential, DelegationError> {
    check_holder(Document::Credential, parent, holder)?;
    let depth = parent.depth().saturating_add(1);
    let hop = usize::try_from(depth).unwrap_or(usize::MAX);
    if grant.id == *parent.id() {
        return Err(DelegationError::RepeatedId { hop, id: grant.id });
    }
    if depth >= crate::MAX_HOPS {
        return Err(DelegationError::TooDeep { hop, depth, max: crate::MAX_HOPS.saturating_sub(1) });
    }
    if let Some(capability) = grant.scope.first_beyond(parent.scope()) {
        return Err(DelegationError::Escalation { hop, capability: capability.clone() });
    }
    sign(holder, grant, depth, Some(parent.id().clone()))
}

/// Only the subject of a credential makes anything of it.
pub(crate) fn check_holder(
    document: Document,
    credential: &Credential,
    key: &SigningKey,
) -> Result<(), DelegationError> {
    let (expected, found) = (credential.subject(), key.verifying_key());
    if found != *expected {
        let (expected, found) = (expected.to_hex(), found.to_hex());
        return Err(DelegationError::WrongKey { document, expected, found });
    }
    Ok(())
}

fn sign(
    key: &SigningKey,
    grant: Grant,
    depth: u64,
    parent_id: Option<CredentialId>,
) -> Result<Credential, DelegationError> {
    let Grant { id, subject, scope, not_before, not_after } = grant;
    if scope.is_empty() {
        return Err(DelegationError::EmptyScope);
    }
    if scope.len() > Scope::MAX_LEN {
        return Err(ca2a_core::ScopeError::TooMany(scope.len()).into());
    }
    for (member, bound) in [("not_before", not_before), ("not_after", not_after)] {
        check_integer(Document::Credential, member, bound.unwrap_or_default())?;
    }
    check_window(not_before, not_after)?;
    let issuer = key.verifying_key();
    let mut members = Members {
        id,
        issuer: *issuer.as_bytes(),
        subject: *subject.as_bytes(),
        scope,
        depth,
        parent_id,
        not_before,
        not_after,
        signature: Signature([0; 64]),
    };
    members.signature = key.sign(&members.body());
    Ok(Credential::with_keys(members.into(), issuer, subject))
}

/// An integer that we sign must be one that every reader holds exactly (RFC 7493 section 2.2).
pub(crate) fn check_integer(
    document: Document,
    member: &'static str,
    value: u64,
) -> Result<(), DelegationError> {
    if value > MAX_SAFE_INTEGER.unsigned_abs() {
        return Err(DelegationError::IntegerRange { document, member, value });
    }
    Ok(())
}
