//! The accept loop: HTTP/1.1 and HTTP/2 on one port, so many connections, each head in its time.

use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use tower::ServiceExt as _;

use super::ServerLimits;
use crate::http::Door;

/// After a failure to accept, for want of descriptors most likely: the pause, and how many in a row end the server.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const ACCEPT_FAILURES: u32 = 100;

/// Streams of one HTTP/2 connection at one time.
const STREAMS: u32 = 256;

pub(super) async fn run(
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
                        let service = TowerToHyperService::new(router.map_request(
                            move |mut request: Request<Incoming>| {
                                request.extensions_mut().insert(from.clone());
                                request
                            },
                        ));
                        let connection = http.serve_connection(TokioIo::new(socket), service).into_owned();
                        let _ = watcher.watch(connection).await;
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
