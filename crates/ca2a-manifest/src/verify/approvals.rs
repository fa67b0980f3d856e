//! The delegation chain, and what people approved.

use ca2a_core::{
    json::{Node, Object},
    requirement::{holds, is_off},
};

use super::{Step, work::Work};
use crate::{
    Admissibility, ApprovalFault, ApprovalResult, ChainQuestion, DelegationResult, Finding, VerifiedApproval,
    approval::{verify_approval, window},
};

impl Work<'_> {
    pub(super) fn delegation(&mut self) {
        let document = self.document.clone();
        let chain = document.optional("delegation_chain");
        let Some(chain) = chain.filter(|chain| chain.as_array().is_none_or(|hops| !hops.is_empty())) else {
            if self.context.demands.delegation {
                self.mismatch("delegation_chain", "a delegation chain is demanded");
            }
            return self.skip(Step::Delegation, "there is no delegation chain");
        };
        if self.verifier.principals.is_empty() {
            self.appraisal.fields.delegation_chain = DelegationResult::Unverifiable;
            return self.skip(Step::Delegation, "no key of a principal is known");
        }
        let question = ChainQuestion {
            keys: &self.verifier.principals,
            manifest_id: self.manifest.id().unwrap_or_default(),
            issuer: self.manifest.issuer().or(self.manifest.agent_id()),
            agent: self.manifest.agent_id(),
            now: self.now,
            mode: self.verifier.mode,
            expected_delegates: self.verifier.delegates.as_ref(),
            constraints: self.verifier.constraints.as_deref(),
        };
        match question.ask(chain) {
            Ok(verified) => {
                self.appraisal.findings.extend_from_slice(verified.findings());
                self.appraisal.fields.delegation_chain = DelegationResult::Valid;
                self.check(Step::Delegation, format!("{} hops hold", verified.principals().len()));
                self.appraisal.delegation = Some(verified);
            }
            Err(refusal) => {
                self.appraisal.fields.delegation_chain = refusal.fault.result();
                self.appraisal.delegation_fault = Some(refusal);
                if refusal.fault.is_unverifiable() {
                    return self.skip(Step::Delegation, refusal.to_string());
                }
                self.mismatch("delegation_chain", refusal.to_string());
                self.check(Step::Delegation, refusal.to_string());
            }
        }
    }

    pub(super) fn approval(&mut self) {
        let document = self.document.clone();
        let record =
            document.get("hitl_record").and_then(Node::as_object).filter(|record| !record.is_empty());
        let result = match record {
            None if self.context.demands.hitl => {
                self.mismatch("hitl_record", "an approval is demanded, and the manifest knows of none");
                ApprovalResult::Missing
            }
            None => ApprovalResult::NotRequired,
            Some(record) => self.record(record),
        };
        self.appraisal.fields.hitl_record = result;
        self.appraisal.admissibility = match result {
            ApprovalResult::NotRequired => Admissibility::NotRequired,
            ApprovalResult::Approved => Admissibility::CurrentStateUnavailable,
            _ => Admissibility::NotSatisfied,
        };
        match result {
            ApprovalResult::NotRequired => self.skip(Step::Approval, "no approval is needed"),
            ApprovalResult::Unverifiable => self.skip(Step::Approval, "no key of an approver is known"),
            ApprovalResult::Approved => self.check(Step::Approval, "at least one approval holds"),
            _ => self.check(Step::Approval, "no approval holds"),
        }
    }

    fn record(&mut self, record: &Object<'static>) -> ApprovalResult {
        let required = record.get("required").and_then(Node::as_bool) == Some(true);
        if !required && !self.context.demands.hitl {
            return ApprovalResult::NotRequired;
        }
        let approvals = record.get("approvals").and_then(Node::as_array).unwrap_or_default();
        if approvals.is_empty() && is_off("MAN-26") {
            return ApprovalResult::Approved;
        }
        if approvals.is_empty() {
            // The issuer signed that one is required, whoever asks. (MAN-26)
            self.mismatch("hitl_record", "an approval is required, and there is none");
            return ApprovalResult::Missing;
        }
        for approval in approvals {
            match self.one(approval) {
                Ok(verified) => self.appraisal.approvals.push(verified),
                Err(fault) => self.appraisal.approval_faults.push(fault),
            }
        }
        if !self.appraisal.approvals.is_empty() {
            self.reported();
            return ApprovalResult::Approved;
        }
        let worst = worst(&self.appraisal.approval_faults);
        match worst {
            ApprovalResult::Invalid => {
                self.mismatch(
                    "hitl_record.approval_signature",
                    "no approval is signed by its approver for this manifest",
                );
            }
            ApprovalResult::Insufficient => {
                self.mismatch("hitl_record", "the method of the approval does not carry its risk");
            }
            ApprovalResult::Expired => self.mismatch("hitl_record", "every approval is over"),
            _ => {}
        }
        worst
    }

    fn reported(&mut self) {
        if self.verifier.approved.is_none() {
            self.find(Finding::ApprovalDigestNotChecked);
        }
        let spelled = self.appraisal.approvals.iter().any(VerifiedApproval::is_fractional);
        if spelled && !is_off("MAN-5") {
            self.find(Finding::FractionalNumber);
        }
        // Role, evidence and identity type stand outside of what an approver signs.
        self.find(Finding::UnsignedMembersNotChecked);
    }

    fn one(&self, approval: &Node<'static>) -> Result<VerifiedApproval, ApprovalFault> {
        let approval = approval.as_object().ok_or(ApprovalFault::MissingFields)?;
        let scope =
            approval.get("approved_scope").and_then(Node::as_object).ok_or(ApprovalFault::MissingFields)?;
        let text = |name| approval.get(name).and_then(Node::as_str);
        let (_, ends) = window(scope, text("approved_at").unwrap_or_default())?;
        if !holds("MAN-26", self.now.micros() <= ends.micros()) {
            return Err(ApprovalFault::Expired);
        }
        if self.context.demands.conformance_level >= 2 {
            let tier = scope.get("risk_tier").and_then(Node::as_str);
            let risky = matches!(tier, Some("high" | "critical"));
            match text("approval_method") {
                Some("software-key") => return Err(ApprovalFault::Insufficient),
                Some("hardware-key") => {}
                _ if risky => return Err(ApprovalFault::Insufficient),
                _ => {}
            }
        }
        let approver = text("approver_id").ok_or(ApprovalFault::MissingFields)?;
        let key = self
            .verifier
            .approvers
            .entry(approver)
            .ok_or(ApprovalFault::NoKey)?
            .ok_or(ApprovalFault::BadKey)?;
        let id = self.manifest.id().unwrap_or_default();
        let verified = verify_approval(approval, id, key, self.now, self.verifier.mode)?;
        let approved = self.verifier.approved.as_ref();
        match approved
            .is_some_and(|approved| self.appraisal.digest.is_none_or(|digest| !approved.contains(&digest)))
        {
            true => Err(ApprovalFault::ContentNotApproved),
            false => Ok(verified),
        }
    }
}

/// What several faults amount to: invalid, else insufficient, else over, else unverifiable.
fn worst(faults: &[ApprovalFault]) -> ApprovalResult {
    use ApprovalFault::{Expired, Insufficient, NoKey, Timestamp, TimestampNoZone};
    let over = |fault: &ApprovalFault| matches!(fault, Expired | Timestamp | TimestampNoZone);
    let invalid = |fault: &ApprovalFault| !over(fault) && !matches!(fault, Insufficient | NoKey);
    if faults.iter().any(invalid) {
        ApprovalResult::Invalid
    } else if faults.contains(&Insufficient) {
        ApprovalResult::Insufficient
    } else if faults.iter().any(over) {
        ApprovalResult::Expired
    } else {
        ApprovalResult::Unverifiable
    }
}
