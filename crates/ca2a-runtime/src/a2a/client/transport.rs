//! The transport: another one, wrapped (A2A-104 to A2A-111).

mod reads;

#[cfg(feature = "gateway")]
pub(crate) use reads::{Proved, TaskRequest};

use std::sync::Arc;

use a2a::{A2AError, SendMessageRequest, StreamResponse};
use a2a_client::transport::{ServiceParams, Transport};
use ca2a_core::{
    RecordId,
    encoding::hex,
    json::{self, Object},
};
use ca2a_delegation::Credential;
use ca2a_seal::SealVersion;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::{Map, Value};
use tokio::{sync::Mutex, time::timeout};
use zeroize::Zeroizing;

use super::{A2aCallError, Answered, AnsweredStream, Authority, Discovery, Sealing, reading::Reading};
use crate::{
    a2a::{
        card::{ChannelBinding, VerifiedCard},
        sealed::{AnswerOpener, Bound, ReplyKeys, wrap},
        wire,
    },
    client::{AppraisedPeer, Call, CallError, PeerClient},
    http::{CHANNEL_PATH, ClientError},
    peer::message::{self, EXTENSION_URI},
    system::{Clock, RandomError, SystemClock, random_bytes},
};

/// A transport that shows authority with every message, and proves whose tasks it asks for.
pub struct Ca2aTransport<T> {
    inner: T,
    peer: PeerClient,
    channel_path: String,
    card: Option<VerifiedCard>,
    /// Whom requests are for where they name nobody.
    tenant: Option<String>,
    authority: Authority,
    sealing: Sealing,
    offers: bool,
    recorded: bool,
    /// What the reply key and the reply secret are made of: one for as long as this transport lives, or longer, so that a task can be asked for
    /// later.
    reply: Zeroizing<[u8; 32]>,
    /// Calls under one handshake.
    calls: u32,
    kept: Mutex<Option<(AppraisedPeer, u32)>>,
    clock: Arc<dyn Clock>,
}

/// A message that may go out: the peer is appraised, the call proven. Nothing of it was sent.
pub(crate) struct Ready {
    request: SendMessageRequest,
    params: ServiceParams,
    peer: AppraisedPeer,
    reading: Reading,
}

impl Ca2aTransport<Box<dyn Transport>> {
    /// A transport to an agent that was found by its card: its channel must be the card's (A2A-105).
    ///
    /// # Errors
    /// No randomness.
    pub fn to(found: Discovery, authority: Authority) -> Result<Self, RandomError> {
        let Discovery { card, transport, tenant, peer, channel_path } = found;
        let mut ours = Self::new(transport, peer, authority)?;
        (ours.card, ours.tenant, ours.channel_path) = (Some(card), tenant, channel_path);
        Ok(ours)
    }
}

impl<T: Transport> Ca2aTransport<T> {
    /// Calls under `authority` over `inner`, to the agent whose channel `peer` appraises. Messages are sealed.
    ///
    /// # Errors
    /// No randomness.
    pub fn new(inner: T, peer: PeerClient, authority: Authority) -> Result<Self, RandomError> {
        let reply = Zeroizing::new(random_bytes(peer.random())?);
        Ok(Self {
            inner,
            peer,
            channel_path: CHANNEL_PATH.to_owned(),
            card: None,
            tenant: None,
            authority,
            sealing: Sealing::Sealed,
            offers: false,
            recorded: true,
            reply,
            calls: 1,
            kept: Mutex::default(),
            clock: Arc::new(SystemClock),
        })
    }

    /// Whether messages are sealed.
    #[must_use]
    pub fn with_sealing(mut self, sealing: Sealing) -> Self {
        self.sealing = sealing;
        self
    }

    /// Changes how the peer's channel is appraised: its verifier, its limits.
    #[must_use]
    pub fn with_peer(mut self, change: impl FnOnce(PeerClient) -> PeerClient) -> Self {
        self.peer = change(self.peer);
        self
    }

    /// Has answers sealed by what `reply` makes, as they were to a transport before this one: what was made over that can be
    /// asked for over this.
    #[cfg(feature = "gateway")]
    pub(crate) fn with_reply_secret(mut self, reply: Zeroizing<[u8; 32]>) -> Self {
        self.reply = reply;
        self
    }

    /// Offers a channel key of its own with each call, for a peer that demands to appraise its callers.
    #[must_use]
    pub fn offering(mut self) -> Self {
        self.offers = true;
        self
    }

    /// Makes `calls` under one handshake, and then another: a challenge lives for a while, and a call under a dead one is
    /// refused.
    #[must_use]
    pub fn with_calls_per_handshake(mut self, calls: u32) -> Self {
        self.calls = calls.max(1);
        self
    }

