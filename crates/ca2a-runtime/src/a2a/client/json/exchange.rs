//! One request and its answer, or its events.

use std::collections::VecDeque;

use a2a::{A2AError, StreamResponse, TypedDetail, error_code, error_reason};
use a2a_client::transport::ServiceParams;
use a2a_pb::protojson_conv::{self, ProtoJsonPayload};
use bytes::Bytes;
use ca2a_core::json::{Limits, NumberPolicy, Reader};
use futures_util::stream;
use hyper::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde_json::{Value, json};

use super::{Events, JsonBinding, JsonTransport, rest};
use crate::{
    a2a::{client::sse::EventReader, wire},
    http::{ClientError, HttpStream},
};

/// The id of every JSON-RPC request: there is one on a connection at a time.
const ID: i64 = 1;

/// Bytes of one answer or event.
const MAX_ANSWER: usize = 8 << 20;

/// No answer came: a code of ours, and no error that the peer would have said.
fn lost(error: &ClientError) -> A2AError {
    A2AError::new(wire::REFUSED, format!("{}: {error}", error.code().as_str()))
}

fn none_of_ours(why: impl ToString) -> A2AError {
    A2AError::new(error_code::INVALID_AGENT_RESPONSE, why.to_string())
}

fn headers(params: &ServiceParams) -> Result<Vec<(HeaderName, HeaderValue)>, A2AError> {
    let broken = || A2AError::invalid_params("a service parameter that no header can carry");
    let mut headers =
        vec![(HeaderName::from_static(wire::VERSION_HEADER), HeaderValue::from_static(wire::VERSION))];
    for (name, values) in params {
        let name: HeaderName = name.parse().map_err(|_| broken())?;
        for value in values.iter().filter(|_| name != wire::VERSION_HEADER) {
            headers.push((name.clone(), HeaderValue::from_str(value).map_err(|_| broken())?));
        }
    }
    Ok(headers)
}

/// Strict JSON, as the server takes it too.
fn strict(bytes: &[u8]) -> Result<Value, A2AError> {
    let limits = Limits { max_bytes: MAX_ANSWER, ..ca2a_core::json::DEFAULT_LIMITS };
    Reader::new(NumberPolicy::Lexical).limits(limits).read(bytes).map_err(none_of_ours)?;
    serde_json::from_slice(bytes).map_err(none_of_ours)
}

impl JsonTransport {
    /// What is sent for `method`: the verb, where to, and the body.
    fn request(&self, method: &str, params: Value) -> Result<(Method, String, Bytes), A2AError> {
        match self.binding {
            JsonBinding::JsonRpc => {
                let body = json!({"jsonrpc": "2.0", "id": ID, "method": method, "params": params});
                Ok((Method::POST, self.path.clone(), Bytes::from(body.to_string())))
            }
            JsonBinding::HttpJson => rest::request(&self.path, method, params),
        }
    }

    /// The result of one call, as JSON.
    pub(super) async fn value(
        &self,
        params: &ServiceParams,
        method: &str,
        request: Value,
    ) -> Result<Value, A2AError> {
        let (verb, target, body) = self.request(method, request)?;
        let reply = self.http.exchange(verb, &target, &headers(params)?, body).await;
        let reply = reply.map_err(|error| lost(&error))?;
        if reply.body.is_empty() && (200..300).contains(&reply.status) {
            return Ok(Value::Null);
        }
        self.result(reply.status, &reply.body)
    }

    pub(super) async fn call<T: ProtoJsonPayload>(
        &self,
        params: &ServiceParams,
        method: &str,
        request: Value,
    ) -> Result<T, A2AError> {
        let value = self.value(params, method, request).await?;
        protojson_conv::from_value(value).map_err(none_of_ours)
    }

