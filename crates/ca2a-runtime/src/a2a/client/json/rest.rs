//! Which verb, path and body a method has over HTTP+JSON (A2A specification 11.3).

use a2a::{A2AError, methods};
use bytes::Bytes;
use hyper::Method;
use serde_json::Value;

/// What is sent for `method` with `params` below `base`.
pub(crate) fn request(
    base: &str,
    method: &str,
    mut params: Value,
) -> Result<(Method, String, Bytes), A2AError> {
    let tenant = take(&mut params, "tenant").filter(|tenant| !tenant.is_empty());
    let base = match &tenant {
        Some(tenant) => format!("{base}/{}", escaped(tenant)),
        None => base.to_owned(),
    };
    let mut id = |name: &str| -> Result<String, A2AError> {
        let id = take(&mut params, name).filter(|id| !id.is_empty());
        id.map(|id| escaped(&id)).ok_or_else(|| A2AError::invalid_params(format!("`{name}` is required")))
    };
    let (verb, path) = match method {
        methods::SEND_MESSAGE => (Method::POST, "/message:send".to_owned()),
        methods::SEND_STREAMING_MESSAGE => (Method::POST, "/message:stream".to_owned()),
        methods::GET_TASK => (Method::GET, format!("/tasks/{}", id("id")?)),
        methods::LIST_TASKS => (Method::GET, "/tasks".to_owned()),
        methods::CANCEL_TASK => (Method::POST, format!("/tasks/{}:cancel", id("id")?)),
        methods::SUBSCRIBE_TO_TASK => (Method::GET, format!("/tasks/{}:subscribe", id("id")?)),
        methods::CREATE_PUSH_CONFIG => {
            (Method::POST, format!("/tasks/{}/pushNotificationConfigs", id("taskId")?))
        }
        methods::LIST_PUSH_CONFIGS => {
            (Method::GET, format!("/tasks/{}/pushNotificationConfigs", id("taskId")?))
        }
        methods::GET_PUSH_CONFIG => {
            (Method::GET, format!("/tasks/{}/pushNotificationConfigs/{}", id("taskId")?, id("id")?))
        }
        methods::DELETE_PUSH_CONFIG => {
            (Method::DELETE, format!("/tasks/{}/pushNotificationConfigs/{}", id("taskId")?, id("id")?))
        }
        methods::GET_EXTENDED_AGENT_CARD => (Method::GET, "/extendedAgentCard".to_owned()),
        other => return Err(A2AError::method_not_found(other)),
    };
    if verb == Method::POST {
        return Ok((verb, format!("{base}{path}"), Bytes::from(params.to_string())));
    }
    let pairs = params.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return None,
        };
        Some(format!("{}={}", escaped(name), escaped(&text)))
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    let question = if query.is_empty() { "" } else { "?" };
    Ok((verb, format!("{base}{path}{question}{query}"), Bytes::new()))
}

fn take(params: &mut Value, name: &str) -> Option<String> {
    match params.as_object_mut()?.remove(name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Percent-encodes everything but the unreserved characters (RFC 3986 section 2.3).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
