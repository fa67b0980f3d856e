//! What is promised about a call that is handed on (`specs/gateway.md`, GATE-1 to GATE-8).
//!
//! | step | what | where |
//! |---|---|---|
//! | S0 | verify; nothing is changed | the pipeline, [`peer`](crate::peer) |
//! | S1 | one commit: the proof is spent, the call is dispatching, what was decided is recorded | [`CallStore::begin`] |
//! | S2 | the call is handed on | whoever holds the [`OpenCall`] |
//! | S3 | one commit: the outcome, signed, what its task is called elsewhere, and how the task stands where it is kept there | [`CallStore::end`] |
//! | S4 | the answer | |
//!
//! For one holder proof, over all nodes of one store, at most one request is ever begun, and exactly one outcome exists:
//! completed, refused or unknown. An answer that says success has a committed outcome. A node that ends between S1 and S3
//! leaves a call that is open; once its lease is over, the outcome is unknown and nothing of it is ever begun again.

#[cfg(feature = "store-redb")]
mod durable;
mod error;
#[cfg(feature = "store-redb")]
mod first_commit;
mod id;
#[cfg(feature = "store-redb")]
mod ledger;
#[cfg(feature = "store-redb")]
mod loose_ends;
#[cfg(feature = "store-redb")]
mod neighbours;
#[cfg(feature = "store-redb")]
mod open;
mod outcome;
#[cfg(feature = "store-postgres")]
mod postgres;
#[cfg(feature = "store-redb")]
mod rest;
mod store;
mod task_change;

#[cfg(feature = "store-redb")]
pub use durable::DurableCalls;
pub use error::CallStoreError;
#[cfg(feature = "store-redb")]
pub(crate) use first_commit::FirstCommit;
pub use id::{CallId, Epoch};
#[cfg(feature = "store-redb")]
pub use ledger::Ledger;
#[cfg(feature = "store-redb")]
pub use open::OpenCall;
pub use outcome::{Outcome, OutcomeError, OutcomeStatement, SignedOutcome};
#[cfg(feature = "store-postgres")]
pub use postgres::PostgresCalls;
#[cfg(all(feature = "store-postgres", feature = "a2a"))]
pub(crate) use postgres::put_task;
pub use store::{Abandoned, Answered, Binding, CallStore, Ended, NewCall};
pub use task_change::TaskChange;
#[cfg(feature = "store-postgres")]
pub use task_change::TaskInDatabase;
#[cfg(feature = "store-redb")]
pub use task_change::TaskInFile;
#[cfg(feature = "store-redb")]
pub(crate) use task_change::WithCall;

/// A proof is remembered for so many seconds after its challenge has expired, twice what clocks may differ by (GATE-7).
#[cfg(feature = "store-redb")]
const AFTER_EXPIRY: u64 = 2 * 60;

/// An outcome is kept for so many seconds: 30 days, since it is the last word about its call (GATE-45). What a call bound is
/// kept as long (GATE-70).
#[cfg(feature = "store-redb")]
const KEEP_OUTCOMES: u64 = 30 * 24 * 60 * 60;
