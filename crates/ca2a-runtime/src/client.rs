//! The caller: one call, from the handshake to the opened result (`specs/wire.md`).
//!
//! ```text
//! handshake ─► AppraisedPeer ─prepare─► Prepared ─submit─► Accepted
//!                                                     └──► Denied, in a CallError
//! ```
//!
//! The callee is appraised under a fresh nonce before anything is sealed to it. The holder proof is made last of what
//! it vouches for, the possession after that. An answer is believed as far as it fits the request: its record must be
//! the record of this call under this credential.
//!
//! ```no_run
//! use ca2a_core::{Capability, RecordId, SigningKey};
//! use ca2a_delegation::Chain;
//! use ca2a_runtime::{client::{Call, PeerClient}, http::Origin};
//!
//! # async fn run(chain: &Chain, key: &SigningKey) -> Result<(), Box<dyn std::error::Error>> {
//! let client = PeerClient::new(Origin::parse("http://127.0.0.1:8443")?);
//! let call = Call::new(chain, key, Capability::new("read")?, RecordId::new("r-1")?)
//!     .payload(b"summarise chapter two")
//!     .offer();
//! let accepted = client.send(&call).await?;
//! println!("recorded as {}", accepted.record.hash());
//! # Ok(())
//! # }
//! ```

mod answer;
mod call;
mod error;
mod peer;
mod prepared;
mod statement;

pub use answer::{Accepted, Denied};
pub use call::Call;
pub use error::CallError;
pub use peer::{AppraisedPeer, PeerClient};
pub use prepared::Prepared;
#[cfg(feature = "a2a")]
pub(crate) use prepared::{Expected, Proven};
