//! The delegation chain of an envelope: who had the task before. Nobody signs it. (HAND-25 to HAND-27)

use alloc::{
    collections::BTreeSet,
    string::{String, ToString as _},
    vec::Vec,
};

use ca2a_core::{
    ErrorCode,
    json::{Node, ShapeError},
    requirement::{enforce, holds},
};

use crate::{AgentId, Authority, HandoffError, Permissions, TaskPacket, read, text::Writer};

/// What an agent was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationHop {
    /// The agent.
    pub agent_id: AgentId,
    /// What it may do.
    pub delegated_permissions: Permissions,
}

/// The packets and agents that a task went through, the first one first. It is not signed: it may refuse a packet, and
/// never grants anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DelegationChain {
    /// The packets.
    pub packet_ids: Vec<String>,
    /// The agents, one for each packet.
    pub agents: Vec<AgentId>,
    /// What each of them was given; may be absent while there is one agent.
    pub hops: Vec<DelegationHop>,
}

/// A chain that does not hold together, or not with its packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// It names nobody.
    #[error("it is empty, so that nothing shows who handed over")]
    Empty,
    /// As many agents as packets, or something was cut out.
    #[error("it names {packets} packets and {agents} agents; there must be one agent for each packet")]
    Unequal {
        /// Packets.
        packets: usize,
        /// Agents.
        agents: usize,
    },
    /// Authority that nobody can follow.
    #[error("it names {agents} agents and {hops} hops; beyond one agent each needs its hop")]
    Hops {
        /// Agents.
        agents: usize,
        /// Hops.
        hops: usize,
    },
    /// A hop of another agent.
    #[error("hop {hop} is of `{found}`, the agent there is `{expected}`")]
    OtherHop {
        /// Which hop, from 0.
        hop: usize,
        /// Whom it names.
        found: AgentId,
        /// Whom it must name.
        expected: AgentId,
    },
    /// Too many handoffs.
    #[error("{depth} handoffs, where {max} are allowed")]
    TooDeep {
        /// How many.
        depth: usize,
        /// How many may be.
        max: usize,
    },
    /// It does not end with this handoff.
    #[error(
        "it must end with the packet's sender, or with its recipient right behind, and with `{packet_id}`"
    )]
    OtherPacket {
        /// The packet's id.
        packet_id: String,
    },
    /// An agent that had the task already.
    #[error("`{agent}` had the task before: a loop")]
    Loop {
        /// The agent.
        agent: AgentId,
    },
    /// A depth that the packet states and the chain does not show, or one that is no depth.
    #[error("`provenance.delegation_depth` is {stated}, the handoff is number {actual}")]
    OtherDepth {
        /// What the packet states.
        stated: i64,
        /// What the chain shows.
        actual: usize,
    },
}

impl ChainError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TooDeep { .. } => ErrorCode::HandoffDepthExceeded,
            Self::Loop { .. } => ErrorCode::HandoffLoop,
            _ => ErrorCode::HandoffChainInvalid,
        }
    }
}

impl DelegationChain {
    /// The chain of a first handoff.
    #[must_use]
    pub fn first(packet: &TaskPacket) -> Self {
        let mut chain = Self::default();
        chain.add_handoff(&packet.packet_id, &packet.from_agent);
        chain
    }

    /// Appends a packet and an agent, without a hop.
    pub fn add_handoff(&mut self, packet_id: &str, agent: &AgentId) {
        self.packet_ids.push(packet_id.to_string());
        self.agents.push(agent.clone());
    }

    /// The chain of a further handoff: `packet`'s sender after everybody here, with what it was given. The agents here
    /// each need their hop; a first agent without one is given `first`, its own permissions.
    #[must_use]
    pub fn extended(mut self, packet: &TaskPacket, first: &Permissions, given: &Permissions) -> Self {
        if let ([agent], []) = (self.agents.as_slice(), self.hops.as_slice()) {
            self.hops.push(DelegationHop { agent_id: agent.clone(), delegated_permissions: first.clone() });
        }
        self.add_handoff(&packet.packet_id, &packet.from_agent);
        let agent_id = packet.from_agent.clone();
        self.hops.push(DelegationHop { agent_id, delegated_permissions: given.clone() });
        self
    }

