//! What was meant for tasks that nobody works on any more and the database did not confirm, until it is known to stand
//! (A2A-36). Their life goes on, so that nobody else would settle them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Shelf, within};
use crate::{
    a2a::tasks::TaskStoreError,
    calls::{TaskInDatabase, put_task},
};

/// How many there are at most, and how many bytes of tasks. What is beyond that is settled when the life is over.
const MOST: usize = 4096;
const BYTES: usize = 16 << 20;

/// What was meant for a task.
pub(super) enum Meant {
    /// It is none of this owner's.
    Gone(Vec<u8>),
    /// It ended so.
    Ended(TaskInDatabase),
}

impl Meant {
    fn bytes(&self) -> usize {
        match self {
            Self::Gone(_) => 0,
            Self::Ended(change) => change.task.len(),
        }
    }
}

/// The tasks in doubt, by their ids.
#[derive(Default)]
pub(super) struct Doubts(Mutex<HashMap<String, Arc<Meant>>>);

impl Doubts {
    /// Minds what became of a step that meant `meant` for the task `id`, or nothing that is to be said again.
    pub(super) fn mind<T>(&self, id: &str, done: &Result<T, TaskStoreError>, meant: Option<Meant>) {
        let mut doubts = self.doubts();
        match (done, meant) {
            // How it stands now was meant later.
            (Ok(_), _) => drop(doubts.remove(id)),
            (Err(TaskStoreError::Unavailable(_)), Some(meant)) => {
                doubts.remove(id);
                let bytes =
                    doubts.values().map(|meant| meant.bytes()).fold(meant.bytes(), usize::saturating_add);
                if doubts.len() < MOST && bytes <= BYTES {
                    doubts.insert(id.to_owned(), Arc::new(meant));
                }
            }
            (Err(_), _) => {}
        }
    }

    fn all(&self) -> Vec<(String, Arc<Meant>)> {
        self.doubts().iter().map(|(id, meant)| (id.clone(), Arc::clone(meant))).collect()
    }

    /// Forgets what was said of the task `id`, unless something else was meant since.
    fn said(&self, id: &str, said: &Arc<Meant>) {
        let mut doubts = self.doubts();
        if doubts.get(id).is_some_and(|meant| Arc::ptr_eq(meant, said)) {
            doubts.remove(id);
        }
    }

    fn doubts(&self) -> MutexGuard<'_, HashMap<String, Arc<Meant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Says again what was meant for tasks and was not confirmed. A task whose call has no outcome yet ends with it, and waits
    /// for that.
    pub(super) async fn catch_up(&self) -> Result<(), TaskStoreError> {
        for (id, meant) in self.doubts.all() {
            if self.ledger.lacks_an_outcome() {
                break;
            }
            within(async {
                match &*meant {
                    Meant::Gone(owner) => self.delete(&id, owner).await?,
                    // Where there is no task that would change so, it ended otherwise.
                    Meant::Ended(change) => drop(put_task(&mut *self.pool.acquire().await?, change).await?),
                }
                Ok(())
            })
            .await?;
            self.doubts.said(&id, &meant);
        }
        Ok(())
    }

    pub(super) async fn delete(&self, id: &str, owner: &[u8]) -> Result<(), TaskStoreError> {
        let delete = "delete from ca2a.tasks where id = $1 and owner = $2";
        sqlx::query(delete).bind(id).bind(owner).execute(&self.pool).await?;
        Ok(())
    }
}
