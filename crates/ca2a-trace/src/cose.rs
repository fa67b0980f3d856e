//! A TRACE record as an Entity Attestation Token (RFC 9711), for those who read CBOR.
//!
//! The token is a binding, not a second form of the record: it carries the digest of the record's canonical bytes, and the
//! few claims that have registered names. Links between records stay those of the JSON form.
//!
//! ```text
//! TrustRecord ──Eat::of──▶ bytes ──Eat::read──▶ Eat ──verify(key)──▶ VerifiedEat ──attests(SignedRecord)──▶ ()
//! ```
//!
//! ```
//! use ca2a_core::{EvaluationTime, SigningKey, TraceLink, cose::{PublicKey, Signer}};
//! use ca2a_trace::{HopContext, cose::Eat, verify_record};
//!
//! let key = SigningKey::from_seed(&[7; 32]);
//! let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
//! let record = context.sign("spiffe://acme.example/planner", 1_790_000_000, None, &key)?;
//! let token = Eat::of(&record, &Signer::ed25519(&key))?.to_vec()?;
//!
//! let token = Eat::read(&token)?.verify(&PublicKey::from(key.verifying_key()))?;
//! let record = verify_record(record.canonical(), key.verifying_key(), EvaluationTime::At(1_790_000_000))?;
//! token.attests(&record)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod eat;
mod eat_claims;
mod error;

pub use eat::{Eat, VerifiedEat};
pub use eat_claims::EatClaims;
pub use error::EatError;
