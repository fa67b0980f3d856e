//! GATE-20 to GATE-28: cA2A in front of an agent that knows nothing of it, and that may lie, break and be silent.

use std::{path::PathBuf, time::Duration};

use axum::body::Body;
use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        ServerLimits,
        card::{CardKey, PinnedKey, verify},
    },
    calls::{CallStore as _, Outcome, OutcomeStatement},
    gateway::{Gateway, UpstreamAddress, UpstreamLimits},
};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;

use crate::support::a2a::params;
use crate::support::gateway::{
    self, E, LIMITS, Script, before, scene_with, state, told, upstream, upstream_until,
};
use crate::support::scene::{self, call};

/// GATE-21, GATE-3: a call goes through, and the agent hears the facts and nothing else of cA2A.
#[tokio::test]
async fn a_call_is_handed_on_and_answered() {
    covers!(accept, "GATE-3", "GATE-4", "GATE-21", "GATE-23");
    covers!(refuse, "GATE-21");
    let scene = gateway::scene().await;
    let request = call("read").prove(&scene.node);
    let answer = scene.send(params("hello", Some(&request))).await;
    assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "hello"), "{answer}");
    assert_eq!(answer["result"]["task"]["artifacts"][0]["parts"][0]["text"], "hello");
    assert!(matches!(told(&answer), Outcome::Completed(_)));
    assert_eq!(scene.outcome(&request).await, told(&answer));

    let seen = scene.script.seen();
    let [seen] = seen.as_slice() else { panic!("it was asked once: {seen:?}") };
    let fact = |name: &str| seen.headers[name].to_str().unwrap().to_owned();
    assert_eq!(fact("ca2a-subject"), scene::key(3).verifying_key().to_hex());
    assert_eq!(fact("ca2a-root"), scene::key(1).verifying_key().to_hex());
    assert_eq!(fact("ca2a-capability"), "read");
    assert_eq!(fact("ca2a-depth"), "1");
    assert_eq!(fact("ca2a-assurance"), "not_offered");
    assert_eq!(fact("ca2a-call-id").len(), 64);
    assert_eq!(fact("ca2a-record-hash").len(), 64);
    assert_eq!(fact("ca2a-effective-scope"), r#"["read"]"#);
    assert!(!seen.body.to_string().contains(E), "{}", seen.body);
    assert!(!seen.headers.contains_key("a2a-extensions"));
}

/// GATE-22, GATE-23: what a caller calls a fact is none, however it is spelled, and nothing of the connection goes on.
#[tokio::test]
async fn a_caller_makes_no_facts() {
    covers!(accept, "GATE-22");
    covers!(refuse, "GATE-22", "GATE-23");
    let scene = gateway::scene().await;
    let request = call("read").prove(&scene.node);
    let spelled = [
        ("ca2a-subject", "forged"),
        ("Ca2a_Capability", "forged"),
        ("ca2A_anything", "forged"),
        ("connection", "x-hop, ca2a-root"),
        ("x-hop", "forged"),
        ("keep-alive", "forged"),
        ("proxy-connection", "forged"),
        ("te", "forged"),
        ("upgrade", "forged"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ];
    scene.post("SendMessage", params("hello", Some(&request)), &spelled).await;
    let seen = scene.script.seen().remove(0);
    assert!(seen.headers.values().all(|value| value != "forged"), "{:?}", seen.headers);
    assert!(seen.headers.contains_key("ca2a-root"));
    assert!(seen.headers.contains_key("traceparent"));
}

/// GATE-23: what was granted is told whatever its letters; what cannot be told is not handed on.
#[tokio::test]
async fn what_no_header_carries_is_told_or_refused() {
    covers!(accept, "GATE-23");
    covers!(refuse, "GATE-23");
    let allowed = ["l\u{e4}sa", "read"];
    let scene = gateway::scene_allowing(&allowed).await;
    let asking = |capability: &str| {
        let leaf = ca2a_delegation::issue(&scene::key(1), scene::grant("c-0", 3, &allowed)).unwrap();
        let mut call = call(capability);
        call.request.chain = scene::chain_of(&[leaf]);
        call.prove(&scene.node)
    };
    let answer = scene.send(params("hello", Some(&asking("l\u{e4}sa")))).await;
    let (ends, why) = state(&answer);
    assert_eq!(ends, "TASK_STATE_FAILED", "{answer}");
    assert!(why.starts_with("UPSTREAM_FAILED: "), "{why}");
    assert_eq!(scene.script.seen().len(), 0, "the agent is not asked");
    assert_eq!(scene.calls.abandoned(9).await.unwrap(), [], "the call has its outcome");

    let answer = scene.send(params("hello", Some(&asking("read")))).await;
    assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "hello"), "{answer}");
    let seen = scene.script.seen().remove(0);
    let scope = seen.headers["ca2a-effective-scope"].to_str().unwrap();
    assert_eq!(serde_json::from_str::<Vec<String>>(scope).unwrap(), allowed);
}

