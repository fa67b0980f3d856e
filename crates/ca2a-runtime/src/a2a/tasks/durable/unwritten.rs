//! What memory knows of tasks and the file does not.

use std::collections::{BTreeMap, BTreeSet};

use crate::a2a::tasks::TaskRow;

/// So many tasks that are no more leave the file together, where nobody waits for a commit of tasks before. Those that made
/// room stand beside each other there, and whoever reads the file before that makes the same room again.
pub(super) const EVICTED: usize = 64;

/// Changes by the id of their task, the last of each: what it replaces is not written at all.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    waiting: BTreeMap<String, Change>,
    /// Tasks that are no more and may stay in the file for a while.
    evicted: BTreeSet<String>,
    /// How many others are no more since something was taken last.
    removed: usize,
    /// In a transaction that is not committed yet. There is one at a time.
    being_written: BTreeMap<String, Change>,
}

#[derive(Debug, Clone)]
pub(super) struct Change {
    /// The task as it stands, or nothing where it is no more.
    row: Option<TaskRow>,
    /// Whether it is written before anybody hears of it.
    is_owed: bool,
}

impl Unwritten {
    /// Keeps how the task of `row` stands, which nobody hears before it is written where it `is_owed`. Gives back what it
    /// replaces, to be dropped.
    pub(super) fn put(&mut self, row: TaskRow, is_owed: bool) -> Option<Change> {
        // What was owed before is so still: it goes into the file with this.
        let is_owed = is_owed || self.waiting.get(&row.task.id).is_some_and(|change| change.is_owed);
        self.evicted.remove(&row.task.id);
        self.waiting.insert(row.task.id.clone(), Change { row: Some(row), is_owed })
    }

    /// Keeps that task `id` made room for others.
    pub(super) fn evict(&mut self, id: String) {
        // What is not in the file yet need not get there.
        match self.waiting.contains_key(&id) {
            true => drop(self.remove(id)),
            false => drop(self.evicted.insert(id)),
        }
    }

    /// Keeps that there is no task `id` any more. Gives back what it replaces, to be dropped.
    pub(super) fn remove(&mut self, id: String) -> Option<Change> {
        self.removed = self.removed.saturating_add(1);
        self.waiting.insert(id, Change { row: None, is_owed: false })
    }

    /// Whether so many tasks are to leave the file that they should, though nobody waits for it.
    pub(super) fn is_due(&self) -> bool {
        self.evicted.len() >= EVICTED || self.removed >= EVICTED
    }

    /// Takes what waits of task `id` alone: the transaction that is being made has something later of it.
    pub(super) fn pass_by(&mut self, id: &str) {
        self.being_written.extend(self.waiting.remove_entry(id));
    }

    /// What waits, by id, for the transaction that is being made.
    pub(super) fn take(&mut self) -> Vec<(String, Option<TaskRow>)> {
        if self.evicted.len() >= EVICTED {
            core::mem::take(&mut self.evicted).into_iter().for_each(|id| drop(self.remove(id)));
        }
        self.removed = 0;
        let taken = core::mem::take(&mut self.waiting);
        let rows = taken.iter().map(|(id, change)| (id.clone(), change.row.clone())).collect();
        self.being_written.extend(taken);
        rows
    }

    /// What was taken is written, and given back to be dropped; or it waits again.
    pub(super) fn committed(&mut self, is_written: bool) -> BTreeMap<String, Change> {
        let mut taken = core::mem::take(&mut self.being_written);
        if !is_written {
            for (id, change) in core::mem::take(&mut taken) {
                let later = self.waiting.entry(id).or_insert_with(|| change.clone());
                later.is_owed |= change.is_owed;
            }
        }
        taken
    }

    /// Whether nobody hears of task `id` yet.
    pub(super) fn owes(&self, id: &str) -> bool {
        [&self.waiting, &self.being_written]
            .iter()
            .any(|changes| changes.get(id).is_some_and(|change| change.is_owed))
    }

