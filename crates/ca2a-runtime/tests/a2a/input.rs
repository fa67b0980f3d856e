//! Bad input, and agents that misbehave: a coded answer, no task that is left at work, nothing in the history.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{body::Body, http::Request};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{Demand, EngineLimits, wire},
    peer::message::EXTENSION_URI,
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::a2a::{Served, params, serve, serve_with};
use crate::support::scene::{self, call, key};

fn open() -> Served {
    serve(scene::scene().node, Demand::Optional)
}

async fn post(served: &Served, path: &str, body: impl Into<Body>) -> (u16, Value) {
    post_as(served, "application/json", path, body).await
}

async fn post_as(served: &Served, kind: &str, path: &str, body: impl Into<Body>) -> (u16, Value) {
    let request = Request::post(path).header("a2a-version", "1.0").header("content-type", kind);
    served.raw(request.body(body.into()).unwrap()).await
}

const MESSAGE: &str = r#"{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}]}"#;

/// A2A-3, A2A-4, A2A-13: what each malformed request is answered with over JSON-RPC.
#[tokio::test]
async fn malformed_requests_are_refused_by_code_and_make_no_task() {
    covers!(refuse, "A2A-3", "A2A-4");
    let served = open();
    let send =
        |params: &str| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"SendMessage","params":{params}}}"#);
    let message = |members: &str| send(&format!(r#"{{"message":{{{members}}}}}"#));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let cases: Vec<(&str, String, i64)> = vec![
        ("not JSON", "{nope".into(), -32700),
        ("two of one member", send(&format!(r#"{{"message":{MESSAGE},"message":{MESSAGE}}}"#)), -32700),
        (
            "half a surrogate",
            message(r#""messageId":"\ud800","role":"ROLE_USER","parts":[{"text":"x"}]"#),
            -32700,
        ),
        ("too deep", send(&format!(r#"{{"message":{MESSAGE},"metadata":{{"x":{deep}}}}}"#)), -32700),
        ("no double", send(&format!(r#"{{"message":{MESSAGE},"metadata":{{"x":1e400}}}}"#)), -32700),
        (
            "a huge integer",
            send(&format!(r#"{{"message":{MESSAGE},"metadata":{{"x":9007199254740993}}}}"#)),
            -32602,
        ),
        ("an array", format!("[{}]", send(MESSAGE)), -32600),
        ("no method", r#"{"jsonrpc":"2.0","id":7}"#.into(), -32600),
        ("a strange method", r#"{"jsonrpc":"2.0","id":7,"method":"message/send"}"#.into(), -32601),
        ("nothing to send", send("{}"), -32602),
        ("no parameters", r#"{"jsonrpc":"2.0","id":7,"method":"SendMessage"}"#.into(), -32602),
        ("no id", message(r#""role":"ROLE_USER","parts":[{"text":"x"}]"#), -32602),
        ("no role", message(r#""messageId":"m","parts":[{"text":"x"}]"#), -32602),
        ("an unknown role", message(r#""messageId":"m","role":"ROLE_GOD","parts":[{"text":"x"}]"#), -32602),
        ("an agent's role", message(r#""messageId":"m","role":"ROLE_AGENT","parts":[{"text":"x"}]"#), -32602),
        ("no parts", message(r#""messageId":"m","role":"ROLE_USER""#), -32602),
        ("empty parts", message(r#""messageId":"m","role":"ROLE_USER","parts":[]"#), -32602),
        ("an empty part", message(r#""messageId":"m","role":"ROLE_USER","parts":[{}]"#), -32602),
        (
            "a part of two",
            message(r#""messageId":"m","role":"ROLE_USER","parts":[{"text":"x","url":"y"}]"#),
            -32602,
        ),
        (
            "a task nobody made",
            message(r#""messageId":"m","role":"ROLE_USER","taskId":"t","parts":[{"text":"x"}]"#),
            -32001,
        ),
    ];
    for (name, body, code) in cases {
        // What is called gRPC is not read any less.
        for kind in ["application/grpc", "application/grpc+json"] {
            let (status, answer) = post_as(&served, kind, "/", body.clone()).await;
            assert_eq!((status, &answer["error"]["code"]), (200, &json!(-32005)), "{name}, {kind}: {answer}");
            let (status, answer) = post_as(&served, kind, "/message:send", body.clone()).await;
            assert_eq!(status, 400, "{name}, {kind}: {answer}");
            assert_eq!(
                answer["error"]["details"][0]["reason"], "CONTENT_TYPE_NOT_SUPPORTED",
                "{name}, {kind}"
            );
        }
        let (status, answer) = post(&served, "/", body).await;
        assert_eq!(status, 200, "{name}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{name}: {answer}");
        assert!(served.tasks.is_empty(), "{name}");
    }
    assert_eq!(served.echo.worked.load(Ordering::SeqCst), 0);
}

/// A2A-3, A2A-9, A2A-15: the same over HTTP+JSON.
#[tokio::test]
async fn malformed_requests_over_http_have_a_status_and_a_body() {
    covers!(refuse, "A2A-3", "A2A-15");
    let served = open();
    let cases = [
        ("{nope", 400),
        ("{}", 400),
        (r#"{"message":{"messageId":"m","role":"ROLE_USER","parts":[{}]}}"#, 400),
        (r#"{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}],"taskId":"t"}}"#, 404),
        ("[]", 400),
    ];
    for (body, expected) in cases {
        let (status, answer) = post(&served, "/message:send", body).await;
        assert_eq!(status, expected, "{body}: {answer}");
        assert_eq!(answer["error"]["code"], expected, "{body}: {answer}");
        assert_eq!(
            answer["error"]["details"].as_array().unwrap().last().unwrap()["domain"],
            "a2a-protocol.org"
        );
    }
    // What is malformed before the method is asked at all.
    let cases = [
        ("POST", "/message:send", "", "PARSE_ERROR"),
        ("POST", "/message:stream", "", "PARSE_ERROR"),
        (
            "POST",
            "/message:send",
            r#"{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}]},"metadata":{"x":1e400}}"#,
            "PARSE_ERROR",
        ),
        ("GET", "/tasks/t?historyLength=abc", "", "INVALID_PARAMS"),
        ("GET", "/tasks?pageSize=99999999999", "", "INVALID_PARAMS"),
        ("GET", "/tasks?statusTimestampAfter=x", "", "INVALID_PARAMS"),
        ("GET", "/tasks/%FF", "", "INVALID_PARAMS"),
        ("POST", "/tasks/t/pushNotificationConfigs", "", "INVALID_PARAMS"),
    ];
    for (method, path, body, reason) in cases {
        let request = Request::builder().method(method).uri(path).header("a2a-version", "1.0");
        let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
        let (status, answer) = served.raw(request).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(400)), "{method} {path}: {answer}");
        assert_eq!(answer["error"]["details"][0]["reason"], reason, "{method} {path}: {answer}");
    }
    let unnamed = Request::post("/message:send").header("a2a-version", "1.0").body(Body::empty()).unwrap();
    let (status, answer) = served.raw(unnamed).await;
    assert_eq!((status, &answer["error"]["details"][0]["reason"]), (400, &json!("PARSE_ERROR")), "{answer}");
    let (status, answer) = post(&served, "/no/such/path", "{}").await;
    assert_eq!((status, &answer["error"]["status"]), (404, &json!("NOT_FOUND")));
    let request =
        Request::post("/message:send").header("a2a-version", "1.0").header("content-type", "text/plain");
    let (status, _) = served.raw(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(status, 400);
    let whole =
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"SendMessage","params":{{"message":{MESSAGE}}}}}"#);
    let send = |kind: Option<&str>| {
        let request =
            kind.into_iter().fold(Request::post("/").header("a2a-version", "1.0"), |request, kind| {
                request.header("content-type", kind)
            });
        served.raw(request.body(Body::from(whole.clone())).unwrap())
    };
    for kind in ["text/plain", "application/xml", "", "application/jsonx"] {
        let (status, answer) = send(Some(kind)).await;
        assert_eq!((status, &answer["error"]["code"]), (200, &json!(-32005)), "{kind}: {answer}");
    }
    assert!(served.tasks.is_empty());
    for kind in [None, Some("application/json; charset=utf-8"), Some("application/a2a+json")] {
        let (_, answer) = send(kind).await;
        assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{kind:?}: {answer}");
    }
}

/// A2A-13
#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    covers!(refuse, "A2A-13");
    let served = open();
    for (path, kind) in [
        ("/", "application/json"),
        ("/", "application/grpc"),
        ("/message:send", "application/json"),
        ("/message:send", "application/grpc+json"),
    ] {
        let (status, answer) = post_as(&served, kind, path, vec![b' '; (1 << 20) + 1]).await;
        assert_eq!(status, 413, "{path} {kind}: {answer}");
        assert!(answer["error"]["message"].is_string());
    }
}

/// A2A-1
#[tokio::test]
async fn only_the_version_that_is_served_is_served() {
    covers!(accept, "A2A-1");
    covers!(refuse, "A2A-1");
    let served = open();
    let body = format!(r#"{{"message":{MESSAGE}}}"#);
    for version in [None, Some(""), Some("0.3"), Some("1.1"), Some("2.0"), Some("x")] {
        let mut request = Request::post("/message:send").header("content-type", "application/json");
        if let Some(version) = version {
            request = request.header("a2a-version", version);
        }
        let (status, answer) = served.raw(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(status, 400, "{version:?}: {answer}");
        let reason = &answer["error"]["details"].as_array().unwrap().last().unwrap()["reason"];
        assert_eq!(reason, "VERSION_NOT_SUPPORTED", "{version:?}");
    }
    let request = Request::post("/message:send?A2A-Version=1.0").header("content-type", "application/json");
    let (status, answer) = served.raw(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(status, 200, "{answer}");
}

/// A2A-14
#[tokio::test]
async fn the_extension_is_echoed_to_who_lists_it() {
    let served = serve(scene::scene().node, Demand::Required);
    let body = params("x", Some(&call("read").prove(&served.node))).to_string();
    let listed = format!("urn:other, {EXTENSION_URI}");
    let request =
        Request::post("/message:send").header("a2a-version", "1.0").header("a2a-extensions", listed);
    let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
    let response = served.send(request).await;
    assert_eq!(response.headers()["a2a-extensions"], EXTENSION_URI);
    assert_eq!(response.headers()["content-type"], "application/json");
}

/// A2A-6: nor by a part, nor by what a cancellation says.
#[tokio::test]
async fn what_is_ours_reaches_no_agent_and_no_history() {
    covers!(accept, "A2A-6");
    covers!(refuse, "A2A-6");
    let served = open();
    let ours = format!("{EXTENSION_URI}/forged");
    let said = json!({ &ours: "x", "own": "kept" });
    let mut asked = params("ask", None);
    asked["message"]["parts"][0]["metadata"] = said.clone();
    let asked = served.jsonrpc("SendMessage", asked).await;
    let id = asked["result"]["task"]["id"].clone();
    let shown = served.jsonrpc("GetTask", json!({ "id": id })).await;
    let part = &shown["result"]["history"][0]["parts"][0];
    assert_eq!(part["metadata"], json!({ "own": "kept" }), "{shown}");
    for (binding, id) in [
        ("JSON-RPC", id),
        ("HTTP+JSON", {
            let next = served.jsonrpc("SendMessage", params("ask", None)).await;
            next["result"]["task"]["id"].clone()
        }),
    ] {
        *served.echo.stop.lock().unwrap() = None;
        if binding == "JSON-RPC" {
            served.jsonrpc("CancelTask", json!({ "id": id, "metadata": said })).await;
        } else {
            let path = format!("/tasks/{}:cancel", id.as_str().unwrap());
            served.rest("POST", &path, Some(json!({ "metadata": said })), None).await;
        }
        let heard = served.echo.stop.lock().unwrap().clone();
        assert_eq!(json!(heard), json!({ "own": "kept" }), "{binding}");
    }
}

/// A2A-12
#[tokio::test]
async fn what_a_client_says_about_itself_is_no_fact() {
    covers!(refuse, "A2A-12");
    let served = open();
    let request = Request::post("/message:send")
        .header("a2a-version", "1.0")
        .header("content-type", "application/json");
    let request =
        request.header("ca2a-subject", "forged").header("ca2a_root", "forged").header("x-own", "kept");
    let body = Body::from(format!(r#"{{"message":{MESSAGE}}}"#));
    let (status, _) = served.raw(request.body(body).unwrap()).await;
    assert_eq!(status, 200);
    let seen = served.echo.seen.lock().unwrap().clone();
    assert_eq!(seen["x-own"], ["kept"]);
    assert!(!seen.values().flatten().any(|value| value == "forged"), "{seen:?}");
}

/// A2A-22
#[tokio::test]
async fn an_agent_that_fails_leaves_no_task_at_work() {
    covers!(accept, "A2A-22");
    covers!(refuse, "A2A-22");
    let served = open();
    for (text, why) in
        [("fail", "as asked"), ("panic", "the agent failed"), ("nothing", "the agent ended without a result")]
    {
        let answer = served.jsonrpc("SendMessage", params(text, None)).await;
        let status = &answer["result"]["task"]["status"];
        assert_eq!(status["state"], "TASK_STATE_FAILED", "{text}: {answer}");
        assert_eq!(status["message"]["parts"][0]["text"], why, "{text}");
    }
}

/// A2A-21: everybody who follows hears everything, and who waits gets the result.
#[tokio::test]
async fn a_burst_of_events_reaches_everybody() {
    covers!(accept, "A2A-20", "A2A-21");
    let served = open();
    for _ in 0..20 {
        let answer = served.jsonrpc("SendMessage", params("burst", None)).await;
        assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    }
    let body = params("burst", None).to_string();
    let request = Request::post("/message:stream")
        .header("a2a-version", "1.0")
        .header("content-type", "application/json");
    let response = served.send(request.body(Body::from(body)).unwrap()).await;
    let text = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let events: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("data: ").or(line.strip_prefix("data:"))).collect();
    // The task first, then 500 at work and the end.
    assert_eq!(events.len(), 502);
    assert!(events[0].starts_with(r#"{"task""#), "{}", events[0]);
    assert!(events[501].contains("TASK_STATE_COMPLETED"), "{}", events[501]);
}

/// A2A-20, A2A-7
#[tokio::test]
async fn a_stream_shows_the_task_with_its_record_first() {
    covers!(accept, "A2A-7", "A2A-20");
    let served = serve(scene::scene().node.with_identity(key(7)), Demand::Required);
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SendStreamingMessage",
        "params": params("hello", Some(&call("read").prove(&served.node)))});
    let request = Request::post("/").header("a2a-version", "1.0").body(Body::from(body.to_string())).unwrap();
    let text = served.send(request).await.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(events.len(), 3, "{text}");
    assert!(events[0]["result"]["task"]["metadata"][wire::STATEMENT].is_string(), "{text}");
    assert_eq!(events[2]["result"]["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED");
    // A refusal is no stream.
    let body =
        json!({"jsonrpc": "2.0", "id": 7, "method": "SendStreamingMessage", "params": params("hello", None)});
    let request = Request::post("/").header("a2a-version", "1.0").body(Body::from(body.to_string())).unwrap();
    let (status, answer) = served.raw(request).await;
    assert_eq!((status, &answer["error"]["code"]), (200, &json!(-32080)));
}

/// A2A-25
#[tokio::test]
async fn who_waits_long_enough_gets_the_task_as_it_stands() {
    covers!(accept, "A2A-25");
    covers!(refuse, "A2A-23", "A2A-25");
    assert_eq!(EngineLimits::default().wait, Duration::from_secs(25));
    let limits = EngineLimits { wait: Duration::from_millis(50), ..EngineLimits::default() };
    let served = serve_with(scene::scene().node, Demand::Optional, limits);
    let answer = served.jsonrpc("SendMessage", params("for ever", None)).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_WORKING", "{answer}");
    let id = answer["result"]["task"]["id"].clone();
    let answer = served.jsonrpc("CancelTask", json!({"id": id})).await;
    assert_eq!(answer["result"]["status"]["state"], "TASK_STATE_CANCELED", "{answer}");
    let answer = served.jsonrpc("SubscribeToTask", json!({"id": id})).await;
    assert_eq!(answer["error"]["code"], -32004, "{answer}");
    // A result that is there sooner is the answer.
    let answer = open().jsonrpc("SendMessage", params("hello", None)).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
}

/// A2A-7: what the node says about a task is not the agent's to say.
#[tokio::test]
async fn an_agent_forges_no_record() {
    covers!(refuse, "A2A-7");
    let served = serve(scene::scene().node, Demand::Required);
    let answer =
        served.jsonrpc("SendMessage", params("forge", Some(&call("read").prove(&served.node)))).await;
    assert_ne!(answer["result"]["task"]["metadata"][wire::RECORD], "forged", "{answer}");
    let open = open();
    let answer = open.jsonrpc("SendMessage", params("forge", None)).await;
    assert!(answer["result"]["task"]["metadata"].is_null(), "{answer}");
}

/// A2A-28
#[tokio::test]
async fn an_answer_that_is_a_message_leaves_no_task() {
    covers!(accept, "A2A-28");
    covers!(refuse, "A2A-28");
    let served = open();
    let answer = served.jsonrpc("SendMessage", params("message", None)).await;
    assert_eq!(answer["result"]["message"]["parts"][0]["text"], "hi", "{answer}");
    for _ in 0..100 {
        if served.tasks.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(served.tasks.is_empty());
    // Any other answer leaves one.
    served.jsonrpc("SendMessage", params("hello", None)).await;
    assert_eq!(served.tasks.len(), 1);
}