    pub(super) async fn stream(
        &self,
        params: &ServiceParams,
        method: &str,
        request: Value,
    ) -> Result<Events, A2AError> {
        let (verb, target, body) = self.request(method, request)?;
        let mut headers = headers(params)?;
        headers.push((hyper::header::ACCEPT, HeaderValue::from_static("text/event-stream")));
        let opened = self.http.open(verb, &target, &headers, body).await.map_err(|error| lost(&error))?;
        if !opened.is_event_stream() {
            let status = opened.status();
            let body = opened.whole().await.map_err(|error| lost(&error))?;
            self.result(status, &body)?;
            return Err(none_of_ours("the peer answered a request to stream with one answer"));
        }
        let reading = Reading {
            from: self.clone(),
            stream: opened,
            reader: EventReader::default(),
            ready: VecDeque::new(),
        };
        Ok(Box::pin(stream::unfold(Some(reading), |reading| async move {
            let mut reading = reading?;
            match reading.next().await {
                Ok(Some(event)) => Some((Ok(event), Some(reading))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })))
    }

    /// The result in an answer, or the error that it is.
    fn result(&self, status: u16, body: &[u8]) -> Result<Value, A2AError> {
        let mut value = strict(body)?;
        if let Some(error) = value.get("error").filter(|error| error.is_object()) {
            return Err(match self.binding {
                JsonBinding::JsonRpc => said(error, "data"),
                JsonBinding::HttpJson => said(error, "details"),
            });
        }
        if self.binding == JsonBinding::HttpJson {
            return match status {
                200..300 => Ok(value),
                _ => Err(none_of_ours(format!("the peer answered with HTTP status {status} and no error"))),
            };
        }
        if value.get("id").and_then(Value::as_i64) != Some(ID) {
            return Err(none_of_ours("the answer is to another request"));
        }
        value.get_mut("result").map(Value::take).ok_or_else(|| none_of_ours("an answer without a result"))
    }
}

/// An error of a peer's, with its details. Its code is what the reason in them says, where that is one of A2A's and the
/// error has no code of JSON-RPC.
fn said(error: &Value, details: &str) -> A2AError {
    let excerpt = |text: &str| text.chars().take(1000).collect::<String>();
    let message = error.get("message").and_then(Value::as_str).map(excerpt).unwrap_or_default();
    let details = error.get(details).and_then(Value::as_array).into_iter().flatten();
    let details: Vec<TypedDetail> =
        details.filter_map(|detail| serde_json::from_value(detail.clone()).ok()).collect();
    let code = error.get("code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
    let code = code.filter(|code| *code < 0).unwrap_or_else(|| {
        let reasons = details.iter().filter_map(|detail| detail.value.get("reason")?.as_str());
        let codes = (-32_009..=-32_001).chain([error_code::PARSE_ERROR]).chain(-32_603..=-32_600);
        let known: Vec<i32> = codes.collect();
        let by = |reason: &str| known.iter().copied().find(|code| error_reason(*code) == reason);
        let is_ours = details.iter().any(|detail| {
            detail.value.get("metadata").is_some_and(|metadata| metadata.get("ca2a_code").is_some())
        });
        if is_ours {
            wire::REFUSED
        } else {
            reasons.filter_map(by).next().unwrap_or(error_code::INTERNAL_ERROR)
        }
    });
    A2AError::new(code, message).with_details(details)
}

/// A stream of events on its way.
struct Reading {
    from: JsonTransport,
    stream: HttpStream,
    reader: EventReader,
    ready: VecDeque<Vec<u8>>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<StreamResponse>, A2AError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                let value = self.from.result(self.stream.status(), &event)?;
                return protojson_conv::from_value(value).map(Some).map_err(none_of_ours);
            }
            let Some(chunk) = self.stream.chunk().await.map_err(|error| lost(&error))? else {
                return Ok(None);
            };
            let events = self.reader.take(&chunk).map_err(|_| none_of_ours("an event is too large"))?;
            self.ready.extend(events);
        }
    }
}
