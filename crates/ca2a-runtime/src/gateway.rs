//! cA2A in front of an A2A agent that knows nothing of it (`specs/gateway.md`).
//!
//! Inbound, the gateway is an A2A server like any other of this crate, and the agent behind it is its executor: a call is
//! verified, proven, authorized and opened by the node, begun in its ledger, handed on as plain A2A with the verified
//! facts in headers, and answered by the node. The agent listens on a loopback address or a Unix socket and sees no key of
//! cA2A.
//!
//! ```text
//! caller ══ cA2A ══► A2aServer ─► Gate ─► Engine ─► UpstreamAgent ── plain A2A ──► agent
//!                       S0          S1                 S2    ▲ S3
//! ```
//!
//! Outbound, it is a proxy on a loopback address: what the agent asks of a peer in plain A2A goes out as a cA2A call, under
//! the authority that came with the call at hand or that stands on the route ([`outbound`]).

mod address;
mod agent;
mod at_hand;
mod binding;
mod card;
mod connection;
mod conversation;
mod error;
mod events;
mod exchange;
mod headers;
mod health;
pub mod outbound;
mod rewrite;
mod serve;
mod sides;

pub use address::UpstreamAddress;
pub use agent::{UpstreamAgent, UpstreamLimits};
pub use at_hand::CallsAtHand;
pub use binding::UpstreamBinding;
pub use card::{fetch_card, present};
pub use error::UpstreamError;
pub use serve::{Gateway, GatewayError};
pub use sides::Sides;
