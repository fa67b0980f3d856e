//! Human approvals: a person signs that a manifest may be used, for a time.

use core::fmt;

use ca2a_core::{
    SigningKey, VerifyingKey,
    encoding::{base64url, from_base64url},
    json::{Node, Object},
    requirement::{enforce, holds},
};

use crate::{
    ManifestError, Mode, Timestamp,
    algorithm::{Unsigned, check_ed25519},
    document,
    document::whole,
};

/// Why an approval does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApprovalFault {
    /// A member that must be there is not, or is none.
    MissingFields,
    /// No whole number of seconds from 1.
    Duration,
    /// A time without its zone.
    TimestampNoZone,
    /// No time.
    Timestamp,
    /// It is over.
    Expired,
    /// It is from the future.
    NotYet,
    /// The method does not carry the risk.
    Insufficient,
    /// The approver's key is not known.
    NoKey,
    /// The approver's key is none.
    BadKey,
    /// The signature is no base64url.
    SignatureEncoding,
    /// The signature does not verify.
    InvalidSignature,
    /// The content is none that was approved.
    ContentNotApproved,
}

impl ApprovalFault {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingFields => "MISSING_FIELDS",
            Self::Duration => "DURATION",
            Self::TimestampNoZone => "TIMESTAMP_NO_ZONE",
            Self::Timestamp => "TIMESTAMP",
            Self::Expired => "EXPIRED",
            Self::NotYet => "NOT_YET",
            Self::Insufficient => "APPROVAL_INSUFFICIENT",
            Self::NoKey => "NO_KEY",
            Self::BadKey => "KEY_SMALL_ORDER_OR_LENGTH",
            Self::SignatureEncoding => "SIGNATURE_ENCODING",
            Self::InvalidSignature => "INVALID_SIGNATURE",
            Self::ContentNotApproved => "CONTENT_NOT_APPROVED",
        }
    }
}

impl fmt::Display for ApprovalFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::MissingFields => "the approval lacks a member",
            Self::Duration => "`approval_duration_seconds` must be a whole number of seconds from 1",
            Self::TimestampNoZone => "`approved_at` must state its zone",
            Self::Timestamp => "`approved_at` must be a time",
            Self::Expired => "the approval is over",
            Self::NotYet => "the approval is from the future",
            Self::Insufficient => "the approval's method does not carry this risk at this level",
            Self::NoKey => "no key is known for the approver",
            Self::BadKey => "the key that is known for the approver is no usable Ed25519 key",
            Self::SignatureEncoding => "the approval's signature must be unpadded base64url",
            Self::InvalidSignature => "the approval's signature does not verify",
            Self::ContentNotApproved => "the content of this manifest is none that was approved",
        })
    }
}

impl core::error::Error for ApprovalFault {}

/// An approval that holds. No public constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedApproval {
    approver: String,
    approved_at: Timestamp,
    ends: Timestamp,
    method: Option<String>,
    risk_tier: Option<String>,
    fractional: bool,
}

impl VerifiedApproval {
    /// Who approved: an OIDC subject, a mail address, a DID.
    #[must_use]
    pub fn approver(&self) -> &str {
        &self.approver
    }

    /// When.
    #[must_use]
    pub fn approved_at(&self) -> Timestamp {
        self.approved_at
    }

    /// The last instant at which it counts.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.ends
    }

    /// With which kind of key, as the signature covers it.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// For which risk.
    #[must_use]
    pub fn risk_tier(&self) -> Option<&str> {
        self.risk_tier.as_deref()
    }

    pub(crate) fn is_fractional(&self) -> bool {
        self.fractional
    }
}

/// Verifies one approval of the manifest called `manifest_id`. (MAN-26)
///
/// # Errors
/// The first fault, in an order that others share.
pub fn verify_approval(
    approval: &Object<'_>,
    manifest_id: &str,
    key: &VerifyingKey,
    now: Timestamp,
    mode: Mode,
) -> Result<VerifiedApproval, ApprovalFault> {
    let text = |name| approval.get(name).and_then(Node::as_str).ok_or(ApprovalFault::MissingFields);
    let scope =
        approval.get("approved_scope").and_then(Node::as_object).ok_or(ApprovalFault::MissingFields)?;
    let (at, approver) = (text("approved_at")?, text("approver_id")?);
    let signature = text("approval_signature")?;
    let (approved_at, ends) = window(scope, at)?;
    if !holds("MAN-26", now.micros() <= ends.micros()) {
        return Err(ApprovalFault::Expired);
    }
    if mode.is_strict() && !holds("MAN-26", approved_at.micros() <= now.micros()) {
        return Err(ApprovalFault::NotYet);
    }
    let signature = from_base64url(signature).map_err(|_| ApprovalFault::SignatureEncoding)?;
    let input = signing_input(approval, manifest_id).map_err(|_| ApprovalFault::InvalidSignature)?;
    enforce("MAN-15, MAN-26", check_ed25519(key, &input, &signature))
        .map_err(|_: Unsigned| ApprovalFault::InvalidSignature)?;
    let own = |node: Option<&Node<'_>>| node.and_then(Node::as_str).map(str::to_owned);
    Ok(VerifiedApproval {
        approver: approver.to_owned(),
        approved_at,
        ends,
        method: own(approval.get("approval_method")),
        risk_tier: own(scope.get("risk_tier")),
        fractional: scope.get("approval_duration_seconds").is_some_and(document::is_fractional),
    })
}

/// When an approval begins, and the last instant at which it counts.
pub(crate) fn window(scope: &Object<'_>, at: &str) -> Result<(Timestamp, Timestamp), ApprovalFault> {
    let duration = scope.get("approval_duration_seconds").and_then(whole).filter(|seconds| *seconds >= 1);
    let duration = duration.ok_or(ApprovalFault::Duration)?;
    let approved_at = Timestamp::parse_calendar(at).ok_or(ApprovalFault::Timestamp)?;
    if !approved_at.has_zone() {
        return Err(ApprovalFault::TimestampNoZone);
    }
    Ok((approved_at, approved_at.after(duration).ok_or(ApprovalFault::Duration)?))
}

/// The bytes that an approver signs; the method among them where one is stated.
fn signing_input(approval: &Object<'_>, manifest_id: &str) -> Result<Vec<u8>, ManifestError> {
    let mut signed = approval.clone();
    const SIGNED: [&str; 4] = ["approved_at", "approved_scope", "approver_id", "approval_method"];
    signed.retain(|name, _| SIGNED.contains(&name));
    signed.insert("manifest_id", manifest_id.to_owned());
    document::lean_bytes(signed)
}

/// Signs an approval of the manifest called `manifest_id`: `approval` with its `approval_signature`. (MAN-26)
///
/// # Errors
/// An approval without a canonical form.
pub fn sign_approval(
    approval: &Object<'static>,
    manifest_id: &str,
    key: &SigningKey,
) -> Result<Object<'static>, ManifestError> {
    let input = signing_input(approval, manifest_id)?;
    let mut signed = approval.clone();
    signed.insert("approval_signature", base64url(&key.sign(&input).0));
    Ok(signed)
}
