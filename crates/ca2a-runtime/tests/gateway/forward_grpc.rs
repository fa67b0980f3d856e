//! GATE-74 over gRPC: a sealed call that reaches another node than the one it is sealed to, frames and trailers.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use a2a_pb::{
    pbconv,
    proto::{self, a2a_service_client::A2aServiceClient, send_message_response::Payload},
};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{A2aServer, ServerLimits, sdk::SendMessageRequest, wire},
    http::Door,
    node::PeerNode,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{Code, Request, Status, transport::Channel};

use super::forward::{member, sealed_params};
use crate::support::{postgres::Database, tls::Authority};

async fn serving(server: A2aServer) -> (SocketAddr, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, tokio::spawn(server.serve_at([Door::from(listener)], pending())))
}

async fn client(address: SocketAddr) -> A2aServiceClient<Channel> {
    A2aServiceClient::connect(format!("http://{address}")).await.unwrap()
}

/// A request to say `text`, sealed to `node`.
fn sealed(node: &PeerNode, text: &str) -> Request<proto::SendMessageRequest> {
    let typed: SendMessageRequest = serde_json::from_str(&sealed_params(node, text)).unwrap();
    let mut request = Request::new(pbconv::to_proto_send_message_request(&typed));
    request.metadata_mut().insert("a2a-version", "1.0".parse().unwrap());
    request.metadata_mut().insert("x-other", "2".parse().unwrap());
    request
}

fn is_refusal(status: &Status, grpc: Code, code: &str) {
    assert_eq!(status.code(), grpc, "{status:?}");
    assert!(status.message().starts_with(&format!("{code}: ")), "{status:?}");
}

#[tokio::test]
async fn a_sealed_call_over_grpc_is_handed_to_its_node() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-74");
    let authority = Authority::new();
    let two = member(&database, "grpc-two", &authority, &authority).await;
    let one = member(&database, "grpc-one", &authority, &authority).await;
    let (at_two, worked) = (Arc::clone(&two.node), two.echo.clone());
    let behind = tokio::spawn(two.server.serve_at([two.door], pending()));
    let (address, front) = serving(one.server).await;
    let mut client = client(address).await;

    let answer = client.send_message(sealed(&at_two, "hello")).await.unwrap().into_inner();
    let Some(Payload::Task(task)) = answer.payload else { panic!("a task") };
    assert!(pbconv::from_proto_task(&task).metadata.unwrap()[wire::SEALED_RESULT].is_string());
    assert_eq!((worked.worked.load(Ordering::SeqCst), one.echo.worked.load(Ordering::SeqCst)), (1, 0));
    let seen = worked.seen.lock().unwrap().clone();
    assert_eq!(seen.get("x-other"), Some(&vec!["2".to_owned()]));
    assert!(!seen.contains_key("ca2a-forwarded"), "{seen:?}");

    let mut events = client.send_streaming_message(sealed(&at_two, "hello")).await.unwrap().into_inner();
    let mut count = 0;
    while let Some(event) = events.message().await.unwrap() {
        assert!(!format!("{event:?}").contains("hello"), "{event:?}");
        count += 1;
    }
    assert!(count > 2, "{count}");
    assert_eq!(worked.worked.load(Ordering::SeqCst), 2);

    // A refusal of that node's passes too, trailers and all.
    let twice = sealed(&at_two, "hello");
    let again = Request::from_parts(twice.metadata().clone(), Default::default(), twice.get_ref().clone());
    client.send_message(twice).await.unwrap();
    is_refusal(&client.send_message(again).await.unwrap_err(), Code::Unauthenticated, "HOLDER_PROOF_INVALID");
    front.abort();
    behind.abort();
}

#[tokio::test]
async fn what_reaches_nobody_over_grpc_is_at_the_wrong_node() {
    let Some(database) = Database::new() else { return };
    covers!(refuse, "GATE-74");
    let authority = Authority::new();
    let two = member(&database, "grpc-at-two", &authority, &authority).await;
    let one = member(&database, "grpc-at-one", &authority, &authority).await;
    let (at_two, worked) = (Arc::clone(&two.node), two.echo.clone());
    let behind = tokio::spawn(two.server.serve_at([two.door], pending()));
    let limits = ServerLimits { request: Duration::from_secs(1), ..ServerLimits::default() };
    let (address, front) = serving(one.server.with_limits(limits)).await;
    let mut client = client(address).await;

    let mut before = sealed(&at_two, "hello");
    before.metadata_mut().insert("ca2a-forwarded", "1".parse().unwrap());
    let status = client.send_message(before).await.unwrap_err();
    is_refusal(&status, Code::FailedPrecondition, "WRONG_NODE");
    let status = client.send_message(sealed(&at_two, "for ever")).await.unwrap_err();
    is_refusal(&status, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    assert_eq!(worked.worked.load(Ordering::SeqCst), 1);

    behind.abort();
    let _ = behind.await;
    let status = client.send_message(sealed(&at_two, "hello")).await.unwrap_err();
    is_refusal(&status, Code::FailedPrecondition, "WRONG_NODE");
    assert_eq!(worked.worked.load(Ordering::SeqCst), 1);
    front.abort();
}
