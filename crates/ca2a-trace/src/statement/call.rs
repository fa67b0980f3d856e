//! Making the statement about a call from what the call left behind.

use ca2a_core::{Capability, ChannelKey, Scope, Sha256, SigningKey, TraceLink};
use ca2a_delegation::VerifiedChain;

use super::{
    CalleeManifest, CallerRuntime, ChainDigest, PayloadDigest, Statement, StatementError, StatementFacts,
    Verdict,
    cross::{same_record, within_chain},
};
use crate::record::DelegationRecord;

/// One call, decided: everything that a statement about it says, most of it taken from what was verified and recorded,
/// so that the statement cannot say anything else.
#[derive(Debug, Clone)]
pub struct Call<'c> {
    /// The chain, verified; the statement takes its digest and its revocation state.
    pub chain: &'c VerifiedChain,
    /// The record that the callee made; the statement takes its hash and the caller's assurance.
    pub record: &'c DelegationRecord,
    /// Digest of the TRACE record that the caller sent, where it sent one.
    pub trace_record: Option<TraceLink>,
    /// What was asked for.
    pub capability: &'c Capability,
    /// Everything that the leaf holds and this callee allows.
    pub effective_scope: &'c Scope,
    /// What was decided.
    pub verdict: Verdict,
    /// What hardware measured, where hardware was verified.
    pub measurement: Option<&'c str>,
    /// Digest of the appraisal of that hardware, where one was made.
    pub appraisal: Option<Sha256>,
    /// Salted digest of the sealed payload, where there was one.
    pub payload: Option<PayloadDigest>,
    /// Digest of the policy that decided.
    pub policy: Sha256,
    /// The time of the decision in Unix seconds: the one that the chain was verified at.
    pub issued_at: u64,
    /// The callee's channel key.
    pub channel_key: ChannelKey,
    /// The verified manifest of the callee's agent, where it has one.
    pub manifest: Option<&'c CalleeManifest>,
}

impl Call<'_> {
    /// Signs the statement about this call with the callee's key.
    ///
    /// # Errors
    /// Facts that contradict one another, the chain or the record; nothing is signed then (TRC-103).
    pub fn sign(&self, key: &SigningKey) -> Result<Statement, StatementError> {
        let facts = StatementFacts {
            trace_record: self.trace_record,
            chain: ChainDigest::of(self.chain.hops()),
            delegation_record: self.record.hash(),
            capability: self.capability.clone(),
            effective_scope: self.effective_scope.clone(),
            verdict: self.verdict,
            caller: CallerRuntime {
                assurance: self.record.assurance(),
                measurement: self.measurement.map(Into::into),
                appraisal: self.appraisal,
            },
            payload: self.payload,
            policy: self.policy,
            revocation: self.chain.revocation(),
            issued_at: self.issued_at,
            channel_key: self.channel_key,
            manifest: self.manifest.cloned(),
        };
        let leaf = self.chain.leaf();
        within_chain(&facts, self.chain)
            .and_then(|()| same_record(&facts, self.record, leaf))
            .map_err(StatementError::Contradiction)?;
        Statement::sign(facts, key)
    }
}
