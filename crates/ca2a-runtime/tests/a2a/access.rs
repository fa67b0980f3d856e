//! A task answers to the holder that made it, and to nobody else.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use axum::{body::Body, http::Request};
use ca2a_core::{Sha256, canonical, json};
use ca2a_covers::covers;
use ca2a_delegation::{Grant, RevocationSnapshot, delegate, issue, revoke};
use ca2a_runtime::{
    a2a::{
        Demand,
        access::TaskAccess,
        tasks::{Owner, TaskStore as _},
        wire,
    },
    node::{RevocationSource, RevocationsUnavailable},
    system::{Clock as _, SystemClock},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::a2a::{Served, params, serve};
use crate::support::scene::{self, call, chain_for, chain_of, grant, handshake, key};

/// A proof by `holder` that it asks for `request`.
fn access(
    served: &Served,
    holder: u8,
    method: &str,
    task: Option<&str>,
    request: &Value,
    nonce: u8,
) -> TaskAccess {
    let shake = handshake(&served.node);
    let text = request.to_string();
    let bytes = canonical::to_vec(&json::read(text.as_bytes()).unwrap()).unwrap();
    TaskAccess {
        audience: shake.offer.channel_key,
        challenge: shake.challenge.unwrap(),
        method: method.to_owned(),
        task_id: task.map(str::to_owned),
        nonce: [nonce; 16],
        subject: key(holder).verifying_key(),
        request_sha256: Sha256::of(&bytes),
    }
}

pub(super) fn proof(
    served: &Served,
    holder: u8,
    method: &str,
    task: Option<&str>,
    request: &Value,
) -> Option<String> {
    Some(access(served, holder, method, task, request, 1).prove(&key(holder)))
}

/// Makes a task that waits for its client, as key 3.
async fn waiting(served: &Served) -> String {
    let request = call("read").prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("ask", Some(&request))).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{answer}");
    answer["result"]["task"]["id"].as_str().unwrap().to_owned()
}

/// Every method that asks for tasks: its request over JSON-RPC, then the method, path and body of HTTP+JSON.
fn methods(id: &str) -> Vec<(&'static str, Value, &'static str, String, Option<Value>)> {
    let configs = format!("/tasks/{id}/pushNotificationConfigs");
    let config = json!({"taskId": id, "id": "c", "url": "http://127.0.0.1:9/"});
    vec![
        ("GetTask", json!({"id": id}), "GET", format!("/tasks/{id}"), None),
        ("ListTasks", json!({}), "GET", "/tasks".into(), None),
        ("CreateTaskPushNotificationConfig", config.clone(), "POST", configs.clone(), Some(config)),
        (
            "GetTaskPushNotificationConfig",
            json!({"taskId": id, "id": "c"}),
            "GET",
            format!("{configs}/c"),
            None,
        ),
        ("ListTaskPushNotificationConfigs", json!({"taskId": id}), "GET", configs.clone(), None),
        (
            "DeleteTaskPushNotificationConfig",
            json!({"taskId": id, "id": "c"}),
            "DELETE",
            format!("{configs}/c"),
            None,
        ),
        ("SubscribeToTask", json!({"id": id}), "POST", format!("/tasks/{id}:subscribe"), None),
        ("CancelTask", json!({"id": id}), "POST", format!("/tasks/{id}:cancel"), None),
    ]
}