/// GATE-1: one proof, one request to the agent.
#[tokio::test]
async fn a_proof_is_handed_on_once() {
    covers!(accept, "GATE-1");
    covers!(refuse, "GATE-1");
    let scene = gateway::scene().await;
    let request = call("read").prove(&scene.node);
    let asked = params("hello", Some(&request));
    let (first, second) = tokio::join!(scene.send(asked.clone()), scene.send(asked.clone()));
    let third = scene.send(asked).await;
    assert_eq!(scene.script.messages(), 1);
    let refused = [first, second, third].iter().filter(|answer| answer["error"]["code"] == -32080).count();
    assert_eq!(refused, 2);
}

/// GATE-2: a refusal is kept with its outcome, and the agent hears nothing.
#[tokio::test]
async fn what_is_refused_reaches_nobody() {
    covers!(refuse, "GATE-2");
    let scene = gateway::scene().await;
    let request = call("write").prove(&scene.node);
    let answer = scene.send(params("hello", Some(&request))).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("SCOPE_NOT_PERMITTED"), "{answer}");
    let plain = scene.send(params("hello", None)).await;
    assert!(plain["error"]["message"].as_str().unwrap().starts_with("TRANSPORT_ERROR"), "{plain}");
    assert_eq!(scene.script.messages(), 0);
    assert_eq!(scene.calls.abandoned(9).await.unwrap(), []);
    assert_eq!(scene.records.records().unwrap().count(), 1);
}

/// GATE-24, GATE-26, GATE-27: an agent that lies, breaks or talks nonsense leaves a failed task and one unknown outcome.
#[tokio::test]
async fn an_agent_that_fails_after_it_was_asked_leaves_an_unknown_outcome() {
    covers!(accept, "GATE-4");
    covers!(refuse, "GATE-24", "GATE-26", "GATE-27");
    for text in ["cut", "huge", "another", "nonsense", "html", "status", "task, working, message"] {
        let scene = gateway::scene().await;
        let request = call("read").prove(&scene.node);
        let answer = scene.send(params(text, Some(&request))).await;
        let (state, why) = state(&answer);
        assert_eq!(state, "TASK_STATE_FAILED", "{text}: {answer}");
        assert!(why.starts_with("OUTCOME_UNKNOWN: "), "{text}: {why}");
        assert!(!why.contains("lie"), "{text}: {why}");
        assert_eq!(told(&answer), Outcome::Unknown, "{text}");
        assert_eq!(scene.outcome(&request).await, Outcome::Unknown, "{text}");
        assert_eq!(scene.script.messages(), 1, "{text}: nothing is sent twice");
    }
}

/// GATE-26
#[tokio::test]
async fn an_agent_that_is_silent_is_given_up() {
    covers!(refuse, "GATE-26");
    let limits = UpstreamLimits { silence: Duration::from_millis(200), ..LIMITS };
    for text in ["silent", "pause"] {
        let scene = scene_with(true, limits).await;
        let request = call("read").prove(&scene.node);
        let answer = scene.send(params(text, Some(&request))).await;
        assert_eq!(state(&answer).0, "TASK_STATE_FAILED", "{text}: {answer}");
        assert_eq!(scene.outcome(&request).await, Outcome::Unknown, "{text}");
    }
}

