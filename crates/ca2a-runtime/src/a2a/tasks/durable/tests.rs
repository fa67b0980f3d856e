//! Tasks on a disk that stands still, is full, or loses its power (A2A-33, A2A-160).
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use std::{sync::Arc, time::Duration};

use a2a::{Task, TaskState, TaskStatus};
use ca2a_core::{ChannelKey, ErrorCode, RecordHash, ReplayClaim, Sha256, SigningKey};
use ca2a_covers::covers;
use redb::WriteTransaction;
use tokio::time::sleep;

use super::*;
use crate::{
    a2a::{tasks::Provenance, wire},
    calls::{
        CallId, CallStore as _, CallStoreError, DurableCalls, Ended, Epoch, NewCall, Outcome,
        OutcomeStatement, WithCall as _,
    },
    sink::StoredRecord,
    store::{RecordsInReach, ReplayLimits, SyncPolicy, Work, disk::Disk},
    system::{Clock as _, SystemClock},
};

const NODE: ChannelKey = ChannelKey([5; 32]);

fn task(state: TaskState) -> Task {
    let status = TaskStatus { state, message: None, timestamp: None };
    let (id, context_id) = ("a".to_owned(), "c".to_owned());
    Task { id, context_id, status, artifacts: None, history: None, metadata: None }
}

fn row(state: TaskState) -> TaskRow {
    let task = Arc::new(task(state));
    TaskRow { owner: Owner::Anyone, provenance: Provenance::default(), task, changed: 1 }
}

fn open(records: &Arc<RecordStore>) -> Arc<DurableTasks> {
    Arc::new(DurableTasks::open(Arc::clone(records), TaskLimits::default(), 9).unwrap())
}

async fn state(tasks: &DurableTasks) -> Result<Option<TaskState>, TaskStoreError> {
    Ok(tasks.get(&Owner::Anyone, "a").await?.map(|row| row.task.status.state.clone()))
}

