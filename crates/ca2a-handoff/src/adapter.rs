//! Handing over from inside an agent framework. (HAND-80 to HAND-84)
//!
//! Two generations of adapters exist, and both are here:
//!
//! * **Events** (the 0.2 repository): a framework's delegation event becomes a packet, an envelope and a decision.
//!   [`FrameworkEvent`] is the contract, and [`CrewAiHandoff`], [`AutoGenHandoff`] and [`LangGraphHandoff`] are the
//!   events, each under its framework's own names.
//! * **Nodes** (0.3 and later): a node of a framework runs, and its output is attested. [`NodeAdapter`] is one for all
//!   three, since they differ in nothing but their names.
//!
//! The types are `serde` types; whoever has bytes reads them strictly first ([`ca2a_core::json`]).

mod autogen;
mod crewai;
mod event;
mod json;
mod langgraph;
mod node;

use core::fmt;

pub use autogen::AutoGenHandoff;
pub use crewai::CrewAiHandoff;
pub use event::{Draw, EventParts, FrameworkEvent, FrameworkOutcome, HandoffOptions};
pub use langgraph::LangGraphHandoff;
pub use node::{NodeAdapter, NodeError, NodeFailure, NodeOutput, SeenAttestations, failure_reason};

/// A framework that has an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framework {
    /// CrewAI.
    CrewAi,
    /// AutoGen.
    AutoGen,
    /// LangGraph.
    LangGraph,
}

impl fmt::Display for Framework {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::CrewAi => "crewai",
            Self::AutoGen => "autogen",
            Self::LangGraph => "langgraph",
        })
    }
}
