//! GATE-81: agents that speak HTTP+JSON or gRPC, and no JSON-RPC. The bindings are the SDK's own, and behind them is the
//! script that every other test is about.

use std::{sync::Arc, time::Duration};

use a2a::*;
use a2a_server::{AgentExecutor as _, ExecutorContext, RequestHandler, ServiceParams};
use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response},
    routing::get,
};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::tasks::MemoryTasks,
    calls::{CallStore as _, DurableCalls, Outcome},
    gateway::{Gateway, UpstreamAddress, UpstreamAgent, UpstreamBinding, UpstreamLimits},
    store::{RecordStore, ReplayLimits},
};
use futures_util::{StreamExt as _, stream::BoxStream};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::a2a::params;
use crate::support::gateway::{self, E, LIMITS, Scene, Script, before, serve_on, state, told};
use crate::support::scene::{self, call};

/// The script as a handler of the SDK's.
struct Agent(Script);

impl Agent {
    /// What the script says to a JSON-RPC request.
    async fn ask(&self, params: &ServiceParams, method: &str, asked: Value) -> axum::body::Body {
        let mut headers = HeaderMap::new();
        for (name, values) in params {
            for value in values {
                headers.append(
                    name.parse::<axum::http::HeaderName>().unwrap(),
                    value.parse::<axum::http::HeaderValue>().unwrap(),
                );
            }
        }
        let asked = json!({ "method": method, "params": asked }).to_string();
        gateway::answer(State(self.0.clone()), headers, Bytes::from(asked)).await.into_body()
    }

    async fn once<T: a2a_pb::protojson_conv::ProtoJsonPayload>(
        &self,
        params: &ServiceParams,
        method: &str,
        asked: Value,
    ) -> Result<T, A2AError> {
        let body = self.ask(params, method, asked).await.collect().await.unwrap().to_bytes();
        Ok(a2a_pb::protojson_conv::from_value(result(&body)?).unwrap())
    }
}

/// The result in a JSON-RPC answer.
fn result(body: &[u8]) -> Result<Value, A2AError> {
    let mut answer: Value = serde_json::from_slice(body).unwrap();
    match answer.get("error") {
        Some(error) => Err(A2AError::unsupported_operation(error["message"].as_str().unwrap())),
        None => Ok(answer["result"].take()),
    }
}

fn written<T: a2a_pb::protojson_conv::ProtoJsonPayload>(request: &T) -> Value {
    a2a_pb::protojson_conv::to_value(request).unwrap()
}

type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

#[async_trait]
impl RequestHandler for Agent {
    async fn send_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        self.once(params, "SendMessage", written(&request)).await
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<Events, A2AError> {
        let said = self.ask(params, "SendStreamingMessage", written(&request)).await;
        let mut events = said.into_data_stream().map(|data| {
            let data = data.unwrap();
            let event = result(data.strip_prefix(b"data: ").unwrap_or(&data))?;
            Ok(a2a_pb::protojson_conv::from_value(event).unwrap())
        });
        // A refusal is no stream.
        let first = events.next().await.unwrap()?;
        Ok(Box::pin(futures_util::stream::iter([Ok(first)]).chain(events)))
    }

    async fn get_task(&self, params: &ServiceParams, request: GetTaskRequest) -> Result<Task, A2AError> {
        self.once(params, "GetTask", written(&request)).await
    }

    async fn list_tasks(
        &self,
        _: &ServiceParams,
        _: ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        panic!("the agent is not asked for tasks")
    }

    async fn cancel_task(
        &self,
        params: &ServiceParams,
        request: CancelTaskRequest,
    ) -> Result<Task, A2AError> {
        self.once(params, "CancelTask", written(&request)).await
    }

    async fn subscribe_to_task(
        &self,
        _: &ServiceParams,
        _: SubscribeToTaskRequest,
    ) -> Result<Events, A2AError> {
        panic!("the agent is followed by nobody")
    }

    async fn create_push_config(
        &self,
        _: &ServiceParams,
        _: TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        panic!("the agent pushes nothing")
    }

    async fn get_push_config(
        &self,
        _: &ServiceParams,
        _: GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        panic!("the agent pushes nothing")
    }

    async fn list_push_configs(
        &self,
        _: &ServiceParams,
        _: ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        panic!("the agent pushes nothing")
    }

    async fn delete_push_config(
        &self,
        _: &ServiceParams,
        _: DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        panic!("the agent pushes nothing")
    }

    async fn get_extended_agent_card(
        &self,
        _: &ServiceParams,
        _: GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        panic!("the agent has one card")
    }
}

const BINDINGS: &[UpstreamBinding] = if cfg!(feature = "grpc") {
    &[UpstreamBinding::HttpJson, UpstreamBinding::Grpc]
} else {
    &[UpstreamBinding::HttpJson]
};