async fn listed(tasks: &DurableTasks) -> Result<usize, TaskStoreError> {
    let filter = TaskFilter { limit: 1, ..TaskFilter::default() };
    Ok(tasks.list(&Owner::Anyone, &filter).await?.rows.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_being_written_is_told_to_nobody_yet() {
    covers!(accept, "A2A-33");
    covers!(refuse, "A2A-33");
    let disk = Disk::default();
    let tasks = open(&Arc::new(disk.store()));
    tasks.create(row(TaskState::Working)).await.unwrap();
    let stands_still = disk.stand_still();
    let updated = tokio::spawn({
        let tasks = Arc::clone(&tasks);
        async move { tasks.update(&Owner::Anyone, task(TaskState::Completed).into(), 2).await }
    });
    while !tasks.shelf.owes("a") {
        sleep(Duration::from_millis(1)).await;
    }
    let looked = tokio::spawn({
        let tasks = Arc::clone(&tasks);
        async move { (state(&tasks).await, listed(&tasks).await) }
    });
    sleep(Duration::from_millis(100)).await;
    assert!(!updated.is_finished() && !looked.is_finished());
    drop(stands_still);
    updated.await.unwrap().unwrap();
    assert_eq!(looked.await.unwrap(), (Ok(Some(TaskState::Completed)), Ok(1)));
}

#[tokio::test]
async fn an_end_that_could_not_be_written_is_told_to_nobody() {
    covers!(refuse, "A2A-33");
    let disk = Disk::default();
    let tasks = open(&Arc::new(disk.store()));
    tasks.create(row(TaskState::Working)).await.unwrap();
    disk.fill();
    let unavailable = |code: TaskStoreError| assert_eq!(code.code(), ErrorCode::StoreUnavailable);
    unavailable(tasks.update(&Owner::Anyone, task(TaskState::Completed).into(), 2).await.unwrap_err());
    for _ in 0..2 {
        unavailable(state(&tasks).await.unwrap_err());
        unavailable(listed(&tasks).await.unwrap_err());
    }
}

/// What an operator gives up for records is not given up for tasks.
#[tokio::test]
async fn a_task_is_on_the_disk_whatever_is_said_of_records() {
    covers!(accept, "A2A-33");
    let disk = Disk::default();
    let tasks = open(&Arc::new(disk.store_with(SyncPolicy::OnClose)));
    for (now, left) in
        [(TaskState::Submitted, TaskState::Failed), (TaskState::Completed, TaskState::Completed)]
    {
        match now {
            TaskState::Submitted => tasks.create(row(now)).await.unwrap(),
            _ => tasks.update(&Owner::Anyone, task(now).into(), 2).await.unwrap(),
        }
        let image = disk.synced().pop().unwrap();
        assert_eq!(state(&open(&Arc::new(Disk::of(image).store()))).await, Ok(Some(left)));
    }
}

/// The row of the one task.
fn written(records: &RecordStore) -> String {
    let rows = redb::TableDefinition::<&str, &[u8]>::new("a2a-tasks");
    let row =
        records.read(|transaction| Ok(transaction.open_table(rows)?.get("a")?.unwrap().value().to_vec()));
    String::from_utf8(row.unwrap()).unwrap()
}

/// What a task says of its call is in the records already: there, and nowhere else, where they have exactly that. It comes
/// back whole in any case.
#[tokio::test]
async fn what_a_task_says_of_its_call_is_written_once() {
    covers!(accept, "A2A-33");
    let said = |record: &str, statement: Option<&str>| {
        let mut row = row(TaskState::Completed);
        let statement = statement.map(|text| (wire::STATEMENT.to_owned(), text.into()));
        let said = [(wire::RECORD.to_owned(), record.into()), ("theirs".to_owned(), 1.into())];
        Arc::make_mut(&mut row.task).metadata = Some(said.into_iter().chain(statement).collect());
        row
    };
    let disk = Disk::default();
    let records = Arc::new(disk.store());
    let tasks = open(&records);
    for (json, statement) in [("one", None), ("two", Some("signed".to_owned()))] {
        let hash = RecordHash(Sha256::of(json.as_bytes()));
        records.append(StoredRecord { hash, json: json.to_owned(), statement }).await.unwrap();
    }
    for (record, statement, is_there) in [
        ("one", None, true),
        ("two", Some("signed"), true),
        ("one", Some("signed"), false),
        ("two", None, false),
        ("two", Some("another"), false),
        ("three", Some("signed"), false),
    ] {
        let row = said(record, statement);
        tasks.create(row.clone()).await.unwrap();
        let text = written(&records);
        assert_eq!(text.contains(wire::RECORD) || text.contains(wire::STATEMENT), !is_there, "{text}");
        let left = open(&Arc::new(Disk::of(disk.synced().pop().unwrap()).store()));
        let found = left.get(&Owner::Anyone, "a").await.unwrap().unwrap();
        assert_eq!(found.task, row.task);
        tasks.remove(&Owner::Anyone, "a").await.unwrap();
    }
}

/// Tasks that made room may stay in the file for a while, and are gone for whoever opens it (A2A-30).
#[tokio::test]
async fn whoever_loses_its_power_makes_the_same_room_again() {
    covers!(accept, "A2A-30");
    let limits = TaskLimits { tasks: 4, per_owner: 4, ..TaskLimits::default() };
    let open = |records: &Arc<RecordStore>| DurableTasks::open(Arc::clone(records), limits, 9).unwrap();
    let ids = |page: TaskPage| page.rows.iter().map(|row| row.task.id.clone()).collect::<Vec<_>>();
    let filter = TaskFilter { limit: 100, ..TaskFilter::default() };
    let in_file = |records: &RecordStore| records.read(table::read).unwrap().len();
    let disk = Disk::default();
    let records = Arc::new(disk.store());
    let tasks = open(&records);
    let mut most = 0;
    for changed in 1..200 {
        let task = Task { id: changed.to_string(), ..task(TaskState::Completed) };
        tasks.create(TaskRow { task: task.into(), changed, ..row(TaskState::Completed) }).await.unwrap();
        most = most.max(in_file(&records));
        if changed % 33 == 0 {
            let left = Arc::new(Disk::of(disk.synced().pop().unwrap()).store());
            let again = open(&left);
            let newest = (0..4).map(|before| (changed - before).to_string()).collect::<Vec<_>>();
            assert_eq!(ids(tasks.list(&Owner::Anyone, &filter).await.unwrap()), newest);
            assert_eq!(ids(again.list(&Owner::Anyone, &filter).await.unwrap()), newest);
            assert_eq!(in_file(&left), 4);
        }
    }
    assert!((5..=4 + 64).contains(&most), "{most}");
}

/// Whether they stand together or have many others between them, and whether they are in the file at all.
#[tokio::test]
async fn those_that_are_no_more_leave_the_file_and_no_others_do() {
    let all: Vec<String> = (100..200).map(|id| id.to_string()).collect();
    for gone in [
        &["100"][..],
        &["100", "101", "102"],
        &["150", "152", "153"],
        &["100", "199"],
        &["099", "110", "111", "190", "200"],
        &["000", "001"],
    ] {
        let records = Disk::default().store();
        let row = row(TaskState::Completed);
        let row = |id: &str| {
            let task = Task { id: id.to_owned(), ..(*row.task).clone() };
            (id.to_owned(), TaskRow { task: task.into(), ..row.clone() })
        };
        let rows: Vec<_> = all.iter().map(|id| row(id)).collect();
        let kept = rows.iter().map(|(id, row)| (id.as_str(), Some(row)));
        records.change(|transaction| table::write(transaction, records.places(), kept)).unwrap();
        let changes = gone.iter().map(|id| (*id, None)).chain([("300", Some(&rows[0].1))]);
        records.change(|transaction| table::write(transaction, records.places(), changes)).unwrap();
        let left: Vec<_> = records.read(table::read).unwrap();
        let left: Vec<_> = left.iter().map(|row| row.task.id.as_str()).collect();
        let mut expected: Vec<_> = all.iter().map(String::as_str).filter(|id| !gone.contains(id)).collect();
        expected.push("100");
        assert_eq!(left, expected, "{gone:?}");
    }
}

/// A commit that fails has put no record where it said.
#[tokio::test]
async fn a_record_that_was_not_kept_is_nowhere() {
    let disk = Disk::default();
    let records = Arc::new(disk.store());
    let hash = RecordHash(Sha256::of(b"r"));
    let record = StoredRecord { hash, json: "r".to_owned(), statement: None };
    records.append(StoredRecord { json: "first".to_owned(), ..record.clone() }).await.unwrap();
    let kept = |record: &StoredRecord| {
        let image = Disk::of(disk.synced().pop().unwrap());
        let database = redb::Database::builder().create_with_backend(image).unwrap();
        let transaction = database.begin_write().unwrap();
        RecordsInReach::of(&transaction, records.places()).find(&record.json, None).unwrap()
    };
    assert_eq!(kept(&record), None);
    disk.fill();
    records.append(record.clone()).await.unwrap_err();
    assert_eq!(kept(&record), None);
}

#[tokio::test]
async fn a_file_that_takes_nothing_any_more_takes_no_tasks_for_ever() {
    let disk = Disk::default();
    let limits = TaskLimits { tasks: 2, ..TaskLimits::of(2) };
    let tasks = DurableTasks::open(Arc::new(disk.store()), limits, 0).unwrap();
    disk.fill();
    let mut taken = 0;
    loop {
        let mut row = row(TaskState::Completed);
        Arc::make_mut(&mut row.task).id = format!("task {taken}");
        match tasks.begin(row).await {
            Ok(written) => drop(written),
            Err(error) => break assert_eq!(error.code(), ErrorCode::StoreUnavailable),
        }
        taken += 1;
        assert!(taken <= limits.tasks * 2 + unwritten::EVICTED + 1);
    }
    assert!(taken >= 2);
}

/// A call whose task is kept where it is.
struct Call {
    calls: DurableCalls,
    epoch: Epoch,
    id: CallId,
}

impl Call {
    async fn begin(records: &Arc<RecordStore>) -> Self {
        let calls = DurableCalls::new(Arc::clone(records), ReplayLimits::default());
        let epoch = calls.join(NODE, 60).await.unwrap();
        let holder = SigningKey::from_seed(&[3; 32]).verifying_key();
        let claim = ReplayClaim { digest: Sha256::of(b"proof"), expires_at: SystemClock.now() + 60, holder };
        let record =
            StoredRecord { hash: RecordHash(Sha256::of(b"{}")), json: "{}".to_owned(), statement: None };
        calls.begin(epoch, NewCall { claim, record, packet: None, refused: None }).await.unwrap();
        Self { calls, epoch, id: CallId::of(&claim) }
    }

    /// Ends it with how its task stands.
    async fn end(&self, tasks: &DurableTasks, state: TaskState) -> Result<(), CallStoreError> {
        let statement = OutcomeStatement {
            call: self.id,
            record: RecordHash(Sha256::of(b"{}")),
            channel_key: NODE,
            epoch: self.epoch,
            outcome: Outcome::Completed(Sha256::of(b"answer")),
            issued_at: 7,
        };
        let outcome = statement.sign(&SigningKey::from_seed(&[1; 32]));
        let task = tasks.with_call(&Owner::Anyone, &task(state), 3).unwrap();
        assert!(task.is_some());
        self.calls.end(self.epoch, self.id, Ended { outcome, binding: None, task }).await
    }

    async fn has_ended(&self) -> bool {
        self.calls.outcome(self.id).await.unwrap().is_some()
    }
}

/// Whenever the power goes: there is an outcome where the task has its end, and nowhere else.
#[tokio::test]
async fn a_call_and_its_task_end_together_on_the_disk() {
    covers!(accept, "A2A-160");
    covers!(refuse, "A2A-160");
    for is_begun_only in [true, false] {
        let disk = Disk::default();
        let records = Arc::new(disk.store());
        let made = disk.synced().len();
        let tasks = open(&records);
        let call = Call::begin(&records).await;
        let written = tasks.begin(row(TaskState::Submitted)).await.unwrap();
        let written =
            if is_begun_only { Some(written) } else { written.wait().await.map(|()| None).unwrap() };
        call.end(&tasks, TaskState::Completed).await.unwrap();
        assert_eq!(state(&tasks).await, Ok(Some(TaskState::Completed)));
        let commits = disk.synced().len();
        if let Some(written) = written {
            written.wait().await.unwrap();
        }
        assert_eq!(disk.synced().len(), commits, "nothing is owed any more");
        let mut ends = [0, 0];
        for image in disk.synced().into_iter().skip(made) {
            let records = Arc::new(Disk::of(image).store());
            let calls = DurableCalls::new(Arc::clone(&records), ReplayLimits::default());
            let has_outcome = calls.outcome(call.id).await.unwrap().is_some();
            let is_completed = state(&open(&records)).await == Ok(Some(TaskState::Completed));
            assert_eq!(has_outcome, is_completed);
            *ends.get_mut(usize::from(has_outcome)).unwrap() += 1;
        }
        assert!(ends.iter().all(|&images| images > 0), "{ends:?}");
    }
}

/// What is begun and what ends its call may share a commit: what is later stands.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_begun_does_not_come_after_its_end() {
    let disk = Disk::default();
    let records = Arc::new(disk.store());
    let tasks = open(&records);
    let call = Call::begin(&records).await;
    let stands_still = disk.stand_still();
    // The first one keeps the writer, the others share the commit after it.
    let first = tokio::spawn({
        let records = Arc::clone(&records);
        let record =
            StoredRecord { hash: RecordHash(Sha256::of(b"1")), json: "1".to_owned(), statement: None };
        async move { records.append(record).await }
    });
    sleep(Duration::from_millis(50)).await;
    let written = tasks.begin(row(TaskState::Submitted)).await.unwrap();
    let ended = tokio::spawn({
        let tasks = Arc::clone(&tasks);
        async move { (call.end(&tasks, TaskState::Completed).await, call) }
    });
    sleep(Duration::from_millis(50)).await;
    let written = tokio::spawn(written.wait());
    sleep(Duration::from_millis(50)).await;
    drop(stands_still);
    first.await.unwrap().unwrap();
    written.await.unwrap().unwrap();
    let (ended, call) = ended.await.unwrap();
    assert_eq!((ended, call.has_ended().await), (Ok(()), true));
    let image = disk.synced().pop().unwrap();
    let left = open(&Arc::new(Disk::of(image).store()));
    assert_eq!(state(&left).await, Ok(Some(TaskState::Completed)));
}

/// Whoever held the store is gone while its writer is at work: it ends all the same.
#[test]
fn a_writer_does_not_wait_for_itself() {
    let disk = Disk::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let records = Arc::new(disk.store());
    let (tasks, call) = runtime.block_on(async {
        let tasks = open(&records);
        tasks.create(row(TaskState::Working)).await.unwrap();
        let mut other = row(TaskState::Completed);
        Arc::make_mut(&mut other.task).id = "b".to_owned();
        tasks.create(other).await.unwrap();
        tasks.remove(&Owner::Anyone, "b").await.unwrap();
        (tasks, Call::begin(&records).await)
    });
    let stands_still = disk.stand_still();
    runtime.spawn(async move { call.end(&tasks, TaskState::Completed).await });
    std::thread::sleep(Duration::from_millis(50));
    // The future that waits for the end goes with the runtime, and the store with it: its writer is the last to hold anything.
    let closed = std::thread::spawn(move || {
        drop(runtime);
        drop(records);
    });
    std::thread::sleep(Duration::from_millis(50));
    drop(stands_still);
    closed.join().unwrap();
    for _ in 0..1000 {
        if disk.is_closed() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(disk.is_closed());
    let left = open(&Arc::new(Disk::of(disk.synced().pop().unwrap()).store()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(state(&left)), Ok(Some(TaskState::Completed)));
    assert_eq!(left.shelf.memory.len(), 1, "what was in the queue after it is lost");
}

/// A commit that ends a call.
struct End(EndOfCall, Option<oneshot::Sender<()>>);

impl Work for End {
    fn apply(&mut self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        assert!(self.0.apply(transaction).unwrap());
        Ok(())
    }

    fn settle(&mut self, is_committed: bool) {
        self.0.committed(is_committed);
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        committed.unwrap();
        self.1.unwrap().send(()).unwrap();
    }
}

/// A node of calls never waits for a task alone: those that made room, and those that came to nothing, leave all the same.
#[tokio::test]
async fn tasks_that_nobody_waits_for_leave_the_file() {
    covers!(accept, "A2A-30");
    for comes_to_nothing in [false, true] {
        let records = Arc::new(Disk::default().store());
        let tasks = DurableTasks::open(Arc::clone(&records), TaskLimits::of(8), 9).unwrap();
        for number in 0..500_u64 {
            let named =
                |state| Task { id: format!("{number:03}"), context_id: number.to_string(), ..task(state) };
            let of =
                |state| TaskRow { task: named(state).into(), changed: number, ..row(TaskState::Working) };
            drop(tasks.begin(of(TaskState::Submitted)).await.unwrap());
            if comes_to_nothing {
                tasks.remove(&Owner::Anyone, &named(TaskState::Submitted).id).await.unwrap();
                // The next call has a record.
                let json = number.to_string();
                let hash = RecordHash(Sha256::of(json.as_bytes()));
                records.append(StoredRecord { hash, json, statement: None }).await.unwrap();
                continue;
            }
            let (done, said) = oneshot::channel();
            let end = EndOfCall {
                records: Arc::downgrade(&records),
                shelf: Arc::clone(&tasks.shelf),
                owner: Owner::Anyone,
                task: named(TaskState::Completed).into(),
                changed: number,
            };
            records.work(Box::new(End(end, Some(done)))).await.unwrap();
            said.await.unwrap();
        }
        // What waits for the last commit is written before this is.
        flush(&records, &tasks.shelf).await.unwrap();
        let rows = records.read(table::read).unwrap();
        assert!(rows.len() <= 8 + unwritten::EVICTED, "{} rows", rows.len());
    }
}

/// A task that was ended by itself while the end of its call was being written stands as it was ended, and is in the file.
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_while_its_call_ends_is_not_lost() {
    covers!(accept, "A2A-33", "A2A-24");
    let disk = Disk::default();
    let records = Arc::new(disk.store());
    let tasks = open(&records);
    let call = Call::begin(&records).await;
    tasks.create(row(TaskState::Working)).await.unwrap();
    let stands_still = disk.stand_still();
    let ended = tokio::spawn({
        let tasks = Arc::clone(&tasks);
        async move { call.end(&tasks, TaskState::Completed).await }
    });
    // Until it is in the transaction that stands still.
    sleep(Duration::from_millis(100)).await;
    let updated = tokio::spawn({
        let tasks = Arc::clone(&tasks);
        async move { tasks.update(&Owner::Anyone, task(TaskState::Failed).into(), 3).await }
    });
    while tasks.shelf.memory.find(&Owner::Anyone, "a").unwrap().unwrap().task.status.state
        != TaskState::Failed
    {
        sleep(Duration::from_millis(1)).await;
    }
    drop(stands_still);
    ended.await.unwrap().unwrap();
    updated.await.unwrap().unwrap();
    let left = open(&Arc::new(Disk::of(disk.synced().pop().unwrap()).store()));
    assert_eq!(state(&left).await, Ok(Some(TaskState::Failed)));
}

#[tokio::test]
async fn a_task_that_does_not_change_any_more_ends_no_call() {
    covers!(refuse, "A2A-160");
    let records = Arc::new(Disk::default().store());
    let tasks = open(&records);
    let call = Call::begin(&records).await;
    assert_eq!(call.end(&tasks, TaskState::Completed).await, Err(CallStoreError::NoTask), "there is none");
    tasks.create(row(TaskState::Working)).await.unwrap();
    tasks.update(&Owner::Anyone, task(TaskState::Canceled).into(), 2).await.unwrap();
    assert_eq!(call.end(&tasks, TaskState::Completed).await, Err(CallStoreError::NoTask));
    assert_eq!((call.has_ended().await, state(&tasks).await), (false, Ok(Some(TaskState::Canceled))));
}

/// One commit is one file's.
#[tokio::test]
async fn a_task_in_another_file_ends_no_call() {
    covers!(refuse, "A2A-160");
    let records = Arc::new(Disk::default().store());
    let tasks = open(&Arc::new(Disk::default().store()));
    tasks.create(row(TaskState::Working)).await.unwrap();
    let call = Call::begin(&records).await;
    assert_eq!(call.end(&tasks, TaskState::Completed).await, Err(CallStoreError::NoTask));
    assert_eq!((call.has_ended().await, state(&tasks).await), (false, Ok(Some(TaskState::Working))));
}

#[tokio::test]
async fn where_the_disk_is_full_neither_has_ended() {
    covers!(refuse, "A2A-160");
    let disk = Disk::default();
    let records = Arc::new(disk.store());
    let tasks = open(&records);
    tasks.create(row(TaskState::Working)).await.unwrap();
    let call = Call::begin(&records).await;
    disk.fill();
    let ended = call.end(&tasks, TaskState::Completed).await;
    assert!(matches!(ended, Err(CallStoreError::Unavailable(_))), "{ended:?}");
    assert_eq!(state(&tasks).await, Ok(Some(TaskState::Working)));
}
