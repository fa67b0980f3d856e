//! gRPC: the same calls, refusals and owners, with the `Struct` as the source.

use std::sync::Arc;

use a2a_pb::{
    pbconv,
    proto::{self, a2a_service_client::A2aServiceClient, send_message_response::Payload},
};
use ca2a_core::{Sha256, canonical, json};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, Push, access::TaskAccess, sdk::SendMessageRequest, tasks::MemoryTasks,
        wire,
    },
    node::PeerNode,
    peer::PeerRequest,
};
use serde_json::{Value, json};
use tonic::{Code, Request, transport::Channel};
use tonic_types::StatusExt as _;

use crate::support::a2a::{card, params};
use crate::support::scene::{self, call, handshake, key};

struct Connected {
    node: Arc<PeerNode>,
    tasks: Arc<MemoryTasks>,
    client: A2aServiceClient<Channel>,
}

async fn connected() -> Connected {
    let (node, tasks) =
        (Arc::new(scene::scene().node.with_identity(key(7))), Arc::new(MemoryTasks::default()));
    let engine =
        Engine::new(crate::support::a2a::Echo::default(), tasks.clone()).with_push(Push::in_memory(true));
    let server = A2aServer::new(node.clone(), engine, &card()).unwrap().with_demand(Demand::Required);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server.serve(listener, std::future::pending()));
    let client = A2aServiceClient::connect(format!("http://{address}")).await.unwrap();
    Connected { node, tasks, client }
}

fn message(text: &str, request: Option<&PeerRequest>) -> proto::SendMessageRequest {
    let typed: SendMessageRequest = serde_json::from_value(params(text, request)).unwrap();
    pbconv::to_proto_send_message_request(&typed)
}

fn versioned<T>(body: T) -> Request<T> {
    let mut request = Request::new(body);
    request.metadata_mut().insert("a2a-version", "1.0".parse().unwrap());
    request
}

impl Connected {
    fn proven<T>(
        &self,
        body: T,
        holder: u8,
        method: &str,
        task: Option<&str>,
        request: &Value,
    ) -> Request<T> {
        let shake = handshake(&self.node);
        let text = request.to_string();
        let access = TaskAccess {
            audience: shake.offer.channel_key,
            challenge: shake.challenge.unwrap(),
            method: method.to_owned(),
            task_id: task.map(str::to_owned),
            nonce: [holder; 16],
            subject: key(holder).verifying_key(),
            request_sha256: Sha256::of(&canonical::to_vec(&json::read(text.as_bytes()).unwrap()).unwrap()),
        };
        let mut request = versioned(body);
        request.metadata_mut().insert("ca2a-holder-proof", access.prove(&key(holder)).parse().unwrap());
        request
    }
}

/// A2A-5, A2A-7, A2A-11: depth and times come as doubles, and the signatures hold.
#[tokio::test]
async fn a_call_with_authority_makes_a_task() {
    covers!(accept, "A2A-5", "A2A-10", "A2A-11");
    let mut connected = connected().await;
    let request = call("read").prove(&connected.node);
    let answer = connected.client.send_message(versioned(message("hello", Some(&request)))).await.unwrap();
    let Some(Payload::Task(task)) = answer.into_inner().payload else { panic!("a task") };
    let task = pbconv::from_proto_task(&task);
    assert_eq!(task.status.message.unwrap().text(), Some("hello"));
    assert!(task.metadata.unwrap()[wire::STATEMENT].is_string());
    assert!(!format!("{:?}", task.history).contains("holder_proof"));
}

/// A2A-10
#[tokio::test]
async fn a_refusal_has_its_own_status() {
    covers!(refuse, "A2A-1", "A2A-10");
    let mut connected = connected().await;
    let request = call("write").prove(&connected.node);
    let status = connected.client.send_message(versioned(message("x", Some(&request)))).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    assert!(status.message().starts_with("SCOPE_NOT_PERMITTED: "), "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(
        (info.domain.as_str(), info.metadata["ca2a_code"].as_str()),
        ("a2a-protocol.org", "SCOPE_NOT_PERMITTED")
    );

    let status = connected.client.send_streaming_message(versioned(message("x", None))).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let status =
        connected.client.send_message(versioned(proto::SendMessageRequest::default())).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let status = connected.client.send_message(Request::new(message("x", None))).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "VERSION_NOT_SUPPORTED");
    assert!(connected.tasks.is_empty());
}

