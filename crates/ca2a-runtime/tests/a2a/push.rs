//! Events pushed to an address that a client named, which may be slow.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, routing::post};
use ca2a_covers::covers;
use ca2a_runtime::a2a::Demand;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

use crate::support::a2a::{Served, params, serve};
use crate::support::scene;

/// An address that takes an event when it is let.
struct Hook {
    url: String,
    door: Arc<Door>,
}

/// How many events may come in, and the states that came.
struct Door {
    lets: Semaphore,
    taken: Mutex<Vec<String>>,
}

async fn take(State(door): State<Arc<Door>>, Json(event): Json<Value>) {
    door.lets.acquire().await.unwrap().forget();
    let state = event["statusUpdate"]["status"]["state"].as_str();
    door.taken.lock().unwrap().push(state.map_or_else(|| event.to_string(), str::to_owned));
}

impl Hook {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let door = Arc::new(Door { lets: Semaphore::new(0), taken: Mutex::default() });
        let router = Router::new().route("/", post(take)).with_state(Arc::clone(&door));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, door }
    }

    /// The states that it was told, once there are `count`.
    async fn told(&self, count: usize) -> Vec<String> {
        let enough = async {
            loop {
                let taken = self.door.taken.lock().unwrap().clone();
                if taken.len() >= count {
                    return taken;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), enough).await.unwrap()
    }
}

fn served() -> Served {
    serve(scene::scene().node, Demand::Optional)
}

/// A message whose events go to `hook`.
async fn asked(served: &Served, text: &str, hook: &Hook) -> Value {
    let mut asked = params(text, None);
    asked["configuration"] = json!({ "taskPushNotificationConfig": { "id": "c", "url": hook.url } });
    served.jsonrpc("SendMessage", asked).await["result"]["task"].clone()
}

/// The next message of `task`.
fn next(task: &Value, text: &str) -> Value {
    let mut next = params(text, None);
    next["message"]["taskId"] = task["id"].clone();
    next["message"]["messageId"] = "m-2".into();
    next
}

/// A2A-29, A2A-161: while an address takes its time, the client is answered, goes on and is answered again.
#[tokio::test]
async fn nobody_waits_for_an_address() {
    covers!(accept, "A2A-29", "A2A-161");
    let (served, hook) = (served(), Hook::new().await);
    let task = asked(&served, "ask", &hook).await;
    assert_eq!(task["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{task}");
    let answer = served.jsonrpc("SendMessage", next(&task, "more")).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert!(hook.door.taken.lock().unwrap().is_empty());

    let other = asked(&served, "ask", &hook).await;
    let canceled = served.jsonrpc("CancelTask", json!({ "id": other["id"] })).await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");

    // Of one task in their order; those of the two may come as they like.
    hook.door.lets.add_permits(100);
    let mut told = hook.told(7).await;
    let place = told.iter().position(|state| state == "TASK_STATE_CANCELED").unwrap();
    told.remove(place);
    told.sort();
    let [work, ask, done] = ["TASK_STATE_WORKING", "TASK_STATE_INPUT_REQUIRED", "TASK_STATE_COMPLETED"];
    assert_eq!(told, [done, ask, ask, work, work, work]);

    let task = asked(&served, "once more", &hook).await;
    assert_eq!(task["status"]["state"], "TASK_STATE_COMPLETED", "{task}");
    assert_eq!(hook.told(9).await[7..], [work, done]);
}

/// A2A-29: an address that was deleted is told nothing, of what waits for it neither.
#[tokio::test]
async fn a_deleted_address_is_told_nothing() {
    covers!(refuse, "A2A-29");
    let (served, hook) = (served(), Hook::new().await);
    let task = asked(&served, "ask", &hook).await;
    let named = json!({ "taskId": task["id"], "id": "c" });
    let deleted = served.jsonrpc("DeleteTaskPushNotificationConfig", named).await;
    assert!(deleted.get("error").is_none(), "{deleted}");
    let answer = served.jsonrpc("SendMessage", next(&task, "more")).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    hook.door.lets.add_permits(100);
    // What was on its way when the address was deleted may still arrive, and nothing behind it.
    let other = asked(&served, "another", &hook).await;
    assert_eq!(other["status"]["state"], "TASK_STATE_COMPLETED", "{other}");
    let mut told = hook.told(2).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    told.clone_from(&hook.door.taken.lock().unwrap());
    assert!(told.len() <= 3 && !told.contains(&"TASK_STATE_INPUT_REQUIRED".to_owned()), "{told:?}");
}

/// A2A-161: who answers at once finds the agent at its last strokes, and not at work.
#[tokio::test]
async fn the_next_message_waits_for_the_end_of_the_work_before_it() {
    covers!(accept, "A2A-161");
    covers!(refuse, "A2A-161");
    let served = served();
    let asked = served.jsonrpc("SendMessage", params("ask and linger", None)).await;
    let task = &asked["result"]["task"];
    assert_eq!(task["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{asked}");
    let answer = served.jsonrpc("SendMessage", next(task, "more")).await;
    let task = &answer["result"]["task"];
    assert_eq!(task["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(task["artifacts"][0]["artifactId"], "late", "what came after the question is there: {answer}");

    let mut busy = params("for ever", None);
    busy["configuration"] = json!({ "returnImmediately": true });
    let busy = served.jsonrpc("SendMessage", busy).await["result"]["task"].clone();
    let refused = served.jsonrpc("SendMessage", next(&busy, "more")).await;
    assert_eq!(refused["error"]["code"], -32004, "{refused}");
}
