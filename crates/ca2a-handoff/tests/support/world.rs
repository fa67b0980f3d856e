//! Agents, packets and verifiers for tests.

use std::{collections::HashSet, sync::Mutex};

use ca2a_core::{Consumption, ErrorCode, ReplayClaim, ReplayError, ReplayStore};
use ca2a_handoff::{
    AgentIdentity, CapabilityGrant, DelegationCapability, DelegationEnvelope, Handoff, HandoffVerifier,
    Permissions, Profile, SignedTaskPacket, TaskPacket, Timestamp, UnixMicros,
};

/// Remembers digests, up to a bound.
pub struct Store {
    room: usize,
    spent: Mutex<HashSet<[u8; 32]>>,
}

impl Store {
    pub fn of(room: usize) -> Self {
        Self { room, spent: Mutex::default() }
    }

    pub fn new() -> Self {
        Self::of(1_000)
    }

    pub fn len(&self) -> usize {
        self.spent.lock().unwrap().len()
    }
}

impl ReplayStore for Store {
    fn consume(&self, claim: &ReplayClaim, _: u64) -> Result<Consumption, ReplayError> {
        let mut spent = self.spent.lock().unwrap();
        if spent.contains(&claim.digest.0) {
            return Ok(Consumption::Spent);
        }
        if spent.len() >= self.room {
            return Err(ReplayError::Full);
        }
        spent.insert(claim.digest.0);
        Ok(Consumption::Fresh)
    }
}

pub fn agent(seed: u8) -> AgentIdentity {
    AgentIdentity::from_seed(&[seed; 32])
}

pub fn alice() -> AgentIdentity {
    agent(1)
}

pub fn bob() -> AgentIdentity {
    agent(2)
}

pub fn carol() -> AgentIdentity {
    agent(3)
}

pub fn mallory() -> AgentIdentity {
    agent(0x42)
}

pub fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub fn now() -> UnixMicros {
    time("2026-01-15T12:00:00Z").moment()
}

/// From alice to bob, read and search, five calls.
pub fn task() -> TaskPacket {
    from_to(&alice(), &bob())
}

pub fn from_to(from: &AgentIdentity, to: &AgentIdentity) -> TaskPacket {
    let (issued, expires) = (time("2026-01-15T11:59:00Z"), time("2026-01-15T12:09:00Z"));
    TaskPacket::new(["pk_1", "task_1", "nonce-1"], from.agent_id(), to.agent_id(), issued, expires, "search")
        .context([("company", "Example Corp")])
        .permissions(Permissions::new(["read", "search"]).max_tool_calls(5))
}

pub fn signed(task: TaskPacket) -> SignedTaskPacket {
    task.sign(&alice(), Profile::P3).unwrap()
}

pub fn verifier() -> HandoffVerifier {
    HandoffVerifier::new(bob().agent_id().clone()).root(alice().verifying_key())
}

pub fn verdict(handoff: Handoff<'_>) -> Result<(), ErrorCode> {
    verifier().check(handoff, now()).map(drop).map_err(|refusal| refusal.code())
}

pub fn verdict_of(task: TaskPacket) -> Result<(), ErrorCode> {
    verdict(Handoff::packet(&signed(task)))
}

pub fn envelope_verdict(envelope: &DelegationEnvelope) -> Result<(), ErrorCode> {
    verdict(Handoff::envelope(envelope))
}

/// The JSON of a packet, changed.
pub fn edited(
    packet: &SignedTaskPacket,
    edit: impl FnOnce(&mut serde_json::Value),
) -> Result<SignedTaskPacket, ErrorCode> {
    let mut value: serde_json::Value = serde_json::from_str(&packet.to_json(Profile::P3)).unwrap();
    edit(&mut value);
    SignedTaskPacket::from_json(value.to_string().as_bytes()).map_err(|error| error.code())
}

pub fn grant(id: &str, to: &AgentIdentity, permissions: Permissions) -> CapabilityGrant {
    CapabilityGrant {
        capability_id: id.into(),
        subject_agent: to.agent_id().clone(),
        permissions,
        constraints: None,
        issued_at: time("2026-01-15T11:59:00Z"),
        expires_at: time("2026-01-15T13:00:00Z"),
    }
}

/// Alice's grant to bob.
pub fn capability() -> DelegationCapability {
    DelegationCapability::issue(&alice(), grant("c0", &bob(), Permissions::new(["search"]).max_tool_calls(3)))
        .unwrap()
}
