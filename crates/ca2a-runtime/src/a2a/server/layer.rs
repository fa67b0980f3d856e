//! Before and after the SDK: bytes in, bytes out.

use std::{collections::HashMap, sync::Arc, time::Instant};

use a2a::{error_code, methods};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts},
};
use ca2a_core::{
    ErrorCode,
    json::{self, Limits, Node, NumberPolicy, Object, Reader},
};
use http_body_util::{BodyExt as _, Limited};
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::{
    ServerLimits, admit, cut, errors,
    forward::{AsItCame, Forwarding},
    inbound::{Inbound, Read},
    place::{self, Binding},
    refusal::Refusal,
    seen::Seen,
    validate,
};
use crate::{a2a::wire, operations::traced::Traced, peer::message::EXTENSION_URI, to_its_end::to_its_end};

/// What the paths of HTTP+JSON begin with to which messages are sent.
const MESSAGE: &str = "/message";

/// What stands behind the layer.
pub(super) struct Front {
    pub(super) bindings: Router,
    pub(super) limits: ServerLimits,
    /// The way to other nodes, for what is meant for them.
    pub(super) forwarding: Option<Forwarding>,
}

/// What was read of a request.
#[derive(Default)]
struct Received {
    /// The body as it came.
    whole: Seen,
    /// What is left to read for the SDK.
    bytes: Bytes,
    /// The id of a JSON-RPC request, as it came.
    id: Option<Node<'static>>,
    read: Option<Read>,
    metadata: Option<HashMap<String, serde_json::Value>>,
}

/// An answer that the layer gives by itself.
struct Early {
    status: u16,
    code: i32,
    reason: &'static str,
    why: String,
    id: Option<Node<'static>>,
}

impl Early {
    fn new(status: u16, code: i32, why: impl ToString) -> Self {
        Self { status, code, reason: a2a::error_reason(code), why: why.to_string(), id: None }
    }
}

/// Serves one request.
pub(super) async fn handle(State(front): State<Arc<Front>>, request: Request) -> Response<Body> {
    let (mut head, body) = request.into_parts();
    let as_it_came = front.forwarding.as_ref().and_then(|_| AsItCame::of(&head));
    let started = Instant::now();
    let tenant = place::tenant(&mut head.uri);
    for name in [wire::VERSION_HEADER, wire::EXTENSIONS_HEADER] {
        let value = place::from_query(&head.uri, name).and_then(|value| HeaderValue::from_str(&value).ok());
        if let (Some(value), false) = (value, head.headers.contains_key(name)) {
            head.headers.insert(name, value);
        }
    }
    let binding = Binding::of(&head);
    let media = media(&head.headers);
    let activated = lists_ca2a(&head.headers);
    let is_posted = head.method == Method::POST;
    let (received, body) = if binding == Binding::Grpc {
        #[cfg(feature = "grpc")]
        let body = crate::a2a::grpc::in_time(body, front.limits.body);
        match &as_it_came {
            Some(_) => {
                let (whole, body) = Seen::of(body);
                (Received { whole, ..Received::default() }, body)
            }
            None => (Received::default(), body),
        }
    } else {
        match receive(&front.limits, binding, &mut head, body).await {
            Ok(received) => {
                let bytes = received.bytes.clone();
                (received, Body::from(bytes))
            }
            Err(early) => return told(binding, media, &early),
        }
    };
    let inbound = Arc::new(Inbound::new(received.read, tenant, received.metadata));
    // What is begun is ended, whether or not the client is still there.
    let (bindings, ours) = (front.bindings.clone(), Arc::clone(&inbound));
    let request = Request::from_parts(head, body);
    let served =
        Traced::of(request.headers()).serve(async move { ours.serve(bindings.oneshot(request)).await });
    let response = match timeout(front.limits.request, to_its_end(served)).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(_)) => {
            let refusal = Refusal::new(ErrorCode::Ca2aError, "the request failed; what it did is unknown");
            return refused(binding, media, received.id, &refusal);
        }
        Err(_) => {
            let refusal =
                Refusal::new(ErrorCode::DeadlineExceeded, "no answer in time; the task may still complete");
            return refused(binding, media, received.id, &refusal);
        }
    };
    if let Some(mut refusal) = inbound.take_refusal() {
        if let (Some(ways), Some(request), Some(node)) = (&front.forwarding, as_it_came, refusal.meant_for) {
            let patience = front.limits.request.saturating_sub(started.elapsed());
            match ways.hand_on(node, request, received.whole.bytes(), patience, refusal).await {
                Ok(answer) => return answer,
                Err(instead) => refusal = instead,
            }
        }
        return refused(binding, media, received.id, &refusal);
    }
    let malformed = match is_posted && !received.bytes.is_empty() {
        true => error_code::PARSE_ERROR,
        false => error_code::INVALID_PARAMS,
    };
    finish(response, binding, media, malformed, activated)
}

