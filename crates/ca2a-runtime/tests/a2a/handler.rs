//! The node's own handler as an A2A agent: what it is given, and where its result goes.

use std::sync::{Arc, Mutex};

use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, HandlerAgent,
        card::{CardExtension, CardKey, PinnedKey},
        client::{Authority, Ca2aTransport, connect},
        sdk::{AgentInterface, Message, Part, Role, SendMessageRequest, SendMessageResponse, TaskState},
        tasks::MemoryTasks,
        wire,
    },
    http::Origin,
    node::{PeerNode, TaskHandler, TaskResult},
    peer::Granted,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::a2a::{Echo, Served, card, params};
use crate::support::scene::{self, call, capability, chain, key};

const RESULT: &str = "a result for its caller alone";

/// Remembers what it was given, and always has the same result.
#[derive(Default, Clone)]
struct Same(Arc<Mutex<Vec<Vec<u8>>>>);

impl TaskHandler for Same {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        let payload = call.payload.as_ref().map(|payload| payload.to_vec()).unwrap_or_default();
        self.0.lock().unwrap().push(payload);
        Box::pin(std::future::ready(Ok(Some(RESULT.as_bytes().to_vec()))))
    }
}

fn node(handler: &Same) -> Arc<PeerNode> {
    Arc::new(scene::scene().node.with_identity(key(7)).with_handler(Arc::new(handler.clone())))
}

fn served(handler: &Same, demand: Demand) -> Served {
    let node = node(handler);
    let engine = Engine::new(HandlerAgent::of(&node), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(node.clone(), engine, &card()).unwrap().with_demand(demand);
    Served { node, echo: Echo::default(), tasks: Arc::default(), router: server.into_router() }
}

/// A2A-50: only what the pipeline granted reaches the handler.
#[tokio::test]
async fn the_handler_works_under_authority_alone() {
    covers!(accept, "A2A-50");
    covers!(refuse, "A2A-50");
    let handler = Same::default();
    let served = served(&handler, Demand::Optional);
    let answer = served.jsonrpc("SendMessage", params("hello", None)).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_REJECTED", "{answer}");
    let request = call("write").prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("hello", Some(&request))).await;
    assert!(answer["error"].is_object(), "{answer}");
    assert_eq!(handler.0.lock().unwrap().len(), 0);
    let request = call("read").prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("hello", Some(&request))).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(*handler.0.lock().unwrap(), [b"hello"]);
}

/// A2A-51: one part is its content; of several nothing is left out.
#[tokio::test]
async fn a_payload_is_what_the_message_holds() {
    covers!(accept, "A2A-51");
    covers!(refuse, "A2A-51");
    let handler = Same::default();
    let served = served(&handler, Demand::Required);
    let given = async |parts: Value| {
        let mut params = params("x", Some(&call("read").prove(&served.node)));
        params["message"]["parts"] = parts;
        let answer = served.jsonrpc("SendMessage", params).await;
        assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
        handler.0.lock().unwrap().pop().unwrap()
    };
    assert_eq!(given(json!([{"text": "é"}])).await, "é".as_bytes());
    assert_eq!(given(json!([{"raw": "AAH/"}])).await, [0, 1, 255]);
    assert_eq!(given(json!([{"data": {"a": [true, "b"]}}])).await, br#"{"a":[true,"b"]}"#);
    let several = given(json!([{"text": "one"}, {"data": {"two": 2}}])).await;
    let message: Value = serde_json::from_slice(&several).unwrap();
    assert_eq!(message["messageId"], "m-1", "{message}");
    assert_eq!(message["parts"][0]["text"], "one", "{message}");
    assert_eq!(message["parts"][1]["data"]["two"].as_f64(), Some(2.0), "{message}");
    assert!(!message.to_string().contains("holder_proof"), "{message}");
}

/// A2A-52: to a caller that offered no key the result is not sent, to one that did it goes sealed.
#[tokio::test]
async fn a_result_in_the_clear_is_none() {
    covers!(accept, "A2A-52");
    covers!(refuse, "A2A-52");
    let served = served(&Same::default(), Demand::Required);
    let request = call("read").prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("x", Some(&request))).await;
    let task = &answer["result"]["task"];
    let why = task["status"]["message"]["parts"][0]["text"].as_str().unwrap();
    assert!(task["artifacts"].is_null() && why.contains("offered no key"), "{answer}");
    assert!(!answer.to_string().contains(RESULT), "{answer}");

    let request = call("read").offering().prove(&served.node);
    let answer = served.jsonrpc("SendMessage", params("x", Some(&request))).await;
    let artifact = &answer["result"]["task"]["artifacts"][0];
    assert!(artifact["metadata"][wire::SEALED_RESULT].is_string(), "{answer}");
    assert!(!answer.to_string().contains(RESULT), "{answer}");
}

/// A2A-52: inside a sealed answer it is an artifact like any other.
#[tokio::test]
async fn a_sealed_answer_holds_the_result() {
    covers!(accept, "A2A-50", "A2A-52");
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", door.local_addr().unwrap());
    let handler = Same::default();
    let (node, mut card) = (node(&handler), card());
    card.supported_interfaces = vec![AgentInterface::new(format!("{url}/"), "JSONRPC")];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    CardExtension::of(&node).declare(&mut card);
    let engine = Engine::new(HandlerAgent::of(&node), Arc::new(MemoryTasks::default()));
    let signer = || CardKey::Ed25519(key(7));
    let server = A2aServer::new(node, engine, &card).unwrap().signed_by(signer()).unwrap();
    tokio::spawn(server.serve(door, std::future::pending()));

    let found = connect(Origin::parse(&url).unwrap(), &[PinnedKey::from(signer().public())]).await.unwrap();
    let authority = Authority::new(chain(), key(3), capability("read"));
    let client = Ca2aTransport::to(found, authority).unwrap();
    let message = Message::new(Role::User, vec![Part::text("a question")]);
    let request = SendMessageRequest { message, configuration: None, metadata: None, tenant: None };
    let SendMessageResponse::Task(task) = client.send(request).await.unwrap().response else { panic!() };
    assert_eq!(task.status.state, TaskState::Completed);
    assert_eq!(task.artifacts.unwrap()[0].parts[0].as_text(), Some(RESULT));
    assert_eq!(*handler.0.lock().unwrap(), [b"a question"]);
}
