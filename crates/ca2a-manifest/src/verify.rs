//! Appraising a manifest: every step, in the order that others share. (MAN-25)

mod appraisal;
mod approvals;
mod artifacts;
mod attached;
mod fold;
mod signature;
mod trace;
mod verified;
mod work;

use std::{collections::BTreeSet, sync::Arc};

use ca2a_core::{EvaluationTime, Sha256};

pub use appraisal::{Appraisal, Check, CheckResult, Fields, Mismatch, Step};
pub use verified::{BindError, BoundManifest, Refusal, VerifiedManifest};
use work::Work;

use crate::{
    ConstraintEvaluator, Context, KeyIssuers, Manifest, Mode, PrincipalKeys, RevocationList, Timestamp,
    TrustAnchors,
};

/// Whose keys count, what was taken back, and which rules hold. One verifier serves any number of manifests.
///
/// ```
/// # use ca2a_core::{EvaluationTime, SigningKey};
/// # use ca2a_manifest::{Context, Manifest, TrustAnchors, Verifier};
/// # fn check(bytes: &[u8], issuer: &SigningKey) -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::new(TrustAnchors::new().with(issuer.verifying_key()));
/// let manifest = Manifest::read(bytes)?;
/// let verified = verifier.verify(manifest, &Context::identity_only(), EvaluationTime::Live(1_780_315_200))?;
/// println!("{} speaks for {}", verified.issuer().unwrap_or("nobody"), verified.agent_id());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    anchors: TrustAnchors,
    issuers: Option<KeyIssuers>,
    principals: PrincipalKeys,
    approvers: PrincipalKeys,
    revocations: Option<RevocationList>,
    constraints: Option<Arc<dyn ConstraintEvaluator>>,
    delegates: Option<BTreeSet<String>>,
    approved: Option<BTreeSet<Sha256>>,
    mode: Mode,
}

impl Verifier {
    /// A strict verifier that trusts `anchors`.
    #[must_use]
    pub fn new(anchors: TrustAnchors) -> Self {
        Self { anchors, ..Self::default() }
    }

    /// Each trusted key signs for these issuers only. (MAN-17)
    #[must_use]
    pub fn key_issuers(mut self, issuers: KeyIssuers) -> Self {
        self.issuers = Some(issuers);
        self
    }

    /// The keys of those who may delegate.
    #[must_use]
    pub fn delegation_keys(mut self, keys: PrincipalKeys) -> Self {
        self.principals = keys;
        self
    }

    /// The keys of those who may approve.
    #[must_use]
    pub fn approver_keys(mut self, keys: PrincipalKeys) -> Self {
        self.approvers = keys;
        self
    }

    /// The manifests that were taken back.
    #[must_use]
    pub fn revocations(mut self, list: RevocationList) -> Self {
        self.revocations = Some(list);
        self
    }

    /// Who evaluates constraints; without one a chain with constraints is unverifiable. (MAN-38)
    #[must_use]
    pub fn constraints(mut self, evaluator: Arc<dyn ConstraintEvaluator>) -> Self {
        self.constraints = Some(evaluator);
        self
    }

    /// The principals that may stand below the root of a chain. (MAN-39)
    #[must_use]
    pub fn expected_delegates<I: IntoIterator<Item = S>, S: Into<String>>(mut self, delegates: I) -> Self {
        self.delegates = Some(delegates.into_iter().map(Into::into).collect());
        self
    }

    /// The digests of the manifests that people saw when they approved. An approval of other content does not count.
    /// (MAN-26)
    #[must_use]
    pub fn approved_digests<I: IntoIterator<Item = Sha256>>(mut self, digests: I) -> Self {
        self.approved = Some(digests.into_iter().collect());
        self
    }

    /// The rules that count.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Appraises `manifest` and says everything that was found. (MAN-25)
    #[must_use]
    pub fn appraise(&self, manifest: &Manifest, context: &Context, now: EvaluationTime) -> Appraisal {
        Work::new(self, manifest, context, Timestamp::of_seconds(now.seconds())).run()
    }

    /// Appraises `manifest` and lets it through only as `VALID`.
    ///
    /// # Errors
    /// Any other result, with everything that was found.
    pub fn verify(
        &self,
        manifest: Manifest,
        context: &Context,
        now: EvaluationTime,
    ) -> Result<VerifiedManifest, Box<Refusal>> {
        VerifiedManifest::of(self.appraise(&manifest, context, now), manifest)
    }
}
