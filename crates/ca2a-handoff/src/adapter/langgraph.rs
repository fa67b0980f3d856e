//! LangGraph: a state moves along an edge to another agent's node.

use alloc::string::{String, ToString as _};

use ca2a_core::json::Object;
use serde::{Deserialize, Serialize};

use super::{EventParts, Framework, FrameworkEvent, HandoffOptions};
use crate::TaskPacket;

/// A state on its way to another agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LangGraphHandoff {
    /// Who is to take over.
    pub target_agent_id: String,
    /// What is to be done.
    pub state_intent: String,
    /// What of the state it needs to know.
    #[serde(with = "super::json", default)]
    pub state_context: Object<'static>,
    /// A capability for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability_token: Option<String>,
    /// Actions, calls and life.
    #[serde(flatten)]
    pub options: HandoffOptions,
}

impl FrameworkEvent for LangGraphHandoff {
    const FRAMEWORK: Framework = Framework::LangGraph;

    fn parts(&self) -> EventParts<'_> {
        EventParts {
            to_agent: &self.target_agent_id,
            intent: &self.state_intent,
            context: &self.state_context,
            capability_token: self.capability_token.as_deref(),
            options: &self.options,
        }
    }

    fn of_task(task: &TaskPacket) -> Self {
        Self {
            target_agent_id: task.to_agent.to_string(),
            state_intent: task.intent.clone(),
            state_context: task.context.clone(),
            capability_token: task.capability_token.clone(),
            options: HandoffOptions::of_task(task),
        }
    }
}
