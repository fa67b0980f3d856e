//! The SDK's defects that this server works around. A test that fails here says that the SDK was mended, and that its
//! workaround may go.

use std::sync::Arc;

use a2a_server::{DefaultRequestHandler, InMemoryTaskStore, RequestHandler, TaskStore, jsonrpc, rest};
use axum::{Router, body::Body, http::Request};
use ca2a_runtime::a2a::sdk::{
    A2AError, AgentCard, CancelTaskRequest, GetTaskRequest, ListTasksRequest, SendMessageRequest,
    ServiceParams, StreamResponse, SubscribeToTaskRequest, Task, TaskState, TaskStatus,
    stream::StreamExt as _,
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::a2a::{Echo, params};

fn handler() -> Arc<DefaultRequestHandler> {
    Arc::new(DefaultRequestHandler::new(Echo::default(), InMemoryTaskStore::new()))
}

fn request(text: &str) -> SendMessageRequest {
    serde_json::from_value(params(text, None)).unwrap()
}

async fn raw(router: Router, request: Request<Body>) -> (u16, String, Value) {
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, kind.unwrap_or_default(), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn json_body(path: &str, body: &Value) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

/// Defect 1; ours: A2A-21
#[tokio::test]
async fn a_burst_of_events_is_an_internal_error() {
    let handler = handler();
    let mut failed = false;
    for _ in 0..50 {
        failed |= handler.send_message(&ServiceParams::new(), request("burst")).await.is_err();
    }
    assert!(failed, "the SDK no longer drops events of a burst");
}

/// Defect 2; ours: A2A-22
#[tokio::test]
async fn an_agent_that_fails_leaves_its_task_at_work() {
    let handler = handler();
    handler.send_message(&ServiceParams::new(), request("fail")).await.unwrap_err();
    let all = ListTasksRequest::everything();
    let tasks = handler.list_tasks(&ServiceParams::new(), all).await.unwrap().tasks;
    assert!(!tasks[0].status.state.is_terminal(), "the SDK now ends a task whose agent failed");
}

/// Defect 3; ours: A2A-23
#[tokio::test]
async fn a_task_that_waits_for_its_client_cannot_be_followed() {
    let handler = handler();
    handler.send_message(&ServiceParams::new(), request("ask")).await.unwrap();
    let all = ListTasksRequest::everything();
    let id = handler.list_tasks(&ServiceParams::new(), all).await.unwrap().tasks[0].id.clone();
    let followed =
        handler.subscribe_to_task(&ServiceParams::new(), SubscribeToTaskRequest { id, tenant: None }).await;
    assert_eq!(followed.err().map(|error| error.code), Some(-32001), "the SDK now follows a task at rest");
}

/// Defects 4 and 5; ours: A2A-4, A2A-1
#[tokio::test]
async fn nothing_is_required_and_no_version_is_checked_over_http() {
    let (status, _, answer) = raw(rest::rest_router(handler()), json_body("/message:send", &json!({}))).await;
    assert_eq!(status, 200, "the SDK now checks the members or the version: {answer}");
}

/// Defect 6; ours: A2A-15
#[tokio::test]
async fn an_error_over_http_is_problem_json() {
    let request = Request::get("/tasks/none").body(Body::empty()).unwrap();
    let (_, kind, _) = raw(rest::rest_router(handler()), request).await;
    assert_eq!(kind, "application/problem+json", "the SDK now answers errors as section 11.6 has it");
}

/// Defect 7; ours: A2A-16
#[tokio::test]
async fn a_tenant_in_the_path_is_not_known() {
    let router = rest::rest_router(handler());
    let (status, ..) = raw(router, json_body("/acme/message:send", &params("x", None))).await;
    assert_eq!(status, 404, "the SDK now knows tenants");
}

/// Refuses everything with a code of its own.
struct Refusing;

#[async_trait::async_trait]
impl RequestHandler for Refusing {
    async fn send_message(
        &self,
        _: &ServiceParams,
        _: SendMessageRequest,
    ) -> Result<ca2a_runtime::a2a::sdk::SendMessageResponse, A2AError> {
        Err(A2AError::new(-32080, "SCOPE_ESCALATION: no"))
    }
    async fn send_streaming_message(
        &self,
        _: &ServiceParams,
        _: SendMessageRequest,
    ) -> Result<ca2a_runtime::a2a::sdk::BoxStream<'static, Result<StreamResponse, A2AError>>, A2AError> {
        Err(A2AError::new(-32080, "no"))
    }
    async fn get_task(&self, _: &ServiceParams, _: GetTaskRequest) -> Result<Task, A2AError> {
        Err(A2AError::new(-32080, "no"))
    }
    async fn list_tasks(
        &self,
        _: &ServiceParams,
        _: ListTasksRequest,
    ) -> Result<ca2a_runtime::a2a::sdk::ListTasksResponse, A2AError> {
        Err(A2AError::new(-32080, "no"))
    }
    async fn cancel_task(&self, _: &ServiceParams, _: CancelTaskRequest) -> Result<Task, A2AError> {
        Err(A2AError::new(-32080, "no"))
    }
    async fn subscribe_to_task(
        &self,
        _: &ServiceParams,
        _: SubscribeToTaskRequest,
    ) -> Result<ca2a_runtime::a2a::sdk::BoxStream<'static, Result<StreamResponse, A2AError>>, A2AError> {
        Err(A2AError::new(-32080, "no"))
    }
    async fn create_push_config(
        &self,
        _: &ServiceParams,
        config: ca2a_runtime::a2a::sdk::TaskPushNotificationConfig,
    ) -> Result<ca2a_runtime::a2a::sdk::TaskPushNotificationConfig, A2AError> {
        Ok(config)
    }
    async fn get_push_config(
        &self,
        _: &ServiceParams,
        _: ca2a_runtime::a2a::sdk::GetTaskPushNotificationConfigRequest,
    ) -> Result<ca2a_runtime::a2a::sdk::TaskPushNotificationConfig, A2AError> {
        Err(A2AError::new(-32080, "no"))
    }
    async fn list_push_configs(
        &self,
        _: &ServiceParams,
        _: ca2a_runtime::a2a::sdk::ListTaskPushNotificationConfigsRequest,
    ) -> Result<ca2a_runtime::a2a::sdk::ListTaskPushNotificationConfigsResponse, A2AError> {
        Err(A2AError::new(-32080, "no"))
    }
    async fn delete_push_config(
        &self,
        _: &ServiceParams,
        _: ca2a_runtime::a2a::sdk::DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        Ok(())
    }
    async fn get_extended_agent_card(
        &self,
        _: &ServiceParams,
        _: ca2a_runtime::a2a::sdk::GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        Ok(crate::support::a2a::card())
    }
}

