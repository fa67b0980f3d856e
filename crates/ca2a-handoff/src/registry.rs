//! Which key is whose. (HAND-20)

use alloc::collections::{BTreeMap, BTreeSet};

use ca2a_core::{
    VerifyingKey,
    json::{self, Node, ShapeError},
    requirement::{holds, is_off},
};

use crate::{AgentId, HandoffError, pem};

/// Agents by their ids, each with its one key, and those that are revoked.
#[derive(Debug, Clone, Default)]
pub struct AgentRegistry {
    keys: BTreeMap<AgentId, VerifyingKey>,
    revoked: BTreeSet<AgentId>,
}

/// An id that has another key already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{agent}` is registered with another key; a registration is never replaced silently")]
pub struct AlreadyRegistered {
    /// The id.
    pub agent: AgentId,
}

impl AgentRegistry {
    /// Registers a key. The same key again changes nothing.
    ///
    /// # Errors
    /// Another key under the same id.
    pub fn register(&mut self, agent: AgentId, key: VerifyingKey) -> Result<(), AlreadyRegistered> {
        match self.keys.get(&agent) {
            Some(held) if *held != key => Err(AlreadyRegistered { agent }),
            _ => {
                self.keys.insert(agent, key);
                Ok(())
            }
        }
    }

    /// The key of `agent`, revoked or not.
    #[must_use]
    pub fn resolve(&self, agent: &AgentId) -> Option<&VerifyingKey> {
        self.keys.get(agent)
    }

    /// Takes an agent's word away, for good. It need not be registered.
    pub fn revoke(&mut self, agent: AgentId) {
        self.revoked.insert(agent);
    }

    /// Whether `agent` is revoked.
    #[must_use]
    pub fn is_revoked(&self, agent: &AgentId) -> bool {
        self.revoked.contains(agent)
    }

    /// Reads `{"agents": {"agent:..": "-----BEGIN PUBLIC KEY-----.."}, "revoked": ["agent:.."]}`; `revoked` may be absent.
    ///
    /// # Errors
    /// Anything else, or a text that is no usable key.
    pub fn from_json(input: &[u8]) -> Result<Self, HandoffError> {
        let node = json::read(input)?;
        let object = node.expect_object("registry")?;
        object.closed(&["agents"], &["revoked"])?;
        let mut registry = Self::default();
        for (agent, key) in object.object("agents")?.iter() {
            registry.keys.insert(agent.into(), pem::decode(key.expect_str(agent)?)?);
        }
        let revoked = object.get("revoked").map(|node| node.expect_array("revoked")).transpose()?;
        let revoked = revoked.unwrap_or_default().iter().map(|node| node.expect_str("revoked"));
        registry.revoked =
            revoked.map(|agent| agent.map(AgentId::from)).collect::<Result<_, ShapeError>>()?;
        Ok(registry)
    }

    /// The key that `agent` must have signed with, where `presented` claims to be it: the registered one, or without a
    /// registry the one that the id is derived from. Keys are compared decoded.
    pub(crate) fn bind(
        registry: Option<&Self>,
        agent: &AgentId,
        presented: &str,
    ) -> Result<VerifyingKey, HandoffError> {
        let Some(registry) = registry else {
            let key = pem::decode(presented)?;
            let mismatch = || HandoffError::IdentityMismatch { agent: agent.clone() };
            return holds("HAND-20", AgentId::derived(&key) == *agent).then_some(key).ok_or_else(mismatch);
        };
        if is_off("HAND-20") {
            return Ok(pem::decode(presented)?);
        }
        if registry.is_revoked(agent) {
            return Err(HandoffError::AgentRevoked { agent: agent.clone() });
        }
        let unknown = || HandoffError::UnknownAgent { agent: agent.clone() };
        let held = registry.resolve(agent).ok_or_else(unknown)?;
        // The registered key is decoded already; comparing bytes spares decoding it again.
        if pem::raw(presented)? != *held.as_bytes() {
            return Err(HandoffError::IdentityMismatch { agent: agent.clone() });
        }
        Ok(*held)
    }
}

impl FromIterator<(AgentId, VerifyingKey)> for AgentRegistry {
    /// Of two keys under one id the later stays.
    fn from_iter<I: IntoIterator<Item = (AgentId, VerifyingKey)>>(agents: I) -> Self {
        Self { keys: agents.into_iter().collect(), revoked: BTreeSet::new() }
    }
}

/// `Node` of a registry, for writing one.
impl From<&AgentRegistry> for Node<'static> {
    fn from(registry: &AgentRegistry) -> Self {
        use alloc::string::ToString as _;
        use ca2a_core::json::Object;
        let agents: Object<'static> =
            registry.keys.iter().map(|(agent, key)| (agent.to_string(), pem::encode(key))).collect();
        let revoked: Node<'static> = registry.revoked.iter().map(AgentId::to_string).collect();
        Object::from([("agents", Node::from(agents)), ("revoked", revoked)]).into()
    }
}
