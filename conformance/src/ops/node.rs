//! Nodes as the cases fix them: keys, policy, clock and randomness given, stores fresh.

use std::sync::{Arc, Mutex, PoisonError};

use ca2a_attest::EvidenceVerifier;
use ca2a_core::{Capability, ChallengeKey};
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    node::{FixedRevocations, PeerNode, TaskHandler, TaskResult},
    peer::{CallerRequirement, Granted},
    store::{MemoryRecordStore, MemoryReplayStore},
    system::{FixedClock, Random, RandomError},
};
use ca2a_seal::ChannelSecret;

use super::{chain, hardware::QuoteVerifier, typed};
use crate::{
    got::{Refusal, Stop},
    input::Input,
};

/// How long challenges live where a case does not say: what the vectors were made with.
const CHALLENGE_TTL_SECONDS: u64 = 60;

/// A node for the members of `input`, its clock standing at `now`.
pub(crate) fn build(input: &Input, now: u64) -> Result<PeerNode, Stop> {
    let verifier = QuoteVerifier::of(input, "caller_verifier", now)?;
    let verifier = verifier.map(|verifier| Arc::new(verifier) as Arc<dyn EvidenceVerifier>);
    let node = PeerNode::new(
        chain::roots(input)?,
        Arc::new(policy(input)?),
        Arc::new(MemoryReplayStore::default()),
        Arc::new(MemoryRecordStore::default()),
    );
    let mut node = node
        .map_err(|error| Stop::Broken(error.to_string()))?
        .with_channel_secret(ChannelSecret::from_bytes(input.array("enclave_private_hex")?))
        .with_challenges(ChallengeKey::new(input.array("challenge_secret_hex")?), CHALLENGE_TTL_SECONDS)
        .with_caller_requirement(requirement(input)?, verifier)
        .with_revocations(
            Arc::new(FixedRevocations(chain::snapshot(input)?.map(Arc::new))),
            input.optional_uint("max_revocation_staleness")?,
        );
    if let Some(depth) = input.optional_uint("max_depth")? {
        node = node.with_max_depth(depth);
    }
    let random = input.get("challenge_random_hex").map(|_| input.bytes("challenge_random_hex"));
    Ok(node.with_system(
        Arc::new(FixedClock(now)),
        Arc::new(GivenRandom(random.transpose()?.unwrap_or_default())),
    ))
}

/// What the callee of a case allows.
pub(crate) fn policy(input: &Input) -> Result<AllowSet, Stop> {
    let allowed = input.texts("policy_allow")?;
    let allowed: Vec<Capability> = allowed.iter().map(|text| typed(text)).collect::<Result<_, _>>()?;
    Ok(AllowSet::new(allowed))
}

/// What the callee of a case wants of a caller's runtime.
pub(crate) fn requirement(input: &Input) -> Result<CallerRequirement, Stop> {
    match input.optional_text("require_caller_attestation")?.as_deref() {
        None | Some("none") => Ok(CallerRequirement::None),
        Some("any") => Ok(CallerRequirement::Any),
        Some("hardware") => Ok(CallerRequirement::Hardware),
        Some(_) => Err(Refusal::by_type("a requirement").into()),
    }
}

/// Randomness that a case gives, over and over.
struct GivenRandom(Vec<u8>);

impl Random for GivenRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        if self.0.is_empty() {
            return Err(RandomError);
        }
        bytes.iter_mut().zip(self.0.iter().cycle()).for_each(|(slot, byte)| *slot = *byte);
        Ok(())
    }
}

/// A handler that keeps what a granted call brought.
#[derive(Default)]
pub(crate) struct Witness(Mutex<Option<Call>>);

/// What a granted call brought.
pub(crate) struct Call {
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) revocation: &'static str,
}

impl From<&Granted> for Call {
    fn from(call: &Granted) -> Self {
        Self {
            payload: call.payload.as_ref().map(|bytes| bytes.to_vec()),
            revocation: call.revocation().as_str(),
        }
    }
}

impl Witness {
    /// What the last granted call brought since this was asked before.
    pub(crate) fn take(&self) -> Option<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl TaskHandler for Witness {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(call.into());
        Box::pin(std::future::ready(Ok(None)))
    }
}
