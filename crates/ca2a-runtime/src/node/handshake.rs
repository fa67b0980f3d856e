//! Before a call: the handshake, and what there is to know of a node without one.

use std::net::IpAddr;
#[cfg(feature = "http")]
use std::sync::Arc;

use ca2a_attest::{ChannelOffer, Handshake, Role};
use ca2a_core::{
    ErrorCode, VerifyingKey,
    json::{Node, Object},
};
use ca2a_trace::did_jwk;

use super::{PeerNode, outcome::Outcome};
#[cfg(feature = "http")]
use crate::attestation::Attester;
use crate::{
    answer::Answer,
    attestation::AttesterError,
    sealing::{SEAL_SUITES, listed},
    system::{Clock, random_bytes},
};

/// The member of a handshake that names the key of the callee's statements (WIRE-5).
pub const SIGNING_KEY: &str = "signing_key";

impl PeerNode {
    /// Answers a handshake: the channel key, attested under `nonce`, and a fresh challenge (WIRE-2). It blocks for as long
    /// as the node's [`Attester`] does, and counts as a handshake of nobody in particular.
    #[must_use]
    pub fn handshake(&self, nonce: &str) -> Answer {
        match self.may_mint(None) {
            Ok(()) => {
                self.answer_handshake(self.attester.offer(Role::Callee, &self.channel_key(), nonce), None)
            }
            Err(answer) => answer,
        }
    }

    #[cfg(feature = "http")]
    pub(super) fn attester(&self) -> Arc<dyn Attester> {
        Arc::clone(&self.attester)
    }

    /// Whether a quote may be minted for a client at `from`, which costs a token (ATT-520).
    pub(super) fn may_mint(&self, from: Option<IpAddr>) -> Result<(), Answer> {
        if !self.attester.is_costly() {
            return Ok(());
        }
        self.quotes.take(from, milliseconds(&*self.clock)).map_err(|seconds| {
            let message = format!("too many attestations were asked for; ask again in {seconds} s");
            Answer::refusal(ErrorCode::RateLimited, &message).retry_after(seconds)
        })
    }

    /// A client at `from` proved that it holds a credential that is good here.
    pub fn granted_to(&self, from: IpAddr) {
        self.quotes.authenticated(from, milliseconds(&*self.clock));
    }

    pub(super) fn answer_handshake(
        &self,
        offer: Result<ChannelOffer, AttesterError>,
        beside: Option<(&'static str, Node<'static>)>,
    ) -> Answer {
        let offer = match offer {
            Ok(offer) => offer,
            Err(error) => return Answer::refusal(error.code(), &error.to_string()),
        };
        let random = match random_bytes(self.random.as_ref()) {
            Ok(random) => random,
            Err(error) => return Outcome::refused(&error.into()).into(),
        };
        let challenge = self.challenges.issue(self.clock.now(), self.challenge_ttl_seconds, random);
        let mut body = Handshake { offer, challenge: Some(challenge) }.to_node();
        if let Some(object) = body.as_object_mut() {
            object.insert(SEAL_SUITES, listed());
            if let Some(key) = self.signing_key() {
                object.insert(SIGNING_KEY, key.to_hex());
            }
            if let Some((name, node)) = beside {
                object.insert(name, node);
            }
        }
        Outcome { status: 200, body }.into()
    }

    /// What there is to know about this node before a handshake: the key of its statements, by itself and as a DID
    /// (WIRE-7). The channel key is not here, because it counts only under a nonce of the caller's.
    #[must_use]
    pub fn metadata(&self) -> Answer {
        let key = self.signing_key();
        let body = Object::from([
            (SIGNING_KEY, Node::from(key.as_ref().map(VerifyingKey::to_hex))),
            ("did", key.as_ref().map(did_jwk).into()),
        ]);
        Answer::new(200, &body.into())
    }
}

pub(super) fn milliseconds(clock: &dyn Clock) -> u64 {
    clock.now().saturating_mul(1000)
}
