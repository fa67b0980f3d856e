//! The packet: a task, as one agent hands it to another.

mod digest;
mod read;
mod signed;
mod ttl;
mod write;

use alloc::{string::String, vec::Vec};

use ca2a_core::json::Object;

pub use digest::PacketDigest;
pub use signed::{SignatureMatch, SignedTaskPacket};
pub use ttl::{RiskLevel, TtlError};

use crate::{
    AgentId, AgentIdentity, Constraints, HandoffError, HumanReview, Permissions, Profile, Provenance,
    Timestamp,
};

/// The names that a sender gives a packet. Whoever makes one draws them at random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketIds {
    /// Names the packet.
    pub packet_id: String,
    /// Names the task, which several packets may carry.
    pub task_id: String,
    /// Spent with the packet: no two packets of one sender share it.
    pub nonce: String,
}

impl PacketIds {
    /// `pk_`, `task_` and `nonce_`, each followed by 32 hex characters of `random`, as the package names them.
    #[must_use]
    pub fn from_random(random: [[u8; 16]; 3]) -> Self {
        let [packet, task, nonce] = random.map(|bytes| ca2a_core::encoding::hex(&bytes));
        Self {
            packet_id: alloc::format!("pk_{packet}"),
            task_id: alloc::format!("task_{task}"),
            nonce: alloc::format!("nonce_{nonce}"),
        }
    }
}

impl From<[&str; 3]> for PacketIds {
    /// Packet, task, nonce.
    fn from([packet_id, task_id, nonce]: [&str; 3]) -> Self {
        Self { packet_id: packet_id.into(), task_id: task_id.into(), nonce: nonce.into() }
    }
}

/// What a packet says, before anybody signs it. The members have the names and the order of the wire.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskPacket {
    /// Names the packet.
    pub packet_id: String,
    /// Names the task.
    pub task_id: String,
    /// Who hands over.
    pub from_agent: AgentId,
    /// Who is to take over, and nobody else.
    pub to_agent: AgentId,
    /// From when on it holds.
    pub issued_at: Timestamp,
    /// Until when it holds, this moment included.
    pub expires_at: Timestamp,
    /// Spent with the packet.
    pub nonce: String,
    /// A capability of the sender's making for the recipient, as a token.
    pub capability_token: Option<String>,
    /// What is to be done; the executor takes it as the first action.
    pub intent: String,
    /// What kind of task it is.
    pub task_type: Option<String>,
    /// What is to come out of it.
    pub goal: Option<String>,
    /// Anything the recipient needs to know.
    pub context: Object<'static>,
    /// Names of memories to consult.
    pub memory_refs: Vec<String>,
    /// What the recipient may do.
    pub permissions: Permissions,
    /// How it must do it.
    pub constraints: Option<Constraints>,
    /// Where the task comes from.
    pub provenance: Option<Provenance>,
    /// Since 0.3.3: how much harm it can do, which bounds its life.
    pub risk_level: Option<RiskLevel>,
    /// Since 0.3.3: its life in seconds.
    pub ttl_seconds: Option<i64>,
    /// Since 0.3.3: which model made it, with at least a `source`.
    pub ai_provenance: Option<Object<'static>>,
}

impl TaskPacket {
    /// A packet without permissions: [`Self::permissions`] grants some.
    #[must_use]
    pub fn new(
        ids: impl Into<PacketIds>,
        from_agent: &AgentId,
        to_agent: &AgentId,
        issued_at: Timestamp,
        expires_at: Timestamp,
        intent: &str,
    ) -> Self {
        let PacketIds { packet_id, task_id, nonce } = ids.into();
        Self {
            packet_id,
            task_id,
            from_agent: from_agent.clone(),
            to_agent: to_agent.clone(),
            issued_at,
            expires_at,
            nonce,
            capability_token: None,
            intent: intent.into(),
            task_type: None,
            goal: None,
            context: Object::new(),
            memory_refs: Vec::new(),
            permissions: Permissions::default(),
            constraints: None,
            provenance: None,
            risk_level: None,
            ttl_seconds: None,
            ai_provenance: None,
        }
    }

    /// The same packet with these permissions.
    #[must_use]
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// The same packet with this context.
    #[must_use]
    pub fn context(mut self, context: impl Into<Object<'static>>) -> Self {
        self.context = context.into();
        self
    }

    /// The same packet under these constraints.
    #[must_use]
    pub fn constraints(mut self, constraints: Constraints) -> Self {
        self.constraints = Some(constraints);
        self
    }

    /// Signs under `profile`. For P1 and P2, whose signatures cover the order of free-form members, those are sorted
    /// first: on the package's own wire no other order survives (HAND-9).
    ///
    /// # Errors
    /// `HANDOFF_PROFILE_UNSUPPORTED` where `profile` does not cover a member that is set; `HANDOFF_IDENTITY_MISMATCH`
    /// where `identity` is not the sender; `HANDOFF_MALFORMED` for a context that no peer would read.
    pub fn sign(
        mut self,
        identity: &AgentIdentity,
        profile: Profile,
    ) -> Result<SignedTaskPacket, HandoffError> {
        if self.from_agent != *identity.agent_id() {
            return Err(HandoffError::NotTheSender {
                agent: identity.agent_id().clone(),
                from_agent: self.from_agent,
            });
        }
        self.check_free_form()?;
        if profile.keeps_order() {
            self.sort_free_form();
        }
        SignedTaskPacket::sign(self, identity, profile)
    }

    /// The members that P1 does not cover and that are set.
    pub(crate) fn newer_member(&self) -> Option<&'static str> {
        let review = self.constraints.as_ref().map(|constraints| constraints.requires_human_review);
        [
            ("risk_level", self.risk_level.is_some()),
            ("ttl_seconds", self.ttl_seconds.is_some()),
            ("ai_provenance", self.ai_provenance.is_some()),
            ("requires_human_review", matches!(review, Some(HumanReview::Stated(_)))),
        ]
        .into_iter()
        .find_map(|(name, is_set)| is_set.then_some(name))
    }
}
