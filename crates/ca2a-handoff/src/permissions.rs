//! What a packet or capability lets its recipient do, as the wire has it.

use alloc::{string::String, vec::Vec};

use ca2a_core::json::{Node, ShapeError};

use crate::{read, text::Writer};

/// Actions, and how many tool calls they may take together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Names of actions, compared byte for byte. Order and repetition are signed and mean nothing.
    pub allowed_actions: Vec<String>,
    /// The most tool calls; `None` for no limit.
    pub max_tool_calls: Option<i64>,
}

impl Permissions {
    /// Permission for `actions`, without a limit on tool calls.
    pub fn new<S: Into<String>>(actions: impl IntoIterator<Item = S>) -> Self {
        Self { allowed_actions: actions.into_iter().map(Into::into).collect(), max_tool_calls: None }
    }

    /// The same, with at most `calls` tool calls.
    #[must_use]
    pub fn max_tool_calls(mut self, calls: u32) -> Self {
        self.max_tool_calls = Some(calls.into());
        self
    }

    pub(crate) fn read(name: &str, node: &Node<'_>) -> Result<Self, ShapeError> {
        let object = node.expect_object(name)?;
        object.closed(&[], &["allowed_actions", "max_tool_calls"])?;
        let allowed_actions = match object.get("allowed_actions") {
            Some(actions) => read::texts("allowed_actions", actions)?,
            None => Vec::new(),
        };
        Ok(Self { allowed_actions, max_tool_calls: read::optional_int(object, "max_tool_calls")? })
    }

    /// Declared order and sorted order are the same here.
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.name("allowed_actions").texts(self.allowed_actions.iter().map(String::as_str));
            writer.name("max_tool_calls").option(self.max_tool_calls, Writer::int);
        });
    }
}

/// Whether a person must look first, as far as the document says anything about it. 0.3.3 added the member, and what a
/// P1 signature does not cover must not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HumanReview {
    /// The member is not there; from 0.3.3 on it is signed as `false`.
    #[default]
    Unstated,
    /// `null`.
    Null,
    /// `true` or `false`.
    Stated(bool),
}

impl HumanReview {
    /// Whether a person must look first.
    #[must_use]
    pub fn is_required(self) -> bool {
        self == Self::Stated(true)
    }
}

/// Bounds on how the task is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraints {
    /// The longest run, in seconds; `None` for no limit.
    pub max_runtime_seconds: Option<i64>,
    /// Where the data must stay, a name that sender and recipient agree on.
    pub data_boundary: Option<String>,
    /// Whether a person must approve first.
    pub requires_human_review: HumanReview,
}

impl Constraints {
    pub(crate) fn read(name: &str, node: &Node<'_>) -> Result<Self, ShapeError> {
        let object = node.expect_object(name)?;
        object.closed(&[], &["max_runtime_seconds", "data_boundary", "requires_human_review"])?;
        let requires_human_review = match object.get("requires_human_review") {
            None => HumanReview::Unstated,
            Some(node) if node.is_null() => HumanReview::Null,
            Some(node) => {
                let expected =
                    || ShapeError::expected("requires_human_review", "a truth value or null", node);
                HumanReview::Stated(node.as_bool().ok_or_else(expected)?)
            }
        };
        Ok(Self {
            max_runtime_seconds: read::optional_int(object, "max_runtime_seconds")?,
            data_boundary: read::optional_text(object, "data_boundary")?,
            requires_human_review,
        })
    }

    /// Sorted by name.
    pub(crate) fn write_sorted(&self, writer: &mut Writer, members: Members) {
        writer.object(|writer| {
            writer.name("data_boundary").option(self.data_boundary.as_deref(), Writer::text);
            writer.name("max_runtime_seconds").option(self.max_runtime_seconds, Writer::int);
            self.write_review(writer, members);
        });
    }

    /// As declared.
    pub(crate) fn write_declared(&self, writer: &mut Writer, members: Members) {
        writer.object(|writer| {
            writer.name("max_runtime_seconds").option(self.max_runtime_seconds, Writer::int);
            writer.name("data_boundary").option(self.data_boundary.as_deref(), Writer::text);
            self.write_review(writer, members);
        });
    }

    fn write_review(&self, writer: &mut Writer, members: Members) {
        if members == Members::Since033 {
            let writer = writer.name("requires_human_review");
            match self.requires_human_review {
                HumanReview::Null => writer.null(),
                HumanReview::Unstated => writer.bool(false),
                HumanReview::Stated(required) => writer.bool(required),
            }
        }
    }
}

/// Which members a release of the package knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    /// 0.2.1 to 0.3.2.
    Until032,
    /// 0.3.3 and later: `requires_human_review`, `risk_level`, `ttl_seconds`, `ai_provenance`.
    Since033,
}

/// Where the task comes from, by the sender's word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// A name of the workflow that the task began in.
    pub origin_workflow: Option<String>,
    /// How many handoffs there were, this one included; 1 for the first.
    pub delegation_depth: Option<i64>,
}

impl Provenance {
    pub(crate) fn read(name: &str, node: &Node<'_>) -> Result<Self, ShapeError> {
        let object = node.expect_object(name)?;
        object.closed(&[], &["origin_workflow", "delegation_depth"])?;
        Ok(Self {
            origin_workflow: read::optional_text(object, "origin_workflow")?,
            delegation_depth: read::optional_int(object, "delegation_depth")?,
        })
    }

    pub(crate) fn write_sorted(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.name("delegation_depth").option(self.delegation_depth, Writer::int);
            writer.name("origin_workflow").option(self.origin_workflow.as_deref(), Writer::text);
        });
    }

    pub(crate) fn write_declared(&self, writer: &mut Writer) {
        writer.object(|writer| {
            writer.name("origin_workflow").option(self.origin_workflow.as_deref(), Writer::text);
            writer.name("delegation_depth").option(self.delegation_depth, Writer::int);
        });
    }
}
