//! The stores of tasks: bounded, each task its owner's, ends final, and what a crash leaves.

use std::{path::Path, sync::Arc};

use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        sdk::{Message, Part, Role, TaskState},
        tasks::{DurableTasks, MemoryTasks, Owner, TaskFilter, TaskLimits, TaskStore as _, TaskStoreError},
        wire,
    },
    store::{RecordStore, SyncPolicy},
};

use crate::support::every_task_store::{self, NARROW, SMALL, TIGHT, owner, row, task};

/// A2A-31, A2A-24
#[tokio::test]
async fn a_task_is_its_owners_and_an_end_is_final() {
    covers!(accept, "A2A-24", "A2A-31");
    covers!(refuse, "A2A-24", "A2A-31");
    let folder = Folder::new("owner");
    let durable = open(&folder.file(), TaskLimits::default(), 0);
    every_task_store::a_task_is_its_owners_and_an_end_is_final(&durable).await;
    every_task_store::a_task_is_its_owners_and_an_end_is_final(&MemoryTasks::default()).await;
}

/// A2A-30
#[tokio::test]
async fn what_ended_first_makes_room_and_what_is_at_work_does_not() {
    covers!(accept, "A2A-30");
    covers!(refuse, "A2A-30");
    let folder = Folder::new("room");
    let durable = open(&folder.file(), SMALL, 0);
    every_task_store::what_ended_makes_room(&durable).await;
    let memory = MemoryTasks::new(SMALL);
    every_task_store::what_ended_makes_room(&memory).await;
    assert_eq!(memory.len(), 4);
    let folder = Folder::new("narrow");
    let durable = open(&folder.file(), NARROW, 0);
    every_task_store::what_makes_too_little_room_stays(&durable).await;
    every_task_store::what_makes_too_little_room_stays(&MemoryTasks::new(NARROW)).await;
    let folder = Folder::new("tight");
    let durable = open(&folder.file(), TIGHT, 0);
    every_task_store::a_holder_has_its_share_and_an_end_its_room(&durable).await;
    every_task_store::a_holder_has_its_share_and_an_end_its_room(&MemoryTasks::new(TIGHT)).await;
}

/// A2A-161
#[tokio::test]
async fn one_goes_on_with_a_task_as_it_stands() {
    covers!(accept, "A2A-161");
    covers!(refuse, "A2A-161");
    let folder = Folder::new("goes_on");
    let durable = open(&folder.file(), TaskLimits::default(), 0);
    every_task_store::one_goes_on_with_a_task_as_it_stands(&durable).await;
    every_task_store::one_goes_on_with_a_task_as_it_stands(&MemoryTasks::default()).await;
}

/// A2A-26
#[tokio::test]
async fn a_list_has_the_latest_change_first_and_pages_that_fit() {
    covers!(accept, "A2A-26");
    covers!(refuse, "A2A-26");
    let folder = Folder::new("list");
    let durable = open(&folder.file(), TaskLimits::default(), 0);
    every_task_store::a_list_has_the_latest_change_first(&durable).await;
    every_task_store::a_list_has_the_latest_change_first(&MemoryTasks::default()).await;
}

/// A2A-33, A2A-34
#[tokio::test]
async fn after_a_crash_nobody_is_told_that_work_goes_on() {
    covers!(accept, "A2A-34");
    covers!(refuse, "A2A-34");
    let folder = Folder::new("crash");
    {
        let store = open(&folder.file(), TaskLimits::default(), 0);
        for (id, state) in
            [("a", TaskState::Working), ("b", TaskState::Completed), ("c", TaskState::InputRequired)]
        {
            store.create(row(owner(1), id, id, state, 1)).await.unwrap();
        }
        store.create(row(Owner::Anyone, "d", "d", TaskState::Submitted, 1)).await.unwrap();
    }
    for _ in 0..2 {
        let store = open(&folder.file(), TaskLimits::default(), 1_800_000_000_000);
        let state =
            async |owner: &Owner, id: &str| store.get(owner, id).await.unwrap().unwrap().task.status.clone();
        let abandoned = state(&owner(1), "a").await;
        assert_eq!(abandoned.state, TaskState::Failed);
        assert_eq!(abandoned.timestamp.unwrap().timestamp(), 1_800_000_000);
        assert_eq!(abandoned.message.unwrap().metadata.unwrap()[wire::OUTCOME], wire::OUTCOME_UNKNOWN);
        assert_eq!(state(&owner(1), "b").await.state, TaskState::Completed);
        assert_eq!(state(&owner(1), "c").await.state, TaskState::InputRequired);
        assert_eq!(state(&Owner::Anyone, "d").await.state, TaskState::Failed);
        assert!(store.get(&owner(2), "a").await.unwrap().is_none());
    }
}

