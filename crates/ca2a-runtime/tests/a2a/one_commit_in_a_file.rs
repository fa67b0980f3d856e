//! A2A-160 at a node by itself: calls and tasks are in the file of its records, and end in one commit there.

use std::sync::Arc;

use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine,
        tasks::{DurableTasks, TaskLimits},
        wire,
    },
    calls::{CallStore as _, DurableCalls, Outcome, OutcomeStatement},
    store::{RecordStore, ReplayLimits},
};
use serde_json::Value;

use crate::support::{
    a2a::{Echo, Served, card, params},
    scene::{call, key, scene},
};

async fn node_with(limits: TaskLimits) -> (Served, DurableCalls) {
    let records = Arc::new(RecordStore::in_memory().unwrap());
    let calls = DurableCalls::new(Arc::clone(&records), ReplayLimits::default());
    let node = scene().node.with_identity(key(7)).with_calls(Arc::new(calls.clone()), 30).await.unwrap();
    let (node, echo) = (Arc::new(node), Echo::default());
    let tasks = Arc::new(DurableTasks::open(records, limits, 0).unwrap());
    let server = A2aServer::new(node.clone(), Engine::new(echo.clone(), tasks), &card()).unwrap();
    (Served { node, echo, tasks: Arc::default(), router: server.into_router() }, calls)
}

async fn said(node: &Served, text: &str) -> Value {
    let request = call("read").prove(&node.node);
    let answer = node.jsonrpc("SendMessage", params(text, Some(&request))).await;
    answer["result"]["task"].clone()
}

#[tokio::test]
async fn a_task_that_is_told_has_the_outcome_that_its_call_has() {
    covers!(accept, "A2A-160", "GATE-3");
    let (node, calls) = node_with(TaskLimits::default()).await;
    for (text, state) in [("hi", "TASK_STATE_COMPLETED"), ("ask", "TASK_STATE_INPUT_REQUIRED")] {
        let task = said(&node, text).await;
        assert_eq!(task["status"]["state"], state, "{task}");
        let told = task["metadata"][wire::OUTCOME_STATEMENT].as_str().unwrap();
        let statement = OutcomeStatement::verify(told, &key(7).verifying_key()).unwrap();
        assert!(matches!(statement.outcome, Outcome::Completed(_)));
        assert_eq!(calls.outcome(statement.call).await.unwrap().as_deref(), Some(told));
    }
}

#[tokio::test]
async fn a_task_that_grows_too_large_completes_no_call() {
    covers!(refuse, "A2A-160");
    // Room for the question, and none for the answer beside it.
    let limits = TaskLimits { task_bytes: 48_000, ..TaskLimits::default() };
    let (node, _) = node_with(limits).await;
    let task = said(&node, &"x".repeat(40_000)).await;
    assert_eq!(task["status"]["state"], "TASK_STATE_FAILED", "{task}");
    let why = task["status"]["message"]["parts"][0]["text"].as_str().unwrap();
    assert!(why.starts_with("OUTCOME_UNKNOWN"), "{why}");
    let told = task["metadata"][wire::OUTCOME_STATEMENT].as_str().unwrap();
    let statement = OutcomeStatement::verify(told, &key(7).verifying_key()).unwrap();
    assert_eq!(statement.outcome, Outcome::Unknown);
}
