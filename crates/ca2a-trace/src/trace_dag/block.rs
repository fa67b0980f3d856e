//! The delegation block, which a list of records judges by itself and with reasons of its own.

use ca2a_core::TraceLink;
use ca2a_core::json::{Node, Object};

use crate::{
    error::{RecordFault, TraceError},
    schema,
};

/// Exactly two members, a digest and a non-empty id. `null` passes here and is refused by [`not_null`], later in the
/// order of checks.
pub(super) fn check(record: &Object<'_>) -> Result<(), RecordFault> {
    let Some(node) = record.optional("delegation") else { return Ok(()) };
    let block = node.as_object().ok_or(RecordFault::BlockFields)?;
    let text = |name: &str| block.get(name).map(Node::as_str);
    let (2, Some(link), Some(id)) = (block.len(), text("parent_record_hash"), text("credential_id")) else {
        return Err(RecordFault::BlockFields);
    };
    if link.and_then(|link| TraceLink::parse(link).ok()).is_none() {
        return Err(RecordFault::BlockDigest);
    }
    match id {
        None | Some("") => Err(RecordFault::BlockCredentialId),
        Some(_) => Ok(()),
    }
}

/// What remains of the schema once [`check`] passed.
pub(super) fn not_null(record: &Object<'_>) -> Result<(), TraceError> {
    match record.get("delegation") {
        Some(node) if node.is_null() => schema::first_violation(record)
            .map_or(Ok(()), |violation| Err(RecordFault::Schema(violation).into())),
        _ => Ok(()),
    }
}
