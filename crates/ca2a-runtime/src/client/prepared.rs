//! A call with everything it needs, ready to go.

use core::fmt;

use ca2a_attest::{Assurance, ChannelOffer};
use ca2a_core::{
    Capability, RecordId,
    json::{self, Node},
};
use ca2a_delegation::Credential;
use ca2a_seal::{
    ChannelSecret, Possession, Transcript,
    response::{RequestSession, SessionRandomness},
};
use ca2a_trace::{DelegationRecord, ParentLink, statement::ChainDigest};
#[cfg(feature = "a2a")]
use {ca2a_core::json::Object, ca2a_trace::statement::VerifiedStatement};

use super::{AppraisedPeer, Call, CallError, statement::Signer};
use crate::{
    http::{AUTHENTICATED_TASK_PATH, TASK_PATH},
    peer::{PeerRequest, message},
    sealing::{Binding, ResultOpener},
    system::{Random, random_bytes},
};

/// A call to one appraised peer: the bytes to send, and what it takes to understand the answer.
pub struct Prepared {
    body: Vec<u8>,
    pub(super) expected: Expected,
    pub(super) result: Option<ResultOpener>,
    pub(super) session: Option<RequestSession>,
}

/// A fresh channel key for the result of one call, under a report that binds it to the callee's challenge.
pub(super) struct CallerOffer {
    pub(super) secret: ChannelSecret,
    pub(super) offer: ChannelOffer,
}

/// What the record in the answer must say.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(super) leaf: Credential,
    pub(super) capability: Capability,
    pub(super) record_id: RecordId,
    pub(super) parent: ParentLink,
    pub(super) assurance: Assurance,
    pub(super) signer: Option<Signer>,
}

impl Expected {
    /// Whether the record states this call's id, credential and parent (WIRE-67).
    pub(crate) fn is_about_this_call(&self, record: &DelegationRecord) -> bool {
        let Self { leaf, record_id, parent, .. } = self;
        record.id() == record_id
            && record.parent() == parent
            && record.credential_id() == leaf.id()
            && record.subject() == leaf.subject()
            && record.scope() == leaf.scope()
    }

    /// Believes what `said` holds under `statement` about `record`, where the callee's handshake named a key.
    #[cfg(feature = "a2a")]
    pub(crate) fn statement(
        &self,
        said: &Object<'_>,
        record: &DelegationRecord,
    ) -> Result<Option<VerifiedStatement>, String> {
        self.signer.as_ref().map(|signer| signer.verify(said, record)).transpose()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Prepared")
            .field("path", &self.path())
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

impl Prepared {
    /// Where the bytes go.
    #[must_use]
    pub fn path(&self) -> &'static str {
        if self.session.is_some() { AUTHENTICATED_TASK_PATH } else { TASK_PATH }
    }

    /// The bytes. A callee serves them once.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Proves and writes.
    pub(super) fn new(
        peer: &AppraisedPeer,
        call: &Call<'_>,
        caller: Option<CallerOffer>,
        random: &dyn Random,
    ) -> Result<Self, CallError> {
        let callee = peer.channel_key();
        let Proven { request, expected, result, .. } = Proven::new(peer, call, caller, random)?;
        let mut message = call.message.clone();
        message::attach(&mut message, &request).map_err(CallError::Message)?;
        let message = Node::from(message);
        let session = match call.authenticated {
            true => {
                let randomness =
                    SessionRandomness { recipient: random_bytes(random)?, session: random_bytes(random)? };
                Some(RequestSession::new(&callee, &message, randomness)?)
            }
            false => None,
        };
        let body = match &session {
            Some(session) => session.envelope().to_vec(),
            None => json::to_text(&message).into_bytes(),
        };
        Ok(Self { body, expected, result, session })
    }
}

/// A request that its holder proved, whatever carries it.
pub(crate) struct Proven {
    pub(crate) request: PeerRequest,
    pub(crate) expected: Expected,
    pub(crate) result: Option<ResultOpener>,
    #[cfg_attr(not(feature = "a2a"), allow(dead_code, reason = "what the answers over A2A are bound to"))]
    pub(crate) binding: Binding,
}

impl Proven {
    /// Seals, offers and proves, in the order in which each vouches for what came before (WIRE-65).
    pub(super) fn new(
        peer: &AppraisedPeer,
        call: &Call<'_>,
        caller: Option<CallerOffer>,
        random: &dyn Random,
    ) -> Result<Self, CallError> {
        let hops = call.chain.credentials()?;
        let leaf = hops.last().ok_or(CallError::EmptyChain)?.clone();
        let callee = peer.channel_key();
        let seals = peer.seal_version();
        let digests = hops.iter().map(Credential::digest);
        let binding =
            Binding::new(peer.challenge(), digests, &call.capability, &call.record_id, &call.parent);
        let seal = |plaintext| -> Result<_, CallError> {
            binding.seal(seals, &callee, peer.measurement(), plaintext, random)
        };
        let (secret, offer) = caller.map(|CallerOffer { secret, offer }| (secret, offer)).unzip();
        let mut request = PeerRequest {
            chain: call.chain.clone(),
            requested_capability: call.capability.clone(),
            record_id: call.record_id.clone(),
            parent_record_hash: call.parent,
            sealed_payload: call.payload.map(seal).transpose()?,
            caller_offer: offer,
            caller_seals: seals,
            caller_possession: None,
            holder_proof: None,
        };
        let parent = call.parent.to_text();
        let statement = request.holder_statement(callee, parent.as_deref());
        let proof = statement.prove(&leaf, peer.challenge().clone(), call.key)?;
        if let Some(secret) = &secret {
            let transcript = Transcript {
                challenge: peer.challenge(),
                callee_channel_key: callee,
                caller_channel_key: secret.public(),
                credential_id: leaf.id(),
                subject: *leaf.subject(),
                requested_capability: &call.capability,
                record_id: &call.record_id,
                payload_sha256: request.payload_sha256(),
                parent_record_hash: parent.as_deref(),
                holder_proof_signature: Some(*proof.signature()),
            };
            request.caller_possession = Some(Possession::prove(&transcript, secret)?);
        }
        request.holder_proof = Some(proof);

        let expected = Expected {
            leaf,
            capability: call.capability.clone(),
            record_id: call.record_id.clone(),
            parent: call.parent,
            assurance: peer.assurance(),
            signer: peer.signing_key().map(|key| Signer {
                key: *key,
                channel_key: callee,
                chain: ChainDigest::of(&hops),
            }),
        };
        let result = secret.zip(request.caller_offer.clone()).map(|(secret, offer)| ResultOpener {
            secret,
            measurement: offer.report.measurement,
            binding: binding.clone(),
            minimum: seals,
        });
        Ok(Self { request, expected, result, binding })
    }
}
