//! The reference transport: bytes to a fresh node, and what it answers (WIRE-1, WIRE-3, WIRE-40 to WIRE-42).

use ca2a_core::{ChallengeKey, encoding::hex};
use serde_json::{Value, json};

use super::{
    case::Case,
    channel::Channel,
    draft::{NOW, public},
};

const SECRET: [u8; 32] = [7; 32];

fn node() -> Value {
    json!({
        "policy_allow": ["read"],
        "trusted_root_issuers": [public("root")],
        "enclave_private_hex": Channel::named("channel callee").private_hex(),
        "challenge_secret_hex": hex(&SECRET),
        "challenge_random_hex": "09".repeat(16),
    })
}

/// A request with the length of its body, unless `headers` say otherwise.
fn request(method: &str, path: &str, body: &[u8]) -> Value {
    let mut headers = json!({ "Host": "peer" });
    if method != "GET" {
        headers["Content-Length"] = json!(body.len().to_string());
    }
    json!({ "method": method, "path": path, "headers": headers, "body_hex": hex(body), "node": node() })
}

fn refused(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    input: Value,
    status: u16,
    code: &str,
) -> Case {
    let body = json!({ "error": { "code": code } });
    Case::answer(requirement, "refuse", name, about, input, json!({ "status": status, "body": body }))
}

/// The answer to a handshake under the nonce `n 1`.
fn handshake(requirement: &'static str, name: &str, about: &'static str, query: &str) -> Case {
    let key = Channel::named("channel callee").public_hex();
    let body = json!({
        "channel_public_key": key,
        "attestation": { "platform": "software-only", "public_key": key, "nonce": "n 1" },
        "challenge": ChallengeKey::new(SECRET).issue(NOW, 60, [9; 16]).as_str(),
    });
    let input = request("GET", &format!("/.well-known/ca2a/channel?{query}"), b"");
    Case::answer(requirement, "accept", name, about, input, json!({ "status": 200, "body": body }))
}

pub(super) fn cases() -> Vec<Case> {
    let channel = |query: &str| request("GET", &format!("/.well-known/ca2a/channel{query}"), b"");
    let nonce =
        |name: &str, about, query: &str| refused("WIRE-41", name, about, channel(query), 400, "BAD_REQUEST");
    let task = |body: &[u8]| request("POST", "/ca2a/task", body);
    let headed = |name: &str, value: Option<&str>| {
        let mut request = task(b"{}");
        if let Some(headers) = request["headers"].as_object_mut() {
            headers.remove("Content-Length");
            headers.extend(value.map(|value| (name.to_owned(), json!(value))));
        }
        request
    };
    let length = |name: &str, about, header: &str, value: Option<&str>| {
        refused("WIRE-42", name, about, headed(header, value), 400, "BAD_REQUEST")
    };
    let lost = |name: &str, about, method: &str, path: &str, status, code: &str| {
        refused("WIRE-40", name, about, request(method, path, b"{}"), status, code)
    };
    // A body that reaches the endpoint is refused for what it is not.
    let reaches = |requirement, name: &str, about, body: &[u8]| {
        let error = json!({ "error": { "code": "TRANSPORT_ERROR" } });
        let expect = json!({ "status": 400, "body": error });
        Case::answer(requirement, "accept", name, about, task(body), expect)
    };
    let unread =
        |name: &str, about, body: &[u8]| refused("WIRE-3", name, about, task(body), 400, "BAD_REQUEST");
    vec![
        handshake("WIRE-2", "nonce", "a key that is bound to the nonce, and a challenge", "nonce=n%201"),
        reaches("WIRE-3", "message", "a message is read, and is no call", b"{\"messageId\":\"m\",\"n\":1.5}"),
        unread("text", "a body that is no JSON", b"hello"),
        unread("array", "a body that is no object", b"[]"),
        unread("utf8", "a body that is no UTF-8", b"{\"a\":\"\xff\"}"),
        handshake("WIRE-40", "channel", "a path that is served", "nonce=n+1"),
        lost("path", "another path", "POST", "/ca2a/tasks", 404, "NOT_FOUND"),
        lost("get", "a task by GET", "GET", "/ca2a/task", 404, "NOT_FOUND"),
        lost("method", "another method", "DELETE", "/ca2a/task", 405, "METHOD_NOT_ALLOWED"),
        handshake("WIRE-41", "form", "a nonce in form encoding", "nonce=%6E+1"),
        nonce("none", "no query", ""),
        nonce("empty", "an empty nonce", "?nonce="),
        nonce("twice", "two nonces", "?nonce=a&nonce=b"),
        nonce("more", "another parameter beside it", "?nonce=a&x=b"),
        nonce("escape", "a broken escape", "?nonce=%4"),
        nonce("utf8", "bytes that are no UTF-8", "?nonce=%ff"),
        nonce("long", "a nonce of 257 characters", &format!("?nonce={}", "n".repeat(257))),
        reaches("WIRE-42", "length", "a body of its length", b"{\"messageId\":\"m\"}"),
        length("none", "without a length", "X-Length", Some("2")),
        length("zero", "of length 0", "Content-Length", Some("0")),
        length("long", "of one byte more than there may be", "Content-Length", Some("1048577")),
        length("chunked", "in chunks", "Transfer-Encoding", Some("chunked")),
    ]
}
