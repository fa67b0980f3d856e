//! What holds of every store of tasks.

use std::sync::Arc;

use ca2a_core::SigningKey;
use ca2a_runtime::a2a::{
    sdk::{Message, Part, Role, Task, TaskState, TaskStatus},
    tasks::{Owner, Provenance, TaskFilter, TaskLimits, TaskRow, TaskStore, TaskStoreError},
};

/// The limits that [`what_ended_makes_room`] is about.
pub const SMALL: TaskLimits = TaskLimits { tasks: 4, per_owner: 2, ..TaskLimits::of(10_000) };

pub fn owner(seed: u8) -> Owner {
    Owner::Holder(SigningKey::from_seed(&[seed; 32]).verifying_key())
}

pub fn task(id: &str, context: &str, state: TaskState) -> Task {
    let history = Some(vec![Message::new(Role::User, vec![Part::text("hello")])]);
    let status = TaskStatus { state, message: None, timestamp: None };
    Task { id: id.into(), context_id: context.into(), status, artifacts: None, history, metadata: None }
}

pub fn row(owner: Owner, id: &str, context: &str, state: TaskState, changed: u64) -> TaskRow {
    TaskRow { owner, provenance: Provenance::default(), task: Arc::new(task(id, context, state)), changed }
}

async fn ids(store: &dyn TaskStore, owner: &Owner, filter: &TaskFilter) -> Vec<String> {
    store.list(owner, filter).await.unwrap().rows.iter().map(|row| row.task.id.clone()).collect()
}

/// A2A-31, A2A-24
pub async fn a_task_is_its_owners_and_an_end_is_final(store: &dyn TaskStore) {
    store.create(row(owner(1), "a", "c", TaskState::Working, 1)).await.unwrap();
    assert!(store.get(&owner(2), "a").await.unwrap().is_none());
    assert!(store.get(&Owner::Anyone, "a").await.unwrap().is_none());
    assert!(ids(store, &owner(2), &TaskFilter { limit: 9, ..TaskFilter::default() }).await.is_empty());
    let foreign = store.update(&owner(2), Arc::new(task("a", "c", TaskState::Failed)), 2).await;
    assert_eq!(foreign, Err(TaskStoreError::Unknown));
    for stolen in
        [row(owner(2), "b", "c", TaskState::Working, 1), row(owner(2), "a", "d", TaskState::Working, 1)]
    {
        assert_eq!(store.create(stolen).await, Err(TaskStoreError::Foreign));
    }
    let moved = store.update(&owner(1), Arc::new(task("a", "d", TaskState::Working)), 2).await;
    assert_eq!(moved, Err(TaskStoreError::Foreign));
    store.remove(&owner(2), "a").await.unwrap();
    assert!(store.get(&owner(1), "a").await.unwrap().is_some());
    store.update(&owner(1), Arc::new(task("a", "c", TaskState::Completed)), 2).await.unwrap();
    let late = store.update(&owner(1), Arc::new(task("a", "c", TaskState::Working)), 3).await;
    assert_eq!(late, Err(TaskStoreError::Ended));
    store.remove(&owner(1), "a").await.unwrap();
    assert!(store.get(&owner(1), "a").await.unwrap().is_none());
}