/// What happens to an answer on its way.
type Spoil = fn(Response<Body>) -> Response<Body>;

#[cfg(feature = "grpc")]
async fn over_grpc(script: &Script, spoil: Spoil) -> std::net::SocketAddr {
    use hyper_util::{
        rt::{TokioExecutor, TokioIo},
        server::conn::auto,
        service::TowerToHyperService,
    };
    let handler = a2a_grpc::GrpcHandler::new(Arc::new(Agent(script.clone())));
    let service = a2a_pb::proto::a2a_service_server::A2aServiceServer::new(handler);
    let router = Router::new().route_service("/lf.a2a.v1.A2AService/{method}", service);
    let spoiled = move |answer: Response<Body>| std::future::ready(spoil(answer));
    let router = router.layer(axum::middleware::map_response(spoiled));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    place
}

#[cfg(not(feature = "grpc"))]
async fn over_grpc(_: &Script, _: Spoil) -> std::net::SocketAddr {
    panic!("this build speaks no gRPC")
}

/// Serves the script over `binding` alone. Where its card is, and where it is spoken to.
async fn upstream(script: &Script, binding: UpstreamBinding, streaming: bool) -> [UpstreamAddress; 2] {
    upstream_that(script, binding, streaming, |answer| answer).await
}

async fn upstream_that(
    script: &Script,
    binding: UpstreamBinding,
    streaming: bool,
    spoil: Spoil,
) -> [UpstreamAddress; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let (name, url) = match binding {
        UpstreamBinding::HttpJson => ("HTTP+JSON", format!("http://{here}/a2a")),
        UpstreamBinding::Grpc => ("GRPC", over_grpc(script, spoil).await.to_string()),
        UpstreamBinding::JsonRpc => panic!("that is spoken in every other test"),
    };
    let mut card = gateway::stock_card(streaming);
    card["supportedInterfaces"] = json!([{ "url": &url, "protocolBinding": name, "protocolVersion": "1.0" }]);
    let card = get(move || std::future::ready(card.to_string()));
    let router = Router::new().route("/.well-known/agent-card.json", card);
    let rest = a2a_server::rest::rest_router(Arc::new(Agent(script.clone())));
    serve_on(listener, router.nest("/a2a", rest));
    let found: UpstreamAddress = format!("http://{here}/a2a").parse().unwrap();
    let spoken = match binding {
        UpstreamBinding::Grpc => format!("http://{url}/").parse().unwrap(),
        _ => found.clone(),
    };
    [found, spoken]
}

async fn scene_over(binding: UpstreamBinding, streaming: bool, limits: UpstreamLimits) -> Scene {
    let script = Script::default();
    let [address, _] = upstream(&script, binding, streaming).await;
    before(address, script, limits).await
}

/// GATE-81, GATE-21, GATE-23: a call goes through with its facts, streaming and not.
#[tokio::test]
async fn a_call_is_handed_on_over_every_binding() {
    covers!(accept, "GATE-81");
    for binding in BINDINGS {
        for streaming in [true, false] {
            let scene = scene_over(*binding, streaming, LIMITS).await;
            let request = call("read").prove(&scene.node);
            let text = if streaming { "hello" } else { "at work" };
            let answer = scene.send(params(text, Some(&request))).await;
            assert_eq!(state(&answer).0, "TASK_STATE_COMPLETED", "{binding:?}: {answer}");
            assert!(matches!(told(&answer), Outcome::Completed(_)), "{binding:?}");
            if streaming {
                assert_eq!(state(&answer).1, "hello", "{binding:?}: {answer}");
                assert_eq!(answer["result"]["task"]["artifacts"][0]["parts"][0]["text"], "hello");
            }
            let seen = scene.script.seen();
            assert!(streaming == (seen.len() == 1) && scene.script.messages() == 1, "{binding:?}: {seen:?}");
            for seen in seen {
                let fact = |name: &str| seen.headers[name].to_str().unwrap().to_owned();
                assert_eq!(fact("ca2a-subject"), scene::key(3).verifying_key().to_hex());
                assert_eq!(fact("ca2a-call-id").len(), 64);
                assert_eq!(fact("a2a-version"), "1.0");
                assert!(!seen.body.to_string().contains(E), "{}", seen.body);
                assert!(!seen.headers.contains_key("a2a-extensions"));
            }
            let message = scene.send(params("message", Some(&call("read").prove(&scene.node)))).await;
            let answered = if streaming { "message" } else { "task" };
            assert!(message["result"].get(answered).is_some(), "{binding:?}: {message}");
        }
    }
}

