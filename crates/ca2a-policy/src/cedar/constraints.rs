//! Cedar statements that narrow a grant, as agent manifests carry them.

use std::str::FromStr as _;

use ca2a_core::requirement::is_off;
use cedar_policy::{
    Authorizer, Context, Effect, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};

use super::{
    load::{self, Parsed},
    request::Vocabulary,
};
use crate::PolicyError;

/// Statements that take away from a grant and add nothing to it. (POL-14)
///
/// A `forbid` that applies takes away. Where a `permit` is among them, one must apply; without any, everything stays that
/// is not forbidden.
///
/// ```
/// use ca2a_policy::cedar::Constraints;
///
/// let agent = "spiffe://example.org/agent/a";
/// let constraints = Constraints::load(&["forbid(principal, action == Action::\"mail.send\", resource);"])?;
/// assert_eq!(constraints.leave(agent, "mail.read", 1), Some(true));
/// assert_eq!(constraints.leave(agent, "mail.send", 1), Some(false));
/// # Ok::<(), ca2a_policy::PolicyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Constraints {
    policies: PolicySet,
    levels: usize,
    permits: bool,
}

impl Constraints {
    /// Parses the statements.
    ///
    /// # Errors
    /// Text that is not Cedar, nests too deep or is too long.
    pub fn load(statements: &[&str]) -> Result<Self, PolicyError> {
        let text = crate::PolicyBundle::from_bytes(statements.join("\n").as_bytes())?;
        let Parsed { policies, levels } = load::parse(text.text())?;
        let permits = policies.policies().any(|policy| policy.effect() == Effect::Permit);
        Ok(Self { policies, levels, permits })
    }

    /// Whether the statements leave the tool to the agent, `depth` hops below the root; `None` where a statement cannot
    /// be evaluated.
    ///
    /// The principal is `Agent::"<agent>"`, the action `Action::"<tool>"`, the resource `Task::"task"`, and the context
    /// holds `depth`.
    #[must_use]
    pub fn leave(&self, agent: &str, tool: &str, depth: u64) -> Option<bool> {
        const LEVEL_BYTES: usize = 64 << 10;
        let request = request(agent, tool, depth)?;
        let response = load::on_stack_for(self.levels, LEVEL_BYTES, || {
            Authorizer::new().is_authorized(&request, &self.policies, &Entities::empty())
        });
        if is_off("POL-14") {
            return Some(true);
        }
        if response.diagnostics().errors().next().is_some() {
            return None;
        }
        let allowed = response.decision() == cedar_policy::Decision::Allow;
        let forbidden = !allowed && response.diagnostics().reason().next().is_some();
        Some(allowed || !(self.permits || forbidden))
    }
}

fn request(agent: &str, tool: &str, depth: u64) -> Option<Request> {
    let entity = |kind: &str, id: &str| {
        Some(EntityUid::from_type_name_and_id(EntityTypeName::from_str(kind).ok()?, EntityId::new(id)))
    };
    let depth = RestrictedExpression::new_long(i64::try_from(depth).unwrap_or(i64::MAX));
    let context = Context::from_pairs([("depth".to_owned(), depth)]).ok()?;
    let principal = entity(Vocabulary::AGENT, agent)?;
    let action = entity(Vocabulary::ACTION, tool)?;
    Request::new(principal, action, entity(Vocabulary::TASK, Vocabulary::TASK_ID)?, context, None).ok()
}
