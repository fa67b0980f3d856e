//! What an appraisal says.

use ca2a_core::Sha256;

use crate::{
    Admissibility, ApprovalFault, ApprovalResult, Assurance, ChainRefusal, DelegationResult, FieldResult,
    Finding, Outcome, VerifiedApproval, VerifiedDelegation,
};

/// The steps of an appraisal, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Step {
    /// The version is known.
    Version,
    /// The signatures of the envelope hold.
    Envelope,
    /// The document has the shape of a manifest.
    Schema,
    /// It was not taken back.
    Revocation,
    /// Its time has come and is not over.
    Window,
    /// The signature of the document holds.
    Signature,
    /// What runs is what is bound.
    Artifacts,
    /// The catalogue's root is that of its tools.
    Catalog,
    /// No test and no scan found anything.
    Assessment,
    /// The audit chain only grew.
    Trace,
    /// The delegation chain holds.
    Delegation,
    /// People approved.
    Approval,
    /// Hardware evidence is about this manifest.
    Attestation,
    /// It stands in a log.
    Transparency,
}

impl Step {
    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Envelope => "envelope",
            Self::Schema => "schema",
            Self::Revocation => "revocation",
            Self::Window => "window",
            Self::Signature => "signature",
            Self::Artifacts => "artifacts",
            Self::Catalog => "catalog",
            Self::Assessment => "assessment",
            Self::Trace => "trace",
            Self::Delegation => "delegation",
            Self::Approval => "approval",
            Self::Attestation => "attestation",
            Self::Transparency => "transparency",
        }
    }
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// There was nothing to check, or nothing to check it with.
    Skipped,
}

/// One step and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub result: CheckResult,
    /// What was looked at, in one line for a person.
    pub detail: String,
}

/// Something that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where: a member, as others name it.
    pub field: String,
    /// What is wrong there, in one line for a person.
    pub problem: String,
}

/// What became of everything that a manifest binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the member of its name")]
pub struct Fields {
    pub system_prompt: FieldResult,
    pub policy_bundle: FieldResult,
    pub tool_manifest: FieldResult,
    pub model_identity: FieldResult,
    pub rag_corpus: FieldResult,
    pub memory_baseline: FieldResult,
    pub decision_trace: FieldResult,
    pub supply_chain: FieldResult,
    pub delegation_chain: DelegationResult,
    pub hitl_record: ApprovalResult,
}

impl Default for Fields {
    fn default() -> Self {
        let unbound = FieldResult::NotBound;
        Self {
            system_prompt: unbound,
            policy_bundle: unbound,
            tool_manifest: unbound,
            model_identity: unbound,
            rag_corpus: unbound,
            memory_baseline: unbound,
            decision_trace: unbound,
            supply_chain: unbound,
            delegation_chain: DelegationResult::NotPresent,
            hitl_record: ApprovalResult::NotRequired,
        }
    }
}

impl Fields {
    /// Every member by its name, and the word for what became of it.
    #[must_use]
    pub fn words(&self) -> [(&'static str, &'static str); 10] {
        [
            ("system_prompt", self.system_prompt.as_str()),
            ("policy_bundle", self.policy_bundle.as_str()),
            ("tool_manifest", self.tool_manifest.as_str()),
            ("model_identity", self.model_identity.as_str()),
            ("rag_corpus", self.rag_corpus.as_str()),
            ("memory_baseline", self.memory_baseline.as_str()),
            ("decision_trace", self.decision_trace.as_str()),
            ("supply_chain", self.supply_chain.as_str()),
            ("delegation_chain", self.delegation_chain.as_str()),
            ("hitl_record", self.hitl_record.as_str()),
        ]
    }
}

/// Everything that was found about one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appraisal {
    /// The result. Only `VALID` is one to rely on.
    pub outcome: Outcome,
    /// Whether every signature of the manifest holds under a trusted key.
    pub signature_verified: bool,
    /// Whether independently appraised hardware evidence binds this manifest.
    pub attestation_verified: bool,
    /// Whether an independently verified log holds this manifest.
    pub transparency_verified: bool,
    /// What became of each binding.
    pub fields: Fields,
    /// What a test of the configuration found.
    pub assurance: Assurance,
    /// What can be said about the approval today.
    pub admissibility: Admissibility,
    /// Everything that does not hold.
    pub mismatches: Vec<Mismatch>,
    /// What a reader should know beside it, each once.
    pub findings: Vec<Finding>,
    /// Every step that was taken.
    pub checks: Vec<Check>,
    /// What names the manifest, where it has a canonical form.
    pub digest: Option<Sha256>,
    /// The ids of the keys under which the signatures hold.
    pub key_ids: Vec<String>,
    /// The chain, where it holds.
    pub delegation: Option<VerifiedDelegation>,
    /// Why the chain does not.
    pub delegation_fault: Option<ChainRefusal>,
    /// The approvals that hold.
    pub approvals: Vec<VerifiedApproval>,
    /// Why others do not.
    pub approval_faults: Vec<ApprovalFault>,
}

impl Appraisal {
    pub(super) fn new() -> Self {
        Self {
            outcome: Outcome::Valid,
            signature_verified: false,
            attestation_verified: false,
            transparency_verified: false,
            fields: Fields::default(),
            assurance: Assurance::NotAssessed,
            admissibility: Admissibility::VerificationIncomplete,
            mismatches: Vec::new(),
            findings: Vec::new(),
            checks: Vec::new(),
            digest: None,
            key_ids: Vec::new(),
            delegation: None,
            delegation_fault: None,
            approvals: Vec::new(),
            approval_faults: Vec::new(),
        }
    }

    /// The places that do not hold, as others name them.
    pub fn mismatch_fields(&self) -> impl Iterator<Item = &str> {
        self.mismatches.iter().map(|mismatch| mismatch.field.as_str())
    }
}
