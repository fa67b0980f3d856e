//! What an answer is believed for (A2A-107, A2A-108).

use std::collections::HashMap;

use a2a::{SendMessageResponse, StreamResponse};
use ca2a_core::json::{self, NumberPolicy, Object, Reader};
use ca2a_trace::{Decision, DelegationRecord, statement::VerifiedStatement};
use futures_util::stream::BoxStream;
use serde_json::Value;

use super::A2aCallError;
use crate::{
    a2a::{sealed::AnswerOpener, wire},
    client::{AppraisedPeer, Expected},
};

/// An answer that was verified.
#[derive(Debug)]
pub struct Answered {
    /// The answer, opened where it was sealed.
    pub response: SendMessageResponse,
    /// The peer, as it was appraised for this call.
    pub peer: AppraisedPeer,
    /// Its record of the call; none from a peer that may leave it out.
    pub record: Option<DelegationRecord>,
    /// Its signed statement of the call, where its handshake named a signing key.
    pub statement: Option<VerifiedStatement>,
}

/// A stream whose events are verified as they come. It ends in an error unless it was whole.
pub struct AnsweredStream {
    /// The peer, as it was appraised for this call.
    pub peer: AppraisedPeer,
    /// The events, opened where they were sealed.
    pub events: BoxStream<'static, Result<StreamResponse, A2aCallError>>,
}

/// What the answer to one call must be.
pub(super) struct Reading {
    pub(super) expected: Expected,
    pub(super) opener: Option<AnswerOpener>,
    /// Whether the peer must show its record.
    pub(super) recorded: bool,
}

pub(super) type Said = (Option<DelegationRecord>, Option<VerifiedStatement>);

impl Reading {
    /// Believes record and statement in the metadata of an answer, as far as they are about this call (WIRE-67, WIRE-68).
    pub(super) fn said(&self, metadata: Option<&HashMap<String, Value>>) -> Result<Said, A2aCallError> {
        let wrong = |why: &dyn ToString| A2aCallError::Answer(why.to_string());
        let text = |key: &str| metadata.and_then(|metadata| metadata.get(key)).and_then(Value::as_str);
        let Some(record) = text(wire::RECORD) else {
            return match self.recorded {
                true => Err(wrong(&"it says nothing about the record of this call")),
                false => Ok((None, None)),
            };
        };
        let node = json::read(record.as_bytes()).map_err(|error| wrong(&error))?;
        let record = DelegationRecord::from_node(&node).map_err(|error| wrong(&error))?;
        if !self.expected.is_about_this_call(&record) || *record.decision() != Decision::Allow {
            return Err(wrong(&"its record is not the record of this call"));
        }
        let mut said = Object::new();
        if let Some(statement) = text(wire::STATEMENT) {
            let statement = Reader::new(NumberPolicy::Integer53).read(statement.as_bytes());
            said.insert("statement", statement.map_err(|error| wrong(&error))?);
        }
        let statement = self.expected.statement(&said, &record).map_err(|error| wrong(&error))?;
        Ok((Some(record), statement))
    }

    /// The answer to a message.
    pub(super) fn response(
        self,
        outer: SendMessageResponse,
        peer: AppraisedPeer,
    ) -> Result<Answered, A2aCallError> {
        let metadata = match &outer {
            SendMessageResponse::Task(task) => task.metadata.as_ref(),
            SendMessageResponse::Message(message) => message.metadata.as_ref(),
        };
        let (record, statement) = self.said(metadata)?;
        let response = match &self.opener {
            Some(opener) => opener.response(&outer)?,
            None => outer,
        };
        Ok(Answered { response, peer, record, statement })
    }
}