/// A2A-40, A2A-31
#[tokio::test]
async fn every_method_answers_only_the_holder_over_jsonrpc() {
    covers!(accept, "A2A-40");
    covers!(refuse, "A2A-31", "A2A-40");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    for (method, request, ..) in methods(&id) {
        let task = (method != "ListTasks").then_some(id.as_str());
        let none = served.jsonrpc(method, request.clone()).await;
        assert_eq!(
            none["error"]["data"][0]["metadata"]["ca2a_code"], "HOLDER_PROOF_INVALID",
            "{method}: {none}"
        );
        let other =
            served.jsonrpc_with(method, request.clone(), proof(&served, 4, method, task, &request)).await;
        if method == "ListTasks" {
            assert_eq!(other["result"]["tasks"].as_array().map_or(0, Vec::len), 0, "{other}");
        } else {
            assert_eq!(other["error"]["code"], -32001, "{method}: {other}");
        }
        let own = proof(&served, 3, method, task, &request);
        if method == "SubscribeToTask" {
            let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": request}).to_string();
            let request =
                Request::post("/").header("a2a-version", "1.0").header("ca2a-holder-proof", own.unwrap());
            let mut stream = served.send(request.body(Body::from(body)).unwrap()).await.into_body();
            let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(String::from_utf8_lossy(&first).contains("TASK_STATE_INPUT_REQUIRED"), "{first:?}");
            continue;
        }
        let own = served.jsonrpc_with(method, request, own).await;
        assert!(own.get("result").is_some() && own.get("error").is_none(), "{method}: {own}");
    }
}

/// A2A-40, A2A-31
#[tokio::test]
async fn every_method_answers_only_the_holder_over_http() {
    covers!(accept, "A2A-40", "A2A-45");
    covers!(refuse, "A2A-31", "A2A-40");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    for (method, request, verb, path, body) in methods(&id) {
        let task = (method != "ListTasks").then_some(id.as_str());
        let (status, none) = served.rest(verb, &path, body.clone(), None).await;
        assert_eq!(status, 401, "{method}: {none}");
        let other = proof(&served, 4, method, task, &request);
        let (status, other) = served.rest(verb, &path, body.clone(), other).await;
        assert_eq!(status, if method == "ListTasks" { 200 } else { 404 }, "{method}: {other}");
        let own = proof(&served, 3, method, task, &request);
        if method == "SubscribeToTask" {
            let request =
                Request::post(&path).header("a2a-version", "1.0").header("ca2a-holder-proof", own.unwrap());
            let response = served.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(response.headers()["content-type"], "text/event-stream");
            continue;
        }
        let (status, own) = served.rest(verb, &path, body, own).await;
        assert_eq!(status, 200, "{method}: {own}");
    }
}

/// A2A-41, A2A-42, A2A-45
#[tokio::test]
async fn a_proof_is_for_one_request_to_one_server() {
    covers!(accept, "A2A-41", "A2A-42", "A2A-45");
    covers!(refuse, "A2A-41", "A2A-42", "A2A-43", "A2A-45");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    let request = json!({"id": id});
    let good = || access(&served, 3, "GetTask", Some(&id), &request, 1);
    let text = good().prove(&key(3));
    let ok = served.jsonrpc_with("GetTask", request.clone(), Some(text.clone())).await;
    assert_eq!(ok["result"]["id"], id.as_str(), "{ok}");

    let stranger = serve(scene::scene().node, Demand::Required);
    let changed = [
        TaskAccess { audience: stranger.node.channel_key(), ..good() },
        TaskAccess { challenge: handshake(&stranger.node).challenge.unwrap(), ..good() },
        TaskAccess { method: "CancelTask".into(), ..good() },
        TaskAccess { task_id: Some("other".into()), ..good() },
        TaskAccess { task_id: None, ..good() },
        TaskAccess { request_sha256: Sha256::of(b"other"), ..good() },
        TaskAccess { subject: key(4).verifying_key(), ..good() },
    ];
    let mut bad: Vec<String> = changed.iter().map(|access| access.prove(&key(3))).collect();
    bad.extend([
        "".into(),
        "x".into(),
        "a.b".into(),
        format!("{text}."),
        format!("{text}A"),
        "A".repeat(5000),
    ]);
    for header in bad {
        let answer = served.jsonrpc_with("GetTask", request.clone(), Some(header.clone())).await;
        let code = &answer["error"]["data"][0]["metadata"]["ca2a_code"];
        assert_eq!(code, "HOLDER_PROOF_INVALID", "{header}: {answer}");
    }
    // Of two headers neither counts, not even of two that are the same.
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "GetTask", "params": request}).to_string();
    let twice = Request::post("/").header("a2a-version", "1.0").header("ca2a-holder-proof", text.clone());
    let twice = twice.header("ca2a-holder-proof", text.clone()).body(Body::from(body)).unwrap();
    let (_, answer) = served.raw(twice).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("HOLDER_PROOF_INVALID"), "{answer}");
    // The same proof for the same id, and more of it.
    let more = served.jsonrpc_with("GetTask", json!({"id": id, "historyLength": 1}), Some(text)).await;
    assert!(more["error"]["message"].as_str().unwrap().starts_with("HOLDER_PROOF_INVALID: "), "{more}");
}

