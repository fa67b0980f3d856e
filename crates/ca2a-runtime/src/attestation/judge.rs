//! Judging the reports of others: verification and appraisal with a clock, an operator's files and a memory.

use std::{fmt, sync::Arc};

use ca2a_attest::{
    Accepted, AttestError, AttestationReport, EvidenceVerifier, Platform, Role, VerifiedEvidence,
    appraisal::{AppraisalPolicy, Counters, Request},
    verify::{HardwareVerifier, Memory, Provided, Wanted},
};
use ca2a_core::ChannelKey;

use super::{CounterError, CounterStore, MemoryCounters, OperatorFiles, counters::KeyId, listed::Listed};
use crate::system::{Clock, SystemClock};

/// Machines whose certificates are remembered.
const MACHINES: usize = 1024;
/// Reports of one TPM overtake one another on their way here, within the life of a challenge: how far, in milliseconds, the
/// clock of one may be behind that of the last one.
const OVERTAKEN_MS: u64 = 60_000;

/// Verifies a report and appraises it under one policy. Only an Affirming appraisal is accepted: evidence that nobody has
/// reference values for is refused like evidence that fails (ATT-504).
pub struct HardwareJudge {
    verifier: Listed,
    policy: AppraisalPolicy,
    files: OperatorFiles,
    counters: Arc<dyn CounterStore>,
    clock: Arc<dyn Clock>,
    memory: Memory,
}

impl fmt::Debug for HardwareJudge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HardwareJudge").field("policy", self.policy.id()).finish_non_exhaustive()
    }
}

impl HardwareJudge {
    /// A judge under `policy` that trusts what `verifier` does, with the system's clock and no files.
    #[must_use]
    pub fn new(verifier: HardwareVerifier, policy: AppraisalPolicy) -> Self {
        Self {
            verifier: Listed::new(verifier, None),
            policy,
            files: OperatorFiles::default(),
            counters: Arc::new(MemoryCounters::default()),
            clock: Arc::new(SystemClock),
            memory: Memory::new(MACHINES),
        }
    }

    /// The same with an operator's certificates, revocation lists and collateral.
    #[must_use]
    pub fn with_files(mut self, files: OperatorFiles) -> Self {
        self.verifier = self.verifier.in_folder(files.endorsements().cloned());
        self.files = files;
        self
    }

    /// The same, keeping the counters of TPMs in `store`.
    #[must_use]
    pub fn with_counters(mut self, store: Arc<dyn CounterStore>) -> Self {
        self.counters = store;
        self
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &AppraisalPolicy {
        &self.policy
    }

    fn judge(
        &self,
        platform: Platform,
        report: &AttestationReport,
        nonce: &str,
        role: Role,
    ) -> Result<Accepted, AttestError> {
        let refused = |reason: String| AttestError::Evidence { platform, reason: reason.into() };
        let forgotten =
            |error: CounterError| AttestError::Memory { platform, reason: error.to_string().into() };
        let key: ChannelKey = report.public_key.parse().map_err(|_| AttestError::KeyNotBound)?;
        let now = self.clock.now();
        let found = self.files.find(&Wanted::of(platform, &report.evidence));
        let provided = Provided {
            endorsement: found.endorsement.as_ref().map(|der| der.as_slice()),
            collateral: found.collateral.as_deref(),
        };
        let verifier = self.verifier.now().map_err(&refused)?;
        let evidence = verifier.verify(platform, &report.evidence, provided, now, &self.memory);
        let evidence = evidence.map_err(|error| refused(error.to_string()))?;
        let mut request = Request::binding(now, platform, role, &key, nonce)?;
        let tpm = tpm(&evidence);
        let before = tpm.map(|(id, _)| self.counters.last(&id)).transpose();
        if let Some(before) = before.map_err(forgotten)?.flatten() {
            let clock = before.clock.saturating_sub(OVERTAKEN_MS);
            request = request.after(Counters { clock, ..before });
        }
        let appraisal = self.policy.appraise(&evidence, &request);
        if !appraisal.is_affirming() {
            return Err(refused(format!(
                "it is appraised as {}: {}",
                appraisal.verdict().as_str(),
                appraisal.reasons()
            )));
        }
        let measurement = appraisal.stated_measurement();
        // The peer's rule for a TPM, whose quotes say nothing else about what they are of.
        if platform == Platform::Tpm && *report.measurement != measurement {
            return Err(refused(format!(
                "the report states another measurement than was signed, `{measurement}`"
            )));
        }
        if let Some((id, counters)) = tpm {
            self.counters.remember(&id, counters).map_err(forgotten)?;
        }
        Ok(Accepted { measurement: measurement.into(), appraisal: Some(appraisal.digest()) })
    }
}

impl EvidenceVerifier for HardwareJudge {
    fn covers(&self, platform: Platform) -> bool {
        self.verifier.covers(platform) && self.policy.has_reference(platform)
    }

    fn verify(
        &self,
        platform: Platform,
        report: &AttestationReport,
        nonce: &str,
        role: Role,
    ) -> Result<Accepted, AttestError> {
        self.judge(platform, report, nonce, role)
    }
}

/// The attestation key of a TPM and its counters.
fn tpm(evidence: &VerifiedEvidence) -> Option<(KeyId, Counters)> {
    let claims = match evidence {
        VerifiedEvidence::Tpm(verified) => verified.claims(),
        VerifiedEvidence::Azure(verified) => &verified.claims().tpm,
        _ => return None,
    };
    let clock = claims.quote.clock;
    let counters =
        Counters { clock: clock.clock, reset_count: clock.reset_count, restart_count: clock.restart_count };
    Some((claims.key.material.id(), counters))
}
