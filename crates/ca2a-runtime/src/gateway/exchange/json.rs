//! The agent over JSON-RPC and HTTP+JSON.

use a2a::methods;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request,
    header::{self, HeaderValue},
};
use serde_json::{Value, json};

use super::{Events, Exchange, Reply, Said, malformed};
use crate::{
    a2a::client::{JsonBinding, rest},
    gateway::{
        UpstreamError,
        connection::{send, whole},
        events,
    },
};

/// Asks over `binding`.
pub(super) async fn ask(
    exchange: &Exchange,
    binding: JsonBinding,
    method: &str,
    params: Value,
) -> Result<Said, UpstreamError> {
    let limits = exchange.limits;
    let request = request(exchange, binding, method, params)?;
    let answer = send(&exchange.address, request, limits.silence).await?;
    let status = answer.status().as_u16();
    let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if status == 200 && kind.starts_with(b"text/event-stream") {
        let events = events::Events::new(answer.into_body(), limits.max_event, limits.silence);
        return Ok(Said::Stream(Box::new(Events::Sse(events, binding))));
    }
    let body = whole(answer.into_body(), limits.max_event, limits.silence).await?;
    reply(binding, status, &body).map(Said::Once)
}

fn request(
    exchange: &Exchange,
    binding: JsonBinding,
    method: &str,
    params: Value,
) -> Result<Request<Full<Bytes>>, UpstreamError> {
    let path = &exchange.address.path;
    let (verb, target, body) = match binding {
        JsonBinding::JsonRpc => {
            let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            (Method::POST, path.clone(), Bytes::from(body.to_string()))
        }
        JsonBinding::HttpJson => {
            let made = rest::request(path.trim_end_matches('/'), method, params);
            made.map_err(|error| malformed(error.message))?
        }
    };
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = verb;
    *request.uri_mut() = target.parse().map_err(|_| UpstreamError::Connect("its path is none".to_owned()))?;
    *request.headers_mut() = exchange.headers.clone();
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accept = match (method, binding) {
        (methods::SEND_STREAMING_MESSAGE, _) => "text/event-stream",
        (_, JsonBinding::JsonRpc) => "application/json",
        (_, JsonBinding::HttpJson) => "application/json, application/a2a+json",
    };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    Ok(request)
}

/// Reads an answer, or an event of a stream. Some servers say over JSON-RPC too by a status that they refuse.
///
/// # Errors
/// What is none.
pub(super) fn reply(binding: JsonBinding, status: u16, body: &[u8]) -> Result<Reply, UpstreamError> {
    let is_ok = (200..300).contains(&status);
    let unless_refused = |error: UpstreamError| if is_ok { error } else { UpstreamError::Status(status) };
    let answer: Value = serde_json::from_slice(body).map_err(|error| unless_refused(malformed(error)))?;
    let Value::Object(mut answer) = answer else {
        return Err(unless_refused(malformed("it is no JSON object")));
    };
    let refused = answer.remove("error");
    let result = match binding {
        JsonBinding::JsonRpc => answer.remove("result"),
        JsonBinding::HttpJson => (!answer.is_empty()).then_some(Value::Object(answer)),
    };
    match (result, refused) {
        (Some(result), None) if is_ok => Ok(Reply::result(result)),
        (None | Some(Value::Null), Some(error)) => {
            let message = error.get("message").and_then(Value::as_str);
            let message = message.ok_or_else(|| malformed("its error has no message"))?;
            Ok(Reply::Refused(message.to_owned()))
        }
        _ => Err(unless_refused(malformed("it has neither a result nor an error, or both"))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    fn read(binding: JsonBinding, status: u16, body: &str) -> Result<String, UpstreamError> {
        reply(binding, status, body.as_bytes()).map(|reply| match reply {
            Reply::Result(result) => result.to_string(),
            Reply::Refused(why) => format!("refused: {why}"),
        })
    }

    /// GATE-26, GATE-81
    #[test]
    fn an_answer_is_a_result_or_a_refusal() {
        covers!(accept, "GATE-26", "GATE-81");
        let rpc = |status, body| read(JsonBinding::JsonRpc, status, body).unwrap();
        assert_eq!(rpc(200, r#"{"jsonrpc":"2.0","id":1,"result":{"task":{}}}"#), r#"{"task":{}}"#);
        assert_eq!(rpc(200, r#"{"error":{"code":-1,"message":"no"}}"#), "refused: no");
        assert_eq!(rpc(500, r#"{"error":{"code":-1,"message":"no"},"result":null}"#), "refused: no");
        let rest = |status, body| read(JsonBinding::HttpJson, status, body).unwrap();
        assert_eq!(rest(200, r#"{"task":{}}"#), r#"{"task":{}}"#);
        assert_eq!(rest(201, r#"{"id":"t"}"#), r#"{"id":"t"}"#);
        let refused = r#"{"error":{"code":400,"status":"FAILED_PRECONDITION","message":"no"}}"#;
        assert_eq!(rest(400, refused), "refused: no");
        // In a stream that began well.
        assert_eq!(rest(200, refused), "refused: no");
    }

    /// GATE-26, GATE-81
    #[test]
    fn everything_else_is_no_answer() {
        covers!(refuse, "GATE-26", "GATE-81");
        let result = r#"{"result":{"task":{}}}"#;
        for binding in [JsonBinding::JsonRpc, JsonBinding::HttpJson] {
            for status in [302, 404, 500] {
                for body in ["", "<html>", "[]", "{}", result, r#"{"task":{}}"#] {
                    let expected = Err(UpstreamError::Status(status));
                    assert_eq!(read(binding, status, body), expected, "{binding:?}: {body}");
                }
            }
            for body in ["", "<html>", "[]", "{}", r#"{"error":"no"}"#, r#"{"error":{"code":1}}"#] {
                let said = read(binding, 200, body);
                assert!(matches!(said, Err(UpstreamError::Malformed(_))), "{binding:?}, {body}: {said:?}");
            }
        }
        let both = r#"{"result":{},"error":{"message":"no"}}"#;
        assert!(read(JsonBinding::JsonRpc, 200, both).is_err());
        assert!(read(JsonBinding::HttpJson, 200, r#"{"task":{},"error":{"message":"no"}}"#).is_err());
    }
}
