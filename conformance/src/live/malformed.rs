//! Requests that are none: each is refused, and the node serves the next honest one.

use serde_json::json;

use super::{
    Seen,
    binding::{Binding, Said},
    calls, result,
    target::Target,
};
use crate::drive::CaseResult;

/// A body made of an honest one.
type Spoil = fn(&[u8]) -> Vec<u8>;

const BODIES: &[(&str, Spoil)] = &[
    ("nothing-json", |_| b"what is this?".to_vec()),
    ("truncated", |body| body.split_last().map_or_else(Vec::new, |(_, rest)| rest.to_vec())),
    ("not-utf8", |body| [body, b"\xff"].concat()),
    ("byte-order-mark", |body| [b"\xef\xbb\xbf", body].concat()),
    ("twice", |body| {
        [b"{\"messageId\":\"a\",\"jsonrpc\":\"2.0\",\"message\":{},", body.get(1..).unwrap_or_default()]
            .concat()
    }),
    ("array", |_| b"[]".to_vec()),
    ("deep", |_| [b"[".repeat(100_000), b"]".repeat(100_000)].concat()),
];

pub(super) async fn ask(target: &Target, results: &mut Vec<CaseResult>) {
    let requirement = if target.binding() == Binding::Http { "WIRE-3" } else { "A2A-3" };
    for &(name, spoil) in BODIES {
        let seen = body(target, spoil).await;
        results.push(result(requirement, name, json!({ "body": name }), seen));
    }
    let requirement = if target.binding() == Binding::Http { "RUN-2" } else { "A2A-5" };
    results.push(result(requirement, "plain", json!({ "body": "no cA2A" }), plain(target).await));
    if target.binding() == Binding::Http {
        results.push(result("WIRE-41", "nonce", json!({ "nonce": null }), nonce(target).await));
        for (name, head) in LENGTHS {
            let seen = length(target, head).await;
            results.push(result("WIRE-42", name, json!({ "head": head }), seen));
        }
    }
}

async fn body(target: &Target, spoil: Spoil) -> Seen {
    let body = spoil(&calls::body(target).await?);
    refused(target, target.say(&body).await?).await
}

/// A refusal, after which an honest call is granted.
async fn refused(target: &Target, said: Said) -> Seen {
    match said {
        Said::Refused(_) | Said::Turned(_) => calls::granted(target).await.map(|_| said.to_string()),
        said => Err(format!("expected a refusal, got {said}")),
    }
}

async fn plain(target: &Target) -> Seen {
    match target.say(&calls::plain(target)?).await? {
        Said::Refused(code) if code == "TRANSPORT_ERROR" => Ok(format!("refused {code}")),
        said => Err(format!("expected refused TRANSPORT_ERROR, got {said}")),
    }
}

async fn nonce(target: &Target) -> Seen {
    let request = target.head("GET", ca2a_runtime::http::CHANNEL_PATH, "");
    let reply = target.send(request.as_bytes()).await?;
    match target.binding().read(&reply) {
        Said::Refused(code) if code == "BAD_REQUEST" => Ok(format!("refused {code}")),
        said => Err(format!("a handshake without a nonce: expected refused BAD_REQUEST, got {said}")),
    }
}

/// Lengths that no request may have, each before a body of two bytes.
const LENGTHS: &[(&str, &str)] = &[
    ("no-length", ""),
    ("zero", "Content-Length: 0\r\n"),
    ("too-long", "Content-Length: 1048577\r\n"),
    ("chunked", "Transfer-Encoding: chunked\r\n"),
    ("two-lengths", "Content-Length: 2\r\nContent-Length: 3\r\n"),
    ("negative", "Content-Length: -2\r\n"),
];

async fn length(target: &Target, head: &str) -> Seen {
    let request = target.head("POST", target.binding().path(), head);
    let reply = target.send(&[request.as_bytes(), b"{}"].concat()).await?;
    refused(target, target.binding().read(&reply)).await
}