/// Reads the body, and what it says about cA2A (A2A-3, A2A-13).
async fn receive(
    limits: &ServerLimits,
    binding: Binding,
    head: &mut Parts,
    body: Body,
) -> Result<Received, Early> {
    let collected = timeout(limits.body, Limited::new(body, limits.max_body).collect()).await;
    let bytes = match collected {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let why = format!("the body is larger than {} bytes", limits.max_body);
            return Err(Early::new(413, error_code::INVALID_REQUEST, why));
        }
        Ok(Err(_)) => {
            return Err(Early::new(400, error_code::INVALID_REQUEST, "the body ended before its length"));
        }
        Err(_) => {
            return Err(Early::new(408, error_code::INVALID_REQUEST, "the body did not arrive in time"));
        }
    };
    let is_message = binding == Binding::JsonRpc || head.uri.path().starts_with(MESSAGE);
    if head.method != Method::POST || (bytes.is_empty() && !is_message) {
        return Ok(Received { whole: bytes.clone().into(), bytes, ..Received::default() });
    }
    let is_named = head.headers.contains_key(header::CONTENT_TYPE);
    let must_be_named = binding == Binding::Rest && !bytes.is_empty();
    if (is_named || must_be_named) && !is_json(&head.headers) {
        let why = "the body must be application/a2a+json or application/json";
        return Err(Early::new(400, error_code::CONTENT_TYPE_NOT_SUPPORTED, why));
    }
    let reader = Reader::new(NumberPolicy::Lexical);
    let reader = reader.limits(Limits { max_bytes: limits.max_body, ..json::DEFAULT_LIMITS });
    let node = reader.read(&bytes).map_err(|error| {
        Early::new(400, error_code::PARSE_ERROR, format!("the body is not strict JSON: {error}"))
    })?;
    let mut received = match binding {
        Binding::JsonRpc => of_jsonrpc(node, &bytes)?,
        _ => of_rest(head.uri.path(), node, &bytes)?,
    };
    received.whole = bytes.clone().into();
    if received.bytes.is_empty() {
        received.bytes = bytes;
    } else {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(received.bytes.len()));
    }
    Ok(received)
}

fn of_jsonrpc(node: Node<'_>, source: &[u8]) -> Result<Received, Early> {
    let Some(object) = node.as_object() else {
        return Err(Early::new(200, error_code::INVALID_REQUEST, "a request is one JSON object"));
    };
    let id = object.get("id").cloned().map(Node::into_owned);
    let method = object.get("method").and_then(Node::as_str);
    if !matches!(method, Some(methods::SEND_MESSAGE | methods::SEND_STREAMING_MESSAGE)) {
        return Ok(Received { id, ..Received::default() });
    }
    let params = object.get("params").and_then(Node::as_object);
    if let Some(why) = params.and_then(validate::parts) {
        return Err(Early { id, ..Early::new(200, error_code::INVALID_PARAMS, why) });
    }
    let bytes = left(params, source);
    Ok(Received { bytes, id, read: Some(admit::read(node, source)), ..Received::default() })
}

/// What is left of a message's body for the SDK; nothing where that is all of it.
fn left(params: Option<&Object<'_>>, source: &[u8]) -> Bytes {
    params.and_then(|params| cut::without_ca2a(params, source)).map(Bytes::from).unwrap_or_default()
}

