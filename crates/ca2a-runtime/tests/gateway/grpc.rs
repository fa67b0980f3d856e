//! GATE-75 to GATE-79: an agent that speaks gRPC and knows nothing of cA2A calls its peers, with the SDK's own client.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use a2a_grpc::GrpcTransport;
use a2a_pb::{
    pbconv,
    proto::{self, a2a_service_client::A2aServiceClient},
};
use axum::{body::Body, http::Response, middleware::map_response};
use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_delegation::{delegate, issue};
use ca2a_runtime::{
    a2a::{
        card::verify,
        client::sdk::{ServiceParams, Transport as _},
        sdk::{
            CancelTaskRequest, GetTaskRequest, ListTasksRequest, SendMessageRequest, SendMessageResponse,
            StreamResponse, SubscribeToTaskRequest, Task, TaskState,
        },
    },
    gateway::{
        UpstreamLimits,
        outbound::{Allowed, Outbound, Route, Standing},
    },
    http::{HttpClient, Origin},
    peer::CallerRequirement,
};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::net::TcpListener;
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use super::outbound::{card_key, peer, peer_with, standing};
use crate::support::a2a::params;
use crate::support::gateway::{E, LIMITS, Script, before_as, serve_on, upstream};
use crate::support::scene::{self, capability, key};

/// What an agent meets at its own gateway.
struct Side {
    by_path: SocketAddr,
    port: SocketAddr,
    client: GrpcTransport,
}

async fn side(route: Route) -> Side {
    let node = Arc::new(scene::scene().node.with_identity(key(8)));
    side_of(Outbound::new(vec![route], node, Arc::default()).unwrap()).await
}

async fn side_of(outbound: Outbound) -> Side {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (by_path, own) = (door.local_addr().unwrap(), port.local_addr().unwrap());
    let outbound = outbound.with_grpc("b", port).unwrap();
    tokio::spawn(outbound.serve(door, pending()));
    let client = GrpcTransport::connect(own.to_string()).await.unwrap();
    Side { by_path, port: own, client }
}

fn message(text: &str) -> SendMessageRequest {
    serde_json::from_value(params(text, None)).unwrap()
}

fn said(metadata: &[(&str, &str)]) -> ServiceParams {
    let version = [("a2a-version", "1.0")];
    let all = metadata.iter().chain(&version);
    all.map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect()
}

/// `message` as a request that names the version.
fn versioned<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("a2a-version", "1.0".parse().unwrap());
    request
}

/// The state of a task, and what it says.
fn state(task: &Task) -> (&TaskState, &str) {
    let said = task.status.message.as_ref().and_then(|message| message.text());
    (&task.status.state, said.unwrap_or_default())
}

impl Side {
    async fn send(&self, text: &str) -> Task {
        match self.client.send_message(&said(&[]), &message(text)).await.unwrap() {
            SendMessageResponse::Task(task) => task,
            other => panic!("{other:?}"),
        }
    }

