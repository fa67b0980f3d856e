//! A message that goes on with a task: the task is at work from then on, wherever somebody looks.

use std::{sync::Arc, time::Duration};

use a2a::TaskState;
use ca2a_covers::covers;
use ca2a_runtime::a2a::{
    Demand,
    tasks::{Owner, TaskStore},
};
use serde_json::{Value, json};

use crate::support::{
    a2a::{Served, params, serve},
    scene,
};

const UNSUPPORTED: i64 = -32004;

/// A message about the task `id` that wants no answer before there is one, or waits for it.
fn more(text: &str, id: &str, immediately: bool) -> Value {
    let mut params = params(text, None);
    params["message"]["taskId"] = json!(id);
    params["configuration"] = json!({ "returnImmediately": immediately });
    params
}

/// Leaves a task waiting for its client.
async fn asked(served: &Served) -> String {
    let answer = served.jsonrpc("SendMessage", params("ask", None)).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{answer}");
    answer["result"]["task"]["id"].as_str().unwrap().to_owned()
}

async fn state(served: &Served, id: &str) -> Value {
    served.jsonrpc("GetTask", json!({ "id": id })).await["result"]["status"]["state"].clone()
}

/// A2A-161: before the agent has said anything.
#[tokio::test]
async fn a_task_that_goes_on_is_at_work() {
    covers!(accept, "A2A-161");
    covers!(refuse, "A2A-161");
    let served = Arc::new(serve(scene::scene().node, Demand::Optional));
    let id = asked(&served).await;
    let silent = tokio::spawn({
        let (served, more) = (Arc::clone(&served), more("silence", &id, false));
        async move { served.jsonrpc("SendMessage", more).await }
    });
    while state(&served, &id).await != "TASK_STATE_WORKING" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = served.jsonrpc("SendMessage", more("hi", &id, false)).await;
    assert_eq!(second["error"]["code"], UNSUPPORTED, "{second}");
    let canceled = served.jsonrpc("CancelTask", json!({ "id": id })).await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
    let silent = silent.await.unwrap();
    assert_eq!(silent["result"]["task"]["status"]["state"], "TASK_STATE_CANCELED", "{silent}");
}

/// A2A-161: nobody knows what became of work whose end was not kept, and the agent is not asked for more.
#[tokio::test]
async fn a_task_that_nobody_is_known_to_work_on_is_at_work() {
    covers!(refuse, "A2A-161");
    let served = serve(scene::scene().node, Demand::Optional);
    let id = asked(&served).await;
    let mut task = (*served.tasks.get(&Owner::Anyone, &id).await.unwrap().unwrap().task).clone();
    task.status.state = TaskState::Working;
    served.tasks.update(&Owner::Anyone, Arc::new(task), 2).await.unwrap();
    let refused = served.jsonrpc("SendMessage", more("done", &id, false)).await;
    assert_eq!(refused["error"]["code"], UNSUPPORTED, "{refused}");
    assert_eq!(state(&served, &id).await, "TASK_STATE_WORKING");
}