/// GATE-3: the agent did it, and what came of it cannot be kept: nobody is told of success.
#[tokio::test]
async fn an_answer_whose_outcome_cannot_be_kept_is_unknown() {
    covers!(refuse, "GATE-3");
    let scene = gateway::scene().await;
    let asked = params("late", Some(&call("read").prove(&scene.node)));
    let answering = async {
        let answer = scene.send(asked).await;
        let (state, why) = state(&answer);
        assert_eq!(state, "TASK_STATE_FAILED", "{answer}");
        assert!(why.starts_with("OUTCOME_UNKNOWN: "), "{why}");
    };
    let meanwhile = async {
        while scene.script.messages() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Another life of the node takes the store over, and this one ends nothing any more.
        scene.calls.join(scene.node.channel_key(), 30).await.unwrap();
        scene.script.gate.notify_one();
    };
    tokio::join!(answering, meanwhile);
    assert_eq!(scene.script.messages(), 1);
}

/// GATE-27: three events are three, and with a bound of two the call is given up.
#[tokio::test]
async fn a_call_has_so_many_events_and_no_more() {
    covers!(accept, "GATE-27");
    covers!(refuse, "GATE-27");
    let unless_said = UpstreamLimits::default();
    assert_eq!((unless_said.max_event, unless_said.max_events), (1 << 20, 100_000));
    for (most, ends, known) in [(3, "TASK_STATE_COMPLETED", true), (2, "TASK_STATE_FAILED", false)] {
        let scene = scene_with(true, UpstreamLimits { max_events: most, ..LIMITS }).await;
        let request = call("read").prove(&scene.node);
        let answer = scene.send(params("hello", Some(&request))).await;
        assert_eq!(state(&answer).0, ends, "{most}: {answer}");
        assert_eq!(matches!(scene.outcome(&request).await, Outcome::Completed(_)), known, "{most}");
    }
}

/// RUN-95, GATE-3: who waits for a silent agent is told at the deadline, in the words of the binding; the call ends by itself
/// and has one outcome.
#[tokio::test]
async fn a_deadline_is_told_and_ends_nothing() {
    covers!(accept, "RUN-95");
    covers!(refuse, "RUN-95");
    for binding in ["/message:send", "/"] {
        let script = Script::default();
        let address = upstream(&script, true).await;
        let scene = before(address.clone(), script, LIMITS).await;
        let limits = UpstreamLimits { silence: Duration::from_millis(600), ..LIMITS };
        let agent =
            ca2a_runtime::gateway::UpstreamAgent::new(address, std::sync::Arc::new(scene.calls.clone()));
        let tasks = std::sync::Arc::new(ca2a_runtime::a2a::tasks::MemoryTasks::default());
        let engine = ca2a_runtime::a2a::Engine::new(agent.with_limits(limits), tasks);
        let card = crate::support::a2a::card();
        let server = ca2a_runtime::a2a::A2aServer::new(scene.node.clone(), engine, &card).unwrap();
        let hurried = ServerLimits { request: Duration::from_millis(200), ..ServerLimits::default() };
        let scene = gateway::Scene { router: server.with_limits(hurried).into_router(), ..scene };

        let request = call("read").prove(&scene.node);
        let params = params("silent", Some(&request));
        let body = match binding {
            "/" => json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params}),
            _ => params,
        };
        let http = axum::http::Request::post(binding)
            .header("a2a-version", "1.0")
            .header("a2a-extensions", E)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = scene.router.clone().oneshot(http).await.unwrap();
        let status = response.status().as_u16();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("DEADLINE_EXCEEDED: "), "{answer}");
        match binding {
            "/" => assert_eq!((status, answer["error"]["code"].as_i64()), (200, Some(-32080)), "{answer}"),
            _ => assert_eq!((status, answer["error"]["status"].as_str()), (504, Some("DEADLINE_EXCEEDED"))),
        }
        assert_eq!(scene.outcome(&request).await, Outcome::Unknown);
        assert_eq!(scene.script.messages(), 1, "nothing is sent twice");
    }
}