    /// Takes answers without the record of the call: `ca2a-runtime` 0.4.0 puts none into a task (A2A-109).
    #[must_use]
    pub fn accepting_unrecorded(mut self) -> Self {
        self.recorded = false;
        self
    }

    /// The card that the agent was found by.
    #[must_use]
    pub fn card(&self) -> Option<&VerifiedCard> {
        self.card.as_ref()
    }

    /// Sends a message, once, and verifies the answer.
    ///
    /// # Errors
    /// No peer that is what it must be, a refusal, or an answer that does not hold.
    pub async fn send(&self, request: SendMessageRequest) -> Result<Answered, A2aCallError> {
        self.send_under(&self.authority, None, ServiceParams::new(), request).await
    }

    /// The same under another authority than the transport's, with further `params`. `grant` is a credential that the caller
    /// made for its callee, which travels inside the seal (A2A-67).
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_under(
        &self,
        authority: &Authority,
        grant: Option<&Credential>,
        params: ServiceParams,
        request: SendMessageRequest,
    ) -> Result<Answered, A2aCallError> {
        self.sent(self.ready(authority, grant, params, request).await?).await
    }

    /// Sends what is ready, once, and verifies the answer.
    pub(crate) async fn sent(&self, message: Ready) -> Result<Answered, A2aCallError> {
        let Ready { request, params, peer, reading } = message;
        let response = self.inner.send_message(&params, &request).await.map_err(A2aCallError::Refused)?;
        reading.response(response, peer)
    }

    /// Sends a message, once, and verifies the events as they come.
    ///
    /// # Errors
    /// As [`Self::send`], for what is known when the stream begins.
    pub async fn stream(&self, request: SendMessageRequest) -> Result<AnsweredStream, A2aCallError> {
        self.stream_under(&self.authority, None, ServiceParams::new(), request).await
    }

    /// The same under another authority than the transport's.
    ///
    /// # Errors
    /// As [`Self::stream`].
    pub async fn stream_under(
        &self,
        authority: &Authority,
        grant: Option<&Credential>,
        params: ServiceParams,
        request: SendMessageRequest,
    ) -> Result<AnsweredStream, A2aCallError> {
        self.streamed(self.ready(authority, grant, params, request).await?).await
    }

    /// Sends what is ready, once, and verifies the events as they come.
    pub(crate) async fn streamed(&self, message: Ready) -> Result<AnsweredStream, A2aCallError> {
        let Ready { request, params, peer, reading } = message;
        let events = self.inner.send_streaming_message(&params, &request).await;
        let events = verified(events.map_err(A2aCallError::Refused)?, Some(reading), None);
        Ok(AnsweredStream { peer, events })
    }

    /// Says for whom a request is, where it names nobody and the card does.
    fn address(&self, tenant: &mut Option<String>) {
        if tenant.as_ref().is_none_or(String::is_empty) {
            tenant.clone_from(&self.tenant);
        }
    }

    /// The peer, appraised: anew, or as it was for one of the calls before.
    async fn appraise(&self) -> Result<AppraisedPeer, CallError> {
        if self.calls <= 1 {
            // Nothing is shared, so nobody waits for another's handshake.
            return self.handshake().await;
        }
        let http = self.peer.http();
        let deadline = http.limits().deadline;
        let late =
            || ClientError::Deadline { origin: http.origin().clone(), seconds: deadline.as_secs_f64() };
        // Whoever waits shares the handshake of the first, and has no more time for that than for one of its own.
        let mut kept = timeout(deadline, self.kept.lock()).await.map_err(|_| late())?;
        if let Some((peer, left)) = kept.take().filter(|(_, left)| *left > 0) {
            *kept = Some((peer.clone(), left.saturating_sub(1)));
            return Ok(peer);
        }
        let peer = self.handshake().await?;
        *kept = Some((peer.clone(), self.calls.saturating_sub(1)));
        Ok(peer)
    }