/// GATE-81, GATE-24: a task goes on under the id that the agent knows, and is cancelled there.
#[tokio::test]
async fn a_task_goes_on_and_is_cancelled_over_every_binding() {
    covers!(accept, "GATE-81");
    for binding in BINDINGS {
        let script = Script::default();
        let [address, place] = upstream(&script, *binding, true).await;
        let scene = before(address, script, LIMITS).await;
        let first = scene.send(params("ask", Some(&call("read").prove(&scene.node)))).await;
        assert_eq!(state(&first), ("TASK_STATE_INPUT_REQUIRED", "what?"), "{binding:?}: {first}");
        let id = first["result"]["task"]["id"].as_str().unwrap().to_owned();

        // By another process of the same gateway, which finds what the agent calls the task.
        let agent = UpstreamAgent::new(place, Arc::new(scene.calls.clone())).speaking(*binding);
        let context = ExecutorContext {
            message: None,
            task_id: id.clone(),
            stored_task: None,
            context_id: "c".to_owned(),
            metadata: None,
            user: None,
            service_params: ServiceParams::default(),
            tenant: None,
        };
        let canceled = agent.cancel(context).next().await.unwrap().unwrap();
        let StreamResponse::Task(canceled) = canceled else { panic!("{binding:?}: {canceled:?}") };
        assert_eq!((canceled.id, canceled.status.state), (id.clone(), TaskState::Canceled), "{binding:?}");
        let asked = scene.script.seen().pop().unwrap().body;
        assert_eq!((&asked["method"], &asked["params"]["id"]), (&json!("CancelTask"), &json!("their-task")));

        let mut next = params("more", Some(&call("read").prove(&scene.node)));
        next["message"]["taskId"] = id.into();
        next["message"]["messageId"] = "m-2".into();
        let second = scene.send(next).await;
        assert_eq!(state(&second), ("TASK_STATE_COMPLETED", "more"), "{binding:?}: {second}");
        let sent = scene.script.seen().pop().unwrap().body;
        assert_eq!(sent["params"]["message"]["taskId"], "their-task");
        assert_eq!(sent["params"]["message"]["contextId"], "their-context");
    }
}

/// GATE-81, GATE-26: a refusal of the agent's own is an answer, and nothing else that goes wrong is.
#[tokio::test]
async fn what_goes_wrong_is_the_same_over_every_binding() {
    covers!(refuse, "GATE-81");
    let brief = UpstreamLimits { silence: Duration::from_millis(300), ..LIMITS };
    for binding in BINDINGS {
        let scene = scene_over(*binding, true, LIMITS).await;
        let request = call("read").prove(&scene.node);
        let answer = scene.send(params("refuse", Some(&request))).await;
        let (state, why) = state(&answer);
        assert_eq!(state, "TASK_STATE_FAILED", "{binding:?}: {answer}");
        assert!(why.starts_with("the agent refused: ") && why.contains("not today"), "{binding:?}: {why}");
        assert!(matches!(scene.outcome(&request).await, Outcome::Completed(_)), "{binding:?}");

        for (text, limits) in
            [("cut", LIMITS), ("huge", LIMITS), ("another", LIMITS), ("silent", brief), ("pause", brief)]
        {
            let scene = scene_over(*binding, true, limits).await;
            let request = call("read").prove(&scene.node);
            let answer = scene.send(params(text, Some(&request))).await;
            let (state, why) = gateway::state(&answer);
            assert_eq!(state, "TASK_STATE_FAILED", "{binding:?}, {text}: {answer}");
            assert!(why.starts_with("OUTCOME_UNKNOWN: "), "{binding:?}, {text}: {why}");
            assert_eq!(scene.outcome(&request).await, Outcome::Unknown, "{binding:?}, {text}");
            assert_eq!(scene.script.messages(), 1, "{binding:?}, {text}: nothing is sent twice");
        }
    }
}

/// A `200` over gRPC that holds `bytes` and no status.
#[cfg(feature = "grpc")]
fn grpc_bytes(bytes: &'static [u8]) -> Response<Body> {
    Response::builder().header("content-type", "application/grpc").body(Body::from(bytes)).unwrap()
}

