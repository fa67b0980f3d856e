//! A cA2A refusal, as each binding has it (A2A-8 to A2A-10).

use a2a::{A2AError, TypedDetail, error_code};
use ca2a_core::{
    ChannelKey, ErrorCode,
    json::{self, Node, Object},
};
use ca2a_trace::{DelegationRecord, statement::Statement};

use super::{super::wire, errors, inbound::Inbound};
use crate::{
    node::Decline,
    peer::{Denied, Granted, PeerError},
};

/// Why a request was refused, and what the refusal left.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    message: String,
    record: Option<String>,
    statement: Option<String>,
    /// The node that the call was meant for, where that is another one (GATE-50).
    pub(super) meant_for: Option<ChannelKey>,
}

/// The stable code of what a request was refused with: the one that its message begins with, or the one that comes closest.
pub(super) fn code_of(error: &A2AError) -> ErrorCode {
    let first = error.message.split_once(':').and_then(|(code, _)| code.parse().ok());
    first.unwrap_or(match error.code {
        error_code::TASK_NOT_FOUND => ErrorCode::NotFound,
        error_code::INTERNAL_ERROR => ErrorCode::Ca2aError,
        _ => ErrorCode::BadRequest,
    })
}

impl From<&PeerError> for Refusal {
    fn from(error: &PeerError) -> Self {
        let meant_for = match error {
            PeerError::WrongNode(node) => Some(*node),
            _ => None,
        };
        Self { meant_for, ..Self::new(error.code(), error) }
    }
}

impl From<&Denied> for Refusal {
    fn from(denied: &Denied) -> Self {
        let text = |node: Node<'_>| json::to_text(&node);
        Self {
            record: Some(text(DelegationRecord::to_node(&denied.record))),
            statement: denied.statement.as_ref().map(Statement::to_json),
            ..Self::from(&denied.error)
        }
    }
}

impl From<&Decline> for Refusal {
    fn from(decline: &Decline) -> Self {
        match decline {
            Decline::Unrecorded(error) => error.into(),
            Decline::Denied(denied) => denied.as_ref().into(),
        }
    }
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, why: impl ToString) -> Self {
        Self { code, message: why.to_string(), record: None, statement: None, meant_for: None }
    }

    /// The same, with what the grant of `call` left.
    pub(crate) fn after(mut self, call: &Granted) -> Self {
        self.record = Some(json::to_text(&call.record.to_node()));
        self.statement = call.statement.as_ref().map(Statement::to_json);
        self
    }

    /// The message: the code first, so that it is there even where nothing but the message is shown.
    pub(crate) fn message(&self) -> String {
        format!("{}: {}", self.code.as_str(), self.message)
    }

    /// What the details of the error say.
    pub(crate) fn metadata(&self) -> Vec<(&'static str, &str)> {
        let left = [("ca2a_record", &self.record), ("ca2a_statement", &self.statement)];
        let left = left.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
        [("ca2a_code", self.code.as_str())].into_iter().chain(left).collect()
    }

    /// Refuses the request at hand: the layer says it as the binding does, and the SDK only hears that it failed.
    pub(crate) fn tell(self) -> A2AError {
        let error = A2AError::new(wire::REFUSED, self.message());
        if let Some(inbound) = Inbound::current() {
            inbound.refuse(self);
        }
        error
    }

    /// `error`, one of A2A's own, with what this says beside it.
    pub(super) fn beside(&self, error: A2AError) -> A2AError {
        // On gRPC details travel as one header, and a client takes no header of any length.
        let said = self.metadata().into_iter().filter(|(_, text)| text.len() <= 2048);
        let said = said.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let info = TypedDetail::error_info(
            a2a::error_reason(error.code),
            a2a::PROTOCOL_DOMAIN,
            Some(said.collect()),
        );
        let mut details = error.details.clone().unwrap_or_default();
        details.push(info);
        error.with_details(details)
    }

    /// `google.rpc.ErrorInfo` with a reason that A2A knows, for clients that know no other.
    fn details(&self) -> Node<'static> {
        let metadata: Object<'static> =
            self.metadata().into_iter().map(|(name, text)| (name, Node::from(text.to_owned()))).collect();
        let info = Object::from([
            ("@type", Node::from(a2a::ERROR_INFO_TYPE)),
            ("reason", errors::reason(self.code).into()),
            ("domain", a2a::PROTOCOL_DOMAIN.into()),
            ("metadata", metadata.into()),
        ]);
        Node::from_iter([Node::from(info)])
    }

    /// The body of a JSON-RPC answer to the request `id`.
    pub(super) fn jsonrpc(&self, id: Node<'static>) -> Vec<u8> {
        errors::jsonrpc(id, i64::from(wire::REFUSED), &self.message(), self.details())
    }

    /// The body of an HTTP+JSON answer.
    pub(crate) fn rest(&self) -> Vec<u8> {
        errors::rest(self.code.http_status(), errors::status(self.code).0, &self.message(), self.details())
    }
}
