//! Tasks in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use a2a::Task;

use super::{
    Owner, TaskFilter, TaskLimits, TaskPage, TaskRow, TaskStore, TaskStoreError, is_final, is_interrupted,
    limits::has_waited_since,
    place::{Place, place, token},
};
use crate::{a2a::weight, calls::TaskChange};

/// Tasks that live as long as the process. What ended first makes room for what is new (A2A-30).
#[derive(Debug, Default)]
pub struct MemoryTasks {
    limits: TaskLimits,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    rows: HashMap<String, Kept>,
    owned: BTreeMap<Owner, Own>,
    /// The tasks that have ended.
    ended: BTreeSet<Place>,
    /// The tasks that wait for their client.
    waiting: BTreeSet<Place>,
    /// Whose a context is, and how many tasks are in it.
    contexts: HashMap<String, (Owner, usize)>,
    bytes: usize,
}

/// The tasks of one owner.
#[derive(Debug, Default)]
struct Own {
    places: BTreeSet<Place>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    row: TaskRow,
    weight: usize,
}

impl MemoryTasks {
    /// A store under `limits`.
    #[must_use]
    pub fn new(limits: TaskLimits) -> Self {
        Self { limits, shelf: Mutex::default() }
    }

    /// How many tasks it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shelf.lock().map_or(0, |shelf| shelf.rows.len())
    }

    /// Whether it keeps none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shelf(&self) -> Result<MutexGuard<'_, Shelf>, TaskStoreError> {
        self.shelf.lock().map_err(|_| TaskStoreError::Unavailable("a writer panicked".to_owned()))
    }

    /// Keeps `row` and says which tasks had to go for it. To drop them takes time, which nobody else should wait for.
    pub(super) fn put(&self, row: TaskRow) -> Result<Vec<TaskRow>, TaskStoreError> {
        self.shelf()?.put(row, self.limits)
    }

    /// Keeps `rows` that were kept before, whatever the limits are by now, and then makes the room that they lack. Says which tasks
    /// had to go for it: none that has not ended.
    pub(super) fn restore(
        &self,
        rows: impl IntoIterator<Item = TaskRow>,
    ) -> Result<Vec<TaskRow>, TaskStoreError> {
        let mut shelf = self.shelf()?;
        for row in rows {
            let weight = weight::task(&row.task);
            shelf.keep(Kept { row, weight });
        }
        Ok(shelf.go_back_to(self.limits))
    }

    /// Makes a change, where `seen` says so of a task that waits and has not changed since. Says how the task stands by now and whether
    /// it rested before.
    pub(super) fn replace(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: Option<u64>,
        changed: u64,
    ) -> Result<(TaskRow, bool), TaskStoreError> {
        self.shelf()?.replace(owner, task, seen, changed, self.limits)
    }

    pub(super) fn limits(&self) -> TaskLimits {
        self.limits
    }

    pub(super) fn find(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        let shelf = self.shelf()?;
        let kept = shelf.rows.get(id).filter(|kept| kept.row.owner == *owner);
        Ok(kept.map(|kept| kept.row.clone()))
    }

    pub(super) fn page(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        self.shelf()?.page(owner, filter)
    }

    /// Gives back the task, to be dropped.
    pub(super) fn forget(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        let mut shelf = self.shelf()?;
        let is_theirs = shelf.rows.get(id).is_some_and(|kept| kept.row.owner == *owner);
        Ok(is_theirs.then(|| shelf.take(id)).flatten().map(|kept| kept.row))
    }
}

/// How many tasks may be `owner`'s, and how many bytes of them.
fn share(owner: &Owner, limits: TaskLimits) -> (usize, usize) {
    match owner {
        Owner::Anyone => (limits.tasks, limits.bytes),
        Owner::Holder(_) => (limits.per_owner, limits.owner_bytes),
    }
}

/// When a task has changed that changed at `before` and changes at `now`: never the same twice, so that it tells whether somebody else
/// changed it meanwhile.
pub(super) fn after(before: u64, now: u64) -> u64 {
    now.max(before.saturating_add(1))
}