/// A2A-16, A2A-45: a tenant that is escaped in the path is proven as what it is.
#[tokio::test]
async fn a_tenant_is_proven_as_it_is_called() {
    covers!(accept, "A2A-16", "A2A-45");
    covers!(refuse, "A2A-16", "A2A-45");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    for (tenant, path) in [("org/team", "org%2Fteam"), ("a b", "a%20b"), ("acme", "acme")] {
        let path = format!("/{path}/tasks/{id}");
        for (proven, status) in [(tenant, 200), ("another", 401), ("org%2Fteam", 401)] {
            let own = proof(&served, 3, "GetTask", Some(&id), &json!({ "id": id, "tenant": proven }));
            let (answered, shown) = served.rest("GET", &path, None, own).await;
            assert_eq!(answered, status, "{path} {proven}: {shown}");
        }
    }
}

/// A2A-47: nobody is shown less than nothing.
#[tokio::test]
async fn a_history_has_no_negative_length() {
    covers!(accept, "A2A-47");
    covers!(refuse, "A2A-47");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    for (length, status) in [(0, 200), (1, 200), (-1, 400), (i32::MIN, 400)] {
        let request = json!({ "id": id, "historyLength": length });
        let own = || proof(&served, 3, "GetTask", Some(&id), &request);
        let answer = served.jsonrpc_with("GetTask", request.clone(), own()).await;
        let code = if status == 200 { Value::Null } else { json!(-32602) };
        assert_eq!(answer["error"]["code"], code, "{length}: {answer}");
        let path = format!("/tasks/{id}?historyLength={length}");
        assert_eq!(served.rest("GET", &path, None, own()).await.0, status, "{length}");
    }
}

/// A2A-43: a proof is judged before anybody looks for the task.
#[tokio::test]
async fn a_proof_does_not_say_whether_there_is_a_task() {
    covers!(accept, "A2A-43");
    covers!(refuse, "A2A-43");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    let mut told = Vec::new();
    for id in [id.as_str(), "no-such-task"] {
        let request = json!({ "id": id });
        // Signed by another than it names.
        let forged = access(&served, 3, "GetTask", Some(id), &request, 1).prove(&key(4));
        let refused = served.jsonrpc_with("GetTask", request.clone(), Some(forged)).await;
        assert_eq!(refused["error"]["data"][0]["metadata"]["ca2a_code"], "HOLDER_PROOF_INVALID", "{refused}");
        told.push(refused["error"].to_string().replace(id, "ID"));
        // What is proven is shown, or is not there.
        let own =
            served.jsonrpc_with("GetTask", request.clone(), proof(&served, 3, "GetTask", Some(id), &request));
        let own = own.await;
        assert_eq!(own["result"].is_object(), id != "no-such-task", "{own}");
        assert!(own["result"].is_object() || own["error"]["code"] == -32001, "{own}");
    }
    assert_eq!(told[0], told[1], "the refusals differ");
}

/// A2A-44
#[tokio::test]
async fn what_changes_something_is_proven_anew_and_what_reads_is_not() {
    covers!(accept, "A2A-44");
    covers!(refuse, "A2A-44");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    let request = json!({"id": id});
    let read = proof(&served, 3, "GetTask", Some(&id), &request);
    for _ in 0..2 {
        assert!(served.jsonrpc_with("GetTask", request.clone(), read.clone()).await["result"].is_object());
    }
    let cancel = proof(&served, 3, "CancelTask", Some(&id), &request);
    let first = served.jsonrpc_with("CancelTask", request.clone(), cancel.clone()).await;
    assert_eq!(first["result"]["status"]["state"], "TASK_STATE_CANCELED", "{first}");
    let again = served.jsonrpc_with("CancelTask", request, cancel).await;
    assert!(again["error"]["message"].as_str().unwrap().contains("used before"), "{again}");
}