/// A2A-28: it waits again, as if there had been no message.
#[tokio::test]
async fn a_task_that_is_answered_by_a_message_waits_again() {
    covers!(accept, "A2A-28");
    let served = serve(scene::scene().node, Demand::Optional);
    let id = asked(&served).await;
    let answer = served.jsonrpc("SendMessage", more("message", &id, false)).await;
    assert_eq!(answer["result"]["message"]["parts"][0]["text"], "hi", "{answer}");
    let task = served.jsonrpc("GetTask", json!({ "id": id })).await;
    assert_eq!(task["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{task}");
    assert_eq!(task["result"]["status"]["message"]["parts"][0]["text"], "what?", "{task}");
    let done = served.jsonrpc("SendMessage", more("done", &id, false)).await;
    assert_eq!(done["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{done}");
}

/// A2A-20, A2A-22: an agent shows a task, or says one message. What does both has failed.
#[tokio::test]
async fn a_message_beside_its_task_is_no_answer() {
    covers!(refuse, "A2A-20", "A2A-22", "A2A-28");
    let served = serve(scene::scene().node, Demand::Optional);
    let failed = served.jsonrpc("SendMessage", params("task and message", None)).await;
    assert_eq!(failed["result"]["task"]["status"]["state"], "TASK_STATE_FAILED", "{failed}");
    let id = asked(&served).await;
    let failed = served.jsonrpc("SendMessage", more("task and message", &id, false)).await;
    assert_eq!(failed["result"]["task"]["status"]["state"], "TASK_STATE_FAILED", "{failed}");
    assert_eq!(state(&served, &id).await, "TASK_STATE_FAILED");
}

#[cfg(all(feature = "store-postgres", unix))]
mod in_a_database {
    use ca2a_runtime::a2a::tasks::TaskLimits;

    use super::*;
    use crate::{
        support::{postgres::Database, scene::call},
        tasks_postgres::{node_with, served},
    };

    /// A2A-35
    #[tokio::test]
    async fn it_is_at_work_at_one_node() {
        let Some(database) = Database::new() else { return };
        covers!(accept, "A2A-35");
        covers!(refuse, "A2A-35");
        let (one, two) = (Arc::new(served(&database, 1).await), served(&database, 2).await);
        let id = asked(&one).await;
        let silent = tokio::spawn({
            let (one, more) = (Arc::clone(&one), more("silence", &id, false));
            async move { one.jsonrpc("SendMessage", more).await }
        });
        while state(&two, &id).await != "TASK_STATE_WORKING" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let second = two.jsonrpc("SendMessage", more("hi", &id, false)).await;
        assert_eq!(second["error"]["code"], UNSUPPORTED, "{second}");
        let canceled = two.jsonrpc("CancelTask", json!({ "id": id })).await;
        assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
        let silent = silent.await.unwrap();
        assert_eq!(silent["result"]["task"]["status"]["state"], "TASK_STATE_CANCELED", "{silent}");
        assert_eq!(one.echo.canceled.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    /// GATE-3: half of an answer is none.
    #[tokio::test]
    async fn what_broke_off_is_unknown() {
        let Some(database) = Database::new() else { return };
        covers!(refuse, "GATE-3");
        let node = node_with(&database, TaskLimits::default()).await;
        let send = async |text: &str, id: Option<&str>| {
            let mut params = params(text, Some(&call("read").prove(&node.node)));
            id.iter().for_each(|id| params["message"]["taskId"] = json!(id));
            node.jsonrpc("SendMessage", params).await
        };
        let waits = send("ask", None).await;
        let id = waits["result"]["task"]["id"].as_str().unwrap_or_else(|| panic!("{waits}"));
        let broken = send("half", Some(id)).await;
        let status = &broken["result"]["task"]["status"];
        assert_eq!(status["state"], "TASK_STATE_FAILED", "{broken}");
        let why = status["message"]["parts"][0]["text"].as_str().unwrap();
        assert!(why.starts_with("OUTCOME_UNKNOWN"), "{why}");
        let outcomes = "select string_agg(statement::json->>'outcome', ',' order by statement::json->>'outcome') \
            from ca2a.outcomes";
        assert_eq!(database.psql(outcomes), "completed,outcome_unknown");
    }

    /// A2A-22, GATE-3: where the store keeps no end at all, nobody is told that the work goes on.
    #[tokio::test]
    async fn what_is_lost_is_not_called_work() {
        let Some(database) = Database::new() else { return };
        covers!(refuse, "A2A-22", "A2A-160");
        let node = node_with(&database, TaskLimits::default()).await;
        database.psql(
            "create function ca2a.refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end'; \
             create trigger refuse before update on ca2a.tasks for each row \
             when (new.ended) execute function ca2a.refuse()",
        );
        let request = call("read").prove(&node.node);
        let lost = node.jsonrpc("SendMessage", params("hi", Some(&request))).await;
        let why = lost["error"]["message"].as_str().unwrap_or_else(|| panic!("{lost}"));
        assert!(why.starts_with("OUTCOME_UNKNOWN"), "{why}");
        assert_eq!(database.psql("select state from ca2a.tasks"), "TASK_STATE_WORKING");
    }
}

/// A2A-161: a message that is refused before the agent hears of it leaves the task waiting.
#[tokio::test]
async fn a_message_that_is_refused_leaves_its_task_waiting() {
    covers!(accept, "A2A-161");
    let served = serve(scene::scene().node, Demand::Optional);
    let id = asked(&served).await;
    let mut wrong = more("hi", &id, false);
    wrong["configuration"]["taskPushNotificationConfig"] = json!({ "url": "" });
    let refused = served.jsonrpc("SendMessage", wrong).await;
    assert!(refused["error"].is_object(), "{refused}");
    assert_eq!(state(&served, &id).await, "TASK_STATE_INPUT_REQUIRED");
    let answer = served.jsonrpc("SendMessage", more("hi", &id, false)).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    for id in ["a\0b", "\0"] {
        let refused = served.jsonrpc("SendMessage", more("hi", id, false)).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        let refused = served.jsonrpc("GetTask", json!({ "id": id })).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        for name in ["contextId", "pageToken"] {
            let refused = served.jsonrpc("ListTasks", json!({ name: id })).await;
            assert_eq!(refused["error"]["code"], -32602, "{refused}");
        }
    }
}
