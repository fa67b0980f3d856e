//! The verdict in the package's own form. (HAND-33)

mod details;

use alloc::{
    borrow::ToOwned as _,
    string::{String, ToString as _},
};
use core::{fmt, str::FromStr};

use ca2a_core::json::{Node, Object, ShapeError};

use crate::{AcceptedHandoff, ExecutionAttestation, HandoffError, Refusal, read};

/// The two words there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// `ACCEPT`
    Accept,
    /// `REJECT`
    Reject,
}

impl Decision {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Reject => "REJECT",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Decision {
    type Err = UnknownDecision;

    fn from_str(text: &str) -> Result<Self, UnknownDecision> {
        [Self::Accept, Self::Reject].into_iter().find(|it| it.as_str() == text).ok_or(UnknownDecision)
    }
}

/// Text that is no decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a decision is `ACCEPT` or `REJECT`")]
pub struct UnknownDecision;

/// Which generation of decisions is read: those of 0.2 have three members and are read leniently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionForm {
    /// Until 0.2.5: further members are ignored.
    Until02,
    /// From 0.3.0 on: closed, and a reason of at most 256 characters.
    Since03,
}

/// What a peer is told about its packet. Everything a program needs stands in the [`Refusal`] or [`AcceptedHandoff`] that it
/// was made of; the stable code is also in `details`.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketDecision {
    /// The packet.
    pub packet_id: String,
    /// The word.
    pub decision: Decision,
    /// Why: the package's text where it has one.
    pub reason: Option<String>,
    /// More about it, bounded in every direction.
    pub details: Option<Object<'static>>,
    /// What became of the task, where it has run.
    pub execution_attestation: Option<ExecutionAttestation>,
}

/// The most characters of a reason.
const MAX_REASON: usize = 256;

impl PacketDecision {
    /// `ACCEPT`, `Packet verified and valid`.
    #[must_use]
    pub fn accept(packet_id: &str) -> Self {
        Self {
            packet_id: packet_id.to_owned(),
            decision: Decision::Accept,
            reason: Some("Packet verified and valid".to_owned()),
            details: None,
            execution_attestation: None,
        }
    }

    /// `REJECT`, with the reason and code of `error`.
    #[must_use]
    pub fn reject(packet_id: &str, error: &HandoffError) -> Self {
        let details = Object::from([
            ("code", Node::from(error.code().as_str())),
            ("message", error.to_string().into()),
        ]);
        Self {
            packet_id: packet_id.to_owned(),
            decision: Decision::Reject,
            reason: Some(error.reason().chars().take(MAX_REASON).collect()),
            details: Some(details::bounded(&details)),
            execution_attestation: None,
        }
    }

    /// The same, with `details` cut to the bounds of the format: texts of 256 characters, names of 128, 20 entries, depth 4.
    #[must_use]
    pub fn with_details(mut self, details: &Object<'_>) -> Self {
        self.details = Some(details::bounded(details));
        self
    }

    /// Reads a decision.
    ///
    /// # Errors
    /// What is not one of that form; `HANDOFF_MALFORMED`.
    pub fn from_json(input: &[u8], form: DecisionForm) -> Result<Self, HandoffError> {
        let node = read::document(input, crate::SignedTaskPacket::MAX_BYTES)?;
        let object = node.expect_object("decision")?;
        if form == DecisionForm::Since03 {
            object.closed(&["packet_id", "decision"], &["reason", "details", "execution_attestation"])?;
        }
        let word = object.required("decision")?;
        let decision = word.as_str().and_then(|text| text.parse().ok());
        let reason = read::optional_text(object, "reason")?;
        if let Some(node) = object.optional("reason").filter(|_| form == DecisionForm::Since03)
            && reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON)
        {
            return Err(ShapeError::expected("reason", "at most 256 characters", node).into());
        }
        let closed = |name| object.optional(name).filter(|_| form == DecisionForm::Since03);
        Ok(Self {
            packet_id: read::text(object, "packet_id")?,
            decision: decision
                .ok_or_else(|| ShapeError::expected("decision", "`ACCEPT` or `REJECT`", word))?,
            reason,
            details: closed("details").map(|node| read::free_form("details", node)).transpose()?,
            execution_attestation: closed("execution_attestation")
                .map(ExecutionAttestation::from_node)
                .transpose()?,
        })
    }

    /// The five members of the wire.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        Object::from([
            ("packet_id", Node::from(self.packet_id.clone())),
            ("decision", self.decision.as_str().into()),
            ("reason", self.reason.clone().into()),
            ("details", self.details.clone().into()),
            (
                "execution_attestation",
                self.execution_attestation.as_ref().map(ExecutionAttestation::to_node).into(),
            ),
        ])
        .into()
    }
}

impl From<&AcceptedHandoff<'_>> for PacketDecision {
    fn from(accepted: &AcceptedHandoff<'_>) -> Self {
        Self::accept(&accepted.task().packet_id)
    }
}

impl From<&Refusal> for PacketDecision {
    fn from(refusal: &Refusal) -> Self {
        Self::reject(refusal.packet_id(), refusal.error())
    }
}
