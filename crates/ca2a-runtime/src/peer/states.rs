//! The inbound pipeline, one type a state (RUN-1).
//!
//! Each state owns the request and is consumed by the step that leaves it, so no step can be skipped, repeated, or
//! fed with another request's proof.

use std::sync::Arc;

use ca2a_core::{
    CallerAssurance, ChannelKey, Consumption, EvaluationTime, ReplayClaim, ReplayStore, Scope, VerifyingKey,
    json,
    requirement::{holds, is_off},
};
use ca2a_delegation::{ProvenHolder, RevocationStatus, VerifiedChain};
use ca2a_policy::{Facts, ManifestFacts, authorize};
use ca2a_trace::{DelegationRecord, Denial, statement::Statement};
use zeroize::Zeroizing;

use super::{
    Callee, Notary, PeerError, PeerRequest, Refused,
    appraise::{CallerAppraisal, appraise},
    notary::Decided,
    payload::{self, Unsealed},
};
use crate::{
    sealing::ResultSealer,
    sink::{RecordSink, StoredRecord},
    system::Random,
};

/// A request that was parsed. Nothing in it is believed.
#[derive(Debug)]
pub struct Presented {
    request: PeerRequest,
}

impl Presented {
    /// Takes a request in.
    #[must_use]
    pub fn new(request: PeerRequest) -> Self {
        Self { request }
    }

    /// Verifies the chain at `now` (DEL-*): its root is trusted, every hop is signed, in its window and within the
    /// hop before, none is revoked.
    ///
    /// # Errors
    /// The chain's own refusal. No record is made: nobody has shown any authority yet.
    pub fn verify_chain(self, callee: &Callee<'_>, now: u64) -> Result<ChainVerified, PeerError> {
        let chain = callee.chain_verifier().verify(&self.request.chain, EvaluationTime::Live(now))?;
        Ok(ChainVerified { request: self.request, chain })
    }
}

/// The chain holds; whose it is, is open.
#[derive(Debug)]
pub struct ChainVerified {
    request: PeerRequest,
    chain: VerifiedChain,
}

impl ChainVerified {
    /// Verifies that the caller is the leaf's subject, against a challenge that this callee minted and over this
    /// very request (HOLD-*), towards this callee or a node that it speaks for (GATE-50).
    ///
    /// # Errors
    /// `HOLDER_PROOF_INVALID`; `WRONG_NODE` for a proof that holds and a request that is bound to the channel of another
    /// node. No record is made: a stranger earns no statement about the credential.
    pub fn prove_holder(self, callee: &Callee<'_>, now: u64) -> Result<HolderProved, PeerError> {
        let proof = self.request.holder_proof.as_ref().ok_or(PeerError::HolderProofMissing)?;
        let (key, audience) = callee.challenges.zip(callee.audience).ok_or(PeerError::NoChallenges)?;
        let live = proof.live_challenge(key, now)?;
        let parent = self.request.parent_record_hash.to_text();
        let proven_to = |audience| {
            let statement = self.request.holder_statement(audience, parent.as_deref());
            proof.verify(&self.chain, &live, &statement).map(|holder| (holder, audience))
        };
        let (holder, audience) = proven_to(audience).or_else(|error| {
            let other = callee.others.iter().find_map(|other| proven_to(*other).ok());
            other.ok_or(error)
        })?;
        if Some(audience) != callee.audience && self.request.is_bound_to_channel() {
            return Err(PeerError::WrongNode(audience));
        }
        Ok(HolderProved { request: self.request, chain: self.chain, holder, audience })
    }
}

/// The caller is the leaf's subject; whether for the first time with this proof, is open.
#[derive(Debug)]
pub struct HolderProved {
    request: PeerRequest,
    chain: VerifiedChain,
    holder: ProvenHolder,
    audience: ChannelKey,
}

