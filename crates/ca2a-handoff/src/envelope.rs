//! The envelope: a packet and the chain that it came through. Only the packet is signed.

use alloc::string::String;

use ca2a_core::json::Node;

use crate::{
    AgentId, DelegationChain, DelegationHop, HandoffError, Profile, SignedTaskPacket, read,
    text::{Style, Writer},
};

/// What travels from agent to agent.
#[derive(Debug, Clone, PartialEq)]
pub struct DelegationEnvelope {
    /// The packet.
    pub packet: SignedTaskPacket,
    /// Who had the task before, by the word of whoever sent this.
    pub chain: DelegationChain,
}

impl DelegationEnvelope {
    /// The envelope of a first handoff.
    #[must_use]
    pub fn first(packet: SignedTaskPacket) -> Self {
        let chain = DelegationChain::first(packet.task());
        Self { packet, chain }
    }

    /// Puts the recipient behind the sender, as the package does after ACCEPT, and gives both their hops, so that whoever
    /// hands on further starts from a chain that holds together.
    pub fn hand_over(&mut self) {
        let task = self.packet.task();
        let hop = |agent: &AgentId| DelegationHop {
            agent_id: agent.clone(),
            delegated_permissions: task.permissions.clone(),
        };
        if self.chain.hops.is_empty() {
            self.chain.hops = self.chain.agents.iter().map(hop).collect();
        }
        self.chain.hops.push(hop(&task.to_agent));
        self.chain.add_handoff(&task.packet_id, &task.to_agent);
    }

    /// Reads an envelope: an object of `packet` and `chain`.
    ///
    /// # Errors
    /// What is not strict JSON or not an envelope; see [`SignedTaskPacket::from_node`].
    pub fn from_json(input: &[u8]) -> Result<Self, HandoffError> {
        Self::from_node(&read::document(input, SignedTaskPacket::MAX_BYTES)?)
    }

    /// Takes an envelope out of a document that was read strictly, with its numbers kept as text.
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn from_node(node: &Node<'_>) -> Result<Self, HandoffError> {
        let object = node.expect_object("envelope")?;
        object.closed(&["chain", "packet"], &[])?;
        Ok(Self {
            chain: DelegationChain::from_node(object.required("chain")?)?,
            packet: SignedTaskPacket::from_node(object.required("packet")?)?,
        })
    }

    /// One line of JSON, byte for byte as the package of `profile` sends it.
    #[must_use]
    pub fn to_json(&self, profile: Profile) -> String {
        let mut writer = Writer::new(Style::SPACED);
        writer.object(|w| {
            w.name("chain");
            self.chain.write(w);
            w.name("packet");
            self.packet.write_travelling(w, profile);
        });
        // Everything written is UTF-8.
        String::from_utf8(writer.finish()).unwrap_or_default()
    }
}
