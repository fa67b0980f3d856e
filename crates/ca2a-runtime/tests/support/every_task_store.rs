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
    store.update(&owner(3), Arc::new(task("g", "g", TaskState::InputRequired)), 8).await.unwrap();
    let next = |id, days: u64| row(owner(4), id, id, TaskState::Working, 8 + days * DAY);
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

/// The limits that [`a_holder_has_its_share_and_an_end_its_room`] is about.
pub const TIGHT: TaskLimits = TaskLimits { owner_bytes: 6_000, task_bytes: 4_500, ..TaskLimits::of(100) };

/// A2A-30, of a store with the limits [`TIGHT`].
pub async fn a_holder_has_its_share_and_an_end_its_room(store: &dyn TaskStore) {
    let large = |owner, id: &str| {
        let mut row = row(owner, id, id, TaskState::Working, 2);
        let text = Part::text("x".repeat(3_000));
        Arc::make_mut(&mut row.task).history = Some(vec![Message::new(Role::User, vec![text])]);
        row
    };
    let row = |id: &str, state| row(owner(1), id, id, state, 3);
    store.create(large(owner(1), "a")).await.unwrap();
    assert_eq!(store.create(large(owner(1), "b")).await, Err(TaskStoreError::Full));
    store.create(large(owner(2), "b")).await.unwrap();
    store.create(row("c", TaskState::Completed)).await.unwrap();
    store.create(row("d", TaskState::Working)).await.unwrap();
    assert!(store.get(&owner(1), "c").await.unwrap().is_some());
    store.create(row("e", TaskState::Working)).await.unwrap();
    assert!(store.get(&owner(1), "c").await.unwrap().is_none());

    let said = |state, length| {
        let mut task = (*large(owner(1), "a").task).clone();
        let text = Part::text("x".repeat(length));
        task.status =
            TaskStatus { state, message: Some(Message::new(Role::Agent, vec![text])), timestamp: None };
        Arc::new(task)
    };
    for (state, length) in [(TaskState::Working, 4_000), (TaskState::Failed, 20_000)] {
        let beyond = store.update(&owner(1), said(state, length), 4).await;
        assert_eq!(beyond, Err(TaskStoreError::TooLarge { limit: 4_500 }));
    }
    store.update(&owner(1), said(TaskState::Failed, 4_000), 4).await.unwrap();
}

/// A2A-161
pub async fn one_goes_on_with_a_task_as_it_stands(store: &dyn TaskStore) {
    let task = |state| Arc::new(task("a", "a", state));
    let go_on = async |seen| store.go_on(&owner(1), task(TaskState::Working), seen, 5).await;
    store.create(row(owner(1), "a", "a", TaskState::Working, 5)).await.unwrap();
    assert_eq!(go_on(5).await, Err(TaskStoreError::AtWork), "it does not wait");
    store.update(&owner(1), task(TaskState::InputRequired), 5).await.unwrap();
    let seen = store.get(&owner(1), "a").await.unwrap().unwrap().changed;
    assert_eq!(store.go_on(&owner(2), task(TaskState::Working), seen, 5).await, Err(TaskStoreError::Unknown));
    // However soon it changes, it has changed.
    store.update(&owner(1), task(TaskState::InputRequired), 5).await.unwrap();
    assert_eq!(go_on(seen).await, Err(TaskStoreError::AtWork));
    let seen = store.get(&owner(1), "a").await.unwrap().unwrap().changed;
    assert_eq!(go_on(seen).await, Ok(()));
    assert_eq!(go_on(seen).await, Err(TaskStoreError::AtWork));
    store.update(&owner(1), task(TaskState::Completed), 5).await.unwrap();
    assert_eq!(go_on(seen).await, Err(TaskStoreError::Ended));
}

/// A2A-26
pub async fn a_list_has_the_latest_change_first(store: &dyn TaskStore) {
    for (id, changed) in [("a", 5), ("b", 9), ("c", 7), ("d", 7)] {
        store.create(row(owner(1), id, "c", TaskState::Working, changed)).await.unwrap();
    }
    // Also where a page ends between two that changed at one time.
    for limit in [3, 2, 1] {
        let mut filter = TaskFilter { limit, ..TaskFilter::default() };
        let mut seen = Vec::new();
        loop {
            let page = store.list(&owner(1), &filter).await.unwrap();
            assert_eq!((page.total, page.rows.len()), (4, limit.min(4 - seen.len())));
            seen.extend(page.rows.iter().map(|row| row.task.id.clone()));
            filter.after = page.next;
            if filter.after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["b", "d", "c", "a"]);
    }
    let first = TaskFilter { limit: 3, ..TaskFilter::default() };
    let after = store.list(&owner(1), &first).await.unwrap().next;
    let filter = TaskFilter { after, ..first };
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
