//! The stream of one who follows a run.

use std::sync::Arc;

use a2a::{A2AError, StreamResponse};
use ca2a_core::ErrorCode;
use futures_util::stream;
use tokio::sync::watch;

use super::{
    drive::Events,
    run::{Next, Run},
    runs::Runs,
};
use crate::a2a::server::Refusal;

/// Somebody who follows a run. Leaving lets the run go where nobody else needs it.
struct Follower {
    run: Arc<Run>,
    changes: Option<watch::Receiver<u64>>,
    runs: Arc<Runs>,
    position: usize,
    beyond: bool,
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.changes.take());
        let id = self.run.state().task.id.clone();
        self.runs.release(&id);
    }
}

/// What happens from `position` on, after `first`. With `beyond` it goes on while the task waits for its client, up to
/// the end of the task; otherwise to the end of the work.
pub(super) fn stream(
    run: Arc<Run>,
    changes: watch::Receiver<u64>,
    runs: Arc<Runs>,
    first: Option<StreamResponse>,
    position: usize,
    beyond: bool,
) -> Events {
    let follower = Follower { run, changes: Some(changes), runs, position, beyond };
    Box::pin(stream::unfold((follower, first), |(mut follower, first)| async move {
        if let Some(first) = first {
            return Some((Ok::<_, A2AError>(first), (follower, None)));
        }
        loop {
            let changes = follower.changes.as_mut()?;
            changes.borrow_and_update();
            match follower.run.next(follower.position, follower.beyond) {
                Next::Event(event, position) => {
                    follower.position = position;
                    return Some((Ok(*event), (follower, None)));
                }
                Next::Lost(why) => {
                    follower.changes = None;
                    return Some((
                        Err(Refusal::new(ErrorCode::OutcomeUnknown, why).tell()),
                        (follower, None),
                    ));
                }
                Next::End => return None,
                Next::Wait => changes.changed().await.ok()?,
            }
        }
    }))
}
