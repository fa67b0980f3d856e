//! Agent Cards: what a node says about itself, signed, and what a caller believes of it (A2A-80 to A2A-88).
//!
//! A card is signed and verified as the JSON that travels, never as the SDK's types, which order and complete it. The key
//! is one that the caller knew before: what a card says about its own keys is not asked.
//!
//! ```
//! use ca2a_core::SigningKey;
//! use ca2a_runtime::a2a::card::{CardKey, PinnedKey, sign, verify};
//!
//! let card = br#"{"name":"a","description":"b","version":"1","capabilities":{"streaming":true},
//!     "supportedInterfaces":[{"url":"http://127.0.0.1:9000/","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],
//!     "defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],
//!     "skills":[{"id":"s","name":"s","description":"s","tags":["s"]}]}"#;
//! let key = CardKey::Ed25519(SigningKey::from_seed(&[3; 32]));
//! let signed = sign(card, [&key])?;
//! let verified = verify(&signed, &[PinnedKey::from(key.public())])?;
//! assert_eq!(verified.name(), "a");
//! assert!(verify(card, &[PinnedKey::from(key.public())]).is_err());
//! # Ok::<(), ca2a_runtime::a2a::card::CardError>(())
//! ```

mod channel;
mod error;
mod extension;
mod key;
mod signature;
mod tidy;
mod verified;

pub use channel::{CHANNEL_BINDING, ChannelBinding};
pub use error::CardError;
pub use extension::CardExtension;
pub use key::{CardKey, CardPublicKey, PinnedKey};
pub use signature::{sign, verify};
pub use verified::{CardInterface, VerifiedCard};