/// A2A-4: a part without content is none here either, and no empty text.
#[tokio::test]
async fn a_part_holds_something() {
    covers!(accept, "A2A-4");
    covers!(refuse, "A2A-4");
    let mut connected = connected().await;
    let asked = |part: proto::Part| {
        let request = call("read").prove(&connected.node);
        let mut asked = message("hello", Some(&request));
        asked.message.as_mut().unwrap().parts = vec![part];
        asked
    };
    let empty =
        proto::Part { content: Some(proto::part::Content::Text(String::new())), ..Default::default() };
    let (nothing, empty) = (asked(proto::Part::default()), asked(empty));
    let status = connected.client.send_message(versioned(nothing.clone())).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let status = connected.client.send_streaming_message(versioned(nothing)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert!(status.message().contains("message.parts[0]"), "{status:?}");
    assert!(connected.tasks.is_empty());
    connected.client.send_message(versioned(empty)).await.unwrap();
    assert_eq!(connected.tasks.len(), 1);
}

/// A2A-20
#[tokio::test]
async fn a_stream_shows_the_task_first() {
    covers!(accept, "A2A-20");
    let mut connected = connected().await;
    let request = call("read").prove(&connected.node);
    let stream =
        connected.client.send_streaming_message(versioned(message("burst", Some(&request)))).await.unwrap();
    let mut stream = stream.into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        events.push(event.payload.unwrap());
    }
    assert_eq!(events.len(), 502);
    assert!(matches!(events[0], proto::stream_response::Payload::Task(_)));
}

/// A2A-40, A2A-31
#[tokio::test]
async fn every_method_answers_only_the_holder() {
    covers!(accept, "A2A-40", "A2A-45");
    covers!(refuse, "A2A-40");
    let mut connected = connected().await;
    let request = call("read").prove(&connected.node);
    let answer = connected.client.send_message(versioned(message("ask", Some(&request)))).await.unwrap();
    let Some(Payload::Task(task)) = answer.into_inner().payload else { panic!("a task") };
    let id = task.id;
    let task = Some(id.as_str());
    let by_id = json!({"id": id});
    let of_config = json!({"taskId": id, "id": "c"});

    macro_rules! two_holders {
        ($method:ident, $name:literal, $body:expr, $task:expr, $request:expr, $other:expr) => {{
            let status = connected.client.$method(versioned($body)).await.map(drop).unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated, "{}: {status:?}", $name);
            let request = connected.proven($body, 4, $name, $task, $request);
            let other = connected.client.$method(request).await.map(drop).map_err(|status| status.code());
            assert_eq!(other, $other, $name);
            let request = connected.proven($body, 3, $name, $task, $request);
            connected.client.$method(request).await.map(drop).unwrap();
        }};
    }
    let hidden = Err(Code::NotFound);
    let get = || proto::GetTaskRequest { id: id.clone(), ..Default::default() };
    two_holders!(get_task, "GetTask", get(), task, &by_id, hidden);
    two_holders!(list_tasks, "ListTasks", proto::ListTasksRequest::default(), None, &json!({}), Ok(()));
    let config = || proto::TaskPushNotificationConfig {
        task_id: id.clone(),
        id: "c".into(),
        url: "http://127.0.0.1:9/".into(),
        ..Default::default()
    };
    let stated = json!({"taskId": id, "id": "c", "url": "http://127.0.0.1:9/"});
    two_holders!(
        create_task_push_notification_config,
        "CreateTaskPushNotificationConfig",
        config(),
        task,
        &stated,
        hidden
    );
    let one = || proto::GetTaskPushNotificationConfigRequest {
        task_id: id.clone(),
        id: "c".into(),
        ..Default::default()
    };
    two_holders!(
        get_task_push_notification_config,
        "GetTaskPushNotificationConfig",
        one(),
        task,
        &of_config,
        hidden
    );
    let all = || proto::ListTaskPushNotificationConfigsRequest { task_id: id.clone(), ..Default::default() };
    let of_task = json!({"taskId": id});
    two_holders!(
        list_task_push_notification_configs,
        "ListTaskPushNotificationConfigs",
        all(),
        task,
        &of_task,
        hidden
    );
    let gone = || proto::DeleteTaskPushNotificationConfigRequest {
        task_id: id.clone(),
        id: "c".into(),
        ..Default::default()
    };
    two_holders!(
        delete_task_push_notification_config,
        "DeleteTaskPushNotificationConfig",
        gone(),
        task,
        &of_config,
        hidden
    );
    let follow = || proto::SubscribeToTaskRequest { id: id.clone(), ..Default::default() };
    two_holders!(subscribe_to_task, "SubscribeToTask", follow(), task, &by_id, hidden);
    let cancel = || proto::CancelTaskRequest { id: id.clone(), ..Default::default() };
    two_holders!(cancel_task, "CancelTask", cancel(), task, &by_id, hidden);
}