    /// How many tasks there is something to write of.
    pub(super) fn len(&self) -> usize {
        [self.being_written.len(), self.evicted.len()]
            .iter()
            .fold(self.waiting.len(), |sum, more| sum.saturating_add(*more))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use a2a::{Task, TaskState, TaskStatus};

    use super::*;
    use crate::a2a::tasks::{Owner, Provenance};

    fn row(state: TaskState) -> TaskRow {
        let status = TaskStatus { state, message: None, timestamp: None };
        let (id, context_id) = ("a".to_owned(), "c".to_owned());
        let task = Task { id, context_id, status, artifacts: None, history: None, metadata: None };
        TaskRow { owner: Owner::Anyone, provenance: Provenance::default(), task: Arc::new(task), changed: 1 }
    }

    fn taken(unwritten: &mut Unwritten) -> Vec<Option<TaskState>> {
        unwritten.take().into_iter().map(|(_, row)| row.map(|row| row.task.status.state.clone())).collect()
    }

    /// A2A-33
    #[test]
    fn what_is_owed_is_so_until_it_is_written() {
        let mut unwritten = Unwritten::default();
        unwritten.put(row(TaskState::Submitted), true);
        unwritten.put(row(TaskState::Working), false);
        assert!(unwritten.owes("a") && !unwritten.owes("b"));
        assert_eq!(taken(&mut unwritten), [Some(TaskState::Working)]);
        assert!(unwritten.owes("a"));
        // What comes meanwhile waits for the next transaction, whatever becomes of this one.
        unwritten.put(row(TaskState::Working), false);
        unwritten.committed(true);
        assert!(!unwritten.owes("a"));
        assert_eq!((unwritten.len(), taken(&mut unwritten).len()), (1, 1));
        unwritten.committed(true);
        assert_eq!(unwritten.len(), 0);
    }

    #[test]
    fn what_was_not_written_waits_again_unless_there_is_something_later() {
        let mut unwritten = Unwritten::default();
        unwritten.put(row(TaskState::Completed), true);
        unwritten.take();
        unwritten.committed(false);
        assert!(unwritten.owes("a"));
        assert_eq!(taken(&mut unwritten), [Some(TaskState::Completed)]);
        unwritten.put(row(TaskState::Failed), false);
        unwritten.committed(false);
        assert!(unwritten.owes("a"));
        assert_eq!(taken(&mut unwritten), [Some(TaskState::Failed)]);
        unwritten.remove("a".to_owned());
        assert!(unwritten.owes("a"), "the transaction goes on");
        unwritten.committed(true);
        assert!(!unwritten.owes("a"));
        assert_eq!(taken(&mut unwritten), [None]);
    }

    #[test]
    fn what_made_room_leaves_the_file_in_company() {
        let mut unwritten = Unwritten::default();
        for evicted in 1..EVICTED {
            unwritten.evict(evicted.to_string());
            assert_eq!((unwritten.len(), unwritten.take().len()), (evicted, 0));
        }
        unwritten.evict("b".to_owned());
        assert_eq!(taken(&mut unwritten).len(), EVICTED);
        unwritten.committed(false);
        assert_eq!((unwritten.len(), taken(&mut unwritten).len()), (EVICTED, EVICTED));
        unwritten.committed(true);
        assert_eq!(unwritten.len(), 0);
    }

    #[test]
    fn what_made_room_and_is_back_stays() {
        let mut unwritten = Unwritten::default();
        unwritten.evict("a".to_owned());
        unwritten.put(row(TaskState::Completed), true);
        assert_eq!(taken(&mut unwritten), [Some(TaskState::Completed)]);
        unwritten.committed(true);
        for evicted in 0..EVICTED {
            unwritten.evict(evicted.to_string());
        }
        assert!(unwritten.take().iter().all(|(id, _)| id != "a"));
        // One that never came into the file leaves with nothing.
        unwritten.put(row(TaskState::Completed), true);
        unwritten.evict("a".to_owned());
        assert_eq!(taken(&mut unwritten), [None]);
    }

    #[test]
    fn what_something_later_is_written_of_is_passed_by() {
        for is_written in [true, false] {
            let mut unwritten = Unwritten::default();
            unwritten.put(row(TaskState::Submitted), true);
            unwritten.pass_by("a");
            assert!(unwritten.owes("a") && unwritten.take().is_empty());
            unwritten.committed(is_written);
            assert_eq!(
                (unwritten.owes("a"), unwritten.take().len()),
                (!is_written, usize::from(!is_written))
            );
        }
    }
}
