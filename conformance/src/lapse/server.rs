//! What a sloppy server takes a request for: the input of `http`, put right before it is sent to one that is strict.

use ca2a_core::encoding::hex;
use ca2a_runtime::http::{CHANNEL_PATH, TASK_PATH};
use serde_json::{Value, json};

use super::{Members, set};

/// A member of an object that is a request; nothing of any other.
fn text<'o>(object: &'o Members, name: &str) -> Option<&'o str> {
    object.get("headers").and(object.get(name)).and_then(Value::as_str)
}

/// Answers a handshake under a nonce that nobody sent.
pub(super) fn other_nonce(object: &mut Members) {
    if text(object, "path").is_some_and(|path| path.starts_with(CHANNEL_PATH)) {
        set(object, "path", format!("{CHANNEL_PATH}?nonce=other"));
    }
}

/// Takes a body that is no object for an empty message.
pub(super) fn any_body(object: &mut Members) {
    let bytes = text(object, "body_hex").map(|body| body.len() / 2);
    if bytes.is_some_and(|bytes| bytes > 0) && !is_object(text(object, "body_hex").unwrap_or_default()) {
        set(object, "body_hex", hex(b"{}"));
        any_length(object);
    }
}

/// Whether the bytes that `body` spells in hex are an object of JSON.
fn is_object(body: &str) -> bool {
    let bytes: Option<Vec<u8>> = body
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    bytes.is_some_and(|bytes| serde_json::from_slice::<Members>(&bytes).is_ok())
}

/// Serves the channel to every GET and takes everything else for a task.
pub(super) fn any_path(object: &mut Members) {
    match text(object, "method") {
        Some("GET") if !text(object, "path").is_some_and(|path| path.starts_with(CHANNEL_PATH)) => {
            set(object, "path", format!("{CHANNEL_PATH}?nonce=n"));
        }
        Some("GET") | None => {}
        Some(_) => {
            set(object, "method", "POST");
            set(object, "path", TASK_PATH);
        }
    }
}

/// Reads the first parameter of a query, and no other.
pub(super) fn first_parameter(object: &mut Members) {
    if let Some((first, _)) = text(object, "path").and_then(|path| path.split_once('&')) {
        let first = first.to_owned();
        set(object, "path", first);
    }
}

/// Takes a body for what arrives, whatever its length was said to be.
pub(super) fn any_length(object: &mut Members) {
    let Some(bytes) = text(object, "body_hex").map(|body| body.len() / 2).filter(|bytes| *bytes > 0) else {
        return;
    };
    if let Some(Value::Object(headers)) = object.get_mut("headers") {
        headers.remove("Transfer-Encoding");
        headers.insert("Content-Length".to_owned(), json!(bytes.to_string()));
    }
}
