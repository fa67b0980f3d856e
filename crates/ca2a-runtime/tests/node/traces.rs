//! RUN-97: spans of calls, as a collector gets them.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, extract::State, http::Request, http::StatusCode, routing::post};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::Demand,
    config::{Config, OperationsSettings},
    node::PeerNode,
    operations::span_exporter,
    peer::PeerRequest,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::support::a2a::{Served, params, serve};
use crate::support::scene::{self, call, key};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// A collector: where it is, and what it was sent.
struct Collector {
    url: String,
    bodies: UnboundedReceiver<String>,
    status: Arc<Mutex<StatusCode>>,
}

type Inbox = (UnboundedSender<String>, Arc<Mutex<StatusCode>>);

async fn take(State((inbox, status)): State<Inbox>, body: String) -> StatusCode {
    inbox.send(body).unwrap();
    *status.lock().unwrap()
}

async fn collector() -> Collector {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, bodies) = unbounded_channel();
    let status = Arc::new(Mutex::new(StatusCode::OK));
    let router = Router::new().route("/v1/traces", post(take)).with_state((sender, Arc::clone(&status)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Collector { url, bodies, status }
}

impl Collector {
    fn of(&self, node: PeerNode) -> PeerNode {
        let settings = OperationsSettings { traces_url: Some(self.url.clone()), ..Default::default() };
        node.with_observer(span_exporter(&settings).unwrap().unwrap())
    }

    /// What came next, and its spans.
    async fn next(&mut self) -> (String, Vec<Value>) {
        let body = self.bodies.recv().await.unwrap();
        let document: Value = serde_json::from_str(&body).unwrap();
        let resource = &document["resourceSpans"][0];
        assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "ca2a");
        let spans = resource["scopeSpans"][0]["spans"].as_array().unwrap().clone();
        (body, spans)
    }
}

fn said<'s>(span: &'s Value, key: &str) -> &'s Value {
    let attributes = span["attributes"].as_array().unwrap();
    attributes.iter().find(|attribute| attribute["key"] == key).map_or(&Value::Null, |found| &found["value"])
}

async fn send(served: &Served, request: &PeerRequest, traceparent: Option<&str>) {
    let params = params("what nobody else reads", Some(request));
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params}).to_string();
    let mut head = Request::post("/").header("a2a-version", "1.0").header("content-type", "application/json");
    if let Some(traceparent) = traceparent {
        head = head.header("traceparent", traceparent);
    }
    served.raw(head.body(Body::from(body)).unwrap()).await;
}

#[tokio::test]
async fn a_call_is_a_span_of_its_callers_trace() {
    covers!(accept, "RUN-97");
    let mut collector = collector().await;
    let served = serve(collector.of(scene::scene().node), Demand::Required);
    let request = call("read").offering().prove(&served.node);
    send(&served, &request, Some(&format!("00-{TRACE}-{SPAN}-01"))).await;
    let (body, spans) = collector.next().await;
    let [span] = &spans[..] else { panic!("{body}") };
    assert_eq!((&span["traceId"], &span["parentSpanId"]), (&json!(TRACE), &json!(SPAN)));
    assert_eq!(
        (&span["name"], &span["kind"], &span["status"]),
        (&json!("ca2a.call"), &json!(2), &Value::Null)
    );
    assert_eq!(said(span, "ca2a.code")["stringValue"], "ALLOWED");
    assert_eq!(said(span, "ca2a.depth")["intValue"], "1");
    assert_eq!(said(span, "ca2a.platform")["stringValue"], "software-only");
    assert_eq!(said(span, "ca2a.attested")["boolValue"], true);
    let time = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
    assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"));
    let proof = request.holder_proof.as_ref().unwrap();
    let tokens = [proof.challenge().as_str(), &key(3).verifying_key().to_hex(), "what nobody else reads"];
    assert!(tokens.iter().all(|token| !body.contains(token)), "{body}");

    // A refusal says its code, and a call without a trace begins one.
    send(&served, &call("write").prove(&served.node), None).await;
    let (body, spans) = collector.next().await;
    assert_eq!(spans[0]["status"], json!({"code": 2, "message": "SCOPE_NOT_PERMITTED"}), "{body}");
    assert!(spans[0]["parentSpanId"].is_null() && spans[0]["traceId"] != TRACE, "{body}");
}

#[tokio::test]
async fn the_reference_transport_is_traced_too() {
    covers!(accept, "RUN-97");
    let mut collector = collector().await;
    let node = Arc::new(collector.of(scene::scene().node));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = ca2a_runtime::http::HttpLimits::default();
    tokio::spawn(ca2a_runtime::http::serve(listener, Arc::clone(&node), limits, std::future::pending()));
    let body = scene::body(&call("read").prove(&node));
    let head = format!(
        "POST /ca2a/task HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntraceparent: 00-{TRACE}-{SPAN}-01\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (body, spans) = collector.next().await;
    assert_eq!((&spans[0]["traceId"], &spans[0]["parentSpanId"]), (&json!(TRACE), &json!(SPAN)), "{body}");
}

#[tokio::test]
async fn what_is_not_wanted_or_not_taken_is_no_span() {
    covers!(refuse, "RUN-97");
    let mut collector = collector().await;
    let served = serve(collector.of(scene::scene().node), Demand::Required);
    let ask = async |traceparent: &str| {
        let request = call("read").prove(&served.node);
        send(&served, &request, Some(traceparent)).await;
    };
    // A trace that is not recorded is not begun here; what names none is none.
    ask(&format!("00-{TRACE}-{SPAN}-00")).await;
    *collector.status.lock().unwrap() = StatusCode::SERVICE_UNAVAILABLE;
    ask("00-0-0-01").await;
    let (body, spans) = collector.next().await;
    assert_eq!(spans.len(), 1, "{body}");
    assert_ne!(spans[0]["traceId"], TRACE);
    // What was not taken is not sent again, and a later span says so.
    *collector.status.lock().unwrap() = StatusCode::OK;
    loop {
        ask(&format!("00-{TRACE}-{SPAN}-01")).await;
        let (_, spans) = collector.next().await;
        let lost = &said(&spans[0], "ca2a.spans_lost")["intValue"];
        if !lost.is_null() {
            assert_eq!(lost, "1");
            break;
        }
    }
    let refused = Config::from_yaml(b"ca2a: {operations: {traces_url: 'collector:4318'}}\n").unwrap_err();
    assert!(refused.to_string().contains("traces_url"), "{refused}");
}
