//! Who is let through the gate, and as whom.

use std::{collections::HashMap, sync::Arc};

use a2a::{A2AError, SendMessageRequest, error_code};
use a2a_server::{RequestHandler, ServiceParams};
use ca2a_core::{
    ChannelKey, ErrorCode, Sha256,
    json::{Node, NumberPolicy, Object, Reader},
};
use ca2a_delegation::{Chain, Credential, RevocationSnapshot};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    Demand, facts,
    gate::Gate,
    inbound::{Inbound, Read},
    refusal::Refusal,
    validate,
};
use crate::{
    a2a::{
        access::{AccessError, Asked, asker},
        caller::Caller,
        handler, numbers,
        sealed::{self, Bound, Inner, Reply, SealedMessageError},
        tasks::{Owner, Provenance},
        wire::{self, is_ca2a_key},
    },
    calls::OpenCall,
    peer::{Granted, PeerError, PeerRequest, message},
    sealing::Binding,
    sink::StoredRecord,
};

/// A message that was let through.
pub(super) struct Admitted {
    pub(super) caller: Arc<Caller>,
    /// The headers, without anything that looks like a fact, and with the facts.
    pub(super) params: ServiceParams,
}

/// Somebody who asks for tasks.
pub(super) struct Asker {
    pub(super) caller: Arc<Caller>,
    pub(super) params: ServiceParams,
    /// The nonce of its proof, which what is answered sealed belongs to.
    pub(super) nonce: Option<[u8; 16]>,
}

impl<H: RequestHandler> Gate<H> {
    /// Checks what every request needs: a version that is served (A2A-1) and the extensions that are required (A2A-2).
    ///
    /// # Errors
    /// `VersionNotSupported`, `ExtensionSupportRequired`.
    pub(super) fn enter(&self, params: &ServiceParams) -> Result<ServiceParams, A2AError> {
        validate::version(params)?;
        let wanted = params.get(wire::EXTENSIONS_HEADER).into_iter().flatten();
        let wanted: Vec<&str> = wanted.flat_map(|list| list.split(',')).map(str::trim).collect();
        if let Some(missing) = self.required.iter().find(|uri| !wanted.contains(&uri.as_str())) {
            let why = format!("this agent requires the extension {missing}; list it in A2A-Extensions");
            return Err(A2AError::new(error_code::EXTENSION_SUPPORT_REQUIRED, why));
        }
        Ok(facts::strip(params))
    }

    /// Lets a message in, or refuses it before any task exists (A2A-5). From here on the request has no cA2A key any
    /// more, so none gets into the history of a task (A2A-6).
    ///
    /// # Errors
    /// What A2A requires and is missing, and every refusal of the pipeline.
    pub(super) async fn admit(
        &self,
        params: &ServiceParams,
        request: &mut SendMessageRequest,
    ) -> Result<Admitted, A2AError> {
        let mut params = self.enter(params)?;
        validate::send(request)?;
        let read = match Inbound::current().and_then(|inbound| inbound.take_read()) {
            Some(read) => read,
            None => from_struct(request),
        };
        let asked = read.map_err(|error| Refusal::from(&error).tell())?;
        let sealed = match &asked {
            Some(PeerRequest { sealed_payload: Some(_), .. }) => {
                let key = sealed::check_outer(request);
                Some(key.map_err(|error| Refusal::new(error.code(), error).tell())?)
            }
            _ => None,
        };
        wire::strip(&mut request.metadata);
        wire::strip_message(&mut request.message);
        let caller = match asked {
            Some(asked) => self.grant(asked, sealed, request).await?,
            None if self.demand == Demand::Optional => Caller::anyone(),
            None => return Err(Refusal::from(&PeerError::NotCa2a).tell()),
        };
        if let Some(call) = &caller.granted {
            facts::add(&mut params, call, caller.call.as_deref());
        }
        Ok(Admitted { caller: Arc::new(caller), params })
    }

