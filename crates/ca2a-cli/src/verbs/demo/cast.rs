//! Who plays: four agents in a row, and a thief.

use ca2a_core::{Capability, Scope};

use crate::failure::Failure;

/// One part.
#[derive(Debug)]
pub(super) struct Part {
    /// The name, also of its process.
    pub(super) name: &'static str,
    /// What it lets callers do; nothing for a part that only calls.
    pub(super) serves: &'static [&'static str],
    /// What it asks the next one for.
    pub(super) asks_for: &'static str,
    /// What of its own grant it passes on with the task.
    pub(super) passes: &'static [&'static str],
    /// The id of the credential that it issues to the next one.
    pub(super) issues: &'static str,
}

/// What the root operator grants the planner, as credential `c0`.
pub(super) const GRANTED: &[&str] = &["fetch", "purchase", "research", "search"];

/// What nobody granted the searcher, though the planner holds it and the tool would sell.
pub(super) const OVERREACH: &str = "purchase";

/// The task that goes down the row.
pub(super) const TASK: &str = "How do bees tell one another where the flowers are?";

pub(super) const PLANNER: &Part =
    &Part { name: "planner", serves: &[], asks_for: "research", passes: &["fetch", "search"], issues: "c1" };
pub(super) const RESEARCHER: &Part =
    &Part { name: "researcher", serves: &["research"], asks_for: "search", passes: &["fetch"], issues: "c2" };
pub(super) const SEARCHER: &Part =
    &Part { name: "searcher", serves: &["search"], asks_for: "fetch", passes: &[], issues: "" };
pub(super) const TOOL: &Part =
    &Part { name: "tool", serves: &["fetch", "purchase"], asks_for: "", passes: &[], issues: "" };
pub(super) const THIEF: &Part =
    &Part { name: "thief", serves: &[], asks_for: "fetch", passes: &[], issues: "" };
/// Not an agent: what they run on, where there is a TPM.
pub(super) const MACHINE: &Part =
    &Part { name: "machine", serves: &[], asks_for: "", passes: &[], issues: "" };

impl Part {
    pub(super) fn named(name: &str) -> Result<&'static Self, Failure> {
        let parts = [PLANNER, RESEARCHER, SEARCHER, TOOL, THIEF, MACHINE];
        let part = parts.into_iter().find(|part| part.name == name);
        part.ok_or_else(|| Failure::argument(format!("the demo has no part `{name}`")))
    }
}

/// The capabilities of these names.
pub(super) fn scope(names: &[&str]) -> Scope {
    names.iter().filter_map(|name| Capability::new(*name).ok()).collect()
}
