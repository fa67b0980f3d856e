//! A2A-21: a reader that does not read holds up nobody, and nothing is kept for it but the log of the run.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ca2a_covers::covers;
use ca2a_runtime::a2a::{
    A2aServer, Demand, Engine,
    sdk::TaskState,
    tasks::{MemoryTasks, Owner, TaskFilter, TaskStore as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::support::{
    a2a::{Echo, card, params},
    scene::scene,
};

/// How many events a flood has, with the task in front and the end.
const FLOOD: usize = 3002;

/// What fits between the two and into the log is far less than the 48 MiB of a flood.
const MOST: usize = 2500;

struct Listening {
    address: SocketAddr,
    tasks: Arc<MemoryTasks>,
}

impl Listening {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, tasks) = (listener.local_addr().unwrap(), Arc::new(MemoryTasks::default()));
        let engine = Engine::new(Echo::default(), tasks.clone());
        let server = A2aServer::new(Arc::new(scene().node), engine, &card()).unwrap();
        tokio::spawn(server.with_demand(Demand::Optional).serve(listener, std::future::pending()));
        Self { address, tasks }
    }

    /// Waits until the agent is done, of whose events nobody has read any.
    async fn done(&self) {
        let filter = TaskFilter { state: Some(TaskState::Completed), limit: 1, ..TaskFilter::default() };
        while self.tasks.list(&Owner::Anyone, &filter).await.unwrap().total == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn over_http_nobody_is_sent_more_than_it_takes() {
    covers!(accept, "A2A-21");
    covers!(refuse, "A2A-21");
    let server = Listening::start().await;
    let mut reader = TcpStream::connect(server.address).await.unwrap();
    let body = params("flood", None).to_string();
    let head = format!(
        "POST /message:stream HTTP/1.1\r\nHost: a\r\nA2A-Version: 1.0\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    reader.write_all((head + &body).as_bytes()).await.unwrap();
    server.done().await;
    let mut said = String::new();
    reader.read_to_string(&mut said).await.unwrap();
    let events: Vec<&str> = said.lines().filter(|line| line.starts_with("data:")).collect();
    assert!(events.len() < MOST, "{} events of {FLOOD}", events.len());
    let last = events.last().unwrap();
    assert!(last.contains("TASK_STATE_COMPLETED"), "{last}");
}

#[cfg(feature = "grpc")]
#[tokio::test]
async fn over_grpc_nobody_is_sent_more_than_it_takes() {
    use a2a_pb::{
        pbconv,
        proto::{self, a2a_service_client::A2aServiceClient, stream_response::Payload},
    };
    use ca2a_runtime::a2a::sdk::SendMessageRequest;

    covers!(accept, "A2A-21");
    covers!(refuse, "A2A-21");
    let server = Listening::start().await;
    let mut client = A2aServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let flood: SendMessageRequest = serde_json::from_value(params("flood", None)).unwrap();
    let mut request = tonic::Request::new(pbconv::to_proto_send_message_request(&flood));
    request.metadata_mut().insert("a2a-version", "1.0".parse().unwrap());
    let stream = client.send_streaming_message(request).await.unwrap();
    server.done().await;
    let mut stream = stream.into_inner();
    let (mut count, mut last) = (0, None);
    while let Some(event) = stream.message().await.unwrap() {
        (count, last) = (count + 1, event.payload);
    }
    assert!(count < MOST, "{count} events of {FLOOD}");
    let status = match last.unwrap() {
        Payload::Task(task) => task.status,
        Payload::StatusUpdate(update) => update.status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status.unwrap().state, i32::from(proto::TaskState::Completed));
}
