//! The outbound side: the local agent calls a peer in plain A2A, and the gateway makes a cA2A call of it (GATE-60 to
//! GATE-68).
//!
//! ```text
//! agent ── plain A2A ──► /peers/<name>/ ─► Forwarder ══ cA2A ══► peer
//!                         Doors             │ which call is it for?   CallsAtHand
//!                                           │ under what?             Route: what was handed down, or what stands
//!                                           └ card, handshake, proof, seal, verified answer   Ca2aTransport
//! ```

mod card;
#[cfg(feature = "cedar")]
mod configured;
mod door;
mod error;
mod forward;
mod line;
mod plain;
mod route;
mod under;

#[cfg(feature = "cedar")]
pub use configured::OutboundStartError;
pub use door::{Outbound, PEERS};
pub use error::OutboundError;
pub use route::{Allowed, Child, Route, RouteError, Standing};
