//! From a framework's delegation event to a packet, an envelope and a decision. (HAND-80 to HAND-82)

use alloc::{string::String, vec, vec::Vec};

use ca2a_core::{ReplayStore, json::Object};
use serde::{Deserialize, Serialize};

use super::Framework;
use crate::{
    AgentId, AgentIdentity, DelegationEnvelope, Handoff, HandoffError, HandoffVerifier, PacketDecision,
    PacketIds, Permissions, Profile, SignedTaskPacket, TaskPacket, Timestamp, TimestampError, UnixMicros,
};

/// What every event may say besides, under the same names in every framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HandoffOptions {
    /// What the recipient may do; `read`, `search` and `summarize` unless told otherwise.
    pub allowed_actions: Vec<String>,
    /// The most tool calls; 5 unless told otherwise.
    pub max_tool_calls: Option<u32>,
    /// The life of the packet; 10 minutes unless told otherwise.
    pub expires_in_minutes: u32,
}

impl Default for HandoffOptions {
    fn default() -> Self {
        Self {
            allowed_actions: vec!["read".into(), "search".into(), "summarize".into()],
            max_tool_calls: Some(5),
            expires_in_minutes: 10,
        }
    }
}

/// What the outside contributes to a packet.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// Now.
    pub now: UnixMicros,
    /// Fresh randomness, for the names of packet and task and for the nonce.
    pub random: [[u8; 16]; 3],
    /// The profile to sign under.
    pub profile: Profile,
}

/// An event, freed from the names of its framework.
#[derive(Debug, Clone, Copy)]
pub struct EventParts<'a> {
    /// Who is to take over.
    pub to_agent: &'a str,
    /// What is to be done.
    pub intent: &'a str,
    /// What it needs to know.
    pub context: &'a Object<'static>,
    /// A capability for it.
    pub capability_token: Option<&'a str>,
    /// Actions, calls and life.
    pub options: &'a HandoffOptions,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameworkOutcome {
    /// The packet.
    pub packet: SignedTaskPacket,
    /// Its envelope; after ACCEPT with the recipient at the end of the chain.
    pub envelope: DelegationEnvelope,
    /// The verdict, its reason and its code.
    pub decision: PacketDecision,
}

/// The adapter contract: an event becomes a packet, the packet is signed and put into an envelope, the envelope is judged,
/// and the framework is told. An event says its parts, and can be read off a packet; the rest is the same for all.
pub trait FrameworkEvent: Sized {
    /// Whose event it is.
    const FRAMEWORK: Framework;

    /// What it says.
    fn parts(&self) -> EventParts<'_>;

    /// The event that `task` comes from, as far as the packet tells.
    fn of_task(task: &TaskPacket) -> Self;

    /// The signed packet of this event, from `sender`.
    ///
    /// # Errors
    /// A time beyond the calendar, or what [`TaskPacket::sign`] refuses.
    fn create_packet(&self, sender: &AgentIdentity, draw: &Draw) -> Result<SignedTaskPacket, HandoffError> {
        let EventParts { to_agent, intent, context, capability_token, options } = self.parts();
        let issued = Timestamp::utc(draw.now).ok_or(TimestampError)?;
        let life = i64::from(options.expires_in_minutes).saturating_mul(60);
        let expires = issued.plus_seconds(life).ok_or(TimestampError)?;
        let ids = PacketIds::from_random(draw.random);
        let mut permissions = Permissions::new(options.allowed_actions.iter().cloned());
        permissions.max_tool_calls = options.max_tool_calls.map(i64::from);
        let mut task =
            TaskPacket::new(ids, sender.agent_id(), &AgentId::from(to_agent), issued, expires, intent)
                .context(context.clone())
                .permissions(permissions);
        task.capability_token = capability_token.map(Into::into);
        task.sign(sender, draw.profile)
    }

    /// The envelope of this event: a chain of one packet and its sender.
    ///
    /// # Errors
    /// As [`Self::create_packet`].
    fn create_envelope(
        &self,
        sender: &AgentIdentity,
        draw: &Draw,
    ) -> Result<DelegationEnvelope, HandoffError> {
        self.create_packet(sender, draw).map(DelegationEnvelope::first)
    }

    /// Everything: the envelope, judged by its recipient's `verifier`, its nonce spent in `store`.
    ///
    /// # Errors
    /// As [`Self::create_packet`]. A refusal is no error, it is the decision.
    fn process_framework_handoff(
        &self,
        sender: &AgentIdentity,
        draw: &Draw,
        verifier: &HandoffVerifier,
        store: &dyn ReplayStore,
    ) -> Result<FrameworkOutcome, HandoffError> {
        let mut envelope = self.create_envelope(sender, draw)?;
        let verdict = verifier.verify(Handoff::envelope(&envelope), store, draw.now);
        let accepted = verdict.is_ok();
        let decision = verdict.as_ref().map_or_else(PacketDecision::from, PacketDecision::from);
        drop(verdict);
        if accepted {
            envelope.hand_over();
        }
        Ok(FrameworkOutcome { packet: envelope.packet.clone(), envelope, decision })
    }
}

impl HandoffOptions {
    /// What of a packet its event may have said.
    #[must_use]
    pub fn of_task(task: &TaskPacket) -> Self {
        let life = task.expires_at.moment().0.saturating_sub(task.issued_at.moment().0);
        let small = |value: i64| u32::try_from(value).ok();
        Self {
            allowed_actions: task.permissions.allowed_actions.clone(),
            max_tool_calls: task.permissions.max_tool_calls.and_then(small),
            expires_in_minutes: small(life.div_euclid(60_000_000)).unwrap_or_default(),
        }
    }
}
