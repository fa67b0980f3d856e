//! Who shares a commit: it costs much and another row in it little.

use std::{thread, time::Duration};

use tokio::sync::mpsc;

/// A commit waits this long for company, and again while company keeps coming.
const PAUSE: Duration = Duration::from_micros(350);

/// How many pauses a commit makes at most.
const PAUSES: usize = 6;

/// What a writer knows of those who come to it.
#[derive(Debug, Default)]
pub(super) struct Company {
    /// As many as came together of late.
    usual: usize,
}

impl Company {
    /// Adds to `batch`, which never has more than `most`, who comes within the pauses, until there are as many as usual. Who
    /// has come alone of late waits for nobody.
    pub(super) fn gather<T>(&mut self, batch: &mut Vec<T>, queue: &mut mpsc::Receiver<T>, most: usize) {
        for _ in 0..PAUSES {
            if batch.len() >= self.usual {
                break;
            }
            thread::sleep(PAUSE);
            let before = batch.len();
            while batch.len() < most
                && let Ok(next) = queue.try_recv()
            {
                batch.push(next);
            }
            if batch.len() == before {
                break;
            }
        }
        // Those who came in two parts should find together again: what is usual is forgotten slowly.
        let forgotten = self.usual.div_ceil(8);
        self.usual = batch.len().max(self.usual.saturating_sub(forgotten));
    }
}