/// Defect 8; ours: A2A-8, A2A-9
#[tokio::test]
async fn a_code_of_our_own_is_an_internal_error() {
    let (status, _, answer) =
        raw(rest::rest_router(Arc::new(Refusing)), json_body("/message:send", &params("x", None))).await;
    assert_eq!(status, 500, "the SDK now gives a custom code its own status: {answer}");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": params("x", None)});
    let request = Request::post("/").header("a2a-version", "1.0").body(Body::from(body.to_string())).unwrap();
    let (_, _, answer) = raw(jsonrpc::jsonrpc_router(Arc::new(Refusing)), request).await;
    assert_eq!(answer["error"]["code"], -32080);
    assert_eq!(
        answer["error"]["data"][0]["reason"], "INTERNAL_ERROR",
        "the SDK now keeps a reason: {answer}"
    );
}

/// Defect 9; ours: A2A-6, A2A-31
#[tokio::test]
async fn a_history_keeps_everything_for_everybody() {
    let handler = handler();
    let mut sent = request("x");
    sent.message.metadata = Some([("secret".to_owned(), json!("kept"))].into());
    handler.send_message(&ServiceParams::new(), sent).await.unwrap();
    let all = ListTasksRequest::everything();
    let tasks = handler.list_tasks(&ServiceParams::new(), all).await.unwrap().tasks;
    assert!(
        format!("{:?}", tasks[0].history).contains("kept"),
        "the SDK no longer keeps metadata in the history"
    );
}

/// Defect 10; ours: A2A-20
#[tokio::test]
async fn a_stream_does_not_show_the_task_first() {
    let mut events = handler().send_streaming_message(&ServiceParams::new(), request("x")).await.unwrap();
    let first = events.next().await.unwrap().unwrap();
    assert!(!matches!(first, StreamResponse::Task(_)), "the SDK now shows the task first");
}

/// Defect 11; ours: A2A-26
#[tokio::test]
async fn a_list_is_in_the_order_of_ids() {
    let store = InMemoryTaskStore::new();
    for (id, second) in [("b", 2), ("a", 1)] {
        let timestamp = chrono::DateTime::from_timestamp(second, 0);
        let status = TaskStatus { state: TaskState::Completed, message: None, timestamp };
        let task = Task {
            id: id.into(),
            context_id: "c".into(),
            status,
            artifacts: None,
            history: None,
            metadata: None,
        };
        store.create(task).await.unwrap();
    }
    let listed = store.list(&ListTasksRequest::everything()).await.unwrap().tasks;
    assert_eq!(listed[0].id, "a", "the SDK now lists the latest first");
}

/// What asks for everything.
trait Everything {
    fn everything() -> Self;
}

impl Everything for ListTasksRequest {
    fn everything() -> Self {
        serde_json::from_value(json!({})).unwrap()
    }
}
