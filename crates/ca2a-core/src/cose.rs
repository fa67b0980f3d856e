//! COSE: one reader for signed CBOR, which every crate that meets COSE shares.
//!
//! CBOR lets one value be written in many ways and COSE lets a header stand in two maps. Neither helps anybody who has to
//! decide, so the [`Reader`] takes deterministic CBOR (RFC 8949 section 4.2.1) and [`Sign1`] takes a message whose
//! headers say each thing once. What is parsed is not verified:
//!
//! ```text
//! bytes ──Sign1::read──▶ Sign1 ──verify(key)──▶ VerifiedSign1
//! ```
//!
//! ```
//! use ca2a_core::{SigningKey, cose::{Draft, PublicKey, Sign1, Signer, Value, label}};
//!
//! let key = SigningKey::from_seed(&[7; 32]);
//! let signed = Draft::new()
//!     .protect(label::CONTENT_TYPE, Value::from("text/plain"))
//!     .payload(b"done")
//!     .sign(&Signer::ed25519(&key))?;
//!
//! let read = Sign1::read(&signed.to_vec()?)?;
//! let verified = read.verify(&PublicKey::from(key.verifying_key()))?;
//! assert_eq!(verified.message().payload(), Some(&b"done"[..]));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod algorithm;
mod cbor;
mod cbor_error;
mod claims;
mod draft;
mod error;
mod float;
mod key;
pub mod label;
mod map;
mod scan;
mod sign1;
mod signed;

pub use algorithm::{Algorithm, Signer};
pub use cbor::{DEFAULT_LIMITS, Encoding, Reader, to_vec};
pub use cbor_error::{CborError, CborErrorKind};
pub use ciborium::{Value, value::Integer};
pub use claims::Claims;
pub use draft::Draft;
pub use error::CoseError;
pub use key::PublicKey;
pub use map::MapRef;
pub use sign1::{Sign1, SignatureInput, VerifiedSign1};
pub use signed::{Header, Signed, SignedBy};

pub use crate::json::Limits;
