//! A node behind the reference HTTP transport.

use std::future::ready;

use bytes::Bytes;

use super::PeerNode;
use crate::http::{Answer, Endpoints};

impl Endpoints for PeerNode {
    fn handshake(&self, nonce: &str) -> impl Future<Output = Answer> + Send {
        ready(Self::handshake(self, nonce))
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