impl Shelf {
    fn put(&mut self, row: TaskRow, limits: TaskLimits) -> Result<Vec<TaskRow>, TaskStoreError> {
        let weight = limits.admit(&row.task)?;
        let foreign = self.contexts.get(&row.task.context_id).is_some_and(|(owner, _)| *owner != row.owner);
        if foreign || self.rows.contains_key(&row.task.id) {
            return Err(TaskStoreError::Foreign);
        }
        let evicted = self.make_room(&row, weight, limits)?;
        self.keep(Kept { row, weight });
        Ok(evicted.into_iter().map(|kept| kept.row).collect())
    }

    fn keep(&mut self, kept: Kept) {
        let row = &kept.row;
        let held = self.contexts.entry(row.task.context_id.clone()).or_insert((row.owner, 0));
        // Of a file that has a task of another's yet that made room, what came later is true.
        *held = (row.owner, held.1.saturating_add(1));
        self.put_in_order(row, kept.weight);
        self.rows.insert(row.task.id.clone(), kept);
    }

    fn put_in_order(&mut self, row: &TaskRow, weight: usize) {
        let place = (row.changed, row.task.id.clone());
        let state = &row.task.status.state;
        if is_final(state) {
            self.ended.insert(place.clone());
        } else if is_interrupted(state) {
            self.waiting.insert(place.clone());
        }
        let own = self.owned.entry(row.owner).or_default();
        own.places.insert(place);
        own.bytes = own.bytes.saturating_add(weight);
        self.bytes = self.bytes.saturating_add(weight);
    }

    fn take_out_of_order(&mut self, row: &TaskRow, weight: usize) {
        let place = (row.changed, row.task.id.clone());
        self.ended.remove(&place);
        self.waiting.remove(&place);
        self.bytes = self.bytes.saturating_sub(weight);
        if let Some(own) = self.owned.get_mut(&row.owner) {
            own.places.remove(&place);
            own.bytes = own.bytes.saturating_sub(weight);
            if own.places.is_empty() {
                self.owned.remove(&row.owner);
            }
        }
    }

    /// Takes out what ended first until there is room for `row`. Where there would be none even then, all of it stays.
    fn make_room(
        &mut self,
        row: &TaskRow,
        weight: usize,
        limits: TaskLimits,
    ) -> Result<Vec<Kept>, TaskStoreError> {
        let (tasks, bytes) = share(&row.owner, limits);
        let mut evicted = Vec::new();
        loop {
            let is_beyond =
                |own: &&Own| own.places.len() >= tasks || own.bytes.saturating_add(weight) > bytes;
            let own = self.owned.get(&row.owner).filter(is_beyond);
            let is_full = self.rows.len() >= limits.tasks || self.bytes.saturating_add(weight) > limits.bytes;
            let first = match own {
                Some(own) => self.first_to_go(Some(&own.places), row.changed),
                None if is_full => self.first_to_go(None, row.changed),
                None => return Ok(evicted),
            };
            let Some((_, id)) = first.cloned() else {
                evicted.into_iter().for_each(|kept| self.keep(kept));
                return Err(TaskStoreError::Full);
            };
            evicted.extend(self.take(&id));
        }
    }

    /// The task that goes first at `now`, of those at `own` places or of all: the one that ended first, else the one that has
    /// waited for its client the longest, and for too long.
    fn first_to_go<'s>(&'s self, own: Option<&'s BTreeSet<Place>>, now: u64) -> Option<&'s Place> {
        let since = has_waited_since(now);
        let has_waited = |place: &&Place| place.0 <= since;
        match own {
            Some(own) => {
                let ended = own.iter().find(|place| self.ended.contains(*place));
                ended
                    .or_else(|| own.iter().take_while(has_waited).find(|place| self.waiting.contains(*place)))
            }
            None => self.ended.first().or_else(|| self.waiting.first().filter(has_waited)),
        }
    }