/// A2A-31
#[tokio::test]
async fn another_holder_continues_no_task_and_enters_no_context() {
    covers!(accept, "A2A-31");
    covers!(refuse, "A2A-31");
    let served = serve(scene::scene().node, Demand::Required);
    let id = waiting(&served).await;
    let stranger = || {
        let mut call = call("read");
        call.request.chain = chain_for(4);
        call.holder = key(4);
        call.prove(&served.node)
    };
    let request = json!({"id": id});
    let task = served
        .jsonrpc_with("GetTask", request.clone(), proof(&served, 3, "GetTask", Some(&id), &request))
        .await;
    let context = task["result"]["contextId"].as_str().unwrap();
    for (name, value) in [("taskId", id.as_str()), ("contextId", context)] {
        let mut params = params("hello", Some(&stranger()));
        params["message"][name] = value.into();
        let answer = served.jsonrpc("SendMessage", params).await;
        assert_eq!(answer["error"]["code"], -32001, "{name}: {answer}");
    }
    // The holder itself may.
    let mut own = params("go on", Some(&call("read").prove(&served.node)));
    own["message"]["taskId"] = id.as_str().into();
    let answer = served.jsonrpc("SendMessage", own).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(answer["result"]["task"]["history"].as_array().unwrap().len(), 2, "{answer}");
}

/// A2A-46: a credential that ran out calls nobody any more, and leaves its holder what it made.
#[tokio::test]
async fn a_credential_that_ran_out_leaves_its_tasks() {
    covers!(accept, "A2A-46");
    let served = serve(scene::scene().node, Demand::Required);
    let soon = SystemClock.now() + 3;
    let root = issue(&key(1), grant("c-0", 2, &["read"])).unwrap();
    let leaf = Grant { not_after: Some(soon), ..grant("c-1", 3, &["read"]) };
    let leaf = delegate(&root, &key(2), leaf).unwrap();
    let call = || {
        let mut call = call("read");
        call.request.chain = chain_of(&[root.clone(), leaf.clone()]);
        call.prove(&served.node)
    };
    let asked = served.jsonrpc("SendMessage", params("ask", Some(&call()))).await;
    let id = asked["result"]["task"]["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    while SystemClock.now() <= soon {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let again = served.jsonrpc("SendMessage", params("hello", Some(&call()))).await;
    assert!(again["error"]["message"].as_str().unwrap().starts_with("CREDENTIAL_EXPIRED"), "{again}");
    let request = json!({ "id": id });
    let own = proof(&served, 3, "GetTask", Some(&id), &request);
    let own = served.jsonrpc_with("GetTask", request, own).await;
    assert_eq!(own["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{own}");
}

/// A2A-46: where nobody knows what is revoked, nobody is shown anything.
#[tokio::test]
async fn what_cannot_be_known_to_hold_is_not_shown() {
    covers!(refuse, "A2A-46");
    struct Gone(AtomicBool);
    impl RevocationSource for Gone {
        fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
            match self.0.load(Ordering::SeqCst) {
                true => Err(RevocationsUnavailable("as asked".to_owned())),
                false => Ok(None),
            }
        }
    }
    let gone = Arc::new(Gone(AtomicBool::new(false)));
    let served = serve(scene::scene().node.with_revocations(gone.clone(), None), Demand::Required);
    let id = waiting(&served).await;
    let request = json!({ "id": id });
    gone.0.store(true, Ordering::SeqCst);
    let get = proof(&served, 3, "GetTask", Some(&id), &request);
    let answer = served.jsonrpc_with("GetTask", request, get).await;
    assert!(
        answer["error"]["message"].as_str().unwrap().starts_with("REVOCATION_STATUS_UNKNOWN"),
        "{answer}"
    );
}

#[derive(Default)]
struct Switch(Mutex<Option<Arc<RevocationSnapshot>>>);

impl RevocationSource for Switch {
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
        Ok(self.0.lock().unwrap().clone())
    }
}

