//! What the node says in the end about a call that was granted and came to nothing before the agent heard of it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use ca2a_core::{ChannelKey, ErrorCode};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine,
        tasks::{MemoryTasks, TaskLimits},
    },
    calls::{
        Abandoned, Answered, CallId, CallStore, CallStoreError, DurableCalls, Ended, Epoch, NewCall, Outcome,
        OutcomeStatement, SignedOutcome,
    },
    store::{RecordStore, ReplayLimits},
};
use serde_json::json;

use crate::{
    access::proof,
    sealed::{inner, outer, sealed},
    support::{
        a2a::{Echo, Served, card, params},
        scene::{call, key, scene},
    },
};

/// Remembers which calls were begun.
struct Calls {
    inner: DurableCalls,
    begun: Mutex<Vec<CallId>>,
    /// Whether what ends a call gets lost.
    loses: AtomicBool,
}

impl CallStore for Calls {
    fn join(&self, node: ChannelKey, lease_seconds: u64) -> Answered<'_, Epoch> {
        self.inner.join(node, lease_seconds)
    }
    fn renew(&self, epoch: Epoch, lease_seconds: u64) -> Answered<'_, ()> {
        self.inner.renew(epoch, lease_seconds)
    }
    fn begin(&self, epoch: Epoch, call: NewCall) -> Answered<'_, ()> {
        self.begun.lock().unwrap().push(CallId::of(&call.claim));
        self.inner.begin(epoch, call)
    }
    fn end(&self, epoch: Epoch, call: CallId, ended: Ended) -> Answered<'_, ()> {
        if self.loses.load(Ordering::SeqCst) {
            return Box::pin(async { Err(CallStoreError::Unconfirmed("lost".to_owned())) });
        }
        self.inner.end(epoch, call, ended)
    }
    fn abandoned(&self, most: usize) -> Answered<'_, Vec<Abandoned>> {
        self.inner.abandoned(most)
    }
    fn settle(&self, by: Epoch, call: CallId, outcome: SignedOutcome) -> Answered<'_, ()> {
        self.inner.settle(by, call, outcome)
    }
    fn outcome(&self, call: CallId) -> Answered<'_, Option<String>> {
        self.inner.outcome(call)
    }
    fn binding(&self, task: &str) -> Answered<'_, Option<String>> {
        self.inner.binding(task)
    }
    fn forget(&self, most: usize) -> Answered<'_, usize> {
        self.inner.forget(most)
    }
    fn now(&self) -> Answered<'_, u64> {
        self.inner.now()
    }
    fn live(&self, most: usize) -> Answered<'_, Vec<ChannelKey>> {
        self.inner.live(most)
    }
}

impl Calls {
    /// The outcome of the call that was begun last, which is there by the time its caller hears of it.
    async fn last(&self) -> Outcome {
        let call = *self.begun.lock().unwrap().last().unwrap();
        let text = self.inner.outcome(call).await.unwrap().expect("the outcome is there before the answer");
        OutcomeStatement::verify(&text, &key(7).verifying_key()).unwrap().outcome
    }
}

async fn node(limits: TaskLimits) -> (Served, Arc<Calls>) {
    let records = Arc::new(RecordStore::in_memory().unwrap());
    let calls = Arc::new(Calls {
        inner: DurableCalls::new(records, ReplayLimits::default()),
        begun: Mutex::default(),
        loses: AtomicBool::default(),
    });
    let node = scene().node.with_identity(key(7)).with_calls(calls.clone(), 30).await.unwrap();
    let (node, echo, tasks) = (Arc::new(node), Echo::default(), Arc::new(MemoryTasks::new(limits)));
    let server = A2aServer::new(node.clone(), Engine::new(echo.clone(), tasks.clone()), &card()).unwrap();
    (Served { node, echo, tasks, router: server.into_router() }, calls)
}

/// A2A-17, GATE-8: what was sealed is judged after the grant, and its outcome says what the caller hears.
#[tokio::test]
async fn what_was_inside_is_refused_as_its_outcome_says() {
    covers!(refuse, "A2A-17", "GATE-8");
    let (served, calls) = node(TaskLimits::default()).await;
    let mut inside = inner();
    inside["messageId"] = json!("another");
    let answer = sealed(&served, &inside, outer()).await;
    let said = &answer["error"]["data"][0]["metadata"];
    assert_eq!(said["ca2a_code"], "SEALED_CHANNEL_ERROR", "{answer}");
    assert_eq!(calls.last().await, Outcome::Refused(ErrorCode::SealedChannelError));

    let mut inside = inner();
    inside["role"] = json!("ROLE_AGENT");
    let answer = sealed(&served, &inside, outer()).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    assert_eq!(calls.last().await, Outcome::Refused(ErrorCode::BadRequest));
    let info = answer["error"]["data"].as_array().unwrap().last().unwrap();
    assert_eq!(info["metadata"]["ca2a_code"], "BAD_REQUEST", "{answer}");
    assert!(info["metadata"]["ca2a_record"].is_string(), "what was granted is told: {answer}");
    assert!(served.tasks.is_empty());
}

