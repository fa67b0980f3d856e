//! A2A-33: a task that its store turns out not to keep is told to nobody, whatever the agent has done by then.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine, EngineLimits,
        sdk::Task,
        tasks::{MemoryTasks, Owner, TaskFilter, TaskPage, TaskRow, TaskStore, TaskStoreError, Written},
    },
    calls::TaskChange,
};
use serde_json::json;

use crate::support::{
    a2a::{Echo, Served, card, params},
    scene::{call, scene},
};

/// A store whose writer fails once a task is begun, until it is mended.
#[derive(Default)]
struct FullDisk {
    memory: MemoryTasks,
    is_mended: AtomicBool,
}

#[async_trait::async_trait]
impl TaskStore for FullDisk {
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError> {
        self.begin(row).await?.wait().await
    }

    async fn begin(&self, row: TaskRow) -> Result<Written, TaskStoreError> {
        self.memory.create(row).await?;
        let is_mended = self.is_mended.load(Ordering::SeqCst);
        let full = || TaskStoreError::Unavailable("the disk is full".to_owned());
        Ok(Written::when(async move { if is_mended { Ok(()) } else { Err(full()) } }))
    }

    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError> {
        self.memory.update(owner, task, changed).await
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
        self.memory.get(owner, id).await
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        self.memory.list(owner, filter).await
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        self.memory.remove(owner, id).await
    }
}

fn served(limits: EngineLimits) -> (Served, Arc<FullDisk>) {
    let (node, echo, tasks) = (Arc::new(scene().node), Echo::default(), Arc::new(FullDisk::default()));
    let engine = Engine::new(echo.clone(), tasks.clone()).with_limits(limits);
    let server = A2aServer::new(node.clone(), engine, &card()).unwrap();
    (Served { node, echo, tasks: Arc::default(), router: server.into_router() }, tasks)
}

#[tokio::test]
async fn a_task_that_is_not_kept_is_told_to_nobody() {
    covers!(refuse, "A2A-33");
    let (served, tasks) = served(EngineLimits::default());
    for (method, text) in [("SendMessage", "hi"), ("SendStreamingMessage", "hi"), ("SendMessage", "for ever")]
    {
        let request = call("read").prove(&served.node);
        let mut params = params(text, Some(&request));
        if text == "for ever" {
            params["configuration"] = json!({"returnImmediately": true});
        }
        let answer = served.jsonrpc(method, params).await;
        let why = answer["error"]["message"].as_str().unwrap();
        assert!(why.starts_with("OUTCOME_UNKNOWN") && why.contains("the disk is full"), "{answer}");
        assert!(answer.get("result").is_none(), "{answer}");
        assert!(tasks.memory.is_empty(), "{method} {text}");
    }
}

/// There is room for one run: an agent that went on for nobody would keep it.
#[tokio::test]
async fn an_agent_whose_task_is_not_kept_is_stopped() {
    let (served, _) = served(EngineLimits { runs: 1, ..EngineLimits::default() });
    let send = async |text: &str| {
        let request = call("read").prove(&served.node);
        let mut params = params(text, Some(&request));
        params["configuration"] = json!({"returnImmediately": true});
        let answer = served.jsonrpc("SendMessage", params).await;
        answer["error"]["message"].as_str().unwrap().to_owned()
    };
    assert!(send("for ever").await.starts_with("OUTCOME_UNKNOWN"));
    for _ in 0..500 {
        let why = send("hi").await;
        if why.starts_with("OUTCOME_UNKNOWN") {
            return;
        }
        assert!(why.starts_with("OVERLOADED"), "{why}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the agent goes on");
}

#[tokio::test]
async fn a_task_that_is_kept_is_told() {
    covers!(accept, "A2A-33");
    let (served, tasks) = served(EngineLimits::default());
    tasks.is_mended.store(true, Ordering::SeqCst);
    let request = call("read").prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("hi", Some(&request))).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(tasks.memory.len(), 1);
}