impl HolderProved {
    /// The channel key that the caller proved to: this callee's, or that of a node that it speaks for.
    #[must_use]
    pub fn audience(&self) -> ChannelKey {
        self.audience
    }

    /// Who proved it: the subject of the leaf.
    #[must_use]
    pub fn subject(&self) -> &VerifyingKey {
        self.chain.subject()
    }

    /// What this proof spends.
    #[must_use]
    pub fn claim(&self) -> ReplayClaim {
        self.holder.claim()
    }

    /// Spends the proof in `store`; the store's answer is the only way on (HOLD-9).
    ///
    /// # Errors
    /// `HOLDER_PROOF_INVALID` when it was spent before; `OVERLOADED` or `STORE_UNAVAILABLE` when the store cannot
    /// remember it.
    pub fn consume(self, store: &dyn ReplayStore, now: u64) -> Result<Consumed, PeerError> {
        match store.consume(&self.claim(), now)? {
            Consumption::Fresh => Ok(Consumed { request: self.request, chain: self.chain }),
            Consumption::Spent if is_off("RUN-4") => {
                Ok(Consumed { request: self.request, chain: self.chain })
            }
            Consumption::Spent => Err(PeerError::Replayed),
        }
    }
}

/// The caller is the leaf's subject, here and now. From here on, a refusal leaves a record.
#[derive(Debug)]
pub struct Consumed {
    request: PeerRequest,
    chain: VerifiedChain,
}

impl Consumed {
    /// Appraises the caller's runtime (ATT-*): an offer that is there must hold, and the callee may demand one.
    ///
    /// # Errors
    /// `ATTESTATION_FAILED`, with a denial to record.
    pub fn appraise(self, callee: &Callee<'_>, now: u64) -> Result<Appraised, Box<Refused>> {
        match appraise(&self.request, &self.chain, callee, now) {
            Ok(caller) => Ok(Appraised { request: self.request, chain: self.chain, caller }),
            Err(_) if is_off("RUN-6, RUN-7") => {
                let caller = CallerAppraisal::NOT_OFFERED;
                Ok(Appraised { request: self.request, chain: self.chain, caller })
            }
            Err((assurance, error)) => {
                let effective = effective_scope(&self.request, &self.chain, callee, assurance, None);
                let caller = CallerAppraisal { assurance, ..CallerAppraisal::NOT_OFFERED };
                Err(Box::new(Refused { request: self.request, chain: self.chain, caller, effective, error }))
            }
        }
    }
}

/// The caller's runtime is appraised.
#[derive(Debug)]
pub struct Appraised {
    request: PeerRequest,
    chain: VerifiedChain,
    caller: CallerAppraisal,
}

impl Appraised {
    /// Decides the requested capability: held by the leaf, and allowed here (POL-*).
    ///
    /// # Errors
    /// `SCOPE_NOT_PERMITTED`, with a denial to record.
    pub fn authorize(self, callee: &Callee<'_>) -> Result<Authorized, Box<Refused>> {
        let Self { request, chain, caller } = self;
        let measurement = caller.measurement.as_deref();
        let effective = effective_scope(&request, &chain, callee, caller.assurance, measurement);
        let facts = facts(&request, &chain, callee, caller.assurance, measurement);
        if holds("RUN-8", authorize(callee.policy, chain.scope(), &facts).is_allow()) {
            return Ok(Authorized { request, chain, caller, effective });
        }
        let denial = Denial::out_of_scope(request.requested_capability.clone(), (*effective).clone());
        let error = PeerError::ScopeNotPermitted(denial);
        Err(Box::new(Refused { request, chain, caller, effective, error }))
    }
}

/// The call is allowed; its payload is still sealed.
#[derive(Debug)]
pub struct Authorized {
    request: PeerRequest,
    chain: VerifiedChain,
    caller: CallerAppraisal,
    effective: Arc<Scope>,
}

