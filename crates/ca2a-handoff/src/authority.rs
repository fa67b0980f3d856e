//! What somebody may do, and the one question asked of it: is this within that? (HAND-28)

use alloc::{collections::BTreeSet, string::String};

use crate::{Constraints, Permissions, UnixMicros};

/// Permissions and constraints together, in the form in which they are compared. A limit that is missing is infinite.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authority {
    actions: BTreeSet<String>,
    max_tool_calls: Option<u64>,
    max_runtime_seconds: Option<u64>,
    data_boundary: Option<String>,
    requires_human_review: bool,
    window: Option<(UnixMicros, UnixMicros)>,
}

/// Something grants more than what it comes from, or what nothing can grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Widening {
    /// An action that the parent does not hold.
    #[error("`{action}` is granted, which the grant above it does not hold")]
    Action {
        /// The action.
        action: String,
    },
    /// A limit that is higher than the parent's, or missing where the parent has one.
    #[error("`{limit}` is {} where the grant above it allows {parent}", show(.child))]
    Limit {
        /// Which one.
        limit: &'static str,
        /// The child's; `None` for no limit.
        child: Option<u64>,
        /// The parent's.
        parent: u64,
    },
    /// A limit below zero.
    #[error("`{limit}` is {found}, which lies below zero")]
    Negative {
        /// Which one.
        limit: &'static str,
        /// What stands there.
        found: i64,
    },
    /// Data that may leave the place where the parent keeps it.
    #[error("`data_boundary` must stay `{parent}`")]
    Boundary {
        /// The parent's boundary.
        parent: String,
    },
    /// A review that the parent requires and the child drops.
    #[error("`requires_human_review` is dropped, which the grant above it requires")]
    Review,
    /// A window that reaches beyond the parent's.
    #[error("the grant holds outside the window of the grant above it")]
    Window,
}

fn show(limit: &Option<u64>) -> String {
    limit.map_or_else(|| String::from("missing"), |limit| alloc::format!("{limit}"))
}

impl Authority {
    /// Reads what the wire grants.
    ///
    /// # Errors
    /// A limit below zero.
    pub fn new(permissions: &Permissions, constraints: Option<&Constraints>) -> Result<Self, Widening> {
        Ok(Self {
            actions: permissions.allowed_actions.iter().cloned().collect(),
            max_tool_calls: limit("max_tool_calls", permissions.max_tool_calls)?,
            max_runtime_seconds: limit(
                "max_runtime_seconds",
                constraints.and_then(|constraints| constraints.max_runtime_seconds),
            )?,
            data_boundary: constraints.and_then(|constraints| constraints.data_boundary.clone()),
            requires_human_review: constraints.is_some_and(|it| it.requires_human_review.is_required()),
            window: None,
        })
    }

    /// The same, from `start` to `end`, both included.
    #[must_use]
    pub fn during(mut self, start: UnixMicros, end: UnixMicros) -> Self {
        self.window = Some((start, end));
        self
    }

    /// Whether everything that this allows is allowed by `parent`: the one attenuation rule, of hops, capabilities and
    /// packets alike. It is transitive, so that a chain that is checked link by link holds as a whole.
    ///
    /// # Errors
    /// The first respect in which this is wider.
    pub fn within(&self, parent: &Self) -> Result<(), Widening> {
        if let Some(action) = self.actions.difference(&parent.actions).next() {
            return Err(Widening::Action { action: action.clone() });
        }
        below("max_tool_calls", self.max_tool_calls, parent.max_tool_calls)?;
        below("max_runtime_seconds", self.max_runtime_seconds, parent.max_runtime_seconds)?;
        if let Some(boundary) =
            parent.data_boundary.as_ref().filter(|it| self.data_boundary.as_ref() != Some(it))
        {
            return Err(Widening::Boundary { parent: boundary.clone() });
        }
        if parent.requires_human_review && !self.requires_human_review {
            return Err(Widening::Review);
        }
        match (self.window, parent.window) {
            (Some((start, end)), Some((from, until))) if start < from || end > until => Err(Widening::Window),
            (None, Some(_)) => Err(Widening::Window),
            _ => Ok(()),
        }
    }

    /// What both allow: within each of them.
    ///
    /// # Errors
    /// Where the two keep data in different places, so that nothing is allowed by both.
    pub fn meet(&self, other: &Self) -> Result<Self, Widening> {
        let data_boundary = match (&self.data_boundary, &other.data_boundary) {
            (Some(mine), Some(theirs)) if mine != theirs => {
                return Err(Widening::Boundary { parent: theirs.clone() });
            }
            (mine, theirs) => mine.clone().or_else(|| theirs.clone()),
        };
        let window = match (self.window, other.window) {
            (Some((start, end)), Some((from, until))) => Some((start.max(from), end.min(until))),
            (mine, theirs) => mine.or(theirs),
        };
        Ok(Self {
            actions: self.actions.intersection(&other.actions).cloned().collect(),
            max_tool_calls: lower(self.max_tool_calls, other.max_tool_calls),
            max_runtime_seconds: lower(self.max_runtime_seconds, other.max_runtime_seconds),
            data_boundary,
            requires_human_review: self.requires_human_review || other.requires_human_review,
            window,
        })
    }

    /// Whether `action` is allowed, by exact text.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        self.actions.contains(action)
    }

    /// The actions, sorted.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &str> {
        self.actions.iter().map(String::as_str)
    }

    /// The most tool calls; `None` for no limit.
    #[must_use]
    pub fn max_tool_calls(&self) -> Option<u64> {
        self.max_tool_calls
    }

    /// The longest run in seconds; `None` for no limit.
    #[must_use]
    pub fn max_runtime_seconds(&self) -> Option<u64> {
        self.max_runtime_seconds
    }

    /// Where the data must stay.
    #[must_use]
    pub fn data_boundary(&self) -> Option<&str> {
        self.data_boundary.as_deref()
    }

    /// Whether a person must approve first.
    #[must_use]
    pub fn requires_human_review(&self) -> bool {
        self.requires_human_review
    }

    /// The last moment at which it holds; `None` for ever.
    #[must_use]
    pub fn until(&self) -> Option<UnixMicros> {
        self.window.map(|(_, end)| end)
    }
}

fn limit(name: &'static str, value: Option<i64>) -> Result<Option<u64>, Widening> {
    let unsigned = |found| u64::try_from(found).map_err(|_| Widening::Negative { limit: name, found });
    value.map(unsigned).transpose()
}

fn below(limit: &'static str, child: Option<u64>, parent: Option<u64>) -> Result<(), Widening> {
    match (child, parent) {
        (_, None) => Ok(()),
        (Some(child), Some(parent)) if child <= parent => Ok(()),
        (child, Some(parent)) => Err(Widening::Limit { limit, child, parent }),
    }
}

fn lower(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}