/// A2A-30, A2A-34: a file opens, whatever it holds and however little it may by then.
#[tokio::test]
async fn a_file_opens_with_more_than_there_may_be() {
    covers!(accept, "A2A-30", "A2A-34");
    let folder = Folder::new("more");
    let large = |id: &str, state| {
        let mut task = task(id, id, state);
        task.history = Some(vec![Message::new(Role::User, vec![Part::text("x".repeat(5_000))])]);
        Arc::new(task)
    };
    {
        let store = open(&folder.file(), TaskLimits::default(), 0);
        for (changed, id) in (1..).zip(["a", "b", "c", "d"]) {
            store.create(row(owner(1), id, id, TaskState::Working, changed)).await.unwrap();
        }
        for (id, state) in
            [("a", TaskState::InputRequired), ("b", TaskState::InputRequired), ("c", TaskState::Completed)]
        {
            store.update(&owner(1), large(id, state), 9).await.unwrap();
        }
        // One more at work, as large as a task may be by then.
        store.update(&owner(1), large("d", TaskState::Working), 9).await.unwrap();
        store.create(row(owner(2), "e", "e", TaskState::Completed, 10)).await.unwrap();
    }
    let limits = TaskLimits { tasks: 2, per_owner: 1, owner_bytes: 10_000, bytes: 10_000, task_bytes: 5_400 };
    let store = open(&folder.file(), limits, 11);
    let is_there = async |owner: &Owner, id: &str| store.get(owner, id).await.unwrap().is_some();
    assert!(is_there(&owner(1), "a").await && is_there(&owner(1), "b").await);
    assert!(!is_there(&owner(1), "c").await && !is_there(&owner(1), "d").await);
    assert!(!is_there(&owner(2), "e").await);
    assert_eq!(
        store.create(row(owner(2), "f", "f", TaskState::Working, 12)).await,
        Err(TaskStoreError::Full)
    );
}

/// A2A-33: what was told is in the file; a copy of it, taken as a power cut would leave it, has it all.
#[tokio::test]
async fn what_is_told_is_in_the_file() {
    covers!(accept, "A2A-33");
    covers!(refuse, "A2A-33");
    let folder = Folder::new("durable");
    let store = open(&folder.file(), TaskLimits::default(), 0);
    let left_behind = async |name: &str, id: &str| {
        let copy = folder.0.join(name);
        std::fs::copy(folder.file(), &copy).unwrap();
        let store = open(&copy, TaskLimits::default(), 9);
        store.get(&owner(1), id).await.unwrap().map(|row| row.task.status.state.clone())
    };
    assert_eq!(left_behind("before", "a").await, None);
    store.create(row(owner(1), "a", "a", TaskState::InputRequired, 1)).await.unwrap();
    assert_eq!(left_behind("created", "a").await, Some(TaskState::InputRequired));
    store.create(row(owner(1), "b", "b", TaskState::Working, 1)).await.unwrap();
    // Nobody can tell of it more than that it was at work.
    assert_eq!(left_behind("working", "b").await, Some(TaskState::Failed));
    // One that goes on is not found waiting, as if nobody had worked on it.
    store.update(&owner(1), task("a", "a", TaskState::Working).into(), 2).await.unwrap();
    assert_eq!(left_behind("goes on", "a").await, Some(TaskState::Failed));
    store.update(&owner(1), task("b", "b", TaskState::Completed).into(), 2).await.unwrap();
    assert_eq!(left_behind("ended", "b").await, Some(TaskState::Completed));
}