fn of_rest(path: &str, node: Node<'_>, source: &[u8]) -> Result<Received, Early> {
    let Some(object) = node.as_object() else {
        return Err(Early::new(400, error_code::INVALID_PARAMS, "a request is one JSON object"));
    };
    if path.ends_with(":cancel") || path.ends_with("/cancel") {
        let metadata = object.get("metadata").map(json::to_text);
        let metadata = metadata.and_then(|text| serde_json::from_str(&text).ok());
        return Ok(Received { metadata, ..Received::default() });
    }
    if !path.starts_with(MESSAGE) {
        return Ok(Received::default());
    }
    if let Some(why) = validate::parts(object) {
        return Err(Early::new(400, error_code::INVALID_PARAMS, why));
    }
    let bytes = left(Some(object), source);
    Ok(Received { bytes, read: Some(admit::read(admit::as_params(node), source)), ..Received::default() })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind == "application/a2a+json"
}

/// The media type of answers over HTTP+JSON: A2A's own for a client that shows that it knows it (A2A-15).
fn media(headers: &HeaderMap) -> &'static str {
    let named = [header::ACCEPT, header::CONTENT_TYPE].iter().any(|name| {
        headers
            .get_all(name)
            .iter()
            .any(|value| value.to_str().is_ok_and(|text| text.contains("application/a2a+json")))
    });
    if named { "application/a2a+json" } else { "application/json" }
}

fn lists_ca2a(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(wire::EXTENSIONS_HEADER).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|uri| uri.trim() == EXTENSION_URI)
}

fn answer(status: u16, media: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// A refusal as the binding has it.
pub(super) fn refused(
    binding: Binding,
    media: &'static str,
    id: Option<Node<'static>>,
    refusal: &Refusal,
) -> Response<Body> {
    match binding {
        Binding::JsonRpc => answer(200, "application/json", refusal.jsonrpc(id.unwrap_or_else(null))),
        Binding::Rest => answer(refusal.code.http_status(), media, refusal.rest()),
        #[cfg(feature = "grpc")]
        Binding::Grpc => crate::a2a::grpc::refused(refusal),
        #[cfg(not(feature = "grpc"))]
        Binding::Grpc => answer(404, media, refusal.rest()),
    }
}

fn told(binding: Binding, media: &'static str, early: &Early) -> Response<Body> {
    let details = errors::info(early.reason);
    match binding {
        Binding::JsonRpc => {
            let id = early.id.clone().unwrap_or_else(null);
            // What HTTP has a word for is said in it; what JSON-RPC has one for travels as 200.
            let status = if early.status == 400 { 200 } else { early.status };
            answer(
                status,
                "application/json",
                errors::jsonrpc(id, i64::from(early.code), &early.why, details),
            )
        }
        _ => answer(early.status, media, errors::rest(early.status, "INVALID_ARGUMENT", &early.why, details)),
    }
}

fn null() -> Node<'static> {
    Node { value: json::Value::Null, span: json::Span::default() }
}

/// What the SDK answered, with what it leaves out. What it could not even read is `malformed`.
fn finish(
    mut response: Response<Body>,
    binding: Binding,
    media: &'static str,
    malformed: i32,
    activated: bool,
) -> Response<Body> {
    if binding != Binding::JsonRpc {
        response = coded(response, binding, media, malformed);
    }
    if activated && response.status().is_success() {
        response.headers_mut().insert(wire::EXTENSIONS_HEADER, HeaderValue::from_static(EXTENSION_URI));
    }
    response
}

/// An answer over HTTP+JSON with the type that its client knows, and its errors as section 11.6 has them (A2A-15).
fn coded(
    mut response: Response<Body>,
    binding: Binding,
    media: &'static str,
    malformed: i32,
) -> Response<Body> {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    match kind {
        Some(b"application/problem+json" | b"application/a2a+json") => {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
            response
        }
        None if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) => {
            let status = status.as_u16();
            let details = errors::info("METHOD_NOT_FOUND");
            let why = "there is nothing of that name here";
            answer(status, media, errors::rest(status, "NOT_FOUND", why, details))
        }
        // The router reads paths, queries and bodies before the SDK does, and says in prose what is wrong with them.
        _ if binding == Binding::Rest && status.is_client_error() => {
            let status = if status == StatusCode::PAYLOAD_TOO_LARGE { 413 } else { 400 };
            let why = "the path, the query or the body is not what this method takes";
            told(binding, media, &Early::new(status, malformed, why))
        }
        _ if binding == Binding::Rest && status.is_server_error() => {
            let status = status.as_u16();
            let details = errors::info("INTERNAL_ERROR");
            answer(status, media, errors::rest(status, "INTERNAL", "the request failed", details))
        }
        _ => response,
    }
}