/// A2A-30, of a store with the limits [`SMALL`].
pub async fn what_ended_makes_room(store: &dyn TaskStore) {
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
    // All four are taken; of them one has ended.
    store.create(row(owner(3), "g", "g", TaskState::Working, 7)).await.unwrap();
    assert!(store.get(&owner(2), "d").await.unwrap().is_none());
    assert_eq!(store.create(row(owner(4), "h", "h", TaskState::Working, 8)).await, Err(TaskStoreError::Full));

    // Who keeps its task waiting keeps its place for 30 days.
    const DAY: u64 = 24 * 60 * 60 * 1000;
    store.update(&owner(3), Arc::new(task("g", "g", TaskState::InputRequired)), 7).await.unwrap();
    let next = |id, days: u64| row(owner(4), id, id, TaskState::Working, 7 + days * DAY);
    assert_eq!(store.create(next("h", 29)).await, Err(TaskStoreError::Full));
    store.create(next("h", 30)).await.unwrap();
    assert!(store.get(&owner(3), "g").await.unwrap().is_none());
    store.remove(&owner(4), "h").await.unwrap();
    store.create(row(owner(3), "g", "g", TaskState::Working, 9)).await.unwrap();

    let mut large = task("i", "i", TaskState::Working);
    large.history = Some(vec![Message::new(Role::User, vec![Part::text("x".repeat(5 << 20))])]);
    let row = TaskRow { task: Arc::new(large.clone()), ..row(owner(5), "i", "i", TaskState::Working, 9) };
    assert!(matches!(store.create(row).await, Err(TaskStoreError::TooLarge { .. })));
    large.id = "g".into();
    large.context_id = "g".into();
    let grown = store.update(&owner(3), Arc::new(large), 9).await;
    assert!(matches!(grown, Err(TaskStoreError::TooLarge { .. })));
}

/// The limits that [`what_makes_too_little_room_stays`] is about.
pub const NARROW: TaskLimits = TaskLimits { bytes: 6_000, ..TaskLimits::of(100) };

/// A2A-30, of a store with the limits [`NARROW`].
pub async fn what_makes_too_little_room_stays(store: &dyn TaskStore) {
    let large = |owner, id: &str| {
        let mut row = row(owner, id, id, TaskState::Working, 2);
        let text = Part::text("x".repeat(3_000));
        Arc::make_mut(&mut row.task).history = Some(vec![Message::new(Role::User, vec![text])]);
        row
    };
    store.create(row(owner(1), "a", "a", TaskState::Completed, 1)).await.unwrap();
    store.create(large(owner(2), "b")).await.unwrap();
    assert_eq!(store.create(large(owner(3), "c")).await, Err(TaskStoreError::Full));
    assert!(store.get(&owner(1), "a").await.unwrap().is_some());
    // It still counts, and goes for what fits then.
    let stolen = row(owner(3), "d", "a", TaskState::Working, 3);
    assert_eq!(store.create(stolen).await, Err(TaskStoreError::Foreign));
    store.create(row(owner(3), "d", "d", TaskState::Working, 3)).await.unwrap();
    assert!(store.get(&owner(1), "a").await.unwrap().is_some());
    store.create(row(owner(3), "e", "e", TaskState::Working, 3)).await.unwrap();
    assert!(store.get(&owner(1), "a").await.unwrap().is_none());
}

/// A2A-26
pub async fn a_list_has_the_latest_change_first(store: &dyn TaskStore) {
    for (id, changed) in [("a", 5), ("b", 9), ("c", 7), ("d", 7)] {
        store.create(row(owner(1), id, "c", TaskState::Working, changed)).await.unwrap();
    }
    let mut filter = TaskFilter { limit: 3, ..TaskFilter::default() };
    let page = store.list(&owner(1), &filter).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (4, 3));
    assert_eq!(ids(store, &owner(1), &filter).await, ["b", "d", "c"]);
    filter.after = page.next;
    assert_eq!(ids(store, &owner(1), &filter).await, ["a"]);
    assert_eq!(store.list(&owner(1), &filter).await.unwrap().next, None);
    let state = TaskFilter { limit: 9, state: Some(TaskState::Completed), ..TaskFilter::default() };
    assert!(ids(store, &owner(1), &state).await.is_empty());
    let since = TaskFilter { limit: 9, changed_after: Some(6), ..TaskFilter::default() };
    assert_eq!(ids(store, &owner(1), &since).await.len(), 3);
    let elsewhere = TaskFilter { limit: 9, context: Some("d".into()), ..TaskFilter::default() };
    assert!(ids(store, &owner(1), &elsewhere).await.is_empty());
    let bad = TaskFilter { limit: 9, after: Some("x".into()), ..TaskFilter::default() };
    assert!(store.list(&owner(1), &bad).await.is_err());
}
