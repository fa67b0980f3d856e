//! AutoGen: an agent sends a handoff message.

use alloc::string::{String, ToString as _};

use ca2a_core::json::Object;
use serde::{Deserialize, Serialize};

use super::{EventParts, Framework, FrameworkEvent, HandoffOptions};
use crate::TaskPacket;

/// A handoff message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AutoGenHandoff {
    /// Who is to take over.
    pub target_agent_id: String,
    /// What is to be done.
    pub handoff_intent: String,
    /// What it needs to know.
    #[serde(with = "super::json", default)]
    pub context: Object<'static>,
    /// Actions, calls and life.
    #[serde(flatten)]
    pub options: HandoffOptions,
}

impl FrameworkEvent for AutoGenHandoff {
    const FRAMEWORK: Framework = Framework::AutoGen;

    fn parts(&self) -> EventParts<'_> {
        EventParts {
            to_agent: &self.target_agent_id,
            intent: &self.handoff_intent,
            context: &self.context,
            capability_token: None,
            options: &self.options,
        }
    }

    fn of_task(task: &TaskPacket) -> Self {
        Self {
            target_agent_id: task.to_agent.to_string(),
            handoff_intent: task.intent.clone(),
            context: task.context.clone(),
            options: HandoffOptions::of_task(task),
        }
    }
}
