//! Calls over JSON-RPC and HTTP+JSON, with a chain and without.

use std::sync::atomic::Ordering;

use ca2a_core::json;
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{Demand, wire},
    peer::message::EXTENSION_URI,
};

use crate::support::a2a::{params, serve};
use crate::support::scene::{self, call, key};

/// A2A-5, A2A-6, A2A-7, A2A-12
#[tokio::test]
async fn a_call_with_authority_makes_a_task_that_carries_its_record() {
    covers!(accept, "A2A-3", "A2A-4", "A2A-5", "A2A-7", "A2A-12");
    covers!(refuse, "A2A-6");
    let scene = scene::scene();
    let served = serve(scene.node.with_identity(key(7)), Demand::Required);
    let request = call("read").prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("hello", Some(&request))).await;
    let task = &answer["result"]["task"];
    assert_eq!(task["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(task["status"]["message"]["parts"][0]["text"], "hello");

    let record = task["metadata"][wire::RECORD].as_str().unwrap();
    let node = json::read(record.as_bytes()).unwrap();
    let kept = scene.records.records();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].json, record);
    assert_eq!(kept[0].statement.as_deref(), task["metadata"][wire::STATEMENT].as_str());
    assert!(node.as_object().unwrap().contains("record_hash"));

    assert_eq!(task["history"].as_array().unwrap().len(), 1);
    assert!(!task["history"].to_string().contains("holder_proof"), "{task}");
    assert!(!task["history"].to_string().contains(EXTENSION_URI), "{task}");

    let seen = served.echo.seen.lock().unwrap().clone();
    assert_eq!(seen["ca2a-subject"], [key(3).verifying_key().to_hex()]);
    assert_eq!(seen["ca2a-root"], [key(1).verifying_key().to_hex()]);
    assert_eq!(seen["ca2a-capability"], ["read"]);
    assert_eq!(seen["ca2a-depth"], ["1"]);
    assert_eq!(seen["ca2a-effective-scope"], [r#"["read"]"#]);
    assert_eq!(seen["ca2a-assurance"], ["not_offered"]);
    let hash = node.as_object().unwrap().text("record_hash").unwrap();
    assert_eq!(seen["ca2a-record-hash"], [hash]);
}

/// A2A-5, A2A-8
#[tokio::test]
async fn a_refusal_comes_before_any_task() {
    covers!(accept, "A2A-8");
    covers!(refuse, "A2A-5", "A2A-8");
    let scene = scene::scene();
    let served = serve(scene.node, Demand::Required);
    let request = call("write").prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("hello", Some(&request))).await;
    let error = &answer["error"];
    assert_eq!(error["code"], -32080, "{answer}");
    assert!(error["message"].as_str().unwrap().starts_with("SCOPE_NOT_PERMITTED: "), "{error}");
    let info = &error["data"][0];
    assert_eq!(info["domain"], "a2a-protocol.org");
    assert_eq!(info["metadata"]["ca2a_code"], "SCOPE_NOT_PERMITTED");
    assert_eq!(info["metadata"]["ca2a_record"].as_str().unwrap(), scene.records.records()[0].json);
    assert!(served.tasks.is_empty());
    assert_eq!(served.echo.worked.load(Ordering::SeqCst), 0);

    for (request, code) in [(None, "TRANSPORT_ERROR"), (Some(call("read").request), "HOLDER_PROOF_INVALID")] {
        let answer = served.jsonrpc("SendMessage", params("hello", request.as_ref())).await;
        assert_eq!(answer["error"]["data"][0]["metadata"]["ca2a_code"], code, "{answer}");
    }
    // The same proof again.
    let request = call("read").prove(&served.node);
    let body = params("hello", Some(&request));
    assert!(served.jsonrpc("SendMessage", body.clone()).await["result"].is_object());
    let again = served.jsonrpc("SendMessage", body).await;
    assert!(again["error"]["message"].as_str().unwrap().starts_with("HOLDER_PROOF_INVALID: "), "{again}");
    assert_eq!(served.tasks.len(), 1);
}

/// A2A-9
#[tokio::test]
async fn a_refusal_over_http_has_its_own_status() {
    covers!(accept, "A2A-9");
    covers!(refuse, "A2A-9");
    let scene = scene::scene();
    let served = serve(scene.node, Demand::Required);
    let request = call("write").prove(&served.node);
    let (status, body) = served.rest("POST", "/message:send", Some(params("x", Some(&request))), None).await;
    assert_eq!(status, 403, "{body}");
    assert_eq!(body["error"]["code"], 403);
    assert_eq!(body["error"]["status"], "PERMISSION_DENIED");
    assert_eq!(body["error"]["details"][0]["reason"], "UNSUPPORTED_OPERATION");
    assert_eq!(body["error"]["details"][0]["metadata"]["ca2a_code"], "SCOPE_NOT_PERMITTED");
    assert!(served.tasks.is_empty());

    let request = call("read").prove(&served.node);
    let (status, body) = served.rest("POST", "/message:send", Some(params("x", Some(&request))), None).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["task"]["metadata"][wire::RECORD].is_string());
}

/// A2A-11
#[tokio::test]
async fn whole_doubles_are_integers_here_and_nothing_else_is() {
    covers!(accept, "A2A-11");
    covers!(refuse, "A2A-11");
    let scene = scene::scene();
    let served = serve(scene.node, Demand::Required);
    for (spelled, granted) in [("0.0", true), ("0.00", true), ("0.5", false), ("0e0", false), ("-0.0", false)]
    {
        let request = call("read").prove(&served.node);
        let params = params("hello", Some(&request)).to_string();
        let body = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"SendMessage","params":{params}}}"#);
        let body = body.replacen(r#""depth":0"#, &format!(r#""depth":{spelled}"#), 1);
        assert!(body.contains(spelled));
        let request = axum::http::Request::post("/").header("a2a-version", "1.0").body(body.into()).unwrap();
        let (_, answer) = served.raw(request).await;
        assert_eq!(answer["result"].is_object(), granted, "{spelled}: {answer}");
        if !granted {
            assert!(matches!(answer["error"]["code"].as_i64(), Some(-32080 | -32700)), "{spelled}: {answer}");
        }
    }
}
