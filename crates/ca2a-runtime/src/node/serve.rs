//! The calls of the reference transport: read, decided, performed, answered.

use ca2a_core::json::{NumberPolicy, Object, Reader};
use ca2a_seal::{
    SealError,
    response::{self, AcceptedRequest},
};

use super::{Decline, PeerNode, outcome::Outcome};
use crate::{
    answer::Answer,
    peer::{Granted, PeerError, message},
};

impl PeerNode {
    /// Serves an A2A message in plain (WIRE-3).
    pub async fn task(&self, body: &[u8]) -> Answer {
        // Numbers outside cA2A's own members are not ours to interpret.
        let outcome = match Reader::new(NumberPolicy::Lexical).read(body) {
            Ok(node) => match node.as_object() {
                Some(message) => self.serve(message, body).await,
                None => Outcome::refused(&PeerError::BodyNotAnObject),
            },
            Err(error) => Outcome::refused(&PeerError::Body(error)),
        };
        outcome.into()
    }

    /// Serves an authenticated envelope: the answer carries a MAC that only this node and the caller can make
    /// (WIRE-4).
    pub async fn authenticated_task(&self, body: &[u8]) -> Answer {
        let AcceptedRequest { request, responder } = match response::accept_request(&self.secret, body) {
            Ok(accepted) => accepted,
            Err(error) => return Outcome::refused(&unreadable(error)).into(),
        };
        let outcome = match request.as_object() {
            Some(message) => self.serve(message, body).await,
            None => Outcome::refused(&PeerError::BodyNotAnObject),
        };
        match responder.answer(outcome.status, &outcome.body) {
            Ok(body) => Answer { status: outcome.status, body, retry_after: None },
            Err(error) => Outcome::refused(&PeerError::Seal(error)).into(),
        }
    }

    async fn serve(&self, message: &Object<'_>, source: &[u8]) -> Outcome {
        match message::parse(message, source) {
            Ok(Some(request)) => match self.decide(request).await {
                Ok(call) => self.perform(call).await,
                Err(Decline::Unrecorded(error)) => Outcome::refused(&error),
                Err(Decline::Denied(denied)) => Outcome::denied(&denied),
            },
            Ok(None) => Outcome::refused(&PeerError::NotCa2a),
            Err(error) => Outcome::refused(&error),
        }
    }

    #[cfg_attr(not(feature = "store-redb"), allow(unused_mut, reason = "only a ledger ends a call"))]
    async fn perform(&self, mut call: Box<Granted>) -> Outcome {
        #[cfg(feature = "store-redb")]
        call.call.as_ref().map(crate::calls::OpenCall::hand_on);
        let result = self.handler.handle(&call).await;
        #[cfg(feature = "store-redb")]
        if let Err(error) = self.end(&mut call, &result).await {
            return Outcome::failed(&error, &call);
        }
        let result = match result {
            Ok(result) => result,
            Err(error) => return Outcome::failed(&PeerError::Handler(error.0), &call),
        };
        let sealed = result.map(|plaintext| call.seal_result(&plaintext, self.random.as_ref())).transpose();
        match sealed.map(Option::flatten) {
            Ok(blob) => Outcome::granted(&call, blob.as_deref()),
            Err(error) => Outcome::failed(&error, &call),
        }
    }
}

/// What is no JSON object is refused as it is in plain; what is one and no envelope, as unauthenticated (WIRE-4).
fn unreadable(error: SealError) -> PeerError {
    match error {
        SealError::ResponseRead(error) => PeerError::Body(error),
        SealError::EnvelopeNotAnObject => PeerError::BodyNotAnObject,
        other => PeerError::Seal(other),
    }
}
