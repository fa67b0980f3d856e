//! A node that ends waits for what it has begun (GATE-82).

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use super::Ledger;

/// Between two looks at a store that does not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// How many calls this node has begun that are not ended.
#[derive(Default)]
pub(super) struct Unended(watch::Sender<usize>);

/// One of them, for as long as this is held.
pub(super) struct AtWork(Arc<Ledger>);

impl AtWork {
    pub(super) fn at(ledger: &Arc<Ledger>) -> Self {
        ledger.unended.0.send_modify(|calls| *calls = calls.saturating_add(1));
        Self(Arc::clone(ledger))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.unended.0.send_modify(|calls| *calls = calls.saturating_sub(1));
    }
}

impl Ledger {
    /// Waits until every call that this node has begun is ended and everybody has let go of it, and until the store has each
    /// outcome. Nothing keeps others from being begun meanwhile.
    pub async fn rest(&self) {
        // The sender is ours, so it is there.
        let _ = self.unended.0.subscribe().wait_for(|calls| *calls == 0).await;
        while self.lacks_an_outcome() {
            if self.tie_up().await.is_err() {
                sleep(PAUSE).await;
            }
        }
    }
}
