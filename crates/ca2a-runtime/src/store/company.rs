//! Who shares a commit: it costs much and another row in it little.

use std::{thread, time::Duration};

use tokio::sync::mpsc;

/// A commit waits this long for company, and again while company keeps coming.
const PAUSE: Duration = Duration::from_micros(350);

/// How many pauses a commit makes at most.
const PAUSES: usize = 6;

/// Adds to `batch`, which never has more than `most`, who comes within the pauses. For a commit that follows one that had
/// company: who comes alone waits for nobody.
pub(crate) fn gather<T>(batch: &mut Vec<T>, queue: &mut mpsc::Receiver<T>, most: usize) {
    for _ in 0..PAUSES {
        thread::sleep(PAUSE);
        let before = batch.len();
        while batch.len() < most
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        if batch.len() == before {
            return;
        }
    }
}
