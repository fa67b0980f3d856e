//! A manifest that holds, and one that does not.

use core::fmt;

use ca2a_core::{ErrorCode, Sha256, requirement::holds};

use super::{Appraisal, Mismatch, Step};
use crate::{
    Finding, Manifest, Outcome, Timestamp, VerifiedApproval, VerifiedDelegation, names::is_spiffe,
    schema::timestamp,
};

/// A manifest that was appraised as `VALID`. No public constructor.
#[derive(Debug, Clone)]
pub struct VerifiedManifest {
    manifest: Manifest,
    appraisal: Appraisal,
    digest: Sha256,
}

/// A manifest with any other result, and everything that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was found.
    pub appraisal: Appraisal,
}

impl VerifiedManifest {
    pub(super) fn of(appraisal: Appraisal, manifest: Manifest) -> Result<Self, Box<Refusal>> {
        match (appraisal.outcome, appraisal.digest) {
            (Outcome::Valid, Some(digest)) => Ok(Self { manifest, appraisal, digest }),
            _ => Err(Box::new(Refusal { appraisal })),
        }
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its id, as written.
    #[must_use]
    pub fn id(&self) -> &str {
        self.manifest.id().unwrap_or_default()
    }

    /// The agent that it is about.
    #[must_use]
    pub fn agent_id(&self) -> &str {
        self.manifest.agent_id().unwrap_or_default()
    }

    /// Who says so. Manifests of version 0.1 need not name anybody.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.manifest.issuer()
    }

    /// What names it: SHA-256 of what its issuer signed.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        self.digest
    }

    /// When it ends; it does not count from that instant on.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.manifest.document().get("expires_at").and_then(timestamp)
    }

    /// The ids of the keys that signed it.
    #[must_use]
    pub fn key_ids(&self) -> &[String] {
        &self.appraisal.key_ids
    }

    /// Its delegation chain, where it has one.
    #[must_use]
    pub fn delegation(&self) -> Option<&VerifiedDelegation> {
        self.appraisal.delegation.as_ref()
    }

    /// The approvals that hold.
    #[must_use]
    pub fn approvals(&self) -> &[VerifiedApproval] {
        &self.appraisal.approvals
    }

    /// What could not be told, and what was read in spite of its spelling.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.appraisal.findings
    }

    /// Everything that was found.
    #[must_use]
    pub fn appraisal(&self) -> &Appraisal {
        &self.appraisal
    }

    /// Binds the manifest to the workload that presents it. (MAN-44)
    ///
    /// # Errors
    /// A subject that is no SPIFFE ID or not the agent of the manifest, or a manifest without an issuer.
    pub fn bind(self, authenticated_subject: &str) -> Result<BoundManifest, BindError> {
        if !self.issuer().is_some_and(is_spiffe) {
            return Err(BindError::Issuer);
        }
        if !is_spiffe(authenticated_subject) {
            return Err(BindError::Subject);
        }
        if !holds("MAN-44", authenticated_subject == self.agent_id()) {
            return Err(BindError::SubjectMismatch { agent_id: self.agent_id().to_owned() });
        }
        Ok(BoundManifest { verified: self })
    }
}

/// A verified manifest of the workload that presents it.
#[derive(Debug, Clone)]
pub struct BoundManifest {
    verified: VerifiedManifest,
}

impl BoundManifest {
    /// The manifest.
    #[must_use]
    pub fn verified(&self) -> &VerifiedManifest {
        &self.verified
    }

    /// The workload, by its SPIFFE ID.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.verified.agent_id()
    }
}

/// A manifest that is not about whoever presents it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// No issuer.
    #[error("the manifest names no issuer, so that nobody speaks for its agent")]
    Issuer,
    /// A subject that is no workload.
    #[error("the authenticated subject must be a SPIFFE ID, such as `spiffe://example.org/agent`")]
    Subject,
    /// Another agent.
    #[error("the manifest is about `{agent_id}`, which is not the authenticated subject")]
    SubjectMismatch {
        /// The agent of the manifest.
        agent_id: String,
    },
}

impl BindError {
    /// The code on the wire and in exits.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ManifestSubjectMismatch
    }
}

impl Refusal {
    /// The code on the wire and in exits.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        let found = &self.appraisal;
        let only = |fields: &[&str]| found.mismatch_fields().all(|field| fields.contains(&field));
        match found.outcome.code() {
            Some(ErrorCode::ManifestMismatch) if self.failed_at(Step::Schema) => ErrorCode::ManifestInvalid,
            Some(ErrorCode::ManifestMismatch) if only(&["delegation_chain"]) => {
                ErrorCode::ManifestDelegationInvalid
            }
            Some(ErrorCode::ManifestMismatch) if only(&["hitl_record", "hitl_record.approval_signature"]) => {
                ErrorCode::ManifestApprovalInvalid
            }
            Some(code) => code,
            None => ErrorCode::ManifestInvalid,
        }
    }

    fn failed_at(&self, step: Step) -> bool {
        self.appraisal.checks.last().is_some_and(|last| last.step == step)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the manifest is {}", self.appraisal.outcome)?;
        match &self.appraisal.mismatches[..] {
            [] => Ok(()),
            [Mismatch { field, problem }] => write!(out, ": `{field}`: {problem}"),
            [Mismatch { field, problem }, rest @ ..] => {
                write!(out, ": `{field}`: {problem}, and {} more", rest.len())
            }
        }
    }
}

impl core::error::Error for Refusal {}