    /// Takes out what has ended and is beyond `limits`.
    fn go_back_to(&mut self, limits: TaskLimits) -> Vec<TaskRow> {
        let mut gone = Vec::new();
        let mut beyond = Vec::new();
        for (owner, own) in &self.owned {
            let more = own.places.len().saturating_sub(share(owner, limits).0);
            beyond.extend(own.places.iter().filter(|place| self.ended.contains(*place)).take(more).cloned());
        }
        for (_, id) in beyond {
            gone.extend(self.take(&id));
        }
        while self.rows.len() > limits.tasks || self.bytes > limits.bytes {
            let Some((_, id)) = self.ended.first().cloned() else { break };
            gone.extend(self.take(&id));
        }
        gone.into_iter().map(|kept| kept.row).collect()
    }

    fn replace(
        &mut self,
        owner: &Owner,
        task: Arc<Task>,
        seen: Option<u64>,
        changed: u64,
        limits: TaskLimits,
    ) -> Result<(TaskRow, bool), TaskStoreError> {
        let kept = self.rows.get_mut(&task.id).filter(|kept| kept.row.owner == *owner);
        let kept = kept.ok_or(TaskStoreError::Unknown)?;
        if is_final(&kept.row.task.status.state) {
            return Err(TaskStoreError::Ended);
        }
        if kept.row.task.context_id != task.context_id {
            return Err(TaskStoreError::Foreign);
        }
        let before = &kept.row;
        if seen.is_some_and(|seen| before.changed != seen || !is_interrupted(&before.task.status.state)) {
            return Err(TaskStoreError::AtWork);
        }
        // What a task grows by while it is at work is not evicted for; the bound on one task bounds it.
        let weight = limits.admit(&task)?;
        let (before, weighed) = (kept.row.clone(), kept.weight);
        kept.weight = weight;
        kept.row.task = task;
        kept.row.changed = after(before.changed, changed);
        let row = kept.row.clone();
        self.take_out_of_order(&before, weighed);
        self.put_in_order(&row, weight);
        Ok((row, is_interrupted(&before.task.status.state)))
    }

    fn take(&mut self, id: &str) -> Option<Kept> {
        let kept = self.rows.remove(id)?;
        let Kept { row, weight } = &kept;
        self.take_out_of_order(row, *weight);
        if let Some((_, held)) = self.contexts.get_mut(&row.task.context_id) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                self.contexts.remove(&row.task.context_id);
            }
        }
        Some(kept)
    }

    fn page(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        let start = filter.after.as_deref().map(place).transpose()?;
        let places = self.owned.get(owner).into_iter().flat_map(|own| own.places.iter().rev());
        let matching = places.filter_map(|place| {
            let row = &self.rows.get(&place.1)?.row;
            let task = &row.task;
            let fits = filter.context.as_ref().is_none_or(|context| *context == task.context_id)
                && filter.state.as_ref().is_none_or(|state| *state == task.status.state)
                && filter.changed_after.is_none_or(|after| row.changed > after);
            fits.then_some((place, row))
        });
        let mut page = TaskPage::default();
        let mut last = None;
        for (place, row) in matching {
            page.total = page.total.saturating_add(1);
            if start.as_ref().is_some_and(|start| place >= start) {
                continue;
            }
            if page.rows.len() < filter.limit {
                page.rows.push(row.clone());
                last = Some(place);
            } else if page.next.is_none() {
                page.next = last.map(token);
            }
        }
        Ok(page)
    }
}

#[async_trait::async_trait]
impl TaskStore for MemoryTasks {
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError> {
        self.put(row).map(drop)
    }

    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError> {
        self.replace(owner, task, None, changed).map(drop)
    }

    async fn go_on(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: u64,
        changed: u64,
    ) -> Result<(), TaskStoreError> {
        self.replace(owner, task, Some(seen), changed).map(drop)
    }

    fn with_call(&self, _: &Owner, task: &Task, _: u64) -> Result<Option<TaskChange>, TaskStoreError> {
        self.limits.admit(task).map(|_| None)
    }

    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        self.find(owner, id)
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        self.page(owner, filter)
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        self.forget(owner, id).map(drop)
    }
}