    /// Judges a call, and puts what was sealed where the seal was. `reply_key` is there for a sealed message.
    async fn grant(
        &self,
        asked: PeerRequest,
        reply_key: Option<ChannelKey>,
        request: &mut SendMessageRequest,
    ) -> Result<Caller, A2AError> {
        let challenge = asked.holder_proof.as_ref().map(|proof| proof.challenge().clone());
        let chain = reply_key.is_some().then(|| asked.chain.clone());
        let decided = self.node.decide(asked).await;
        let mut call = decided.map_err(|decline| Refusal::from(&decline).tell())?;
        let revocations = match self.revocations() {
            Ok(revocations) => revocations,
            Err(refusal) if request.message.task_id.is_some() => return Err(undone(&call, refusal).await),
            // A new task is made under what was judged just now.
            Err(_) => None,
        };
        let (mut reply, mut grant) = (None, None);
        if let (Some(key), Some(chain), Some(challenge)) = (reply_key, chain, challenge) {
            let plaintext = call.payload.take().unwrap_or_default();
            let inner = match Inner::read(&plaintext, request, key, &chain) {
                Ok(inner) => inner,
                Err(error @ SealedMessageError::Parts(_)) => {
                    return Err(wanting(&call, A2AError::invalid_params(error.to_string())).await);
                }
                Err(error) => return Err(undone(&call, Refusal::new(error.code(), error)).await),
            };
            request.message = inner.message;
            // What was inside is asked for what was outside.
            if let Err(error) = validate::send(request) {
                return Err(wanting(&call, error).await);
            }
            let hops = call.chain.hops().iter().map(Credential::digest);
            let (capability, record) = (&call.requested_capability, &call.record);
            let binding = Binding::new(&challenge, hops, capability, record.id(), record.parent());
            let (secret, bound) = (inner.secret, Bound::Call(binding));
            (reply, grant) = (Some(Reply { key, secret, bound }), inner.grant);
        }
        call.payload = handler::payload(&request.message).map(Zeroizing::new);
        Ok(Caller { revocations, ..as_caller(call, reply, grant) })
    }

    /// What is revoked, which closes tasks to their holders (A2A-46).
    ///
    /// # Errors
    /// Where that must be known and is not.
    fn revocations(&self) -> Result<Option<Arc<RevocationSnapshot>>, Refusal> {
        let known = self.node.revocations();
        let (revocations, fresh) =
            known.map_err(|error| Refusal::new(ErrorCode::RevocationStatusUnknown, error))?;
        if !fresh {
            let why = "what is revoked is not known well enough; a task is not shown before it is";
            return Err(Refusal::new(ErrorCode::RevocationStatusUnknown, why));
        }
        Ok(revocations)
    }

    /// Lets a request about tasks in as whoever proves to ask (A2A-40).
    ///
    /// # Errors
    /// A proof that does not hold; and none, where everybody must show one.
    pub(super) fn asker<'r>(
        &self,
        params: &ServiceParams,
        asked: impl FnOnce(Sha256) -> Asked<'r>,
        digest: impl FnOnce() -> Result<Sha256, AccessError>,
    ) -> Result<Asker, A2AError> {
        let headers = params.get(wire::HOLDER_PROOF_HEADER).map(Vec::as_slice).unwrap_or_default();
        let params = self.enter(params)?;
        if headers.is_empty() && self.demand == Demand::Optional {
            return Ok(Asker { caller: Arc::new(Caller::anyone()), params, nonce: None });
        }
        let proven = digest().and_then(|digest| asker(&self.node, headers, &asked(digest)));
        let access = proven.map_err(|error| Refusal::new(error.code(), error).tell())?;
        let revocations = self.revocations().map_err(Refusal::tell)?;
        let caller = Caller { revocations, ..Caller::new(Owner::Holder(access.subject)) };
        Ok(Asker { caller: Arc::new(caller), params, nonce: Some(access.nonce) })
    }
}

