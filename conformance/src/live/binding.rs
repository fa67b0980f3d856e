//! How a call travels, and what an answer says.

use std::{fmt, str::FromStr};

use ca2a_core::json::{self, Node, Object};
use ca2a_runtime::{
    http::TASK_PATH,
    peer::{PeerRequest, message},
};
use serde_json::{Value, json};

use super::wire::Reply;

/// Which wire a node is asked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// The reference transport (`specs/wire.md`).
    Http,
    /// A2A over JSON-RPC (`specs/a2a.md`).
    JsonRpc,
    /// A2A over HTTP+JSON.
    Rest,
}

/// A text that names no binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownBinding(String);

impl fmt::Display for UnknownBinding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "no binding is called `{}`; there are `http`, `jsonrpc` and `rest`", self.0)
    }
}

impl std::error::Error for UnknownBinding {}

impl FromStr for Binding {
    type Err = UnknownBinding;

    fn from_str(text: &str) -> Result<Self, UnknownBinding> {
        match text {
            "http" => Ok(Self::Http),
            "jsonrpc" => Ok(Self::JsonRpc),
            "rest" => Ok(Self::Rest),
            other => Err(UnknownBinding(other.to_owned())),
        }
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Http => "http",
            Self::JsonRpc => "jsonrpc",
            Self::Rest => "rest",
        })
    }
}

/// What a node said to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It was granted.
    Granted,
    /// It was refused with this code of the registry.
    Refused(String),
    /// It was refused in the words of the transport.
    Turned(String),
    /// Neither.
    Otherwise(String),
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted => out.write_str("granted"),
            Self::Refused(code) => write!(out, "refused {code}"),
            Self::Turned(how) => write!(out, "refused by the transport: {how}"),
            Self::Otherwise(what) => write!(out, "neither granted nor refused: {what}"),
        }
    }
}

/// A part of a message that is text.
pub(super) fn text_part(text: &str) -> Object<'static> {
    Object::from([("text", Node::from(text.to_owned()))])
}

/// Makes `part` all that `message` says, as a user's.
pub(super) fn say(message: &mut Object<'static>, part: Object<'static>) {
    message.insert("role", "ROLE_USER");
    message.insert("parts", Node::from_iter([Node::from(part)]));
}

impl Binding {
    /// Where calls go.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Http => TASK_PATH,
            Self::JsonRpc => "/",
            Self::Rest => "/message:send",
        }
    }

    /// The body that carries `request`; `text` is what the message says where a message says something.
    ///
    /// # Errors
    /// What cannot be written.
    pub(super) fn body(self, request: Option<&PeerRequest>, id: &str, text: &str) -> Result<Vec<u8>, String> {
        let mut message = Object::from([("messageId", Node::from(id.to_owned()))]);
        if self != Self::Http {
            say(&mut message, text_part(text));
        }
        self.carry(message, request)
    }

    /// The body that carries `request` in `message`, which lacks nothing else.
    ///
    /// # Errors
    /// What cannot be written.
    pub(super) fn carry(
        self,
        mut message: Object<'static>,
        request: Option<&PeerRequest>,
    ) -> Result<Vec<u8>, String> {
        let id = message.get("messageId").and_then(Node::as_str).unwrap_or_default().to_owned();
        if let Some(request) = request {
            message::attach(&mut message, request).map_err(|error| error.to_string())?;
        }
        let message = Node::from(message);
        let params = |message| Node::from(Object::from([("message", message)]));
        let body = match self {
            Self::Http => message,
            Self::Rest => params(message),
            Self::JsonRpc => Node::from(Object::from([
                ("jsonrpc", Node::from("2.0")),
                ("id", Node::from(id)),
                ("method", Node::from("SendMessage")),
                ("params", params(message)),
            ])),
        };
        Ok(json::to_text(&body).into_bytes())
    }

    /// The task in an answer that grants.
    pub(super) fn task(self, reply: &Reply) -> Option<Value> {
        let body = reply.json();
        match self {
            Self::Http => None,
            Self::JsonRpc => body.pointer("/result/task").cloned(),
            Self::Rest => body.get("task").cloned(),
        }
    }

    /// What an answer says.
    pub(super) fn read(self, reply: &Reply) -> Said {
        let body = reply.json();
        let granted = match self {
            Self::Http => reply.status == 200 && body.get("accepted") == Some(&json!(true)),
            Self::JsonRpc => body.get("result").is_some_and(Value::is_object),
            Self::Rest => reply.status == 200 && (body.get("task").or(body.get("message"))).is_some(),
        };
        if granted {
            return Said::Granted;
        }
        let details = match self {
            Self::Http => None,
            Self::JsonRpc => body.pointer("/error/data"),
            Self::Rest => body.pointer("/error/details"),
        };
        let detail = |detail: &Value| Some(detail.pointer("/metadata/ca2a_code")?.as_str()?.to_owned());
        let of_details = details.and_then(Value::as_array).and_then(|all| all.iter().find_map(detail));
        let own = (self == Self::Http).then(|| body.pointer("/error/code")?.as_str().map(str::to_owned));
        match of_details.or(own.flatten()) {
            Some(code) => Said::Refused(code),
            None if reply.status >= 400 => Said::Turned(format!("status {}", reply.status)),
            None => match body.pointer("/error/code") {
                Some(code) => Said::Turned(format!("error {code}")),
                None if reply.status == 0 => Said::Turned("closed without a word".to_owned()),
                None => Said::Otherwise(format!("status {}", reply.status)),
            },
        }
    }
}
