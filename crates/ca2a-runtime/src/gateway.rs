//! cA2A in front of an A2A agent that knows nothing of it (`specs/gateway.md`).
//!
//! Inbound, the gateway is an A2A server like any other of this crate, and the agent behind it is its executor: a call is
//! verified, proven, authorized and opened by the node, begun in its ledger, handed on as plain A2A with the verified facts in
//! headers, and answered by the node. The agent listens on a loopback address or a Unix socket and sees no key of cA2A.
//!
//! ```text
//! caller ══ cA2A ══► A2aServer ─► Gate ─► Engine ─► UpstreamAgent ── plain A2A ──► agent
//!                       S0          S1                 S2    ▲ S3
//! ```

mod address;
mod agent;
mod card;
mod connection;
mod error;
mod events;
mod exchange;
mod headers;
mod health;
mod rewrite;
mod serve;

pub use address::UpstreamAddress;
pub use agent::{UpstreamAgent, UpstreamLimits};
pub use card::{fetch_card, present};
pub use error::UpstreamError;
pub use serve::{Gateway, GatewayError};