/// Refuses what was granted. Its outcome says what its caller hears, and is kept before (GATE-4, GATE-8).
async fn undone(call: &Granted, refusal: Refusal) -> A2AError {
    match abandoned(call.call.as_ref(), refusal.code).await {
        Ok(()) => refusal.after(call).tell(),
        Err(unkept) => unkept.after(call).tell(),
    }
}

/// The same for what A2A requires and is not there, which A2A has its own words for.
async fn wanting(call: &Granted, error: A2AError) -> A2AError {
    match abandoned(call.call.as_ref(), ErrorCode::BadRequest).await {
        Ok(()) => Refusal::new(ErrorCode::BadRequest, &error.message).after(call).beside(error),
        Err(unkept) => unkept.after(call).tell(),
    }
}

/// Ends `call` as refused with `code`, before its caller hears so (A2A-17).
///
/// # Errors
/// An outcome that could not be kept: nobody knows then what the node will have said in the end.
pub(super) async fn abandoned(call: Option<&OpenCall>, code: ErrorCode) -> Result<(), Refusal> {
    let Some(open) = call else { return Ok(()) };
    let unkept = |error| {
        let why = format!("it was refused with {code}, and that outcome could not be kept: {error}");
        Refusal::new(ErrorCode::OutcomeUnknown, why)
    };
    open.abandon(code).await.map(|_| ()).map_err(unkept)
}

fn as_caller(mut call: Box<Granted>, reply: Option<Reply>, grant: Option<Chain>) -> Caller {
    let StoredRecord { json: record, statement, .. } = call.stored().clone();
    let statement = statement.map(|statement| (wire::STATEMENT.to_owned(), Value::String(statement)));
    let said = [(wire::RECORD.to_owned(), Value::String(record))].into_iter();
    // The task remembers whom it may be shown to, for as long as there is one.
    let remembered = reply.as_ref().map(|reply| {
        let secret = reply.secret.to_hex().as_str().into();
        [(wire::REPLY_KEY.to_owned(), reply.key.to_string().into()), (wire::REPLY_SECRET.to_owned(), secret)]
    });
    Caller {
        owner: Owner::Holder(*call.chain.subject()),
        provenance: Provenance::from(&call.chain),
        revocations: None,
        attached: said.chain(statement).chain(remembered.into_iter().flatten()).collect(),
        call: call.call.take().map(Arc::new),
        granted: Some(Arc::from(call)),
        grant,
        reply,
    }
}

/// What a request that came as protobuf says about cA2A. Its `Struct` is the source: there are no other bytes.
fn from_struct(request: &SendMessageRequest) -> Read {
    let ours = |metadata: &Option<HashMap<String, Value>>| -> Option<Value> {
        let members = metadata.iter().flatten().filter(|(key, _)| is_ca2a_key(key));
        let members: serde_json::Map<_, _> =
            members.map(|(key, value)| (key.clone(), value.clone())).collect();
        (!members.is_empty()).then_some(Value::Object(members))
    };
    let outer = ours(&request.metadata);
    let inner = ours(&request.message.metadata);
    if outer.is_none() && inner.is_none() {
        return Ok(None);
    }
    let params = serde_json::json!({
        "metadata": outer.unwrap_or(Value::Object(serde_json::Map::new())),
        "message": { "metadata": inner.unwrap_or(Value::Object(serde_json::Map::new())) },
    });
    let text = serde_json::json!({ "params": params }).to_string();
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes())?;
    read(node, text.as_bytes())
}

/// What a request says about cA2A. `request` has the shape of a JSON-RPC request and was read from `source`.
pub(super) fn read(request: Node<'_>, source: &[u8]) -> Read {
    let Some(object) = request.as_object() else { return Err(PeerError::BodyNotAnObject) };
    match numbers::with_integers(object) {
        Some(fixed) => message::parse(&fixed, source),
        None => message::parse(object, source),
    }
}

/// The body of an HTTP+JSON request in the shape of a JSON-RPC one.
pub(super) fn as_params(body: Node<'_>) -> Node<'_> {
    Object::from([("params", body)]).into()
}