    /// How many handoffs it names.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.packet_ids.len()
    }

    /// Whether `agent` is in it.
    #[must_use]
    pub fn detects_loop(&self, agent: &AgentId) -> bool {
        self.agents.contains(agent)
    }

    /// Whether it holds together by itself (HAND-25): it is not empty, its lists are of one length, every agent beyond
    /// one has its hop, and no hop is wider than the one before.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn validate(&self) -> Result<(), HandoffError> {
        let (packets, agents, hops) = (self.packet_ids.len(), self.agents.len(), self.hops.len());
        if !holds("HAND-25", packets > 0 || agents > 0) {
            return Err(ChainError::Empty.into());
        }
        if !holds("HAND-25", packets == agents) {
            return Err(ChainError::Unequal { packets, agents }.into());
        }
        if !holds("HAND-25", hops == agents || (agents <= 1 && hops == 0)) {
            return Err(ChainError::Hops { agents, hops }.into());
        }
        self.check_hops()
    }

    /// Whether no hop is wider than the one before.
    ///
    /// # Errors
    /// `HANDOFF_ESCALATION` for the first that is.
    pub fn check_hops(&self) -> Result<(), HandoffError> {
        let mut above: Option<Authority> = None;
        for hop in &self.hops {
            let authority = Authority::new(&hop.delegated_permissions, None)?;
            if let Some(above) = &above {
                enforce("HAND-28", authority.within(above))?;
            }
            above = Some(authority);
        }
        Ok(())
    }

    /// Whether it ends with this handoff (HAND-25): each hop is its agent's, the last packet is this one, and the sender
    /// is last, or right before the recipient.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn ends_with(&self, packet: &TaskPacket) -> Result<(), ChainError> {
        for (hop, (held, expected)) in self.hops.iter().zip(&self.agents).enumerate() {
            if held.agent_id != *expected {
                return Err(ChainError::OtherHop {
                    hop,
                    found: held.agent_id.clone(),
                    expected: expected.clone(),
                });
            }
        }
        if self.packet_ids.last() != Some(&packet.packet_id) || self.sender_at(packet).is_none() {
            return Err(ChainError::OtherPacket { packet_id: packet.packet_id.clone() });
        }
        Ok(())
    }

    /// Whether nobody is in it twice, and the recipient not before its end (HAND-26).
    ///
    /// # Errors
    /// The agent that is.
    pub fn check_loop(&self, packet: &TaskPacket) -> Result<(), ChainError> {
        let mut seen = BTreeSet::new();
        let earlier = self.agents.split_last().map_or(&[][..], |(_, earlier)| earlier);
        let twice = self.agents.iter().find(|agent| !seen.insert(*agent));
        match twice.or_else(|| earlier.iter().find(|agent| **agent == packet.to_agent)) {
            Some(agent) => Err(ChainError::Loop { agent: agent.clone() }),
            None => Ok(()),
        }
    }

    /// Where the sender stands, from 0: last, or right before the recipient.
    fn sender_at(&self, packet: &TaskPacket) -> Option<usize> {
        match self.agents.as_slice() {
            [.., sender] if *sender == packet.from_agent => self.agents.len().checked_sub(1),
            [.., sender, recipient] if *sender == packet.from_agent && *recipient == packet.to_agent => {
                self.agents.len().checked_sub(2)
            }
            _ => None,
        }
    }

    /// Whether the depth that the packet states is the one that this chain shows, counted from 1 (HAND-27).
    pub(crate) fn check_depth_of(&self, packet: &TaskPacket) -> Result<(), ChainError> {
        let stated = packet.provenance.as_ref().and_then(|provenance| provenance.delegation_depth);
        let actual = self.sender_at(packet).map_or(0, |at| at.saturating_add(1));
        match stated {
            Some(stated) if usize::try_from(stated) != Ok(actual) => {
                Err(ChainError::OtherDepth { stated, actual })
            }
            _ => Ok(()),
        }
    }

    /// Reads a chain.
    ///
    /// # Errors
    /// What is not one.
    pub fn from_node(node: &Node<'_>) -> Result<Self, ShapeError> {
        let object = node.expect_object("chain")?;
        object.closed(&["packet_ids", "agents"], &["hops"])?;
        let agents = read::texts("agents", object.required("agents")?)?;
        Ok(Self {
            packet_ids: read::texts("packet_ids", object.required("packet_ids")?)?,
            agents: agents.into_iter().map(AgentId::new).collect(),
            hops: match object.get("hops") {
                Some(hops) => hops.expect_array("hops")?.iter().map(hop).collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.object(|w| {
            w.name("agents").texts(self.agents.iter().map(AgentId::as_str));
            w.name("hops").array(&self.hops, |w, hop| {
                w.object(|w| {
                    w.name("agent_id").text(hop.agent_id.as_str());
                    w.name("delegated_permissions");
                    hop.delegated_permissions.write(w);
                });
            });
            w.name("packet_ids").texts(self.packet_ids.iter().map(String::as_str));
        });
    }
}

fn hop(node: &Node<'_>) -> Result<DelegationHop, ShapeError> {
    let object = node.expect_object("hops")?;
    object.closed(&["agent_id", "delegated_permissions"], &[])?;
    let permissions = object.required("delegated_permissions")?;
    Ok(DelegationHop {
        agent_id: read::agent(object, "agent_id")?,
        delegated_permissions: Permissions::read("delegated_permissions", permissions)?,
    })
}
