//! Facts in Cedar's words.

use std::str::FromStr as _;

use ca2a_core::requirement::is_off;
use cedar_policy::{Context, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression};

use crate::{Facts, ManifestFacts, PolicyError};

/// The entity types of a request, parsed once.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    agent: EntityTypeName,
    action: EntityTypeName,
    task: EntityUid,
}

impl Vocabulary {
    pub(super) const AGENT: &str = "Agent";
    pub(super) const ACTION: &str = "Action";
    pub(super) const TASK: &str = "Task";
    pub(super) const TASK_ID: &str = "task";

    /// The names are constants that Cedar reads; an error here would be one of the library.
    pub(super) fn new() -> Result<Self, PolicyError> {
        let entity_type = |name| {
            EntityTypeName::from_str(name)
                .map_err(|error| PolicyError::Syntax { position: None, message: error.to_string() })
        };
        let task = EntityUid::from_type_name_and_id(entity_type(Self::TASK)?, EntityId::new(Self::TASK_ID));
        Ok(Self { agent: entity_type(Self::AGENT)?, action: entity_type(Self::ACTION)?, task })
    }

    /// The request that `facts` make (POL-8). The capability is an entity id, never parsed as Cedar.
    pub(super) fn request(&self, facts: &Facts<'_>) -> Result<Request, String> {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let depth = i64::try_from(facts.depth).unwrap_or(i64::MAX);
        let known = [
            ("depth", RestrictedExpression::new_long(depth)),
            ("root_issuer", text(&facts.root_issuer.to_hex())),
            ("caller_assurance", text(facts.assurance.as_str())),
        ];
        let measurement = facts.measurement.map(|measurement| ("measurement", text(measurement)));
        let manifest = facts
            .manifest
            .filter(|_| !is_off("POL-13"))
            .map(manifest)
            .transpose()?
            .map(|record| ("manifest", record));
        let pairs = known
            .into_iter()
            .chain(measurement)
            .chain(manifest)
            .map(|(name, value)| (name.to_owned(), value));
        let context = Context::from_pairs(pairs).map_err(|error| error.to_string())?;

        let entity =
            |of: &EntityTypeName, id: &str| EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id));
        let subject = if is_off("POL-8") { "peer".to_owned() } else { facts.subject.to_hex() };
        let principal = entity(&self.agent, &subject);
        let action = entity(&self.action, facts.capability.as_str());
        Request::new(principal, action, self.task.clone(), context, None).map_err(|error| error.to_string())
    }
}

/// The callee's manifest as a record. (POL-13)
fn manifest(manifest: ManifestFacts<'_>) -> Result<RestrictedExpression, String> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let approvers = manifest.approvers.iter().map(|approver| text(approver));
    let members = [
        ("agent_id", text(manifest.agent_id)),
        ("digest", text(&format!("sha256:{}", manifest.digest.to_hex()))),
        ("approvers", RestrictedExpression::new_set(approvers)),
    ];
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
    RestrictedExpression::new_record(members).map_err(|error| error.to_string())
}
