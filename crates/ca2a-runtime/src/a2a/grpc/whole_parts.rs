//! Messages whose parts all hold something (A2A-4): the SDK reads one without content as an empty text.

use std::pin::Pin;

use a2a::A2AError;
use a2a_grpc::{GrpcHandler, errors::a2a_error_to_status};
use a2a_pb::proto::{self, a2a_service_server::A2aService};
use a2a_server::RequestHandler;
use tonic::{Request, Response, Status};

use crate::a2a::server::one_content;

/// The SDK's service for messages of whole parts. Of two contents of one part, protobuf knows the last alone.
pub(super) struct WholeParts<H: RequestHandler>(pub(super) GrpcHandler<H>);

type Answered<'f, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'f>>;

fn check(request: &proto::SendMessageRequest) -> Result<(), Status> {
    let mut parts = request.message.iter().flat_map(|message| &message.parts);
    match parts.position(|part| part.content.is_none()) {
        Some(place) => Err(a2a_error_to_status(&A2AError::invalid_params(one_content(place)))),
        None => Ok(()),
    }
}

macro_rules! handed_on {
    ($($method:ident: $request:ident => $answer:ty;)*) => {$(
        fn $method<'l, 'f>(&'l self, request: Request<proto::$request>) -> Answered<'f, $answer>
        where
            'l: 'f,
            Self: 'f,
        {
            self.0.$method(request)
        }
    )*};
}

macro_rules! checked {
    ($($method:ident => $answer:ty;)*) => {$(
        fn $method<'l, 'f>(&'l self, request: Request<proto::SendMessageRequest>) -> Answered<'f, $answer>
        where
            'l: 'f,
            Self: 'f,
        {
            match check(request.get_ref()) {
                Ok(()) => self.0.$method(request),
                Err(status) => Box::pin(std::future::ready(Err(status))),
            }
        }
    )*};
}

impl<H: RequestHandler> A2aService for WholeParts<H> {
    type SendStreamingMessageStream = <GrpcHandler<H> as A2aService>::SendStreamingMessageStream;
    type SubscribeToTaskStream = <GrpcHandler<H> as A2aService>::SubscribeToTaskStream;

    checked! {
        send_message => proto::SendMessageResponse;
        send_streaming_message => Self::SendStreamingMessageStream;
    }

    handed_on! {
        get_task: GetTaskRequest => proto::Task;
        list_tasks: ListTasksRequest => proto::ListTasksResponse;
        cancel_task: CancelTaskRequest => proto::Task;
        subscribe_to_task: SubscribeToTaskRequest => Self::SubscribeToTaskStream;
        create_task_push_notification_config:
            TaskPushNotificationConfig => proto::TaskPushNotificationConfig;
        get_task_push_notification_config:
            GetTaskPushNotificationConfigRequest => proto::TaskPushNotificationConfig;
        list_task_push_notification_configs:
            ListTaskPushNotificationConfigsRequest => proto::ListTaskPushNotificationConfigsResponse;
        get_extended_agent_card: GetExtendedAgentCardRequest => proto::AgentCard;
        delete_task_push_notification_config: DeleteTaskPushNotificationConfigRequest => ();
    }
}