/// GATE-26: where nothing was handed on, the outcome is a refusal.
#[tokio::test]
async fn an_agent_that_cannot_be_reached_was_not_asked() {
    covers!(refuse, "GATE-26");
    let script = Script::default();
    let address = upstream(&script, true).await;
    let scene = before(address.clone(), script, LIMITS).await;
    // The same gateway before an agent that is gone: a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = format!("http://{free}/rpc").parse().unwrap();
    let agent = ca2a_runtime::gateway::UpstreamAgent::new(gone, std::sync::Arc::new(scene.calls.clone()));
    let tasks = std::sync::Arc::new(ca2a_runtime::a2a::tasks::MemoryTasks::default());
    let engine = ca2a_runtime::a2a::Engine::new(agent, tasks);
    let card = crate::support::a2a::card();
    let server = ca2a_runtime::a2a::A2aServer::new(scene.node.clone(), engine, &card).unwrap();
    let scene = gateway::Scene { router: server.into_router(), ..scene };

    let request = call("read").prove(&scene.node);
    let answer = scene.send(params("hello", Some(&request))).await;
    let (state, why) = state(&answer);
    assert_eq!(state, "TASK_STATE_FAILED");
    assert!(why.starts_with("UPSTREAM_FAILED: "), "{why}");
    assert_eq!(scene.calls.abandoned(9).await.unwrap(), []);
}

/// GATE-25: what an agent says under our keys is not heard.
#[tokio::test]
async fn an_agent_forges_no_statement() {
    covers!(accept, "GATE-25");
    covers!(refuse, "GATE-25");
    let scene = gateway::scene().await;
    let request = call("read").prove(&scene.node);
    let answer = scene.send(params("forge", Some(&request))).await;
    assert!(!answer.to_string().contains("forged"), "{answer}");
    assert_eq!(answer["result"]["task"]["metadata"]["kept"], true);
    assert!(answer["result"]["task"]["metadata"][format!("{E}/statement")].is_string());
    assert!(matches!(told(&answer), Outcome::Completed(_)));
}

/// GATE-24: a refusal of the agent's own is an answer.
#[tokio::test]
async fn an_agent_may_refuse() {
    covers!(accept, "GATE-26");
    let scene = gateway::scene().await;
    let request = call("read").prove(&scene.node);
    let answer = scene.send(params("refuse", Some(&request))).await;
    assert_eq!(state(&answer), ("TASK_STATE_FAILED", "the agent refused: not today"));
    assert!(matches!(scene.outcome(&request).await, Outcome::Completed(_)));
}

/// GATE-3, GATE-27: a stream shows the task under our ids, and its last event carries the outcome that was kept before it.
#[tokio::test]
async fn a_stream_ends_with_its_outcome() {
    covers!(accept, "GATE-3");
    let scene = gateway::scene().await;
    let request = call("read").prove(&scene.node);
    let events = scene.post("SendStreamingMessage", params("hello", Some(&request)), &[]).await;
    let first = &events[0]["result"]["task"];
    let last = &events.last().unwrap()["result"]["statusUpdate"];
    assert!(first["metadata"][format!("{E}/statement")].is_string(), "accepted comes first: {first}");
    assert_eq!(last["status"]["state"], "TASK_STATE_COMPLETED", "{events:?}");
    assert!(last["metadata"][format!("{E}/outcome_statement")].is_string());
    assert_eq!(last["taskId"], first["id"]);
    assert!(!json!(events).to_string().contains("their-"), "{events:?}");
}

