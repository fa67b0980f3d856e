//! CrewAI: one agent of a crew delegates to another.

use alloc::string::{String, ToString as _};

use ca2a_core::json::Object;
use serde::{Deserialize, Serialize};

use super::{EventParts, Framework, FrameworkEvent, HandoffOptions};
use crate::TaskPacket;

/// A delegation within a crew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrewAiHandoff {
    /// Who is to take over.
    pub to_agent_id: String,
    /// What is to be done.
    pub intent: String,
    /// What it needs to know.
    #[serde(with = "super::json", default)]
    pub context: Object<'static>,
    /// Actions, calls and life.
    #[serde(flatten)]
    pub options: HandoffOptions,
}

impl FrameworkEvent for CrewAiHandoff {
    const FRAMEWORK: Framework = Framework::CrewAi;

    fn parts(&self) -> EventParts<'_> {
        EventParts {
            to_agent: &self.to_agent_id,
            intent: &self.intent,
            context: &self.context,
            capability_token: None,
            options: &self.options,
        }
    }

    fn of_task(task: &TaskPacket) -> Self {
        Self {
            to_agent_id: task.to_agent.to_string(),
            intent: task.intent.clone(),
            context: task.context.clone(),
            options: HandoffOptions::of_task(task),
        }
    }
}
