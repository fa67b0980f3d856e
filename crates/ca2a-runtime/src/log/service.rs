//! The log over HTTP (SCRAPI, draft-ietf-scitt-scrapi-10, and two endpoints of our own).

use std::{future::Future, io, sync::Arc};

use bytes::Bytes;
use ca2a_core::{
    ErrorCode,
    cose::{CborError, Value, to_vec},
};
use ca2a_trace::scitt::ScittError;
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use tokio::{net::TcpListener, sync::Semaphore, time::Instant};

use super::{
    EntryId, LogError, MAX_STATEMENT, StatementLog, problem,
    target::{Astray, ENTRIES, Target},
};
use crate::{
    http::{self, HttpLimits, Outgoing, Refusal, Service, after, receive, run_endpoint},
    system::Clock,
};

/// Proofs that are made at one time; one more is answered with 429.
const READERS: usize = 64;
/// What a client is told to wait, in seconds.
const RETRY: &str = "1";

const COSE: &str = "application/cose";
const CBOR: &str = "application/cbor";
const STATEMENT: &str = "application/scitt-statement+cose";
const RECEIPT: &str = "application/scitt-receipt+cose";

/// A COSE_Key's own identifier.
const KEY_ID: i64 = 2;

/// Serves `log` on `listener` until `stop` resolves, under the rules of the node's own server (LOG-56).
///
/// # Errors
/// When the listener keeps failing for ten seconds.
pub async fn serve_log(
    listener: TcpListener,
    log: Arc<StatementLog>,
    clock: Arc<dyn Clock>,
    limits: HttpLimits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let largest = u64::try_from(MAX_STATEMENT).unwrap_or(u64::MAX);
    let limits = HttpLimits { max_body: limits.max_body.min(largest), ..limits };
    let readers = Arc::new(Semaphore::new(READERS));
    http::run(listener, Arc::new(LogService { log, clock, readers }), limits, stop).await
}

#[derive(Clone)]
struct LogService {
    log: Arc<StatementLog>,
    clock: Arc<dyn Clock>,
    readers: Arc<Semaphore>,
}

/// An answer before it is HTTP.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    media_type: &'static str,
    body: Vec<u8>,
    location: Option<EntryId>,
}

impl Reply {
    fn new(media_type: &'static str, body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, media_type, body, location: None }
    }
}

