//! A packet or an envelope, as a file holds it.

use std::path::Path;

use ca2a_core::{
    ErrorCode,
    json::{NumberPolicy, Reader},
};
use ca2a_handoff::{DelegationChain, DelegationEnvelope, Handoff, HandoffError, SignedTaskPacket};

use crate::{failure::Failure, session::Session};

/// What a file holds.
pub(super) struct Presented {
    pub(super) packet: SignedTaskPacket,
    pub(super) chain: Option<DelegationChain>,
    envelope: Option<DelegationEnvelope>,
}

impl Presented {
    /// Reads an envelope, where the document has a `packet`, or else a packet.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, HandoffError> {
        let node = Reader::new(NumberPolicy::Lexical).read(bytes)?;
        if node.as_object().is_some_and(|object| object.contains("packet")) {
            let envelope = DelegationEnvelope::from_node(&node)?;
            let (packet, chain) = (envelope.packet.clone(), Some(envelope.chain.clone()));
            return Ok(Self { packet, chain, envelope: Some(envelope) });
        }
        Ok(Self { packet: SignedTaskPacket::from_node(&node)?, chain: None, envelope: None })
    }

    pub(super) fn handoff(&self) -> Handoff<'_> {
        self.envelope.as_ref().map_or_else(|| Handoff::packet(&self.packet), Handoff::envelope)
    }
}

pub(super) fn bytes(session: &Session<'_, '_>, path: &Path) -> Result<Vec<u8>, Failure> {
    session.document("handoff", path, ErrorCode::HandoffMalformed)
}
