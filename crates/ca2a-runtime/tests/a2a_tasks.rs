//! The stores of tasks: bounded, each task its owner's, ends final, and what a crash leaves.
#![cfg(feature = "a2a")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use std::sync::Arc;

use ca2a_core::SigningKey;
use ca2a_runtime::a2a::{
    sdk::{Message, Part, Role, Task, TaskState, TaskStatus},
    tasks::{
        DurableTasks, MemoryTasks, Owner, Provenance, TaskFilter, TaskLimits, TaskRow, TaskStore,
        TaskStoreError,
    },
    wire,
};

fn owner(seed: u8) -> Owner {
    Owner::Holder(SigningKey::from_seed(&[seed; 32]).verifying_key())
}

fn task(id: &str, context: &str, state: TaskState) -> Task {
    let history = Some(vec![Message::new(Role::User, vec![Part::text("hello")])]);
    let status = TaskStatus { state, message: None, timestamp: None };
    Task { id: id.into(), context_id: context.into(), status, artifacts: None, history, metadata: None }
}

fn row(owner: Owner, id: &str, context: &str, state: TaskState, changed: u64) -> TaskRow {
    TaskRow { owner, provenance: Provenance::default(), task: Arc::new(task(id, context, state)), changed }
}

async fn ids(store: &dyn TaskStore, owner: &Owner, filter: &TaskFilter) -> Vec<String> {
    store.list(owner, filter).await.unwrap().rows.iter().map(|row| row.task.id.clone()).collect()
}

/// A2A-31, A2A-24
#[tokio::test]
async fn a_task_is_its_owners_and_an_end_is_final() {
    let folder = Folder::new("owner");
    let durable = DurableTasks::open(&folder.file(), TaskLimits::default(), 0).unwrap();
    let memory = MemoryTasks::default();
    for store in [&memory as &dyn TaskStore, &durable] {
        store.create(row(owner(1), "a", "c", TaskState::Working, 1)).await.unwrap();
        assert!(store.get(&owner(2), "a").await.unwrap().is_none());
        assert!(store.get(&Owner::Anyone, "a").await.unwrap().is_none());
        assert!(ids(store, &owner(2), &TaskFilter { limit: 9, ..TaskFilter::default() }).await.is_empty());
        let foreign = store.update(&owner(2), task("a", "c", TaskState::Failed), 2).await;
        assert_eq!(foreign, Err(TaskStoreError::Unknown));
        for stolen in
            [row(owner(2), "b", "c", TaskState::Working, 1), row(owner(2), "a", "d", TaskState::Working, 1)]
        {
            assert_eq!(store.create(stolen).await, Err(TaskStoreError::Foreign));
        }
        store.remove(&owner(2), "a").await.unwrap();
        assert!(store.get(&owner(1), "a").await.unwrap().is_some());
        store.update(&owner(1), task("a", "c", TaskState::Completed), 2).await.unwrap();
        let late = store.update(&owner(1), task("a", "c", TaskState::Working), 3).await;
        assert_eq!(late, Err(TaskStoreError::Ended));
    }
}

/// A2A-30
#[tokio::test]
async fn what_ended_first_makes_room_and_what_is_at_work_does_not() {
    let store = MemoryTasks::new(TaskLimits { tasks: 4, per_owner: 2, ..TaskLimits::default() });
    store.create(row(owner(1), "a", "a", TaskState::Completed, 1)).await.unwrap();
    store.create(row(owner(1), "b", "b", TaskState::Working, 2)).await.unwrap();
    store.create(row(owner(1), "c", "c", TaskState::Working, 3)).await.unwrap();
    assert!(store.get(&owner(1), "a").await.unwrap().is_none());
    // A holder's share is full of what is at work, and others' tasks are not its to push out.
    store.create(row(owner(2), "d", "d", TaskState::Completed, 4)).await.unwrap();
    assert_eq!(store.create(row(owner(1), "e", "e", TaskState::Working, 5)).await, Err(TaskStoreError::Full));
    assert!(store.get(&owner(2), "d").await.unwrap().is_some());
    // The context of a task that went belongs to nobody.
    store.create(row(owner(2), "f", "a", TaskState::Working, 6)).await.unwrap();
    assert_eq!(store.len(), 4);

    let mut large = task("g", "g", TaskState::Working);
    large.history = Some(vec![Message::new(Role::User, vec![Part::text("x".repeat(5 << 20))])]);
    let large = TaskRow { task: Arc::new(large), ..row(owner(3), "g", "g", TaskState::Working, 7) };
    assert!(matches!(store.create(large).await, Err(TaskStoreError::TooLarge { .. })));
}

/// A2A-26
#[tokio::test]
async fn a_list_has_the_latest_change_first_and_pages_that_fit() {
    let store = MemoryTasks::default();
    for (id, changed) in [("a", 5), ("b", 9), ("c", 7), ("d", 7)] {
        store.create(row(owner(1), id, "c", TaskState::Working, changed)).await.unwrap();
    }
    let mut filter = TaskFilter { limit: 3, ..TaskFilter::default() };
    let page = store.list(&owner(1), &filter).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (4, 3));
    assert_eq!(ids(&store, &owner(1), &filter).await, ["b", "d", "c"]);
    filter.after = page.next;
    assert_eq!(ids(&store, &owner(1), &filter).await, ["a"]);
    assert_eq!(store.list(&owner(1), &filter).await.unwrap().next, None);
    let state = TaskFilter { limit: 9, state: Some(TaskState::Completed), ..TaskFilter::default() };
    assert!(ids(&store, &owner(1), &state).await.is_empty());
    let since = TaskFilter { limit: 9, changed_after: Some(6), ..TaskFilter::default() };
    assert_eq!(ids(&store, &owner(1), &since).await.len(), 3);
    let bad = TaskFilter { limit: 9, after: Some("x".into()), ..TaskFilter::default() };
    assert!(store.list(&owner(1), &bad).await.is_err());
}

/// A2A-33, A2A-34
#[tokio::test]
async fn after_a_crash_nobody_is_told_that_work_goes_on() {
    let folder = Folder::new("crash");
    {
        let store = DurableTasks::open(&folder.file(), TaskLimits::default(), 0).unwrap();
        for (id, state) in
            [("a", TaskState::Working), ("b", TaskState::Completed), ("c", TaskState::InputRequired)]
        {
            store.create(row(owner(1), id, id, state, 1)).await.unwrap();
        }
        store.create(row(Owner::Anyone, "d", "d", TaskState::Submitted, 1)).await.unwrap();
    }
    for _ in 0..2 {
        let store = DurableTasks::open(&folder.file(), TaskLimits::default(), 1_800_000_000_000).unwrap();
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

/// A folder of its own that goes away.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ca2a-a2a-tasks-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.join("tasks.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