impl Service for LogService {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        limits: HttpLimits,
        started: Instant,
    ) -> Outgoing {
        let deadline = after(started, limits.request);
        let (head, body) = request.into_parts();
        let target = match Target::of(&head.method, &head.uri) {
            Ok(target) => target,
            Err(astray) => return lost(astray),
        };
        if target != Target::Register {
            return told(run_endpoint(async move { self.read(target).await }, deadline).await);
        }
        if !is_statement(&head.headers) {
            let message = format!("a statement is sent as {COSE} or {STATEMENT}");
            let refused = refuse(&Refusal::new(ErrorCode::BadRequest, message));
            return with(closing(refused), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        match receive(&head.headers, body, &limits, deadline).await {
            Ok(body) => told(run_endpoint(async move { self.register(&body).await }, deadline).await),
            Err(refusal) => refuse(&refusal),
        }
    }
}

impl LogService {
    /// 201 with the receipt, or 303 to where it will be.
    async fn register(&self, statement: &[u8]) -> Result<Reply, LogError> {
        let id = self.log.register(statement, self.clock.now()).await?.id;
        match self.reading(move |log, _| log.receipt(id)).await {
            Ok(receipt) => {
                let reply = Reply::new(RECEIPT, receipt.to_vec()?);
                Ok(Reply { status: StatusCode::CREATED, location: Some(id), ..reply })
            }
            // It is in the log, which is all that was asked; its receipt can be fetched.
            Err(LogError::Pending | LogError::Busy) => {
                let reply = Reply::new(CBOR, Vec::new());
                Ok(Reply { status: StatusCode::SEE_OTHER, location: Some(id), ..reply })
            }
            Err(error) => Err(error),
        }
    }

    async fn read(&self, target: Target) -> Result<Reply, LogError> {
        match target {
            Target::Keys => Ok(Reply::new(CBOR, encoded(&Value::Array(vec![self.key()?]))?)),
            Target::Key(id) if id == self.key_id()? => Ok(Reply::new(CBOR, encoded(&self.key()?)?)),
            Target::Key(_) | Target::Register => Err(LogError::NoEntry),
            Target::Receipt(id, size) => self.receipt(id, size).await,
            Target::Statement(id) => {
                let statement = self.reading(move |log, _| log.statement(id)).await?;
                Ok(Reply::new(STATEMENT, statement))
            }
            Target::Checkpoint => {
                let checkpoint = self.reading(|log, now| log.checkpoint(now)).await?;
                Ok(Reply::new(COSE, checkpoint.to_vec()?))
            }
            Target::Consistency(old, new) => {
                let receipt = self.reading(move |log, now| {
                    let new = new.map_or_else(|| log.head().map(|head| head.size), Ok)?;
                    log.consistency(old, new, now)
                });
                Ok(Reply::new(RECEIPT, receipt.await?.to_vec()?))
            }
        }
    }

    /// 200 with the receipt, or 302 to the same place while there is none.
    async fn receipt(&self, id: EntryId, size: Option<u64>) -> Result<Reply, LogError> {
        let receipt = self.reading(move |log, now| match size {
            Some(size) => log.receipt_at(id, size, now),
            None => log.receipt(id),
        });
        match receipt.await {
            Ok(receipt) => Ok(Reply::new(RECEIPT, receipt.to_vec()?)),
            Err(error @ LogError::Pending) => {
                let reply = Reply::new(problem::PROBLEM, problem::write(error.code(), &error.to_string()));
                Ok(Reply { status: StatusCode::FOUND, location: Some(id), ..reply })
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the file where that holds nobody up.
    async fn reading<T: Send + 'static>(
        &self,
        read: impl FnOnce(&StatementLog, u64) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let seat = Arc::clone(&self.readers).try_acquire_owned().map_err(|_| LogError::Busy)?;
        let (log, now) = (Arc::clone(&self.log), self.clock.now());
        let read = tokio::task::spawn_blocking(move || {
            let outcome = read(&log, now);
            drop(seat);
            outcome
        });
        read.await.map_err(|_| LogError::read("the reader failed"))?
    }

    fn key_id(&self) -> Result<Vec<u8>, LogError> {
        Ok(self.log.public_key().thumbprint().map_err(cbor)?.0.to_vec())
    }

    /// The COSE_Key that verifies receipts, with its identifier.
    fn key(&self) -> Result<Value, LogError> {
        let mut key = self.log.public_key().to_value();
        let id = Value::Bytes(self.key_id()?);
        if let Some(parameters) = key.as_map_mut() {
            parameters.push((KEY_ID.into(), id));
        }
        Ok(key)
    }
}

fn encoded(value: &Value) -> Result<Vec<u8>, LogError> {
    to_vec(value).map_err(cbor)
}

fn cbor(error: CborError) -> LogError {
    LogError::Damaged(error.to_string())
}

/// Whether the body claims to be a statement. Parameters of the media type change nothing.
fn is_statement(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|text| text.split(';').next()).map(str::trim);
    essence.is_some_and(|text| [COSE, STATEMENT].iter().any(|known| text.eq_ignore_ascii_case(known)))
}

fn told(outcome: Result<Result<Reply, LogError>, Refusal>) -> Outgoing {
    match outcome {
        Ok(Ok(reply)) => response(reply),
        Ok(Err(error)) => {
            let refused = refuse(&Refusal::new(error.code(), error.to_string()));
            match error {
                // SCRAPI: a statement that is not taken in is a bad request, whatever is wrong with it.
                LogError::Scitt(ScittError::Statement(_)) | LogError::TooLarge { .. } => {
                    with(refused, StatusCode::BAD_REQUEST)
                }
                LogError::Busy => with(refused, StatusCode::TOO_MANY_REQUESTS),
                _ => refused,
            }
        }
        Err(refusal) => refuse(&refusal),
    }
}

fn lost(astray: Astray) -> Outgoing {
    match astray {
        Astray::NoSuchPath => refuse(&Refusal::new(ErrorCode::NotFound, "unknown path")),
        Astray::Query(problem) => refuse(&Refusal::new(ErrorCode::BadRequest, problem)),
        Astray::Method(method) => {
            let refused = refuse(&Refusal::new(ErrorCode::MethodNotAllowed, format!("only {method} here")));
            header(refused, header::ALLOW, HeaderValue::from_static(method))
        }
    }
}

fn refuse(refusal: &Refusal) -> Outgoing {
    let reply = Reply::new(problem::PROBLEM, problem::write(refusal.code, &refusal.message));
    let status =
        StatusCode::from_u16(refusal.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refused = response(Reply { status, ..reply });
    if refusal.closing { closing(refused) } else { refused }
}

fn response(reply: Reply) -> Outgoing {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    response = header(response, header::CONTENT_TYPE, HeaderValue::from_static(reply.media_type));
    response = header(response, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(location) = reply.location
        && let Ok(location) = HeaderValue::from_str(&format!("{ENTRIES}/{location}"))
    {
        response = header(response, header::LOCATION, location);
    }
    with(response, reply.status)
}

/// The answer under `status`, and when to come again where that is its point.
fn with(mut response: Outgoing, status: StatusCode) -> Outgoing {
    *response.status_mut() = status;
    match status {
        StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::SERVICE_UNAVAILABLE => {
            header(response, header::RETRY_AFTER, HeaderValue::from_static(RETRY))
        }
        _ => response,
    }
}

/// The rest of the request is not wanted.
fn closing(response: Outgoing) -> Outgoing {
    header(response, header::CONNECTION, HeaderValue::from_static("close"))
}

fn header(mut response: Outgoing, name: HeaderName, value: HeaderValue) -> Outgoing {
    response.headers_mut().insert(name, value);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ca2a_trace::merkle::LeafHash;

    use super::*;

    /// LOG-56: over the number of readers a client is told to come again, and when.
    #[test]
    fn too_many_readers_are_told_so() {
        let id = EntryId(LeafHash::of(b"entry"));
        let answers =
            [Err(LogError::Busy), Err(LogError::NoEntry), Err(LogError::Stopped), Err(LogError::Pending)]
                .map(|outcome: Result<Reply, LogError>| told(Ok(outcome)));
        assert_eq!(answers.each_ref().map(|answer| answer.status().as_u16()), [429, 404, 503, 503]);
        let retries = answers.each_ref().map(|answer| answer.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(retries, [true, false, true, true]);
        let found = Reply { status: StatusCode::FOUND, location: Some(id), ..Reply::new(CBOR, Vec::new()) };
        let found = response(found);
        assert_eq!(found.headers().get(header::LOCATION).unwrap(), &format!("/entries/{id}"));
        assert_eq!(found.headers().get(header::RETRY_AFTER).unwrap(), RETRY);
    }
}
