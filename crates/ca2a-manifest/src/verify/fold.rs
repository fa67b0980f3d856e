//! From everything that was found to one result. (MAN-25)

use ca2a_core::{json::Node, requirement::is_off};

use super::work::{Work, object};
use crate::{ApprovalResult, DelegationResult, Outcome};

/// What the steps left open.
#[derive(Default)]
pub(super) struct Open {
    /// Every signature of the envelope holds.
    pub(super) sealed: bool,
    /// Nobody signed.
    pub(super) unsigned: bool,
    /// The list of revocations says nothing.
    pub(super) revocation: bool,
    /// Something is bound and nobody said what runs.
    pub(super) uncompared: bool,
    /// A log is demanded and none is named.
    pub(super) log_missing: bool,
    /// A log is demanded, and its receipt was not verified.
    pub(super) log_unverified: bool,
}

impl Work<'_> {
    pub(super) fn fold(&mut self) {
        self.appraisal.outcome = self.outcome();
    }

    fn outcome(&self) -> Outcome {
        let (found, demands) = (&self.appraisal, &self.context.demands);
        if !found.mismatches.is_empty() {
            return Outcome::Mismatch;
        }
        if self.open.unsigned && !is_off("MAN-25") {
            return Outcome::SignatureMissing;
        }
        let unverifiable = !found.signature_verified
            || self.open.revocation
            || self.open.log_unverified
            || found.fields.delegation_chain == DelegationResult::Unverifiable
            || found.fields.hitl_record == ApprovalResult::Unverifiable;
        if unverifiable {
            return Outcome::Unverifiable;
        }
        let composition = self.manifest.text("profile") == Some("composition-only");
        if composition || self.open.log_missing || (demands.artifacts && self.open.uncompared) {
            return Outcome::Incomplete;
        }
        let attested = found.attestation_verified && self.audit_key_sealed();
        if demands.attestation && !attested { Outcome::AttestationUnavailable } else { Outcome::Valid }
    }

    /// Whether both the evidence and the issuer say that the audit key is sealed.
    fn audit_key_sealed(&self) -> bool {
        let said = |node: Option<&Node<'static>>| node.and_then(Node::as_bool) == Some(true);
        let trace = object(object(Some(&self.document), "artifacts"), "decision_trace");
        said(self.attestation_block().and_then(|block| block.get("audit_key_sealed")))
            && said(trace.and_then(|trace| trace.get("audit_key_sealed")))
    }
}
