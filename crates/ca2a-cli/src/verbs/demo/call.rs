//! Calls between agents, honest and otherwise.

use ca2a_attest::Assurance;
use ca2a_core::{
    Capability, RecordId, SigningKey,
    encoding::from_base64url,
    json::{Node, NumberPolicy, Object, Reader, to_text},
};
use ca2a_delegation::{Chain, HolderProof};
use ca2a_runtime::{
    client::{Accepted, AppraisedPeer, Call, CallError, PeerClient, Prepared},
    http::{HttpClient, TASK_PATH},
    peer::{PeerRequest, message},
};
use ca2a_trace::ParentLink;

use super::worker::text;

/// A call as it was sent, so that it can be sent again.
#[derive(Debug, Clone)]
pub(super) struct Request {
    client: HttpClient,
    path: &'static str,
    body: Vec<u8>,
}

/// A call that is to be made.
pub(super) struct Calling<'c> {
    pub(super) client: PeerClient,
    pub(super) chain: &'c Chain,
    pub(super) key: &'c SigningKey,
    pub(super) capability: Capability,
    pub(super) record_id: RecordId,
    pub(super) parent: ParentLink,
}

/// What came of a call that was granted.
pub(super) struct Reply {
    pub(super) request: Request,
    /// The opened result.
    pub(super) result: Option<Vec<u8>>,
    /// The payload as it travelled.
    pub(super) sealed: Vec<u8>,
    pub(super) result_sealed_bytes: usize,
    /// The channel key that the payload was sealed to.
    pub(super) channel: String,
    /// How much was proved about what the callee runs, and what it is.
    pub(super) assurance: Assurance,
    pub(super) measurement: String,
    /// The hash of the callee's record.
    pub(super) record_hash: String,
    /// The callee's signed statement, verified.
    pub(super) statement: Option<Node<'static>>,
}

impl Calling<'_> {
    /// Calls, and expects to be served.
    pub(super) async fn call(&self, payload: &[u8]) -> Result<Reply, String> {
        let (request, peer, outcome) = self.send(payload).await?;
        let accepted = outcome.map_err(text)?;
        Ok(Reply {
            sealed: sealed(&request.body),
            request,
            channel: peer.channel_key().to_string(),
            assurance: peer.assurance(),
            measurement: peer.measurement().to_owned(),
            record_hash: accepted.record.hash().to_string(),
            result_sealed_bytes: result_bytes(&accepted.body),
            statement: accepted.statement.as_ref().map(|signed| signed.statement().to_node()),
            result: accepted.result,
        })
    }

    /// Calls, and tells how it was refused.
    pub(super) async fn attempt(&self, payload: &[u8]) -> Result<Object<'static>, String> {
        match self.send(payload).await?.2 {
            Ok(_) => Ok(outcome(200, "", "the call was granted")),
            Err(CallError::Denied(denied)) => {
                let mut said = outcome(denied.status, &denied.peer_code, &denied.message);
                said.insert("record", denied.record.map(|record| record.to_node()));
                said.insert("statement", denied.statement.map(|signed| signed.statement().to_node()));
                Ok(said)
            }
            Err(error) => Err(text(error)),
        }
    }

    async fn send(
        &self,
        payload: &[u8],
    ) -> Result<(Request, AppraisedPeer, Result<Accepted, CallError>), String> {
        let client = &self.client;
        let call = Call::new(self.chain, self.key, self.capability.clone(), self.record_id.clone());
        let call = call.after(self.parent).payload(payload).offer();
        let peer = client.handshake().await.map_err(text)?;
        let prepared: Prepared = client.prepare(&peer, &call).map_err(text)?;
        let (http, body) = (client.http().clone(), prepared.body().to_vec());
        let request = Request { client: http, path: prepared.path(), body };
        let outcome = client.submit(prepared).await;
        Ok((request, peer, outcome))
    }
}

impl Request {
    /// Sends the same bytes once more.
    pub(super) async fn send_again(self) -> Result<Object<'static>, String> {
        post(&self.client, self.path, self.body).await
    }
}

/// Presents the chain of others, with a proof made by `key`, which the chain does not name.
pub(super) async fn steal(
    client: PeerClient,
    chain: Chain,
    key: &SigningKey,
    requested_capability: Capability,
    record_id: RecordId,
) -> Result<Object<'static>, String> {
    let peer = client.handshake().await.map_err(text)?;
    let leaf = chain.credentials().map_err(text)?.pop().ok_or("there is no chain to steal")?;
    let mut request = PeerRequest {
        chain,
        requested_capability,
        record_id,
        parent_record_hash: ParentLink::Root,
        sealed_payload: None,
        caller_offer: None,
        caller_seals: peer.seal_version(),
        caller_possession: None,
        holder_proof: None,
    };
    // Everything about this statement is right but the key that signs it: an honest client refuses to.
    let body = request.holder_statement(peer.channel_key(), None).body(&leaf, peer.challenge());
    let proof = Object::from([
        ("challenge", peer.challenge().as_str().to_owned()),
        ("signature", key.sign(&body).to_hex()),
    ]);
    request.holder_proof = Some(HolderProof::from_node(&Node::from(proof)).map_err(text)?);
    let mut bytes = Object::new();
    message::attach(&mut bytes, &request).map_err(text)?;
    post(client.http(), TASK_PATH, to_text(&Node::from(bytes)).into_bytes()).await
}

async fn post(client: &HttpClient, path: &str, body: Vec<u8>) -> Result<Object<'static>, String> {
    let reply = client.post(path, body).await.map_err(text)?;
    let said = Reader::new(NumberPolicy::Lexical).read(&reply.body).map_err(text)?;
    let error = said.as_object().and_then(|body| body.object("error").ok());
    let member = |name| error.and_then(|error| error.text(name).ok()).unwrap_or_default();
    Ok(outcome(reply.status, member("code"), member("message")))
}

fn outcome(status: u16, code: &str, message: &str) -> Object<'static> {
    Object::from([
        ("status", Node::from(u64::from(status))),
        ("code", code.to_owned().into()),
        ("message", message.to_owned().into()),
    ])
}

/// The sealed payload of a message.
fn sealed(body: &[u8]) -> Vec<u8> {
    let node = Reader::new(NumberPolicy::Lexical).read(body);
    let request = node.ok().and_then(|node| message::parse(node.as_object()?, body).ok()?);
    request.and_then(|request| request.sealed_payload).unwrap_or_default()
}

/// How many bytes the sealed result of an answer has.
fn result_bytes(body: &Node<'_>) -> usize {
    let text = body.as_object().and_then(|body| body.text("result").ok()).unwrap_or_default();
    from_base64url(text).map_or(0, |blob| blob.len())
}
