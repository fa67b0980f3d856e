//! A call that is bound to the channel of another node of the database, handed to that node as it came (GATE-74).
//!
//! The node that is asked has judged nothing and spent nothing by then. Nobody but the node that holds the secret can open what
//! is sealed, so the answer is that node's, and it passes through unread.

#[cfg(feature = "grpc")]
mod grpc;

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header::CONNECTION, request::Parts,
    },
};
use ca2a_core::{ChannelKey, ErrorCode};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{place::Binding, refusal::Refusal};
use crate::{
    calls::Ledger,
    http::{ClientError, ClientLimits, HttpClient, HttpStream, Origin, hop_by_hop},
    tls::Trust,
};

/// Calls that are with other nodes at one time.
const AT_ONCE: usize = 256;

/// Says that a node handed a call on, so that the next one keeps it.
const FORWARDED: HeaderName = HeaderName::from_static("ca2a-forwarded");

/// The way to the other nodes of a database.
pub struct Forwarding {
    ledger: Arc<Ledger>,
    tls: Trust,
    slots: Arc<Semaphore>,
}

impl std::fmt::Debug for Forwarding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Forwarding").finish_non_exhaustive()
    }
}

/// A request as it came.
pub(super) struct AsItCame {
    binding: Binding,
    method: Method,
    target: String,
    headers: HeaderMap,
}

impl AsItCame {
    /// What there is to hand on of a request; nothing of one that was handed on before.
    pub(super) fn of(head: &Parts) -> Option<Self> {
        if head.headers.contains_key(FORWARDED) {
            return None;
        }
        let binding = Binding::of(head);
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let mut headers = end_to_end(&head.headers);
        headers.insert(FORWARDED, HeaderValue::from_static("1"));
        Some(Self { binding, method: head.method.clone(), target, headers })
    }
}

impl Forwarding {
    /// The way to the nodes that keep their calls where `ledger` does, to be believed and shown what `tls` says.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, tls: impl Into<Trust>) -> Self {
        Self { ledger, tls: tls.into(), slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Hands `request` with `body` to `node`, once, and gives back what that answers, which must begin within `patience`.
    ///
    /// # Errors
    /// `wrong`, where the node cannot be reached and was asked nothing. Where its answer is lost, what it did is unknown.
    pub(super) async fn hand_on(
        &self,
        node: ChannelKey,
        request: AsItCame,
        body: Bytes,
        patience: Duration,
        wrong: Refusal,
    ) -> Result<Response<Body>, Refusal> {
        let origin = self.ledger.address_of(node).and_then(|address| Origin::parse(&address).ok());
        let Some(origin) = origin.filter(Origin::is_secure) else { return Err(wrong) };
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            let why = "too many calls are with other nodes of this one's database";
            return Err(Refusal::new(ErrorCode::Overloaded, why));
        };
        let limits = ClientLimits { deadline: patience, ..ClientLimits::default() };
        let client = HttpClient::with_limits(origin, limits).trusting(self.tls.clone());
        match sent(&client, request, body, slot).await {
            Ok(answer) => Ok(answer),
            Err(ClientError::Connect { .. } | ClientError::Target) => Err(wrong),
            Err(error @ ClientError::Deadline { .. }) => {
                Err(Refusal::new(ErrorCode::DeadlineExceeded, format!("the node of this call: {error}")))
            }
            Err(error) => {
                Err(Refusal::new(ErrorCode::OutcomeUnknown, format!("the node of this call: {error}")))
            }
        }
    }
}

async fn sent(
    client: &HttpClient,
    request: AsItCame,
    body: Bytes,
    slot: OwnedSemaphorePermit,
) -> Result<Response<Body>, ClientError> {
    let AsItCame { binding, method, target, headers } = request;
    match binding {
        #[cfg(feature = "grpc")]
        Binding::Grpc => grpc::hand_on(client, &target, headers, body, slot).await,
        _ => Ok(passed_through(client.hand_on(method, &target, headers, body).await?, slot)),
    }
}

/// The answer, read no faster than its caller reads it. It has a slot until its end.
fn passed_through(answer: HttpStream, slot: OwnedSemaphorePermit) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = end_to_end(answer.headers());
    let chunks = stream::try_unfold((answer, slot), |(mut answer, slot)| async move {
        Ok::<_, ClientError>(answer.chunk().await?.map(|chunk| (chunk, (answer, slot))))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The headers that go from end to end.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let lists = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let listed = hop_by_hop::listed(lists);
    let stays = |name: &str| hop_by_hop::owns(name) || listed.iter().any(|listed| listed == name);
    let passed = headers.iter().filter(|(name, _)| !stays(name.as_str()));
    passed.map(|(name, value)| (name.clone(), value.clone())).collect()
}