/// GATE-26: a status that the agent did not send is no refusal of its.
#[cfg(feature = "grpc")]
#[tokio::test]
async fn what_is_no_answer_over_grpc_is_no_refusal() {
    covers!(refuse, "GATE-26");
    let spoils: [(&str, &str, Spoil); 6] = [
        ("an HTTP status", "hello", |_| Response::builder().status(503).body(Body::from("no")).unwrap()),
        ("nothing at all", "hello", |_| grpc_bytes(b"")),
        ("no protobuf", "hello", |_| grpc_bytes(b"\0\0\0\0\x03\xff\xff\xff")),
        ("no such flag", "hello", |_| grpc_bytes(b"\x07\0\0\0\0")),
        ("half a message", "hello", |_| grpc_bytes(b"\0\0\0\0\x03\x0a")),
        // Every event comes, and then the stream ends without a word.
        ("no trailers", "cut", |answer| answer.map(|body| Body::from_stream(body.into_data_stream()))),
    ];
    for ((what, text, spoil), streaming) in spoils.into_iter().flat_map(|case| [(case, true), (case, false)])
    {
        let script = Script::default();
        let [address, _] = upstream_that(&script, UpstreamBinding::Grpc, streaming, spoil).await;
        let scene = before(address, script, LIMITS).await;
        let request = call("read").prove(&scene.node);
        let answer = scene.send(params(text, Some(&request))).await;
        let (state, why) = state(&answer);
        assert_eq!(state, "TASK_STATE_FAILED", "{what}: {answer}");
        assert!(why.starts_with("OUTCOME_UNKNOWN: "), "{what}: {why}");
        assert_eq!(scene.outcome(&request).await, Outcome::Unknown, "{what}: {answer}");
    }
}

/// GATE-26: a status in the head is the agent's own, whatever stands beside it.
#[cfg(feature = "grpc")]
#[tokio::test]
async fn a_status_of_the_agents_is_its_refusal() {
    covers!(accept, "GATE-26");
    let script = Script::default();
    let spoil: Spoil = |_| {
        let refusal = Response::builder().header("content-type", "application/grpc");
        let refusal = refusal.header("grpc-status", "11").header("grpc-message", "not that far");
        refusal.header("grpc-status-details-bin", "this is no base64!").body(Body::empty()).unwrap()
    };
    let [address, _] = upstream_that(&script, UpstreamBinding::Grpc, true, spoil).await;
    let scene = before(address, script, LIMITS).await;
    let request = call("read").prove(&scene.node);
    let answer = scene.send(params("hello", Some(&request))).await;
    assert_eq!(state(&answer), ("TASK_STATE_FAILED", "the agent refused: not that far"), "{answer}");
    assert!(matches!(scene.outcome(&request).await, Outcome::Completed(_)), "{answer}");
}

/// GATE-81, GATE-26: an agent that cannot be reached was not asked.
#[tokio::test]
async fn an_agent_that_is_gone_was_not_asked_over_every_binding() {
    covers!(refuse, "GATE-81");
    for binding in BINDINGS {
        let scene = scene_over(*binding, true, LIMITS).await;
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let gone = format!("http://{free}/").parse().unwrap();
        let agent = UpstreamAgent::new(gone, Arc::new(scene.calls.clone()));
        let engine =
            ca2a_runtime::a2a::Engine::new(agent.speaking(*binding), Arc::new(MemoryTasks::default()));
        let card = crate::support::a2a::card();
        let server = ca2a_runtime::a2a::A2aServer::new(scene.node.clone(), engine, &card).unwrap();
        let scene = Scene { router: server.into_router(), ..scene };
        let answer = scene.send(params("hello", Some(&call("read").prove(&scene.node)))).await;
        let (state, why) = state(&answer);
        assert_eq!(state, "TASK_STATE_FAILED", "{binding:?}");
        assert!(why.starts_with("UPSTREAM_FAILED: "), "{binding:?}: {why}");
        assert!(
            gateway::refused_with(gateway::told(&answer), ca2a_core::ErrorCode::UpstreamFailed),
            "{answer}"
        );
        assert_eq!(scene.calls.abandoned(9).await.unwrap(), []);
    }
}

/// GATE-81: an agent that speaks nothing of that is no agent to begin with.
#[tokio::test]
async fn an_agent_that_speaks_something_else_gets_no_gateway() {
    covers!(refuse, "GATE-81");
    let mut card = gateway::stock_card(true);
    card["supportedInterfaces"] =
        json!([{ "url": "x:1", "protocolBinding": "SLIMRPC", "protocolVersion": "1.0" }]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let card = get(move || std::future::ready(card.to_string()));
    serve_on(listener, Router::new().route("/.well-known/agent-card.json", card));
    let records = Arc::new(RecordStore::in_memory().unwrap());
    let calls = DurableCalls::new(records, ReplayLimits::default());
    let node =
        scene::scene().node.with_identity(scene::key(9)).with_calls(Arc::new(calls), 30).await.unwrap();
    let tasks = Arc::new(MemoryTasks::default());
    let refused = Gateway::before(address, LIMITS, Arc::new(node), tasks, "https://gate.example/").await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), ca2a_core::ErrorCode::ConfigError);
    assert!(refused.to_string().contains("SLIMRPC"), "{refused}");
}
