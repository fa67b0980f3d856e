//! Sealed messages over A2A: what is inside counts, what is outside has to fit, and the answer is for the caller alone.

use ca2a_core::{
    ChannelKey, Sha256,
    canonical::ObjectWriter,
    encoding::{from_base64url, hex},
    json::{self, Node, Object},
};
use ca2a_delegation::Credential;
use ca2a_runtime::{client::AppraisedPeer, peer::PeerRequest, peer::message::EXTENSION_URI};
use ca2a_seal::{ChannelSecret, hpke};
use serde_json::{Value, json};

use super::{
    Seen,
    binding::{Said, say, text_part},
    caller::{Call, fresh},
    result,
    target::Target,
    wire::Reply,
};
use crate::drive::CaseResult;

const CODE: &str = "SEALED_CHANNEL_ERROR";
const TEXT: &str = "what the kit says to nobody else";

/// A sealed message before it is sealed. Each case changes one thing.
struct Draft {
    secret: ChannelSecret,
    /// Whom it is sealed to.
    to: ChannelKey,
    /// What stands outside beside the seal.
    outside: Object<'static>,
    reply_key_outside: Option<ChannelKey>,
    reply_key_inside: ChannelKey,
    reply_secret: Option<String>,
    id_inside: String,
    /// In place of the inner message.
    inside: Option<Vec<u8>>,
    /// Whether the blob is changed after it was made and before it is proven.
    flipped: bool,
}

type Spoil = fn(&mut Draft) -> Result<(), String>;

/// What has to be refused: its requirement, its name, and what is wrong with it.
const REFUSED: &[(&str, &str, Spoil)] = &[
    ("A2A-60", "inner-no-message", |draft| put(&mut draft.inside, b"{\"parts\":0}")),
    ("A2A-60", "inner-twice", |draft| put(&mut draft.inside, b"{\"messageId\":\"a\",\"messageId\":\"a\"}")),
    ("A2A-61", "text-outside", |draft| {
        draft.outside = text_part(TEXT);
        Ok(())
    }),
    ("A2A-62", "no-reply-key", |draft| {
        draft.reply_key_outside = None;
        Ok(())
    }),
    ("A2A-62", "reply-key", |draft| {
        draft.reply_key_outside = Some(ChannelSecret::from_bytes(fresh()?).public());
        Ok(())
    }),
    ("A2A-70", "no-reply-secret", |draft| {
        draft.reply_secret = None;
        Ok(())
    }),
    ("A2A-63", "other-id", |draft| {
        draft.id_inside.push('x');
        Ok(())
    }),
    ("SEAL-6", "sealed-changed", |draft| {
        draft.flipped = true;
        Ok(())
    }),
    ("SEAL-6", "sealed-elsewhere", |draft| {
        draft.to = ChannelSecret::from_bytes(fresh()?).public();
        Ok(())
    }),
];

fn put(inside: &mut Option<Vec<u8>>, bytes: &[u8]) -> Result<(), String> {
    *inside = Some(bytes.to_vec());
    Ok(())
}

/// Asks all of them.
pub(super) async fn ask(target: &Target, results: &mut Vec<CaseResult>) {
    let seen = granted(target).await;
    results.push(result("A2A-64", "sealed", json!({ "call": "sealed", "refused": null }), seen));
    for &(requirement, name, spoil) in REFUSED {
        let seen = refused(target, spoil).await;
        results.push(result(requirement, name, json!({ "call": name, "refused": CODE }), seen));
    }
}

async fn refused(target: &Target, spoil: Spoil) -> Seen {
    let peer = target.handshake().await?;
    let call = Call::honest(target, &peer)?;
    let mut draft = Draft::honest(&peer, &call)?;
    spoil(&mut draft)?;
    let (_, body) = draft.send(target, call)?;
    let said = target.say(&body).await?;
    let wanted = Said::Refused(CODE.to_owned());
    if said == wanted { Ok(said.to_string()) } else { Err(format!("expected {wanted}, got {said}")) }
}

