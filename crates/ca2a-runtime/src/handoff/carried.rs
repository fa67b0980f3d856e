//! What travels inside a sealed payload when a packet is handed on under a credential (HAND-77):
//! `{"handoff": {"packet": "…", "hop": "…", "parents": [{"packet": "…", "hop": "…"}, …]}}`.
//!
//! Packets and hops are texts in it, exactly as they were sent: digests and signatures are over those bytes, and a text
//! survives whoever writes the JSON around it anew.

use ca2a_core::json::{self, Node, NumberPolicy, Object, Reader, ShapeError};
use ca2a_handoff::{
    HandoffError, SignedTaskPacket,
    hop::{ParentHop, SignedHop},
};

use super::HopRefused;

/// A packet and the hop that carries it, parsed and not believed.
#[derive(Debug, Clone)]
pub struct CarriedHop {
    packet: SignedTaskPacket,
    hop: SignedHop,
    /// The texts of the packets, this one's first.
    texts: Vec<String>,
    parents: Vec<(SignedTaskPacket, SignedHop)>,
}

impl CarriedHop {
    /// The packet that came as `packet` and the hop that carries it.
    ///
    /// # Errors
    /// A packet that is none.
    pub fn new(packet: &str, hop: SignedHop) -> Result<Self, HandoffError> {
        let texts = vec![packet.to_owned()];
        Ok(Self { packet: SignedTaskPacket::from_json(packet.as_bytes())?, hop, texts, parents: Vec::new() })
    }

    /// The hop before it, and the packet that that one carried; from the first to the last.
    ///
    /// # Errors
    /// A packet that is none.
    pub fn after(mut self, packet: &str, hop: SignedHop) -> Result<Self, HandoffError> {
        self.parents.push((SignedTaskPacket::from_json(packet.as_bytes())?, hop));
        self.texts.push(packet.to_owned());
        Ok(self)
    }

    /// Reads the member `handoff` of a plaintext. What is no JSON object, or has no such member, carries none.
    ///
    /// # Errors
    /// A member `handoff` of another shape, or with a packet or hop in it that is none.
    pub fn from_payload(plaintext: &[u8]) -> Result<Option<Self>, HopRefused> {
        let Ok(document) = Reader::new(NumberPolicy::Lexical).read(plaintext) else { return Ok(None) };
        let Some(node) = document.as_object().and_then(|object| object.get("handoff")) else {
            return Ok(None);
        };
        let object = node.expect_object("handoff")?;
        object.closed(&["hop", "packet"], &["parents"])?;
        let (packet, hop) = pair(object)?;
        let mut carried = Self::new(packet, hop)?;
        for parent in object.optional("parents").map(|node| node.expect_array("parents")).into_iter() {
            for parent in parent? {
                let parent = parent.expect_object("parents")?;
                parent.closed(&["hop", "packet"], &[])?;
                let (packet, hop) = pair(parent)?;
                carried = carried.after(packet, hop)?;
            }
        }
        Ok(Some(carried))
    }

    /// The member `handoff` for a payload that is an object of the caller's.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let mut pairs = self.hops().zip(&self.texts).map(|(hop, packet)| {
            let hop = String::from_utf8_lossy(hop.as_bytes()).into_owned();
            Object::from([("packet", Node::from(packet.clone())), ("hop", hop.into())])
        });
        let mut own = pairs.next().unwrap_or_default();
        let parents: Vec<_> = pairs.map(Node::from).collect();
        if !parents.is_empty() {
            own.insert("parents", parents.into_iter().collect::<Node<'_>>());
        }
        own.into()
    }

    /// A payload that holds nothing else.
    #[must_use]
    pub fn to_payload(&self) -> String {
        json::to_text(&Object::from([("handoff", self.to_node())]).into())
    }

    /// The packet.
    #[must_use]
    pub fn packet(&self) -> &SignedTaskPacket {
        &self.packet
    }

    /// The hop.
    #[must_use]
    pub fn hop(&self) -> &SignedHop {
        &self.hop
    }

    /// The hops before it with their packets, the first one first.
    #[must_use]
    pub fn parents(&self) -> Vec<ParentHop<'_>> {
        self.parents.iter().map(|(packet, hop)| ParentHop { hop, packet }).collect()
    }

    fn hops(&self) -> impl Iterator<Item = &SignedHop> {
        core::iter::once(&self.hop).chain(self.parents.iter().map(|(_, hop)| hop))
    }
}

fn pair<'n>(object: &'n Object<'_>) -> Result<(&'n str, SignedHop), HopRefused> {
    let hop = object.text("hop")?;
    Ok((object.text("packet")?, SignedHop::from_json(hop.as_bytes())?))
}

impl From<ShapeError> for HopRefused {
    fn from(error: ShapeError) -> Self {
        Self::Shape(error)
    }
}
