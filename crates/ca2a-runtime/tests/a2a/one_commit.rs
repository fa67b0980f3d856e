//! A2A-160: where calls and tasks are in one database, a call and its task end in one commit, or neither does.

use ca2a_covers::covers;
use ca2a_runtime::a2a::tasks::TaskLimits;
use serde_json::Value;

use crate::{
    support::{
        a2a::{Served, params},
        postgres::Database,
        scene::call,
    },
    tasks_postgres::node_with,
};

/// Sends `text` and says how its task stands.
async fn said(node: &Served, text: &str) -> Value {
    let request = call("read").prove(&node.node);
    let answer = node.jsonrpc("SendMessage", params(text, Some(&request))).await;
    answer["result"]["task"]["status"].clone()
}

fn outcomes(database: &Database) -> String {
    database.psql("select string_agg(statement::json->>'outcome', ',') from ca2a.outcomes")
}

/// A task that the caller is told has failed, of a call of which nobody knows what came.
fn assert_unknown(status: &Value) {
    assert_eq!(status["state"], "TASK_STATE_FAILED", "{status}");
    let why = status["message"]["parts"][0]["text"].as_str().unwrap();
    assert!(why.starts_with("OUTCOME_UNKNOWN"), "{why}");
}

#[tokio::test]
async fn a_call_and_its_task_end_in_one_transaction() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "A2A-160", "GATE-3");
    let node = node_with(&database, TaskLimits::default()).await;
    assert_eq!(said(&node, "hi").await["state"], "TASK_STATE_COMPLETED");
    assert_eq!(said(&node, "ask").await["state"], "TASK_STATE_INPUT_REQUIRED");
    assert_eq!(outcomes(&database), "completed,completed");
    // Each was written by one transaction, and the task holds what its call came to.
    let together = "select count(*) from ca2a.outcomes o join ca2a.tasks t on o.xmin = t.xmin \
        where t.task::json->'metadata'->>'https://agentrust-io.com/extensions/ca2a/v0.1/outcome_statement' = o.statement";
    assert_eq!(database.psql(together), "2");
}

/// What a database does not keep of a task, it does not keep of the call either.
#[tokio::test]
async fn a_task_that_cannot_be_kept_completes_no_call() {
    let Some(database) = Database::new() else { return };
    covers!(refuse, "A2A-160", "GATE-3");
    let node = node_with(&database, TaskLimits::default()).await;
    database.psql(
        "create function ca2a.refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'; \
         create trigger refuse before update on ca2a.tasks for each row \
         when (new.state = 'TASK_STATE_COMPLETED') execute function ca2a.refuse()",
    );
    assert_unknown(&said(&node, "hi").await);
    assert_eq!(outcomes(&database), "");
    // The task has ended by itself, so the call has an end as unknown as that.
    database.psql("drop trigger refuse on ca2a.tasks");
    node.node.ledger().unwrap().keep().await.unwrap();
    assert_eq!(outcomes(&database), "outcome_unknown");
}

/// Neither end of the task can be kept for a while, and everybody lets go of the call. It ends as it was meant to, and not without
/// its task.
#[tokio::test]
async fn a_call_that_cannot_end_for_a_while_ends_with_its_task() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-43", "A2A-160");
    let node = node_with(&database, TaskLimits::default()).await;
    database.psql(
        "create function ca2a.refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'; \
         create trigger refuse before update on ca2a.tasks for each row \
         when (new.ended) execute function ca2a.refuse()",
    );
    assert_ne!(said(&node, "hi").await["state"], "TASK_STATE_COMPLETED");
    assert_eq!(outcomes(&database), "");
    database.psql("drop trigger refuse on ca2a.tasks");
    node.node.ledger().unwrap().rest().await;
    assert_eq!(outcomes(&database), "completed");
    assert_eq!(database.psql("select state from ca2a.tasks"), "TASK_STATE_COMPLETED");
}

#[tokio::test]
async fn a_task_that_grows_too_large_completes_no_call() {
    let Some(database) = Database::new() else { return };
    covers!(refuse, "A2A-160");
    // Room for the question, and none for the answer beside it.
    let limits = TaskLimits { task_bytes: 48_000, ..TaskLimits::default() };
    let node = node_with(&database, limits).await;
    assert_unknown(&said(&node, &"x".repeat(40_000)).await);
    assert_eq!(outcomes(&database), "outcome_unknown");
}