impl Authorized {
    /// Opens the payload, if there is one (SEAL-*), and judges the signed hop that it brings (HAND-76).
    ///
    /// # Errors
    /// `SEALED_CHANNEL_ERROR`, or the code of the hop's refusal, with a denial to record.
    pub fn open(self, callee: &Callee<'_>) -> Result<Box<Opened>, Box<Refused>> {
        let Self { request, chain, caller, effective } = self;
        match payload::unseal(&request, &chain, &caller, callee) {
            #[cfg(feature = "handoff")]
            Ok(unsealed) => match take_over(&request, &chain, &unsealed, callee) {
                Ok(handoff) => Ok(Box::new(Opened { request, chain, caller, effective, unsealed, handoff })),
                Err(error) => Err(Box::new(Refused { request, chain, caller, effective, error })),
            },
            #[cfg(not(feature = "handoff"))]
            Ok(unsealed) => Ok(Box::new(Opened { request, chain, caller, effective, unsealed })),
            Err(error) => Err(Box::new(Refused { request, chain, caller, effective, error })),
        }
    }
}

/// The payload is open; nothing is recorded yet, so nothing may act on it.
#[derive(Debug)]
pub struct Opened {
    request: PeerRequest,
    chain: VerifiedChain,
    caller: CallerAppraisal,
    effective: Arc<Scope>,
    unsealed: Unsealed,
    #[cfg(feature = "handoff")]
    handoff: Option<crate::handoff::TakenOver>,
}

