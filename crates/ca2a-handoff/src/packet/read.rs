//! Reading a packet. (HAND-1, HAND-2)

use alloc::vec::Vec;

use ca2a_core::{
    json::{Node, Object, ShapeError},
    requirement::enforce,
};

use super::{RiskLevel, SignedTaskPacket, TaskPacket};
use crate::{Constraints, HandoffError, Permissions, Provenance, read};

const REQUIRED: [&str; 12] = [
    "packet_id",
    "task_id",
    "from_agent",
    "to_agent",
    "issued_at",
    "expires_at",
    "nonce",
    "intent",
    "permissions",
    "signature_algo",
    "signature",
    "public_key",
];

const OPTIONAL: [&str; 10] = [
    "capability_token",
    "task_type",
    "goal",
    "context",
    "memory_refs",
    "constraints",
    "provenance",
    "risk_level",
    "ttl_seconds",
    "ai_provenance",
];

impl SignedTaskPacket {
    /// Takes a packet out of a document that was read strictly, with its numbers kept as text.
    ///
    /// # Errors
    /// What is not a packet (`HANDOFF_MALFORMED`), or states a life that is not its own (`HANDOFF_TTL_POLICY`).
    pub fn from_node(node: &Node<'_>) -> Result<Self, HandoffError> {
        let object = node.expect_object("packet")?;
        enforce("HAND-1", object.closed(&REQUIRED, &OPTIONAL))?;
        let task = task(object)?;
        enforce("HAND-24", task.check_ttl())?;
        Ok(Self {
            task,
            signature_algo: read::text(object, "signature_algo")?,
            signature: read::text(object, "signature")?,
            public_key: read::text(object, "public_key")?,
        })
    }
}

fn task(object: &Object<'_>) -> Result<TaskPacket, HandoffError> {
    Ok(TaskPacket {
        packet_id: read::text(object, "packet_id")?,
        task_id: read::text(object, "task_id")?,
        from_agent: read::agent(object, "from_agent")?,
        to_agent: read::agent(object, "to_agent")?,
        issued_at: read::time(object, "issued_at")?,
        expires_at: read::time(object, "expires_at")?,
        nonce: read::text(object, "nonce")?,
        capability_token: read::optional_text(object, "capability_token")?,
        intent: read::text(object, "intent")?,
        task_type: read::optional_text(object, "task_type")?,
        goal: read::optional_text(object, "goal")?,
        context: match object.get("context") {
            Some(node) => read::free_form("context", node)?,
            None => Object::new(),
        },
        memory_refs: match object.get("memory_refs") {
            Some(node) => read::texts("memory_refs", node)?,
            None => Vec::new(),
        },
        permissions: Permissions::read("permissions", object.required("permissions")?)?,
        constraints: part(object, "constraints", Constraints::read)?,
        provenance: part(object, "provenance", Provenance::read)?,
        risk_level: read::optional_text(object, "risk_level")?
            .map(|text| text.parse::<RiskLevel>())
            .transpose()?,
        ttl_seconds: read::optional_int(object, "ttl_seconds")?,
        ai_provenance: part(object, "ai_provenance", read::free_form)?,
    })
}

fn part<T>(
    object: &Object<'_>,
    name: &str,
    read: impl Fn(&str, &Node<'_>) -> Result<T, ShapeError>,
) -> Result<Option<T>, ShapeError> {
    object.optional(name).map(|node| read(name, node)).transpose()
}

impl TaskPacket {
    /// What is built in memory obeys the rules of what is read.
    pub(crate) fn check_free_form(&self) -> Result<(), HandoffError> {
        for (name, object) in
            [("context", Some(&self.context)), ("ai_provenance", self.ai_provenance.as_ref())]
        {
            if let Some(object) = object {
                read::free_form(name, &object.clone().into())?;
            }
        }
        Ok(())
    }

    /// Sorts free-form members by code point at every depth.
    pub(crate) fn sort_free_form(&mut self) {
        self.context = sorted(core::mem::take(&mut self.context));
        self.ai_provenance = self.ai_provenance.take().map(sorted);
    }
}

fn sorted(object: Object<'static>) -> Object<'static> {
    let mut members: Vec<(alloc::string::String, Node<'static>)> =
        object.iter().map(|(name, node)| (name.into(), sorted_node(node.clone()))).collect();
    members.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
    members.into_iter().collect()
}

fn sorted_node(mut node: Node<'static>) -> Node<'static> {
    use ca2a_core::json::Value;
    node.value = match node.value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted_node).collect()),
        Value::Object(object) => Value::Object(sorted(object)),
        other => other,
    };
    node
}
