//! What a caller wants.

use ca2a_core::{Capability, RecordId, SigningKey, json::Object};
use ca2a_delegation::Chain;
use ca2a_trace::ParentLink;

/// A call: under which authority, for what, with what.
#[derive(Debug, Clone)]
pub struct Call<'c> {
    pub(super) chain: &'c Chain,
    pub(super) key: &'c SigningKey,
    pub(super) capability: Capability,
    pub(super) record_id: RecordId,
    pub(super) parent: ParentLink,
    pub(super) payload: Option<&'c [u8]>,
    pub(super) offer: bool,
    pub(super) authenticated: bool,
    pub(super) message: Object<'static>,
}

impl<'c> Call<'c> {
    /// A first hop without payload or offer: `capability` under the leaf of `chain`, whose subject holds `key`.
    /// `record_id` names the record of this call and must be fresh in its lineage.
    #[must_use]
    pub fn new(chain: &'c Chain, key: &'c SigningKey, capability: Capability, record_id: RecordId) -> Self {
        Self {
            chain,
            key,
            capability,
            record_id,
            parent: ParentLink::Root,
            payload: None,
            offer: false,
            authenticated: false,
            message: Object::new(),
        }
    }

    /// The record that this call follows.
    #[must_use]
    pub fn after(mut self, parent: impl Into<ParentLink>) -> Self {
        self.parent = parent.into();
        self
    }

    /// A plaintext, which is sealed to the callee's appraised channel key.
    #[must_use]
    pub fn payload(mut self, plaintext: &'c [u8]) -> Self {
        self.payload = Some(plaintext);
        self
    }

    /// Offers a fresh channel key under a report of whoever attests the client: software, which proves nothing about this
    /// machine, unless [`super::PeerClient::with_attester`] names hardware. Without an offer no result can come back.
    #[must_use]
    pub fn offer(mut self) -> Self {
        self.offer = true;
        self
    }

    /// Wants the answer authenticated: only the appraised callee can have given it.
    #[must_use]
    pub fn authenticated(mut self) -> Self {
        self.authenticated = true;
        self
    }

    /// The A2A message that carries the call, instead of an empty one. Foreign members and metadata stay.
    #[must_use]
    pub fn message(mut self, message: Object<'static>) -> Self {
        self.message = message;
        self
    }
}