/// The answer to a sealed message says nothing outside, and opens with the reply key under what was asked (A2A-65).
async fn granted(target: &Target) -> Seen {
    let peer = target.handshake().await?;
    let call = Call::honest(target, &peer)?;
    let draft = Draft::honest(&peer, &call)?;
    let (secret, reply_secret) = (draft.secret.clone(), draft.reply_secret.clone().unwrap_or_default());
    let (request, body) = draft.send(target, call)?;
    let reply = target.send(&target.request(&body)).await?;
    let said = target.binding().read(&reply);
    if said != Said::Granted {
        return Err(format!("expected {}, got {said}", Said::Granted));
    }
    let task = task(target, &reply)?;
    let blob = task.pointer("/metadata").and_then(|metadata| metadata.get(key("sealed_result")));
    let blob = blob.and_then(Value::as_str).ok_or("the answer to a sealed message is not sealed")?;
    let blob = from_base64url(blob).map_err(|error| error.to_string())?;
    let inner = hpke::open_bound(&secret, &associated(&request, &secret.public(), &reply_secret)?, &blob);
    let inner = inner.map_err(|error| format!("the sealed answer does not open: {error}"))?;
    let inner: Value = serde_json::from_slice(&inner).map_err(|error| error.to_string())?;
    if inner.pointer("/task/id") != task.get("id") {
        return Err("the answer inside is about another task than the one outside".to_owned());
    }
    Ok("granted, and the answer opens with the reply key".to_owned())
}

/// The task of the answer, if it shows nothing that should be inside.
fn task(target: &Target, reply: &Reply) -> Result<Value, String> {
    let task = target.binding().task(reply).ok_or("the answer to a sealed message is no task")?;
    let empty = |name: &str| task.get(name).is_none_or(|list| list.as_array().is_some_and(Vec::is_empty));
    if !empty("artifacts") || !empty("history") || task.pointer("/status/message").is_some() {
        return Err("the answer to a sealed message says something outside".to_owned());
    }
    Ok(task)
}

fn key(name: &str) -> String {
    format!("{EXTENSION_URI}/{name}")
}

/// The associated data of the answer to `request` (A2A-65, A2A-70).
fn associated(request: &PeerRequest, audience: &ChannelKey, reply_secret: &str) -> Result<Vec<u8>, String> {
    let hops = request.chain.credentials().map_err(|error| error.to_string())?;
    let digests: Vec<_> = hops.iter().map(Credential::digest).collect();
    let chain = Sha256::of(&digests.iter().flat_map(|digest| digest.0.0).collect::<Vec<u8>>());
    let challenge = request.holder_proof.as_ref().ok_or("a call without a proof")?.challenge();
    Ok(ObjectWriter::new()
        .text("audience", &audience.to_string())
        .text("chain_sha256", &chain.to_hex())
        .text("challenge", challenge.as_str())
        .text("domain", "ca2a-a2a-answer-v1")
        .text_or_null("parent_record_hash", request.parent_record_hash.to_text().as_deref())
        .text("part", "answer")
        .text("record_id", request.record_id.as_str())
        .text("reply_secret", reply_secret)
        .text("requested_capability", request.requested_capability.as_str())
        .uint("sequence", 0)
        .finish())
}

impl Draft {
    fn honest(peer: &AppraisedPeer, call: &Call) -> Result<Self, String> {
        let secret = ChannelSecret::from_bytes(fresh()?);
        let sealed = Object::from([("ca2a", Node::from("sealed"))]);
        Ok(Self {
            to: peer.channel_key(),
            outside: Object::from([("data", Node::from(sealed))]),
            reply_key_outside: Some(secret.public()),
            reply_key_inside: secret.public(),
            reply_secret: Some(hex(&fresh()?)),
            id_inside: call.request.record_id.as_str().to_owned(),
            inside: None,
            flipped: false,
            secret,
        })
    }

    /// The request that is proven, and the body that carries it.
    fn send(self, target: &Target, mut call: Call) -> Result<(PeerRequest, Vec<u8>), String> {
        let metadata =
            |key_of: ChannelKey| Object::from([(key("reply_key"), Node::from(key_of.to_string()))]);
        let mut hidden = metadata(self.reply_key_inside);
        if let Some(secret) = self.reply_secret {
            hidden.insert(key("reply_secret"), Node::from(secret));
        }
        let inside = self.inside.unwrap_or_else(|| {
            let mut inner = Object::from([("messageId", Node::from(self.id_inside))]);
            say(&mut inner, text_part(TEXT));
            inner.insert("metadata", hidden);
            json::to_text(&inner.into()).into_bytes()
        });
        call.seal(&inside, self.to, b"")?;
        if let (true, Some(last)) =
            (self.flipped, call.request.sealed_payload.as_mut().and_then(|blob| blob.last_mut()))
        {
            *last ^= 1;
        }
        let request = call.proven()?;
        let mut outer = Object::from([("messageId", Node::from(request.record_id.as_str().to_owned()))]);
        say(&mut outer, self.outside);
        if let Some(outside) = self.reply_key_outside {
            outer.insert("metadata", metadata(outside));
        }
        let body = target.binding().carry(outer, Some(&request))?;
        Ok((request, body))
    }
}