    /// The peer, appraised anew. Its channel is the card's, where there is one (A2A-105).
    async fn handshake(&self) -> Result<AppraisedPeer, CallError> {
        let now = self.clock.now();
        let bound = |said: &Object<'_>, key, nonce: &str| match &self.card {
            Some(card) => {
                let binding = ChannelBinding::from_handshake(said)?;
                Ok(binding.verify(card.key(), key, nonce, now)?)
            }
            None => Ok(()),
        };
        let peer = self.peer.handshake_at(&self.channel_path, bound).await?;
        let stated = self.card.as_ref().and_then(VerifiedCard::extension);
        if let Some(key) = stated.and_then(|stated| stated.record_key.as_ref())
            && peer.signing_key() != Some(key)
        {
            let why = "it signs its statements with another key than the card's `record_key`";
            return Err(crate::a2a::card::CardError::Channel(why).into());
        }
        Ok(peer)
    }

    /// Makes a message ready. Whoever gives this up has sent nothing.
    pub(crate) async fn ready(
        &self,
        authority: &Authority,
        grant: Option<&Credential>,
        mut params: ServiceParams,
        mut request: SendMessageRequest,
    ) -> Result<Ready, A2aCallError> {
        self.address(&mut request.tenant);
        let peer = self.appraise().await?;
        let keys = ReplyKeys::from_seed(&self.reply);
        let seals = self.sealing == Sealing::Sealed;
        if seals && peer.seal_version() < SealVersion::V2 {
            let (offered, minimum) = (peer.seal_version(), SealVersion::V2);
            return Err(CallError::SealVersion { offered, minimum }.into());
        }
        let plaintext = match seals {
            true => {
                let grant = grant.map(Credential::to_node);
                Some(wrap(&mut request, &keys, grant.as_ref())?)
            }
            false => None,
        };
        let id = format!("r-{}", hex(&random_bytes::<16>(self.peer.random()).map_err(CallError::from)?));
        let id = RecordId::new(id).map_err(|error| A2aCallError::Answer(error.to_string()))?;
        let call = Call::new(&authority.chain, &authority.key, authority.capability.clone(), id);
        let mut call = call.after(authority.parent);
        if let Some(plaintext) = &plaintext {
            call = call.payload(plaintext);
        }
        if self.offers {
            call = call.offer();
        }
        let proven = self.peer.prove(&peer, &call).await?;
        let mut carrier = Object::new();
        message::attach(&mut carrier, &proven.request).map_err(CallError::Message)?;
        let metadata = carrier.get("metadata").map(json::to_text).unwrap_or_default();
        let metadata: Map<String, Value> = serde_json::from_str(&metadata).unwrap_or_default();
        request.message.metadata.get_or_insert_default().extend(metadata);
        let extensions = request.message.extensions.get_or_insert_default();
        if !extensions.iter().any(|uri| uri == EXTENSION_URI) {
            extensions.push(EXTENSION_URI.to_owned());
        }
        declare(&mut params);
        let opener = seals.then(|| AnswerOpener::new(keys, Bound::Call(proven.binding)));
        let reading = Reading { expected: proven.expected, opener, recorded: self.recorded };
        Ok(Ready { request, params, peer, reading })
    }
}

/// Says in `params` which A2A is spoken, and lists the extension.
fn declare(params: &mut ServiceParams) {
    params.insert(wire::VERSION_HEADER.to_owned(), vec![wire::VERSION.to_owned()]);
    let listed = params.entry(wire::EXTENSIONS_HEADER.to_owned()).or_default();
    match listed.first_mut() {
        Some(list) if !list.split(',').any(|uri| uri.trim() == EXTENSION_URI) => {
            list.push(',');
            list.push_str(EXTENSION_URI);
        }
        Some(_) => {}
        None => listed.push(EXTENSION_URI.to_owned()),
    }
}

type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

/// The events of a stream, each verified: `reading` for those of a message, `opener` for those of a task that was asked for.
fn verified(
    events: Events,
    reading: Option<Reading>,
    opener: Option<AnswerOpener>,
) -> BoxStream<'static, Result<StreamResponse, A2aCallError>> {
    struct Verifying {
        events: Events,
        reading: Option<Reading>,
        opener: Option<AnswerOpener>,
        said: bool,
    }
    impl Verifying {
        async fn next(&mut self) -> Result<Option<StreamResponse>, A2aCallError> {
            loop {
                let opener = match &mut self.reading {
                    Some(reading) => reading.opener.as_mut(),
                    None => self.opener.as_mut(),
                };
                let Some(event) = self.events.next().await else {
                    opener.map_or(Ok(()), |opener| opener.finish())?;
                    return Ok(None);
                };
                let event = event.map_err(A2aCallError::Refused)?;
                let opened = match opener {
                    Some(opener) => opener.event(&event)?,
                    None => Some(event.clone()),
                };
                if let (Some(reading), false) = (&self.reading, self.said) {
                    let metadata = match &event {
                        StreamResponse::Task(task) => task.metadata.as_ref(),
                        StreamResponse::Message(message) => message.metadata.as_ref(),
                        _ => None,
                    };
                    reading.said(metadata)?;
                    self.said = true;
                }
                if let Some(opened) = opened {
                    return Ok(Some(opened));
                }
            }
        }
    }
    let verifying = Verifying { events, reading, opener, said: false };
    Box::pin(stream::unfold(Some(verifying), |verifying| async move {
        let mut verifying = verifying?;
        match verifying.next().await {
            Ok(Some(event)) => Some((Ok(event), Some(verifying))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    }))
}