/// A2A-17, GATE-8: so it is with what the store of tasks refused.
#[tokio::test]
async fn what_found_no_room_was_refused_for_want_of_it() {
    covers!(accept, "A2A-17");
    covers!(refuse, "A2A-17", "GATE-8");
    let (served, calls) = node(TaskLimits::of(1)).await;
    let mut first = params("for ever", Some(&call("read").prove(&served.node)));
    first["configuration"] = json!({ "returnImmediately": true });
    let answer = served.jsonrpc("SendMessage", first).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_WORKING", "{answer}");
    let second = params("hello", Some(&call("read").prove(&served.node)));
    let answer = served.jsonrpc("SendMessage", second).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("OVERLOADED: "), "{answer}");
    assert_eq!(calls.last().await, Outcome::Refused(ErrorCode::Overloaded));
    // A task that is not there is none of the call's either.
    let mut third = params("hello", Some(&call("read").prove(&served.node)));
    third["message"]["taskId"] = json!("no-such-task");
    let answer = served.jsonrpc("SendMessage", third).await;
    assert_eq!(answer["error"]["code"], -32001, "{answer}");
    assert_eq!(calls.last().await, Outcome::Refused(ErrorCode::NotFound));
}

/// A2A-17, GATE-3: where the outcome of a refusal is not kept, nobody knows what the node will have said.
#[tokio::test]
async fn a_refusal_whose_outcome_is_lost_is_told_as_unknown() {
    covers!(refuse, "A2A-17", "GATE-3");
    let (served, calls) = node(TaskLimits::of(1)).await;
    calls.loses.store(true, Ordering::SeqCst);
    for (member, wrong) in [("messageId", "another"), ("role", "ROLE_AGENT")] {
        let mut inside = inner();
        inside[member] = json!(wrong);
        let answer = sealed(&served, &inside, outer()).await;
        let said = &answer["error"]["data"][0]["metadata"];
        assert_eq!(said["ca2a_code"], "OUTCOME_UNKNOWN", "{answer}");
        assert!(said["ca2a_record"].is_string(), "what was granted is told: {answer}");
    }
    let mut lost = params("hello", Some(&call("read").prove(&served.node)));
    lost["message"]["taskId"] = json!("no-such-task");
    let answer = served.jsonrpc("SendMessage", lost).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("OUTCOME_UNKNOWN: "), "{answer}");
    assert_eq!(answer["error"]["code"], -32080, "{answer}");
}

/// GATE-3: after an end that was lost, nothing that the agent says is told as a success of which there is no outcome.
#[tokio::test]
async fn a_call_whose_end_was_lost_does_not_succeed_later() {
    covers!(refuse, "GATE-3");
    let (served, calls) = node(TaskLimits::default()).await;
    let mut waits = params("wait", Some(&call("read").prove(&served.node)));
    waits["configuration"] = json!({ "returnImmediately": true });
    let answer = served.jsonrpc("SendMessage", waits).await;
    let id = answer["result"]["task"]["id"].as_str().unwrap();
    let request = json!({ "id": id });
    calls.loses.store(true, Ordering::SeqCst);
    let cancel = proof(&served, 3, "CancelTask", Some(id), &request);
    let canceled = served.jsonrpc_with("CancelTask", request.clone(), cancel).await;
    assert!(canceled["error"]["message"].as_str().unwrap().starts_with("OUTCOME_UNKNOWN"), "{canceled}");
    calls.loses.store(false, Ordering::SeqCst);
    served.echo.go.notify_one();
    let status = loop {
        let get = proof(&served, 3, "GetTask", Some(id), &request);
        let task = served.jsonrpc_with("GetTask", request.clone(), get).await;
        let status = task["result"]["status"].clone();
        if status["state"] != "TASK_STATE_WORKING" {
            break status;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(status["state"], "TASK_STATE_FAILED", "{status}");
    let why = status["message"]["parts"][0]["text"].as_str().unwrap();
    assert!(why.starts_with("OUTCOME_UNKNOWN: ") && !why.contains(": OUTCOME_UNKNOWN"), "{why}");
}

/// A2A-46, RUN-92: where revocations must be known and are not, no message is taken.
#[tokio::test]
async fn no_call_goes_on_while_revocations_are_unknown() {
    covers!(refuse, "A2A-46");
    let unknown = Arc::new(ca2a_runtime::node::FixedRevocations::default());
    let node = Arc::new(scene().node.with_revocations(unknown, Some(60)));
    let (echo, tasks) = (Echo::default(), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(node.clone(), Engine::new(echo.clone(), tasks.clone()), &card()).unwrap();
    let served = Served { node, echo, tasks, router: server.into_router() };
    let request = call("read").prove(&served.node);
    for method in ["SendMessage", "SendStreamingMessage"] {
        let refused = served.jsonrpc(method, params("hi", Some(&request))).await;
        let why = refused["error"]["message"].as_str().unwrap_or_else(|| panic!("{refused}"));
        assert!(why.starts_with(ErrorCode::RevocationStatusUnknown.as_str()), "{why}");
        assert_eq!(refused["error"]["code"], -32080, "{refused}");
    }
    assert_eq!((served.tasks.len(), served.echo.worked.load(Ordering::SeqCst)), (0, 0));
}
