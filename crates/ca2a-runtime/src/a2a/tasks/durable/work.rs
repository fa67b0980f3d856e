//! What is done about tasks in a commit of the file of records.

use std::sync::{Arc, Weak};

use a2a::Task;
use redb::WriteTransaction;
use tokio::sync::oneshot;

use super::shelf::Shelf;
use crate::{
    a2a::tasks::Owner,
    calls::WithCall,
    store::{RecordStore, StoreError, Work},
};

/// Everything that is unwritten goes into the file. Of several in one commit the first does it for all.
pub(super) struct Flush {
    pub(super) shelf: Arc<Shelf>,
    pub(super) done: Option<oneshot::Sender<Result<(), StoreError>>>,
}

impl Work for Flush {
    fn apply(&mut self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        self.shelf.write(transaction).map_err(StoreError::write)
    }

    fn settle(&mut self, is_committed: bool) {
        self.shelf.committed(is_committed);
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        // Who went away does not hear.
        let _ = self.done.map(|done| done.send(committed));
    }
}

/// How a task stands when its call has ended, for the commit that ends the call (A2A-160).
#[derive(Debug)]
pub(super) struct EndOfCall {
    /// Not held: the writer drops this, and a store that is dropped waits for its writer.
    pub(super) records: Weak<RecordStore>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) owner: Owner,
    pub(super) task: Arc<Task>,
    /// Unix milliseconds.
    pub(super) changed: u64,
}

impl WithCall for EndOfCall {
    fn is_in(&self, records: &Arc<RecordStore>) -> bool {
        Weak::as_ptr(&self.records) == Arc::as_ptr(records)
    }

    fn apply(&self, transaction: &WriteTransaction) -> Result<bool, redb::Error> {
        self.shelf.write_ahead(transaction, &self.owner, &self.task, self.changed)
    }

    fn committed(&self, is_written: bool) {
        match is_written {
            true => self.shelf.catch_up(&self.owner, &self.task, self.changed),
            false => self.shelf.committed(false),
        }
    }
}