/// A2A-33: a task that is begun waits for its commit only where somebody is told of it: by its maker, by a look, by a list.
#[tokio::test]
async fn a_task_that_is_begun_is_in_the_file_before_it_is_told_of() {
    covers!(accept, "A2A-33");
    covers!(refuse, "A2A-33");
    let folder = Folder::new("begun");
    let store = open(&folder.file(), TaskLimits::default(), 0);
    let left_behind = async |id: &str| {
        let copy = folder.0.join("copy");
        std::fs::copy(folder.file(), &copy).unwrap();
        let store = open(&copy, TaskLimits::default(), 9);
        store.get(&owner(1), id).await.unwrap().map(|row| row.task.status.state.clone())
    };
    let begin = |id: &'static str| store.begin(row(owner(1), id, id, TaskState::Submitted, 1));
    let waited_for = begin("a").await.unwrap();
    waited_for.wait().await.unwrap();
    assert_eq!(left_behind("a").await, Some(TaskState::Failed));
    let (looked_at, listed, ended) =
        (begin("b").await.unwrap(), begin("c").await.unwrap(), begin("d").await.unwrap());
    assert_eq!(left_behind("b").await, None);
    assert!(store.get(&owner(1), "b").await.unwrap().is_some());
    assert_eq!(left_behind("b").await, Some(TaskState::Failed));
    let written = begin("e").await.unwrap();
    assert_eq!(left_behind("e").await, None);
    let filter = TaskFilter { limit: 10, ..TaskFilter::default() };
    assert_eq!(store.list(&owner(1), &filter).await.unwrap().total, 5);
    assert_eq!(left_behind("e").await, Some(TaskState::Failed));
    store.update(&owner(1), task("d", "d", TaskState::Completed).into(), 2).await.unwrap();
    assert_eq!(left_behind("d").await, Some(TaskState::Completed));
    for written in [looked_at, listed, ended, written] {
        written.wait().await.unwrap();
    }
    assert_eq!(
        store.begin(row(owner(2), "f", "a", TaskState::Submitted, 3)).await.unwrap_err(),
        TaskStoreError::Foreign
    );
    // Who asks when the store is gone hears what became of it as well.
    let last = begin("g").await.unwrap();
    drop(store);
    last.wait().await.unwrap();
    let store = open(&folder.file(), TaskLimits::default(), 9);
    assert!(store.get(&owner(1), "g").await.unwrap().is_some());
}

/// What happens on the way costs no commit of its own, and is kept all the same: with the next change that is waited for,
/// and when the store closes.
#[tokio::test]
async fn what_nobody_waits_for_is_kept_too() {
    let folder = Folder::new("held");
    let heard = |text: &str| {
        let mut task = task("a", "a", TaskState::Working);
        task.history.get_or_insert_default().push(Message::new(Role::Agent, vec![Part::text(text)]));
        Arc::new(task)
    };
    let last = async |file: &Path| {
        let store = open(file, TaskLimits::default(), 9);
        let row = store.get(&owner(1), "a").await.unwrap().unwrap();
        let newest = row.task.history.as_ref().and_then(|history| history.last()).and_then(Message::text);
        newest.unwrap().to_owned()
    };
    let store = open(&folder.file(), TaskLimits::default(), 0);
    store.create(row(owner(1), "a", "a", TaskState::Working, 1)).await.unwrap();
    store.update(&owner(1), heard("on the way"), 2).await.unwrap();
    store.create(row(owner(1), "b", "b", TaskState::Working, 3)).await.unwrap();
    let copy = folder.0.join("copy");
    std::fs::copy(folder.file(), &copy).unwrap();
    assert_eq!(last(&copy).await, "on the way");
    store.update(&owner(1), heard("at the end"), 4).await.unwrap();
    drop(store);
    assert_eq!(last(&folder.file()).await, "at the end");
}

/// Tasks in the file of records at `file`.
fn open(file: &Path, limits: TaskLimits, now: u64) -> DurableTasks {
    let records = RecordStore::open(file, SyncPolicy::EachCommit).unwrap();
    DurableTasks::open(Arc::new(records), limits, now).unwrap()
}

/// A folder of its own that goes away.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ca2a-a2a-tasks-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.join("records.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