/// A2A-46
#[tokio::test]
async fn a_revoked_credential_ends_reading() {
    covers!(refuse, "A2A-46");
    let switch = Arc::new(Switch::default());
    let served = serve(scene::scene().node.with_revocations(switch.clone(), None), Demand::Required);
    let id = waiting(&served).await;
    let request = json!({"id": id});
    let leaf = scene::chain().credentials().unwrap().pop().unwrap();
    let statement = revoke(&key(2), leaf.digest(), 1).unwrap();
    *switch.0.lock().unwrap() = Some(Arc::new(RevocationSnapshot::new(2, [statement]).unwrap()));
    let get = proof(&served, 3, "GetTask", Some(&id), &request);
    let answer = served.jsonrpc_with("GetTask", request, get).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("CREDENTIAL_REVOKED: "), "{answer}");
    let list = proof(&served, 3, "ListTasks", None, &json!({}));
    let answer = served.jsonrpc_with("ListTasks", json!({}), list).await;
    assert_eq!(answer["result"]["tasks"].as_array().map_or(0, Vec::len), 0, "{answer}");
}

/// A2A-46: nor does another credential of the same holder go on with what was made under one that was revoked.
#[tokio::test]
async fn a_revoked_credential_ends_writing() {
    covers!(accept, "A2A-46");
    covers!(refuse, "A2A-46");
    let switch = Arc::new(Switch::default());
    let served = serve(scene::scene().node.with_revocations(switch.clone(), None), Demand::Required);
    let id = waiting(&served).await;
    let root = issue(&key(1), grant("c-0", 2, &["read", "write", "admin"])).unwrap();
    let other = delegate(&root, &key(2), grant("c-2", 3, &["read"])).unwrap();
    let send = async |text: &str, task: Option<&str>| {
        let mut call = call("read");
        call.request.chain = chain_of(&[root.clone(), other.clone()]);
        let mut params = params(text, Some(&call.prove(&served.node)));
        if let Some(task) = task {
            params["message"]["taskId"] = task.into();
        }
        served.jsonrpc("SendMessage", params).await
    };
    // While it holds, either goes on.
    let answer = send("ask", Some(&id)).await;
    assert_eq!(answer["result"]["task"]["id"], id.as_str(), "{answer}");
    let leaf = scene::chain().credentials().unwrap().pop().unwrap();
    let statement = revoke(&key(2), leaf.digest(), 1).unwrap();
    *switch.0.lock().unwrap() = Some(Arc::new(RevocationSnapshot::new(2, [statement]).unwrap()));
    let answer = send("go on", Some(&id)).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("CREDENTIAL_REVOKED: "), "{answer}");
    let answer = send("hello", None).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
}

/// A2A-68: a task that came sealed and cannot be shown so is not shown, and hides none of the others.
#[tokio::test]
async fn a_task_that_cannot_be_shown_sealed_is_left_out_of_a_list() {
    covers!(refuse, "A2A-68");
    let served = serve(scene::scene().node, Demand::Required);
    let (whole, broken) = (waiting(&served).await, waiting(&served).await);
    let owner = Owner::Holder(key(3).verifying_key());
    let mut task = (*served.tasks.get(&owner, &broken).await.unwrap().unwrap().task).clone();
    let key = json!("a".repeat(64));
    task.metadata.get_or_insert_default().insert(wire::REPLY_KEY.to_owned(), key);
    served.tasks.update(&owner, Arc::new(task), 2).await.unwrap();
    let none = json!({});
    let list =
        served.jsonrpc_with("ListTasks", none.clone(), proof(&served, 3, "ListTasks", None, &none)).await;
    let ids: Vec<_> = list["result"]["tasks"].as_array().unwrap().iter().map(|task| &task["id"]).collect();
    assert_eq!(ids, [&json!(whole)], "{list}");
}
