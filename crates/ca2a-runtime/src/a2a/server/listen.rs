//! The accept loop: HTTP/1.1 and HTTP/2 on one port, so many connections, each head in its time.

use std::{convert::Infallible, future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http_body_util::BodyExt as _;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    sync::{Notify, Semaphore},
    time::{sleep, timeout},
};
use tower::ServiceExt as _;

use super::ServerLimits;
use crate::http::{Client, Door, Lock};

/// After a failure to accept, for want of descriptors most likely: the pause, and how many in a row end the server.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const ACCEPT_FAILURES: u32 = 100;

/// Streams of one HTTP/2 connection at one time.
const STREAMS: u32 = 256;

pub(crate) async fn run(
    door: Door,
    router: Router,
    limits: ServerLimits,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let Door { listener, lock } = door;
    let seats = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(limits.head);
    http.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).keep_alive_interval(limits.head);
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    let mut failures = 0_u32;
    let outcome = loop {
        let seated = async {
            let seat = Arc::clone(&seats).acquire_owned().await;
            (seat, listener.accept().await)
        };
        let (seat, accepted) = tokio::select! {
            biased;
            () = &mut stop => break Ok(()),
            accepted = seated => accepted,
        };
        match accepted {
            Ok((socket, _)) => {
                failures = 0;
                let (lock, router, http, watcher) =
                    (lock.clone(), router.clone(), http.clone(), graceful.watcher());
                tokio::spawn(async move {
                    if let Ok((socket, from)) = lock.open(socket, limits.head).await {
                        let begun = Arc::new(Notify::new());
                        let head = Arc::clone(&begun);
                        let service = service_fn(move |request| {
                            head.notify_one();
                            answer(router.clone(), lock.clone(), from.clone(), request)
                        });
                        let connection = http.serve_connection(TokioIo::new(socket), service).into_owned();
                        hold(watcher.watch(connection), &begun, limits.head).await;
                    }
                    drop(seat);
                });
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                if failures >= ACCEPT_FAILURES {
                    break Err(error);
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    };
    drop(listener);
    let _ = timeout(limits.request, graceful.shutdown()).await;
    outcome
}

/// Drives a connection to its end, or lets it go where its first head has not come in time (A2A-13): which version of HTTP
/// it speaks shows with its first bytes, and until then hyper waits for ever.
async fn hold(connection: impl Future, begun: &Notify, head: Duration) {
    let mut connection = pin!(connection);
    tokio::select! {
        _ = &mut connection => return,
        () = begun.notified() => {}
        () = sleep(head) => return,
    }
    let _ = connection.await;
}

/// Answers one request, or turns it away unread. It is at hand until the last byte of its answer, a stream's included.
async fn answer(
    router: Router,
    lock: Lock,
    from: Client,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let permit = match lock.admit(&from, request.uri().path()) {
        Ok(permit) => permit,
        Err(turned) => return Ok(turned.answer(request.headers()).map(Body::new)),
    };
    request.extensions_mut().insert(from);
    if let Some(guard) = lock.guard() {
        request.extensions_mut().insert(Arc::clone(guard));
    }
    let response = router.oneshot(request.map(Body::new)).await?;
    Ok(response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &permit;
            frame
        }))
    }))
}
