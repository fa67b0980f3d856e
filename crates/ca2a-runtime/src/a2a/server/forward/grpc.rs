//! The same over gRPC: frames as they come, up to the trailers that say how the call ended.

use axum::{
    BoxError,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Response, header::TE},
};
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::sync::OwnedSemaphorePermit;

use super::end_to_end;
use crate::http::{ClientError, HttpClient};

/// Hands a call on, and gives back an answer that is read no faster than its caller reads it. It has `slot` until its end.
pub(super) async fn hand_on(
    client: &HttpClient,
    target: &str,
    mut headers: HeaderMap,
    body: Bytes,
    slot: OwnedSemaphorePermit,
) -> Result<Response<Body>, ClientError> {
    // It is said anew on each connection.
    headers.insert(TE, HeaderValue::from_static("trailers"));
    let (head, body) = client.hand_on_over_http2(target, headers, body).await?.into_parts();
    let frames = stream::try_unfold((body, slot), |(mut body, slot)| async move {
        let frame = body.frame().await.transpose()?;
        Ok::<_, BoxError>(frame.map(|frame| (frame, (body, slot))))
    });
    let mut response = Response::new(Body::new(StreamBody::new(frames)));
    *response.status_mut() = head.status;
    *response.headers_mut() = end_to_end(&head.headers);
    Ok(response)
}