    /// The status of a refusal, as it is on the wire.
    async fn refusal(&self, text: &str, metadata: &[(&'static str, &str)]) -> Status {
        let mut request = versioned(pbconv::to_proto_send_message_request(&message(text)));
        for (name, value) in metadata {
            request.metadata_mut().append(*name, value.parse().unwrap());
        }
        self.stub().await.send_message(request).await.unwrap_err()
    }

    async fn stub(&self) -> A2aServiceClient<Channel> {
        A2aServiceClient::connect(format!("http://{}", self.port)).await.unwrap()
    }
}

/// Whether `status` is `grpc`, has `code` first in its message, and in its details too.
fn is_refusal(status: &Status, grpc: Code, code: ErrorCode) {
    assert_eq!(status.code(), grpc, "{status:?}");
    assert!(status.message().starts_with(&format!("{}: ", code.as_str())), "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["ca2a_code"], code.as_str(), "{status:?}");
}

/// GATE-75, GATE-76: a message and a stream, and nothing of either between the gateways.
#[tokio::test]
async fn an_agent_speaks_grpc_to_a_peer() {
    covers!(accept, "GATE-75", "GATE-76", "GATE-78");
    let peer = peer(9).await;
    let side = side(peer.route().standing(standing()).unwrap().granting(peer.child())).await;
    let task = side.send("a secret of theirs").await;
    assert_eq!(state(&task), (&TaskState::Completed, "a secret of theirs"));
    assert!(!serde_json::to_string(&task).unwrap().contains(E), "{task:?}");

    let events = side.client.send_streaming_message(&said(&[]), &message("a secret in parts")).await.unwrap();
    let events: Vec<_> = events.map(Result::unwrap).collect().await;
    assert!(matches!(&events[0], StreamResponse::Task(_)), "{events:?}");
    let StreamResponse::StatusUpdate(last) = events.last().unwrap() else { panic!("{events:?}") };
    assert_eq!(last.status.state, TaskState::Completed);
    assert!(events.iter().any(|event| matches!(event, StreamResponse::ArtifactUpdate(_))), "{events:?}");

    let seen = peer.scene.script.seen();
    assert_eq!(seen[0].headers["ca2a-subject"], key(3).verifying_key().to_hex().as_str());
    assert!(peer.wire.saw("sealed_payload") && peer.wire.saw("sealed_result"));
    for secret in ["a secret of theirs", "a secret in parts"] {
        assert!(!peer.wire.saw(secret), "`{secret}` was on the wire");
    }
}

/// GATE-77: the tasks of the agent, and no push.
#[tokio::test]
async fn an_agent_asks_for_its_tasks_over_grpc() {
    covers!(accept, "GATE-77");
    covers!(refuse, "GATE-77");
    let peer = peer(9).await;
    let side = side(peer.route().standing(standing()).unwrap()).await;
    let first = side.send("ask").await;
    assert_eq!(state(&first), (&TaskState::InputRequired, "what?"));

    let get = |id: &str| GetTaskRequest { id: id.to_owned(), history_length: None, tenant: None };
    let shown = side.client.get_task(&said(&[]), &get(&first.id)).await.unwrap();
    assert_eq!((shown.id.as_str(), shown.status.state), (first.id.as_str(), TaskState::InputRequired));
    let all: ListTasksRequest = serde_json::from_value(json!({})).unwrap();
    let listed = side.client.list_tasks(&said(&[]), &all).await.unwrap();
    assert_eq!(listed.tasks[0].id, first.id);
    let follow = SubscribeToTaskRequest { id: first.id.clone(), tenant: None };
    let mut followed = side.client.subscribe_to_task(&said(&[]), &follow).await.unwrap();
    let Some(Ok(StreamResponse::Task(seen))) = followed.next().await else { panic!("the task comes first") };
    assert_eq!(seen.id, first.id);
    drop(followed);

    let mut next = message("more");
    (next.message.task_id, next.message.message_id) = (Some(first.id.clone()), "m-2".to_owned());
    let SendMessageResponse::Task(second) = side.client.send_message(&said(&[]), &next).await.unwrap() else {
        panic!("a task goes on as a task")
    };
    assert_eq!(state(&second), (&TaskState::Completed, "more"));

    let other = side.send("ask").await;
    let cancel = CancelTaskRequest { id: other.id, metadata: None, tenant: None };
    let canceled = side.client.cancel_task(&said(&[]), &cancel).await.unwrap();
    assert_eq!(canceled.status.state, TaskState::Canceled);

    let mut stub = side.stub().await;
    let unknown = proto::GetTaskRequest { id: "no such".to_owned(), ..Default::default() };
    assert_eq!(stub.get_task(versioned(unknown)).await.unwrap_err().code(), Code::NotFound);
    let push = proto::TaskPushNotificationConfig { task_id: first.id, ..Default::default() };
    let push = stub.create_task_push_notification_config(versioned(push)).await.unwrap_err();
    assert_eq!(push.code(), Code::FailedPrecondition);
    assert_eq!(push.get_details_error_info().unwrap().reason, "PUSH_NOTIFICATION_NOT_SUPPORTED");
}

/// GATE-75: the card says where, at the place of all peers and at the port itself.
#[tokio::test]
async fn the_card_names_the_port() {
    covers!(accept, "GATE-75");
    let peer = peer(9).await;
    let side = side(peer.route()).await;
    let get = async |from: SocketAddr, path: &str| {
        let from = HttpClient::new(Origin::parse(&format!("http://{from}")).unwrap());
        from.get(path).await.unwrap().body
    };
    let by_path = get(side.by_path, "/peers/b/.well-known/agent-card.json").await;
    let at_port = get(side.port, "/.well-known/agent-card.json").await;
    assert_eq!(by_path, at_port);
    let card = verify(&by_path, &[card_key(8)]).unwrap();
    let interfaces = card.interfaces().iter().map(|one| (one.binding.as_str(), one.url.as_str()));
    let (base, port) = (format!("http://{}/peers/b", side.by_path), side.port.to_string());
    let expected = [("JSONRPC", format!("{base}/")), ("HTTP+JSON", base), ("GRPC", port)];
    assert!(interfaces.eq(expected.iter().map(|(binding, url)| (*binding, url.as_str()))), "{by_path:?}");
}

/// GATE-78, GATE-80: each refusal with the status that comes closest, and its code first.
#[tokio::test]
async fn a_refusal_has_its_status() {
    covers!(refuse, "GATE-75", "GATE-78", "GATE-80");
    use Code::{FailedPrecondition, InvalidArgument, PermissionDenied};
    let peer = peer(9).await;
    let standing = |route: Route| route.standing(standing()).unwrap();
    let read = || Allowed::Only(capability("read"));
    let route = |allowed| Route::new("b", peer.origin.clone(), card_key(9), allowed).unwrap();

    let without = side(route(read())).await;
    is_refusal(&without.refusal("hello", &[]).await, PermissionDenied, ErrorCode::NoAuthority);
    let unknown = "00".repeat(32);
    let status = without.refusal("hello", &[("ca2a-call-id", &unknown)]).await;
    is_refusal(&status, PermissionDenied, ErrorCode::NoAuthority);

    let choosing =
        side(standing(route(Allowed::OneOf([capability("read"), capability("write")].into())))).await;
    for named in [&[][..], &["admin"], &["read", "write"]] {
        let named: Vec<_> = named.iter().map(|named| ("ca2a-capability", *named)).collect();
        is_refusal(&choosing.refusal("hello", &named).await, PermissionDenied, ErrorCode::NoAuthority);
    }
    // What the peer does not allow is the peer's to refuse, and its code comes through.
    let status = choosing.refusal("hello", &[("ca2a-capability", "write")]).await;
    is_refusal(&status, PermissionDenied, ErrorCode::ScopeNotPermitted);
    let choice = said(&[("ca2a-capability", "read")]);
    assert!(choosing.client.send_message(&choice, &message("hello")).await.is_ok());

    let forged = Route::new("b", peer.origin.clone(), card_key(10), read()).unwrap();
    let forged = side(standing(forged)).await;
    is_refusal(&forged.refusal("hello", &[]).await, FailedPrecondition, ErrorCode::AttestationFailed);

    let mut stub = choosing.stub().await;
    let unversioned = stub.send_message(proto::SendMessageRequest::default()).await.unwrap_err();
    assert_eq!(unversioned.get_details_error_info().unwrap().reason, "VERSION_NOT_SUPPORTED");
    let nothing = stub.send_message(versioned(proto::SendMessageRequest::default())).await.unwrap_err();
    assert_eq!(nothing.code(), InvalidArgument, "{nothing:?}");
    let huge = pbconv::to_proto_send_message_request(&message(&"x".repeat(2 << 20)));
    assert_eq!(stub.send_message(huge).await.unwrap_err().code(), Code::OutOfRange);
    assert_eq!(peer.scene.script.messages(), 1, "nothing of all that reached the agent");
}

/// GATE-75: a port of one peer is for programs on this machine, as the place of all is; and it speaks gRPC alone.
#[tokio::test]
async fn a_port_is_for_this_machine() {
    covers!(refuse, "GATE-75");
    let peer = peer(9).await;
    let side = side(peer.route().standing(standing()).unwrap()).await;
    let place = format!("http://{}", side.port);
    for name in ["evil.example", "127.0.0.1.evil.example:80"] {
        let named = Endpoint::from_shared(place.clone()).unwrap();
        let named = named.origin(format!("http://{name}").parse().unwrap()).connect().await.unwrap();
        let request = pbconv::to_proto_send_message_request(&message("hello"));
        let status = A2aServiceClient::new(named).send_message(request).await.unwrap_err();
        is_refusal(&status, Code::InvalidArgument, ErrorCode::BadRequest);
    }
    let json = json!({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": params("hello", None)});
    let http = HttpClient::new(Origin::parse(&place).unwrap());
    for path in ["/", "/message:send", "/peers/b/"] {
        assert_eq!(http.post(path, json.to_string()).await.unwrap().status, 404, "{path}");
    }
    assert_eq!(peer.scene.script.messages(), 0);
}

/// GATE-75: whose port it is, once, and on this machine.
#[tokio::test]
async fn a_port_belongs_to_one_peer() {
    covers!(refuse, "GATE-75");
    let peer = peer(9).await;
    let node = Arc::new(scene::scene().node);
    let outbound = || Outbound::new(vec![peer.route()], Arc::clone(&node), Arc::default()).unwrap();
    let at = async |address: &str| TcpListener::bind(address).await.unwrap();
    assert!(outbound().with_grpc("c", at("127.0.0.1:0").await).is_err(), "there is no such peer");
    assert!(outbound().with_grpc("b", at("0.0.0.0:0").await).is_err(), "others could reach it");
    let once = outbound().with_grpc("b", at("127.0.0.1:0").await).unwrap();
    assert!(once.with_grpc("b", at("127.0.0.1:0").await).is_err(), "it has one");
}

/// GATE-76: a call belongs to the one that its metadata name, and follows what came with that.
#[tokio::test]
async fn metadata_name_the_call_at_hand() {
    covers!(accept, "GATE-76");
    covers!(refuse, "GATE-76");
    // a calls b; while b's agent is at work, it calls c over gRPC.
    let limits = UpstreamLimits { silence: Duration::from_secs(2), ..LIMITS };
    let (b, c) = (peer_with(9, CallerRequirement::None, limits).await, peer(10).await);
    let first = side(b.route().standing(standing()).unwrap().granting(b.child())).await;
    let onward = Route::new("b", c.origin.clone(), card_key(10), Allowed::Only(capability("read"))).unwrap();
    let second = Outbound::new(vec![onward], Arc::clone(&b.scene.node), Arc::clone(&b.at_hand)).unwrap();
    let second = side_of(second).await;

    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let calling = tokio::spawn(async move {
        first.client.send_message(&said(&[("traceparent", trace)]), &message("pause")).await
    });
    while b.scene.script.messages() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let id = b.scene.script.seen()[0].headers["ca2a-call-id"].to_str().unwrap().to_owned();
    let span = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    for named in [("ca2a-call-id", id.as_str()), ("traceparent", span)] {
        let answer = second.client.send_message(&said(&[named]), &message("on")).await.unwrap();
        let SendMessageResponse::Task(task) = answer else { panic!("{answer:?}") };
        assert_eq!(state(&task), (&TaskState::Completed, "on"));
        let seen = c.scene.script.seen().pop().unwrap();
        assert_eq!(seen.headers["ca2a-subject"], key(9).verifying_key().to_hex().as_str());
        assert_eq!(seen.headers["ca2a-depth"], "2");
    }
    let unknown = "00".repeat(32);
    for named in
        [&[("ca2a-call-id", unknown.as_str())][..], &[], &[("ca2a-call-id", &id), ("ca2a-call-id", &id)]]
    {
        let status = second.refusal("on", named).await;
        is_refusal(&status, Code::PermissionDenied, ErrorCode::NoAuthority);
    }
    assert_eq!(c.scene.script.messages(), 2);
    assert!(calling.await.unwrap().is_ok(), "the agent is given up in the end");
}

/// GATE-77: a task is its holder's alone, on every method.
#[tokio::test]
async fn a_task_is_its_holders_alone() {
    covers!(accept, "GATE-77");
    covers!(refuse, "GATE-77");
    let peer = peer(9).await;
    let root = issue(&key(1), scene::grant("c-0", 2, &["read"])).unwrap();
    let leaf = delegate(&root, &key(2), scene::grant("c-1", 4, &["read"])).unwrap();
    let another = Standing { chain: scene::chain_of(&[root, leaf]), key: key(4) };
    let ours = side(peer.route().standing(standing()).unwrap()).await;
    let theirs = side(peer.route().standing(another).unwrap()).await;
    let id = ours.send("ask").await.id;

    let mut stub = theirs.stub().await;
    let get = proto::GetTaskRequest { id: id.clone(), ..Default::default() };
    assert_eq!(stub.get_task(versioned(get)).await.unwrap_err().code(), Code::NotFound);
    let listed = stub.list_tasks(versioned(proto::ListTasksRequest::default())).await.unwrap().into_inner();
    assert!(listed.tasks.is_empty(), "{listed:?}");
    let follow = proto::SubscribeToTaskRequest { id: id.clone(), ..Default::default() };
    assert_eq!(stub.subscribe_to_task(versioned(follow)).await.map(drop).unwrap_err().code(), Code::NotFound);
    let cancel = proto::CancelTaskRequest { id: id.clone(), ..Default::default() };
    assert_eq!(stub.cancel_task(versioned(cancel)).await.unwrap_err().code(), Code::NotFound);
    let mut next = message("more");
    next.message.task_id = Some(id.clone());
    assert!(theirs.client.send_message(&said(&[]), &next).await.is_err());

    // And of its holder's, over whichever binding it was made.
    let by_path = Origin::parse(&format!("http://{}", ours.by_path)).unwrap();
    let asked = json!({"jsonrpc": "2.0", "id": 1, "method": "CancelTask", "params": {"id": id}});
    let canceled =
        HttpClient::new(by_path).post("/peers/b/?A2A-Version=1.0", asked.to_string()).await.unwrap().body;
    let canceled: serde_json::Value = serde_json::from_slice(&canceled).unwrap();
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
}

/// GATE-78, RUN-95: a peer that never answers is waited for as long as was said.
#[tokio::test]
async fn a_silent_peer_is_a_deadline() {
    covers!(refuse, "GATE-78", "RUN-95");
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", silent.local_addr().unwrap())).unwrap();
    let route = Route::new("b", origin, card_key(9), Allowed::Only(capability("read"))).unwrap();
    let node = Arc::new(scene::scene().node.with_identity(key(8)));
    let outbound = Outbound::new(vec![route.standing(standing()).unwrap()], node, Arc::default()).unwrap();
    let side = side_of(outbound.with_patience(Duration::from_secs(1))).await;
    let status = side.refusal("hello", &[]).await;
    is_refusal(&status, Code::DeadlineExceeded, ErrorCode::DeadlineExceeded);
}

/// GATE-76, GATE-78: a stream that somebody cut short ends with a refusal, not as if that were all.
#[tokio::test]
async fn a_stream_without_its_end_is_refused() {
    covers!(refuse, "GATE-76", "GATE-78");
    let (script, door) = (Script::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (url, agent) = (format!("http://{}", door.local_addr().unwrap()), upstream(&script, true).await);
    let (scene, _) = before_as(9, CallerRequirement::None, agent, script, LIMITS, &url).await;
    let cut = async |response: Response<Body>| {
        response.map(|body| Body::from_stream(body.into_data_stream().take(2)))
    };
    serve_on(door, scene.router.clone().layer(map_response(cut)));
    let origin = Origin::parse(&url).unwrap();
    let route = Route::new("b", origin, card_key(9), Allowed::Only(capability("read"))).unwrap();
    let side = side(route.standing(standing()).unwrap()).await;

    let request = pbconv::to_proto_send_message_request(&message("in parts"));
    let mut events = side.stub().await.send_streaming_message(versioned(request)).await.unwrap().into_inner();
    let status = loop {
        match events.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended as if that were all"),
            Err(status) => break status,
        }
    };
    assert!(status.message().starts_with("SEALED_CHANNEL_ERROR: "), "{status:?}");
    assert_ne!(status.code(), Code::Unknown, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.metadata["ca2a_code"], "SEALED_CHANNEL_ERROR");
}