/// GATE-24: a task that waits for its caller goes on under the id that the agent knows.
#[tokio::test]
async fn a_task_goes_on() {
    covers!(accept, "GATE-24");
    let scene = gateway::scene().await;
    let first = scene.send(params("ask", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(state(&first), ("TASK_STATE_INPUT_REQUIRED", "what?"), "{first}");
    let task = &first["result"]["task"];
    let mut next = params("more", Some(&call("read").prove(&scene.node)));
    next["message"]["taskId"] = task["id"].clone();
    next["message"]["messageId"] = "m-2".into();
    let second = scene.send(next).await;
    assert_eq!(state(&second), ("TASK_STATE_COMPLETED", "more"), "{second}");
    let sent = scene.script.seen().pop().unwrap().body;
    assert_eq!(sent["params"]["message"]["taskId"], "their-task");
    assert_eq!(sent["params"]["message"]["contextId"], "their-context");
    assert_eq!(scene.script.messages(), 2);
}

/// GATE-88: an agent that answers with messages leaves no task that would say whose the context is.
#[tokio::test]
async fn nobody_enters_the_conversation_of_another() {
    covers!(accept, "GATE-88");
    covers!(refuse, "GATE-88");
    let scene = gateway::scene().await;
    let mut contexts = Vec::new();
    for holder in [3, 3, 4] {
        let mut call = call("read");
        if holder == 4 {
            call.request.chain = scene::chain_for(4);
            call.holder = scene::key(4);
        }
        let mut params = params("message", Some(&call.prove(&scene.node)));
        params["message"]["contextId"] = json!("c");
        let answer = scene.send(params).await;
        assert_eq!(answer["result"]["message"]["contextId"], "c", "{answer}");
        contexts.push(scene.script.seen().pop().unwrap().body["params"]["message"]["contextId"].clone());
    }
    assert_eq!(contexts[0], contexts[1]);
    assert_ne!(contexts[1], contexts[2]);
}

/// GATE-21: an agent may answer with a message.
#[tokio::test]
async fn a_message_is_an_answer() {
    covers!(accept, "GATE-21");
    let scene = gateway::scene().await;
    let answer = scene.send(params("message", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(answer["result"]["message"]["parts"][0]["text"], "hi", "{answer}");
    assert!(answer["result"]["message"]["metadata"][format!("{E}/outcome_statement")].is_string());
}

/// GATE-21: an agent that does not stream is asked how its task stands.
#[tokio::test]
async fn an_agent_that_does_not_stream_is_asked_again() {
    covers!(accept, "GATE-21");
    let scene = scene_with(false, LIMITS).await;
    let answer = scene.send(params("at work", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(state(&answer).0, "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(scene.script.messages(), 1);
}

/// GATE-21, GATE-26: an agent that does not stream may work for longer than it may be silent, and each time it is looked at alike
/// is no event.
#[tokio::test]
async fn an_agent_that_does_not_stream_may_work_for_long() {
    covers!(accept, "GATE-21", "GATE-26");
    let limits = UpstreamLimits { silence: Duration::from_secs(1), max_events: 10, ..LIMITS };
    let scene = scene_with(false, limits).await;
    scene.script.looks.store(150, std::sync::atomic::Ordering::SeqCst);
    let answer = scene.send(params("slow", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(state(&answer).0, "TASK_STATE_COMPLETED", "{answer}");
    assert!(matches!(told(&answer), Outcome::Completed(_)));
    assert_eq!(scene.script.messages(), 1);
}

/// GATE-87: the agent hears what its caller accepts, and nothing else that the caller asked of the gateway.
#[tokio::test]
async fn what_a_caller_accepts_reaches_the_agent() {
    covers!(accept, "GATE-87");
    covers!(refuse, "GATE-87");
    for (streaming, rest) in [(true, json!({})), (false, json!({ "returnImmediately": true }))] {
        let scene = scene_with(streaming, LIMITS).await;
        let mut asked = params("hello", Some(&call("read").prove(&scene.node)));
        asked["configuration"] = json!({ "acceptedOutputModes": ["text/plain"], "historyLength": 3 });
        scene.send(asked).await;
        scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
        let mut expected = rest.clone();
        expected["acceptedOutputModes"] = json!(["text/plain"]);
        let seen = scene.script.seen();
        assert_eq!(seen[0].body["params"]["configuration"], expected);
        let unsaid = seen[1].body["params"].get("configuration").cloned().unwrap_or_else(|| json!({}));
        assert_eq!(unsaid, rest);
    }
}

/// GATE-21, A2A-27: and it is told to stop.
#[tokio::test]
async fn an_agent_that_does_not_stream_is_told_to_stop() {
    covers!(accept, "GATE-21");
    let scene = scene_with(false, LIMITS).await;
    scene.script.looks.store(usize::MAX, std::sync::atomic::Ordering::SeqCst);
    let mut asked = params("slow", Some(&call("read").prove(&scene.node)));
    asked["configuration"] = json!({ "returnImmediately": true });
    let working = scene.send(asked).await;
    assert_eq!(state(&working).0, "TASK_STATE_WORKING", "{working}");
    let canceled = scene.about("CancelTask", working["result"]["task"]["id"].as_str().unwrap()).await;
    assert_eq!(state(&canceled).0, "TASK_STATE_CANCELED", "{canceled}");
    let asked = scene.script.seen().into_iter().filter(|seen| seen.body["method"] == "CancelTask");
    assert_eq!(asked.map(|seen| seen.body["params"]["id"].clone()).collect::<Vec<_>>(), ["their-task"]);
}

/// GATE-85: what is asked about a task is asked under the tenant that it was begun under, by a process that never met it too.
#[tokio::test]
async fn a_task_is_asked_for_under_its_tenant() {
    covers!(accept, "GATE-85");
    let script = Script { tenant: Some("acme"), ..Script::default() };
    let address = upstream(&script, false).await;
    let scene = before(address, script, LIMITS).await;
    let answer = scene.send(params("at work", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(state(&answer).0, "TASK_STATE_COMPLETED", "{answer}");

    let script = Script { tenant: Some("acme"), ..Script::default() };
    let address = upstream(&script, true).await;
    let scene = before(address, script, LIMITS).await;
    let waits = scene.send(params("ask", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(state(&waits).0, "TASK_STATE_INPUT_REQUIRED", "{waits}");
    let id = waits["result"]["task"]["id"].as_str().unwrap();
    let canceled = scene.about("CancelTask", id).await;
    assert_eq!(state(&canceled).0, "TASK_STATE_CANCELED", "{canceled}");
    let asked = scene.script.seen().pop().unwrap().body;
    assert_eq!(asked["params"], json!({ "id": "their-task", "tenant": "acme" }));
}

/// GATE-86: a cancellation that reaches nobody is refused with a code, and the task waits as before.
#[tokio::test]
async fn a_cancellation_that_reaches_nobody_is_told() {
    covers!(refuse, "GATE-86");
    let script = Script::default();
    let (address, serving) = upstream_until(&script, true).await;
    let scene = before(address, script, LIMITS).await;
    let waits = scene.send(params("ask", Some(&call("read").prove(&scene.node)))).await;
    let id = waits["result"]["task"]["id"].as_str().unwrap();
    serving.abort();
    assert!(serving.await.is_err());
    let refused = scene.about("CancelTask", id).await;
    assert!(refused["error"]["message"].as_str().unwrap().starts_with("UPSTREAM_FAILED: "), "{refused}");
    assert_eq!(refused["error"]["code"], -32080, "{refused}");
    let shown = scene.about("GetTask", id).await;
    assert_eq!(state(&shown).0, "TASK_STATE_INPUT_REQUIRED", "{shown}");
}

/// GATE-86, A2A-27: a task whose agent does not stop is cancelled, and what came of its call is not known.
#[tokio::test]
async fn a_call_whose_agent_goes_on_is_unknown() {
    covers!(accept, "GATE-86");
    for (goes_on, known) in [(true, false), (false, true)] {
        let script = Script { goes_on, ..Script::default() };
        let address = upstream(&script, true).await;
        let scene = before(address, script, LIMITS).await;
        let request = call("read").prove(&scene.node);
        let mut asked = params("pause", Some(&request));
        asked["configuration"] = json!({ "returnImmediately": true });
        let working = scene.send(asked).await;
        assert_eq!(state(&working).0, "TASK_STATE_WORKING", "{working}");
        let id = working["result"]["task"]["id"].as_str().unwrap();
        let canceled = scene.about("CancelTask", id).await;
        assert_eq!(state(&canceled).0, "TASK_STATE_CANCELED", "{goes_on}: {canceled}");
        // The request to cancel names no call, so the one that it ends is found by what it says itself.
        let text = canceled["result"]["metadata"][format!("{E}/outcome_statement")].as_str().unwrap();
        let outcome = OutcomeStatement::verify(text, &scene::key(9).verifying_key()).unwrap().outcome;
        assert_eq!(outcome == Outcome::Unknown, !known, "{goes_on}: {outcome:?}");
    }
}

/// GATE-85: a tenant of the caller's own is the one, and an agent without any is asked under none.
#[tokio::test]
async fn no_tenant_is_made_up() {
    covers!(refuse, "GATE-85");
    let scene = gateway::scene().await;
    scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
    assert!(scene.script.seen().remove(0).body["params"].get("tenant").is_none());
    let mut asked = params("hello", Some(&call("read").prove(&scene.node)));
    asked["tenant"] = "other".into();
    scene.send(asked).await;
    assert_eq!(scene.script.seen().remove(1).body["params"]["tenant"], "other");
}

/// GATE-8: a client that goes away ends nothing.
#[tokio::test]
async fn a_client_that_goes_away_ends_nothing() {
    covers!(accept, "GATE-8");
    let limits = UpstreamLimits { silence: Duration::from_millis(300), ..LIMITS };
    let scene = scene_with(true, limits).await;
    let request = call("read").prove(&scene.node);
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params("pause", Some(&request))});
    let sent = axum::http::Request::post("/")
        .header("a2a-version", "1.0")
        .header("a2a-extensions", E)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answering = tokio::spawn(scene.router.clone().oneshot(sent));
    while scene.script.messages() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    answering.abort();
    assert_eq!(scene.outcome(&request).await, Outcome::Unknown);
    assert_eq!(scene.script.messages(), 1);
    assert_eq!(scene.calls.abandoned(9).await.unwrap(), []);
}

/// GATE-28
#[tokio::test]
async fn the_card_is_the_gateways() {
    covers!(accept, "GATE-28");
    covers!(refuse, "GATE-28");
    let scene = gateway::scene().await;
    let card = &scene.card;
    assert_eq!(card["name"], "stock");
    assert!(card.get("signatures").is_none());
    assert_ne!(card["capabilities"]["pushNotifications"], true);
    let interfaces = card["supportedInterfaces"].as_array().unwrap();
    assert!(interfaces.iter().all(|interface| interface["url"].as_str().unwrap().contains("gate.example")));
    let extension = &card["capabilities"]["extensions"][0];
    assert_eq!((extension["uri"].as_str(), extension["required"].as_bool()), (Some(E), Some(true)));
    assert_eq!(extension["params"]["record_key"], scene::key(9).verifying_key().to_hex());

    let request = axum::http::Request::get("/.well-known/agent-card.json").body(Body::empty()).unwrap();
    let served = scene.router.clone().oneshot(request).await.unwrap().into_body();
    let served = http_body_util::BodyExt::collect(served).await.unwrap().to_bytes();
    let key = CardKey::Ed25519(scene::key(9)).public();
    let verified = verify(&served, &[PinnedKey::from(key)]).unwrap();
    assert_eq!(verified.name(), "stock");

    let mut push = params("hello", Some(&call("read").prove(&scene.node)));
    push["configuration"] = json!({ "taskPushNotificationConfig": { "url": "https://a.example/" } });
    assert_eq!(scene.send(push).await["error"]["code"], -32003);
    assert_eq!(scene.script.messages(), 0);
    assert_eq!(scene.calls.abandoned(9).await.unwrap(), [], "what was refused is not open");
}

/// GATE-29
#[tokio::test]
async fn a_gateway_says_whether_it_is_ready() {
    covers!(accept, "GATE-29");
    covers!(refuse, "GATE-29");
    let scene = gateway::scene().await;
    let get = async |path: &str| {
        let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
        let response = scene.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
    };
    assert_eq!(get("/healthz").await.0, 200);
    let (status, ready) = get("/readyz").await;
    assert_eq!(status, 200, "{ready}");
    assert_eq!(
        ready["checks"],
        json!({ "clock": "ok", "ledger": "ok", "revocations": "ok", "upstream": "ok" })
    );

    // Another life of the node takes the store over.
    scene.calls.join(scene.node.channel_key(), 30).await.unwrap();
    assert!(scene.node.ledger().unwrap().renew().await.is_err());
    let (status, ready) = get("/readyz").await;
    assert_eq!((status, ready["checks"]["ledger"].as_str()), (503, Some("failed")));
    assert_eq!(get("/healthz").await.0, 200);
    let refused = scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
    assert!(refused["error"]["message"].as_str().unwrap().starts_with("STORE_UNAVAILABLE"), "{refused}");
    assert_eq!(scene.script.messages(), 0);

    // GATE-44: it begins another life itself.
    scene.node.ledger().unwrap().keep().await.unwrap();
    assert_eq!(get("/readyz").await.0, 200);
    let answer = scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "hello"));
}

/// GATE-29: each of its checks for itself.
#[tokio::test]
async fn a_gateway_says_what_it_lacks() {
    covers!(refuse, "GATE-29");
    let scene = gateway::scene().await;
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: UpstreamAddress = format!("http://{}/rpc", door.local_addr().unwrap()).parse().unwrap();
    let card = gateway::stock_card(true).to_string();
    let agent = tokio::spawn(async move {
        while let Ok((mut socket, _)) = door.accept().await {
            let _ = socket.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", card.len());
            let _ = socket.write_all(format!("{head}{card}").as_bytes()).await;
        }
    });
    let tasks = std::sync::Arc::new(ca2a_runtime::a2a::tasks::MemoryTasks::default());
    let unknown = std::sync::Arc::new(ca2a_runtime::node::FixedRevocations::default());
    let node = crate::support::scene::scene().node.with_revocations(unknown, Some(60));
    let calls = std::sync::Arc::clone(scene.node.ledger().unwrap().store());
    let node = std::sync::Arc::new(
        node.with_identity(crate::support::scene::key(7)).with_calls(calls, 30).await.unwrap(),
    );
    let gateway = Gateway::before(address, LIMITS, node, tasks, "https://gate.example/").await.unwrap();
    let (checks, router) = (gateway.checks(), gateway.into_router());
    let lacking = async || {
        let request = axum::http::Request::get("/readyz").body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 503);
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let told = told["checks"].as_object().unwrap().clone();
        // Whoever shows them elsewhere shows the same.
        assert_eq!(told.len(), checks.len());
        for check in checks.iter() {
            let (name, holds) = check.now().await;
            assert_eq!(told[name], if holds { "ok" } else { "failed" }, "{name}");
        }
        let failed = told.into_iter().filter(|(_, word)| word != "ok");
        failed.map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(lacking().await, ["revocations"]);
    agent.abort();
    // What was found out of the agent stands for a second.
    while lacking().await != ["revocations", "upstream"] {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// GATE-29: however many ask, the agent is not met as often.
#[tokio::test]
async fn an_agent_is_not_tried_by_everybody() {
    covers!(accept, "GATE-29");
    let scene = gateway::scene().await;
    let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let met = std::sync::Arc::new(std::sync::atomic::AtomicUsize::default());
    let address: UpstreamAddress = format!("http://{}/rpc", door.local_addr().unwrap()).parse().unwrap();
    let (counted, card) = (met.clone(), gateway::stock_card(true).to_string());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = door.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = socket.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", card.len());
            let _ = socket.write_all(format!("{head}{card}").as_bytes()).await;
        }
    });
    let tasks = std::sync::Arc::new(ca2a_runtime::a2a::tasks::MemoryTasks::default());
    let gateway = Gateway::before(address, LIMITS, scene.node.clone(), tasks, "https://gate.example/").await;
    let router = gateway.unwrap().into_router();
    let asked = (0..200).map(|_| {
        let request = axum::http::Request::get("/readyz").body(Body::empty()).unwrap();
        router.clone().oneshot(request)
    });
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().status() == 200));
    // One for its card beside those. How many there are depends on how long the asking takes, but there are not 200.
    assert!(met.load(std::sync::atomic::Ordering::SeqCst) < 100);
}

/// GATE-20
#[cfg(unix)]
#[tokio::test]
async fn an_agent_may_listen_on_a_socket() {
    covers!(accept, "GATE-20");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("agent-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let script = Script::default();
    let address = gateway::upstream_on(&script, &path).await;
    let scene = before(address, script, LIMITS).await;
    let answer = scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
    assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "hello"));
    std::fs::remove_file(&path).unwrap();
}

/// GATE-3: the codes of outcomes are those of the registry.
#[test]
fn an_unknown_outcome_has_a_code() {
    assert_eq!(ErrorCode::OutcomeUnknown.http_status(), 502);
    assert_eq!(ErrorCode::UpstreamFailed.http_status(), 502);
}
