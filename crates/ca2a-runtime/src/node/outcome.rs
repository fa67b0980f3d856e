//! The bodies of answers (`specs/wire.md`).

use ca2a_core::{
    encoding::base64url,
    json::{Node, Object},
};
use ca2a_delegation::RevocationStatus;
use ca2a_trace::{DelegationRecord, statement::Statement};

use crate::{
    answer::Answer,
    peer::{Denied, Granted, PeerError},
};

/// An answer whose body is still a value, so that it can be put into an authenticated one.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) body: Node<'static>,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self::new(outcome.status, &outcome.body)
    }
}

impl Outcome {
    /// The body of a granted call: what the peer's has, then `revocation` where it was checked, `result` where
    /// there is one, and `statement` where this node signs any (WIRE-20).
    pub(super) fn granted(call: &Granted, sealed_result: Option<&[u8]>) -> Self {
        let mut body = Object::from([
            ("accepted", Node::from(true)),
            ("effective_scope", call.effective_scope.to_node().into_owned()),
            ("granted_capability", call.requested_capability.to_string().into()),
            ("caller_attestation", call.caller.assurance.as_str().into()),
            ("record", call.record.to_node()),
        ]);
        if let RevocationStatus::NotRevoked { as_of } = call.revocation() {
            let status = Object::from([("status", Node::from("not_revoked")), ("as_of", as_of.into())]);
            body.insert("revocation", status);
        }
        if let Some(blob) = sealed_result {
            body.insert("result", base64url(blob));
        }
        if let Some(statement) = &call.statement {
            body.insert("statement", statement.to_node());
        }
        Self { status: 200, body: body.into() }
    }

    /// The body of a refusal that left nothing.
    pub(super) fn refused(error: &PeerError) -> Self {
        let status = error.code().http_status();
        let members = Object::from([
            ("code", Node::from(error.code().as_str())),
            ("message", error.to_string().into()),
            ("detail", error.detail().into()),
            ("http_status", u64::from(status).into()),
        ]);
        Self { status, body: Object::from([("error", members)]).into() }
    }

    /// The body of a refusal, with what it left beside `error` (WIRE-21).
    pub(super) fn denied(denied: &Denied) -> Self {
        Self::refused(&denied.error).with(&denied.record, denied.statement.as_ref())
    }

    /// The body of a call that was granted and then failed, with what the grant left (RUN-15).
    pub(super) fn failed(error: &PeerError, call: &Granted) -> Self {
        Self::refused(error).with(&call.record, call.statement.as_ref())
    }

    fn with(mut self, record: &DelegationRecord, statement: Option<&Statement>) -> Self {
        if let Some(body) = self.body.as_object_mut() {
            body.insert("record", record.to_node());
            if let Some(statement) = statement {
                body.insert("statement", statement.to_node());
            }
        }
        self
    }
}
