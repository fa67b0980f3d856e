//! The inbound pipeline: the order of checks is the security property, so the types hold it (RUN-1).
//!
//! ```text
//! Presented ─verify_chain─► ChainVerified ─prove_holder─► HolderProved ─consume─► Consumed
//!                                                                                    │ appraise
//!                        Granted ◄─record─ Opened ◄─open─ Authorized ◄─authorize─ Appraised
//!                                                   └────────── Refused ─commit─► Denied
//! ```
//!
//! Each state owns its request by value and has no other constructor than the step before. Up to `HolderProved` a
//! refusal leaves no record, because nobody has shown any authority; from `Consumed` on every refusal does. A
//! plaintext exists only after `authorize`, and a [`Granted`] only after its record is durable.
//!
//! Appraisal comes before authorization:
//!
//! ```
//! use ca2a_runtime::peer::{Authorized, Callee, Consumed, Refused};
//! fn decide(consumed: Consumed, callee: &Callee<'_>, now: u64) -> Result<Authorized, Box<Refused>> {
//!     consumed.appraise(callee, now)?.authorize(callee)
//! }
//! ```
//!
//! The other way round does not compile:
//!
//! ```compile_fail,E0599
//! use ca2a_runtime::peer::{Authorized, Callee, Consumed, Refused};
//! fn decide(consumed: Consumed, callee: &Callee<'_>, now: u64) -> Result<Authorized, Box<Refused>> {
//!     consumed.authorize(callee)?.appraise(callee, now)
//! }
//! ```
//!
//! A payload is opened after authorization:
//!
//! ```
//! use ca2a_runtime::peer::{Appraised, Callee, Opened, Refused};
//! fn read(appraised: Appraised, callee: &Callee<'_>) -> Result<Box<Opened>, Box<Refused>> {
//!     appraised.authorize(callee)?.open(callee)
//! }
//! ```
//!
//! and not before:
//!
//! ```compile_fail,E0599
//! use ca2a_runtime::peer::{Appraised, Callee, Opened, Refused};
//! fn read(appraised: Appraised, callee: &Callee<'_>) -> Result<Box<Opened>, Box<Refused>> {
//!     appraised.open(callee)?.authorize(callee)
//! }
//! ```
//!
//! A proof is spent after it was verified, and once:
//!
//! ```
//! use ca2a_core::ReplayStore;
//! use ca2a_runtime::peer::{Callee, ChainVerified, Consumed, PeerError};
//! fn spend(chain: ChainVerified, callee: &Callee<'_>, store: &dyn ReplayStore) -> Result<Consumed, PeerError> {
//!     chain.prove_holder(callee, 0)?.consume(store, 0)
//! }
//! ```
//!
//! ```compile_fail,E0599
//! use ca2a_core::ReplayStore;
//! use ca2a_runtime::peer::{Callee, ChainVerified, Consumed, PeerError};
//! fn spend(chain: ChainVerified, callee: &Callee<'_>, store: &dyn ReplayStore) -> Result<Consumed, PeerError> {
//!     chain.consume(store, 0)?.prove_holder(callee, 0)
//! }
//! ```

mod appraise;
mod callee;
mod error;
pub mod message;
mod notary;
mod payload;
mod refused;
mod request;
mod states;

pub use appraise::CallerAppraisal;
pub use callee::{Callee, CallerRequirement};
pub use error::PeerError;
pub use notary::Notary;
pub use refused::{Denied, Refused};
pub use request::PeerRequest;
pub use states::{Appraised, Authorized, ChainVerified, Consumed, Granted, HolderProved, Opened, Presented};
