//! A2A v1.0 (`specs/a2a.md`): the same node behind a second front door.
//!
//! An A2A agent is an [`AgentExecutor`](sdk::AgentExecutor); an [`Engine`] runs it and keeps its tasks in a
//! [`TaskStore`](tasks::TaskStore); an [`A2aServer`] puts both behind the node's pipeline, so that a call is verified,
//! proven and authorized before a task exists. The official SDK speaks the bindings. Its types stay in this module, and
//! nothing is verified on them: what cA2A signs is read from the bytes received.
//!
//! | what | where |
//! |---|---|
//! | calling an agent | [`client`] |
//! | headers, metadata keys | [`wire`] |
//! | what an agent says about itself, signed | [`card`] |
//! | who may ask for a task, and how that is shown | [`access`] |
//! | tasks, and where they are kept | [`tasks`] |

pub mod access;
mod caller;
pub mod card;
pub mod client;
mod engine;
#[cfg(feature = "grpc")]
mod grpc;
mod handler;
mod numbers;
mod sealed;
mod server;
#[cfg(feature = "cedar")]
mod start;
pub mod tasks;
mod weight;
pub mod wire;

#[cfg(feature = "gateway")]
pub(crate) use caller::accepted_output_modes;
pub use caller::call_at_hand;
pub use engine::{Engine, EngineLimits, Push};
pub use handler::{HandlerAgent, granted_authority, granted_call};
pub use sealed::{OpenError, SealedMessageError};
#[cfg(feature = "gateway")]
pub(crate) use server::door;
pub use server::{A2aServer, Demand, Forwarding, ServerLimits};
#[cfg(feature = "cedar")]
pub use start::{A2aStartError, server};

/// The parts of the official SDK that an agent is written with, in the version that this crate is built with.
pub mod sdk {
    pub use a2a::*;
    pub use a2a_server::{AgentExecutor, ExecutorContext, ServiceParams};
    pub use futures_util::stream::{self, BoxStream};
    pub use serde_json::{Value, json};
}
