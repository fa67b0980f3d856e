//! TrustHandoff packets on a machine: where spent nonces are remembered, and the end of a task that runs too long.
//!
//! `ca2a-handoff` judges and counts; it has no clock and no file. A packet may live for a day and be presented again after a
//! restart, so that its nonce is kept on disk ([`HandoffStore`]), unlike the holder proofs of a node, which die with the
//! secret that they answer to. A budget cannot stop anybody: [`until_deadline`] does (HAND-31, HAND-61). A call may bring a
//! packet with a signed hop inside its sealed payload ([`CarriedHop`]); a node with a [`HopGate`] grants the call only where
//! the hop holds, and after the holder proof as ever (HAND-76, HAND-77).

mod carried;
mod live;
mod store;

use std::{future::Future, time::Duration};

use ca2a_handoff::{Executor, UnixMicros};

pub use carried::CarriedHop;
pub(crate) use live::LiveCall;
pub use live::{HopGate, HopRefused, TakenOver};
pub use store::HandoffStore;

/// A task that was stopped at its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the task ran into its deadline and was stopped")]
pub struct Stopped;

/// Runs `work` until it is done or the deadline of `executor` has come, whichever is first. What is not done by then is
/// dropped. `now` is when it begins; it needs a tokio runtime with time.
///
/// # Errors
/// When the deadline came first.
pub async fn until_deadline<T>(
    executor: &Executor,
    now: UnixMicros,
    work: impl Future<Output = T>,
) -> Result<T, Stopped> {
    let left = executor.deadline().0.saturating_sub(now.0);
    let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
    tokio::time::timeout(left, work).await.map_err(|_| Stopped)
}
