//! A node behind the reference HTTP transport.

use std::{future::ready, net::IpAddr};

use bytes::Bytes;
use ca2a_attest::Role;
use ca2a_core::json::Node;
use tokio::task::spawn_blocking;

use super::PeerNode;
use crate::{
    attestation::AttesterError,
    http::{Answer, Endpoints},
};

impl PeerNode {
    /// Answers a handshake of a client at `from`, with `beside` as a further member of the answer.
    pub(crate) async fn handshake_with(
        &self,
        nonce: &str,
        from: Option<IpAddr>,
        beside: Option<(&'static str, Node<'static>)>,
    ) -> Answer {
        if let Err(answer) = self.may_mint(from) {
            return answer;
        }
        let (attester, key, nonce) = (self.attester(), self.channel_key(), nonce.to_owned());
        if !attester.is_costly() {
            return self.answer_handshake(attester.offer(Role::Callee, &key, &nonce), beside);
        }
        // A device takes its time, and whoever waits for it must not keep others waiting.
        let minted = spawn_blocking(move || attester.offer(Role::Callee, &key, &nonce)).await;
        self.answer_handshake(minted.unwrap_or(Err(AttesterError::NoHardware)), beside)
    }
}

impl Endpoints for PeerNode {
    async fn handshake(&self, nonce: &str) -> Answer {
        self.handshake_from(nonce, None).await
    }

    async fn handshake_from(&self, nonce: &str, from: Option<IpAddr>) -> Answer {
        self.handshake_with(nonce, from, None).await
    }

    fn granted_to(&self, from: IpAddr) {
        Self::granted_to(self, from);
    }

    fn metadata(&self) -> impl Future<Output = Answer> + Send {
        ready(Self::metadata(self))
    }

    async fn task(&self, body: Bytes) -> Answer {
        Self::task(self, &body).await
    }

    async fn authenticated_task(&self, body: Bytes) -> Answer {
        Self::authenticated_task(self, &body).await
    }
}
