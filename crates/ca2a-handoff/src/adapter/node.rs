//! A node of a framework runs, and its output is attested. (HAND-83, HAND-84)

use alloc::{
    collections::BTreeSet,
    string::{String, ToString as _},
};

use ca2a_core::{
    Sha256,
    json::{Node, Object},
};

use super::Framework;
use crate::{
    AgentId, AgentIdentity, AttestationError, ExecutionAttestation, ExecutionStatus,
    attestation::{Execution, Expected, outcome_hash, reason_hash},
};

/// Attests what the nodes of one agent return.
#[derive(Debug)]
pub struct NodeAdapter<'a> {
    framework: Framework,
    identity: &'a AgentIdentity,
    packet_id_key: &'a str,
}

/// A node that failed, as the framework reports it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodeFailure {
    /// Its message.
    pub error: String,
    /// Its kind.
    pub error_type: String,
}

/// What a wrapped node returns.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeOutput {
    /// What the node returned, or `error` and `error_type`.
    pub result: Object<'static>,
    /// Who vouches for it.
    pub attestation: ExecutionAttestation,
}

/// An output that cannot be attested, or is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// A state that names no packet.
    #[error("`{key}` is missing from the state, or empty")]
    MissingPacketId {
        /// Where it must stand.
        key: String,
    },
    /// What cannot be attested, or does not hold.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// An attestation that was seen before.
    #[error("this attestation was used before")]
    Replay,
}

/// Attestations that were believed, by key and nonce. Only what was believed is remembered.
#[derive(Debug, Clone, Default)]
pub struct SeenAttestations(BTreeSet<(Sha256, u128)>);

impl<'a> NodeAdapter<'a> {
    /// An adapter for the nodes of `identity`, whose states name their packet under `packet_id`.
    #[must_use]
    pub fn new(framework: Framework, identity: &'a AgentIdentity) -> Self {
        Self { framework, identity, packet_id_key: "packet_id" }
    }

    /// The same, with the packet named under another key.
    #[must_use]
    pub fn packet_id_key(mut self, key: &'a str) -> Self {
        self.packet_id_key = key;
        self
    }

    /// Whose nodes they are.
    #[must_use]
    pub fn framework(&self) -> Framework {
        self.framework
    }

    /// The packet that `state` names: asked before the node runs, so that nothing runs that cannot be attested.
    ///
    /// # Errors
    /// A state that names none.
    pub fn packet_id<'s>(&self, state: &'s Object<'_>) -> Result<&'s str, NodeError> {
        let named = state.get(self.packet_id_key).and_then(Node::as_str).filter(|id| !id.is_empty());
        named.ok_or_else(|| NodeError::MissingPacketId { key: self.packet_id_key.to_string() })
    }

    /// Attests what the node made of `state`. `nonce` is fresh randomness.
    ///
    /// # Errors
    /// A state that names no packet, or a result that cannot be attested.
    pub fn attest(
        &self,
        state: &Object<'_>,
        returned: Result<Object<'static>, NodeFailure>,
        now_ms: u64,
        nonce: u128,
    ) -> Result<NodeOutput, NodeError> {
        let packet_id = self.packet_id(state)?;
        let (status, result, reason) = match returned {
            Ok(result) => (ExecutionStatus::Ok, result, None),
            Err(NodeFailure { error, error_type }) => {
                let result = Object::from([("error", error), ("error_type", error_type)]);
                (ExecutionStatus::Error, result, Some(failure_reason()))
            }
        };
        let result = Node::from(result);
        let execution = Execution {
            packet_id,
            status,
            result: &result,
            reason: reason.as_ref(),
            nonce,
            timestamp_ms: now_ms,
        };
        let attestation = ExecutionAttestation::sign(&execution, self.identity)?;
        let result = result.as_object().cloned().unwrap_or_default();
        Ok(NodeOutput { result, attestation })
    }
}

/// What the attestation of a failure gives as its reason: `{"node_error": true}`.
#[must_use]
pub fn failure_reason() -> Node<'static> {
    Object::from([("node_error", true)]).into()
}

impl NodeOutput {
    /// The longest age unless told otherwise.
    pub const MAX_AGE_MS: u64 = 300_000;

    /// Whether `agent`, who holds `key`, vouches for this output; once. A failure is believed where `reason` is
    /// [`failure_reason`], and an output that ended well where it is absent.
    ///
    /// # Errors
    /// The first respect in which it is not to be believed.
    pub fn verify(
        &self,
        agent: &AgentId,
        key: &ca2a_core::VerifyingKey,
        reason: Option<&Node<'_>>,
        now_ms: u64,
        seen: &mut SeenAttestations,
    ) -> Result<(), NodeError> {
        let expected = Expected {
            agent,
            key,
            packet_id: None,
            outcome_hash: outcome_hash(&self.result.clone().into())?,
            reason_hash: reason.map(reason_hash).transpose()?,
            now_ms,
            max_age_ms: Self::MAX_AGE_MS,
        };
        self.attestation.verify(&expected)?;
        let name = (self.attestation.agent_pubkey_fingerprint(), self.attestation.nonce());
        if seen.0.insert(name) { Ok(()) } else { Err(NodeError::Replay) }
    }

    /// The wire form: `result` and `attestation`.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        Object::from([
            ("result", Node::from(self.result.clone())),
            ("attestation", self.attestation.to_node()),
        ])
        .into()
    }

    /// Takes an output out of a document that was read strictly, with its numbers kept as text.
    ///
    /// # Errors
    /// What is not one.
    pub fn from_node(node: &Node<'_>) -> Result<Self, AttestationError> {
        let object = node.expect_object("node output")?;
        object.closed(&["result", "attestation"], &[])?;
        Ok(Self {
            result: object.object("result")?.clone().into_owned(),
            attestation: ExecutionAttestation::from_node(object.required("attestation")?)?,
        })
    }
}
