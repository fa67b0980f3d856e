//! What happens between a look at a task and what is done about it, and how a task ends that has no room or no time left.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, EngineLimits,
        sdk::{Task, TaskState},
        tasks::{MemoryTasks, Owner, TaskFilter, TaskLimits, TaskPage, TaskRow, TaskStore, TaskStoreError},
    },
    calls::TaskChange,
};
use serde_json::{Value, json};

use crate::support::{
    a2a::{Echo, Served, card, params},
    scene::scene,
};

/// A store in which things happen in between.
#[derive(Default)]
struct Between {
    memory: MemoryTasks,
    /// The task has ended when whoever looks next hears that it has not.
    ends: AtomicBool,
    /// An end takes its time.
    is_slow: AtomicBool,
}

#[async_trait::async_trait]
impl TaskStore for Between {
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError> {
        self.memory.create(row).await
    }

    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError> {
        self.memory.update(owner, Arc::clone(&task), changed).await?;
        if self.is_slow.load(Ordering::SeqCst) && task.status.state.is_terminal() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Ok(())
    }

    async fn go_on(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: u64,
        changed: u64,
    ) -> Result<(), TaskStoreError> {
        self.memory.go_on(owner, task, seen, changed).await
    }

    fn with_call(
        &self,
        owner: &Owner,
        task: &Task,
        changed: u64,
    ) -> Result<Option<TaskChange>, TaskStoreError> {
        self.memory.with_call(owner, task, changed)
    }

    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        let row = self.memory.get(owner, id).await?;
        if let Some(row) = row.as_ref().filter(|_| self.ends.swap(false, Ordering::SeqCst)) {
            let mut task = (*row.task).clone();
            task.status.state = TaskState::Completed;
            self.memory.update(owner, Arc::new(task), row.changed).await?;
        }
        Ok(row)
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        self.memory.list(owner, filter).await
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        self.memory.remove(owner, id).await
    }
}

fn served(tasks: Arc<dyn TaskStore>, limits: EngineLimits) -> Served {
    let (node, echo) = (Arc::new(scene().node), Echo::default());
    let engine = Engine::new(echo.clone(), tasks).with_limits(limits);
    let server = A2aServer::new(node.clone(), engine, &card()).unwrap().with_demand(Demand::Optional);
    Served { node, echo, tasks: Arc::default(), router: server.into_router() }
}

fn state(answer: &Value) -> &str {
    let task = if answer["result"]["task"].is_null() { &answer["result"] } else { &answer["result"]["task"] };
    task["status"]["state"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

/// A2A-23: nobody waits for the end of a task that has ended.
#[tokio::test]
async fn a_task_that_ends_in_between_is_followed_by_nobody() {
    covers!(refuse, "A2A-23");
    let tasks = Arc::new(Between::default());
    let served = served(tasks.clone(), EngineLimits::default());
    for method in ["SubscribeToTask", "CancelTask"] {
        let asked = served.jsonrpc("SendMessage", params("ask", None)).await;
        let id = asked["result"]["task"]["id"].clone();
        tasks.ends.store(true, Ordering::SeqCst);
        let late = served.jsonrpc(method, json!({ "id": id })).await;
        let code = if method == "CancelTask" { -32002 } else { -32004 };
        assert_eq!(late["error"]["code"], code, "{late}");
        assert_eq!(state(&served.jsonrpc("GetTask", json!({ "id": id })).await), "TASK_STATE_COMPLETED");
    }
    assert_eq!(served.echo.canceled.load(Ordering::SeqCst), 0);
}

/// A2A-161: nor does an agent go on from where a task stood before.
#[tokio::test]
async fn a_task_that_changes_in_between_does_not_go_on() {
    covers!(refuse, "A2A-161");
    let tasks = Arc::new(Between::default());
    let served = served(tasks.clone(), EngineLimits::default());
    let asked = served.jsonrpc("SendMessage", params("ask", None)).await;
    let id = asked["result"]["task"]["id"].clone();
    tasks.ends.store(true, Ordering::SeqCst);
    let mut next = params("hi", None);
    next["message"]["taskId"] = id.clone();
    let late = served.jsonrpc("SendMessage", next).await;
    assert_eq!(late["error"]["code"], -32004, "{late}");
    assert_eq!(served.echo.worked.load(Ordering::SeqCst), 1);
    let stands = served.jsonrpc("GetTask", json!({ "id": id })).await;
    assert_eq!(state(&stands), "TASK_STATE_COMPLETED");
    assert_eq!(stands["result"]["history"].as_array().unwrap().len(), 1, "{stands}");
}

/// A2A-22: the time that an agent has is not over in the middle of its end.
#[tokio::test]
async fn an_end_on_its_way_comes_about() {
    covers!(accept, "A2A-22");
    let tasks = Arc::new(Between::default());
    tasks.is_slow.store(true, Ordering::SeqCst);
    let limits = EngineLimits { work: Duration::from_millis(100), ..EngineLimits::default() };
    let served = served(tasks, limits);
    let answer = served.jsonrpc("SendMessage", params("hi", None)).await;
    assert_eq!(state(&answer), "TASK_STATE_COMPLETED", "{answer}");
}

/// A2A-27, A2A-30: with the largest task, too, there is room for its end.
#[tokio::test]
async fn the_largest_task_at_work_ends() {
    covers!(accept, "A2A-27", "A2A-30");
    let limits = TaskLimits { task_bytes: 20_000, ..TaskLimits::default() };
    let at_work = async |length: usize| {
        let served = served(Arc::new(MemoryTasks::new(limits)), EngineLimits::default());
        let mut params = params("for ever", None);
        params["message"]["parts"].as_array_mut().unwrap().push(json!({ "text": "x".repeat(length) }));
        params["configuration"] = json!({ "returnImmediately": true });
        let answer = served.jsonrpc("SendMessage", params).await;
        let is_at_work = answer["result"]["task"]["status"]["state"] == "TASK_STATE_WORKING";
        (served, answer, is_at_work)
    };
    let (mut fits, mut is_too_large) = (1, 20_000);
    while is_too_large - fits > 1 {
        let length = (fits + is_too_large) / 2;
        let (_, answer, is_at_work) = at_work(length).await;
        match is_at_work {
            true => fits = length,
            false => {
                is_too_large = length;
                // It has failed, or was never begun.
                assert!(answer["error"].is_object() || state(&answer) == "TASK_STATE_FAILED", "{answer}");
            }
        }
    }
    assert!(fits > 10_000, "{fits}");
    let (served, answer, _) = at_work(fits).await;
    let id = &answer["result"]["task"]["id"];
    let canceled = served.jsonrpc("CancelTask", json!({ "id": id })).await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
}