impl Opened {
    /// Makes the allow record durable in `sink`, with the callee's signed statement where there is a `notary`, and
    /// hands the granted call over (TRC-*).
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`; the call is not granted then.
    pub async fn record(
        self: Box<Self>,
        sink: &dyn RecordSink,
        notary: Option<&Notary<'_>>,
    ) -> Result<Box<Granted>, PeerError> {
        self.try_record(sink, notary).await.map_err(|(_, error)| error)
    }

    /// As [`Self::record`]. A call whose record was not kept comes back, and can still be refused.
    pub(crate) async fn try_record(
        self: Box<Self>,
        sink: &dyn RecordSink,
        notary: Option<&Notary<'_>>,
    ) -> Result<Box<Granted>, (Box<Self>, PeerError)> {
        let (id, parent) = (self.request.record_id.clone(), self.request.parent_record_hash);
        let record = DelegationRecord::allow(self.chain.leaf(), id, parent, self.caller.assurance);
        let decided = Decided {
            request: &self.request,
            chain: &self.chain,
            measurement: self.caller.measurement.as_deref(),
            appraisal: self.caller.appraisal,
            effective: &self.effective,
            record: &record,
            refusal: None,
        };
        let (statement, stored) = match keep(sink, notary, &decided).await {
            Ok(kept) => kept,
            Err(error) => return Err((self, error)),
        };
        let Self { request, chain, caller, effective, unsealed, .. } = *self;
        Ok(Box::new(Granted {
            chain,
            requested_capability: request.requested_capability,
            caller,
            effective_scope: effective,
            payload: unsealed.payload,
            result: unsealed.result,
            #[cfg(feature = "handoff")]
            handoff: self.handoff,
            record,
            statement,
            stored,
            #[cfg(feature = "store-redb")]
            call: None,
        }))
    }
}

#[cfg(feature = "store-redb")]
impl Opened {
    /// Refuses the call after all, where it could not be begun.
    pub(crate) fn refused(self, error: PeerError) -> Refused {
        let Self { request, chain, caller, effective, .. } = self;
        Refused { request, chain, caller, effective, error }
    }
}

/// A call that was granted and whose record is durable: the end of the pipeline.
#[derive(Debug)]
#[non_exhaustive]
pub struct Granted {
    /// The verified chain.
    pub chain: VerifiedChain,
    /// The one capability that the call may use.
    pub requested_capability: ca2a_core::Capability,
    /// What the caller showed about its runtime.
    pub caller: CallerAppraisal,
    /// Everything that the leaf holds and this callee allows.
    pub effective_scope: Arc<Scope>,
    /// The plaintext, where a payload came. Wiped when dropped.
    pub payload: Option<Zeroizing<Vec<u8>>>,
    /// The packet that the call handed over by a signed hop, where it did (HAND-76).
    #[cfg(feature = "handoff")]
    pub handoff: Option<crate::handoff::TakenOver>,
    /// The durable record.
    pub record: DelegationRecord,
    /// The callee's signed statement, as durable as the record, where it signs any.
    pub statement: Option<Statement>,
    /// The call as the ledger of the node has it, where the node keeps one; it wants an outcome (GATE-3).
    #[cfg(feature = "store-redb")]
    pub call: Option<crate::calls::OpenCall>,
    stored: StoredRecord,
    result: Option<ResultSealer>,
}

impl Granted {
    /// Seals the result of the call to the caller's proven channel key, in the version of its payload and bound to
    /// this call. `None` where the caller offered no key (RUN-12).
    ///
    /// # Errors
    /// No randomness, or a result that is too long.
    pub fn seal_result(&self, plaintext: &[u8], random: &dyn Random) -> Result<Option<Vec<u8>>, PeerError> {
        self.result.as_ref().map(|result| result.seal(plaintext, random)).transpose()
    }

    /// Record and statement as they were kept.
    #[must_use]
    pub fn stored(&self) -> &StoredRecord {
        &self.stored
    }

    /// Whether revocation was checked.
    #[must_use]
    pub fn revocation(&self) -> RevocationStatus {
        self.chain.revocation()
    }
}

/// Signs what was decided and makes record and statement durable together.
pub(super) async fn keep(
    sink: &dyn RecordSink,
    notary: Option<&Notary<'_>>,
    decided: &Decided<'_>,
) -> Result<(Option<Statement>, StoredRecord), PeerError> {
    let statement = notary.map(|notary| notary.sign(decided)).transpose()?;
    let stored = StoredRecord {
        hash: decided.record.hash(),
        json: json::to_text(&decided.record.to_node()),
        statement: statement.as_ref().map(Statement::to_json),
    };
    sink.append(stored.clone()).await?;
    Ok((statement, stored))
}

#[cfg(feature = "handoff")]
fn take_over(
    request: &PeerRequest,
    chain: &VerifiedChain,
    unsealed: &Unsealed,
    callee: &Callee<'_>,
) -> Result<Option<crate::handoff::TakenOver>, PeerError> {
    let Some(hops) = &callee.hops else { return Ok(None) };
    let (capability, record_id) = (&request.requested_capability, &request.record_id);
    let call = crate::handoff::LiveCall { chain, capability, record_id };
    let plaintext = unsealed.payload.as_deref().map(Vec::as_slice);
    Ok(hops.gate.take_over(&call, plaintext, hops.spent, hops.now).map_err(Box::new)?)
}

fn facts<'f>(
    request: &'f PeerRequest,
    chain: &'f VerifiedChain,
    callee: &Callee<'f>,
    assurance: CallerAssurance,
    measurement: Option<&'f str>,
) -> Facts<'f> {
    let (leaf, capability) = (chain.leaf(), &request.requested_capability);
    let manifest = callee.manifest.map(|manifest| ManifestFacts {
        agent_id: &manifest.agent_id,
        digest: manifest.digest,
        approvers: &manifest.approvers,
    });
    Facts::new(chain.subject(), capability, leaf.depth(), chain.root_issuer(), assurance, measurement)
        .of_agent(manifest)
}

fn effective_scope(
    request: &PeerRequest,
    chain: &VerifiedChain,
    callee: &Callee<'_>,
    assurance: CallerAssurance,
    measurement: Option<&str>,
) -> Arc<Scope> {
    let facts = facts(request, chain, callee, assurance, measurement);
    callee.scopes.effective(callee.policy, chain.leaf().digest(), chain.scope(), &facts)
}
