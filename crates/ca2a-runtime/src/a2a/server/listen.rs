//! The accept loop: HTTP/1.1 and HTTP/2 on one port, so many connections, each head in its time.

use std::{convert::Infallible, future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulConnection},
};
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_util::io::InspectWriter;
use tower::ServiceExt as _;

use super::{
    ServerLimits,
    at_hand::{self, AtHand},
};
use crate::http::{Client, Door, Lock, Seats};

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
    let seats = Seats::new(limits.connections);
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(limits.head);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(limits.head)
        .keep_alive_timeout(limits.head);
    // Each connection has a receiver, so that its end is known.
    let (stopping, stopped) = watch::channel(false);
    let mut stop = pin!(stop);
    let mut failures = 0_u32;
    let outcome = loop {
        let seated = async {
            let free = seats.free().await;
            (free, listener.accept().await)
        };
        let (free, accepted) = tokio::select! {
            biased;
            () = &mut stop => break Ok(()),
            accepted = seated => accepted,
        };
        match accepted {
            Ok((socket, address)) => {
                failures = 0;
                // Whoever has its share is let go without a word: within TLS there is none yet.
                let Some(seat) = free.and_then(|free| seats.take(free, address.ip())) else { continue };
                let (lock, router, http, stop) =
                    (lock.clone(), router.clone(), http.clone(), stopped.clone());
                tokio::spawn(async move {
                    if let Ok((socket, from)) = lock.open(socket, limits.head).await {
                        let at_hand = Arc::new(AtHand::default());
                        let requests = Arc::clone(&at_hand);
                        let service = service_fn(move |request| {
                            answer(router.clone(), lock.clone(), from.clone(), requests.begin(), request)
                        });
                        let written = Arc::clone(&at_hand);
                        let socket = InspectWriter::new(socket, move |bytes| written.wrote(bytes.len()));
                        let connection = http.serve_connection(TokioIo::new(socket), service).into_owned();
                        hold(connection, &at_hand, limits, stop).await;
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
    drop((listener, stopped));
    stopping.send_replace(true);
    let _ = timeout(limits.request, stopping.closed()).await;
    outcome
}

/// Drives a connection to its end, or lets it go where its first head has not come in time, or no other after it (A2A-13): over
/// HTTP/2 hyper waits for ever for either. Who is told to go and stays is left.
async fn hold(
    connection: impl GracefulConnection,
    at_hand: &AtHand,
    limits: ServerLimits,
    mut stop: watch::Receiver<bool>,
) {
    let mut connection = pin!(connection);
    let (mut heads, mut looks) = (every(limits.head), every(limits.untaken));
    let (mut seen, mut written, mut told, mut stopping) = (0, 0, false, false);
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = stop.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = heads.tick() => {
                let (begun, is_busy) = at_hand.count();
                // What was handed out to the last byte may still be on its way to who reads slowly.
                let is_idle = !at_hand.is_taken(&mut written) && !is_busy && begun == seen;
                if is_idle && (begun == 0 || told) {
                    return;
                }
                if is_idle {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
                seen = begun;
            }
            _ = looks.tick() => at_hand.look(),
        }
    }
}

/// The end of each `period`, the first one included.
fn every(period: Duration) -> Interval {
    // No time at all is none that can be waited for again and again.
    let period = period.max(Duration::from_millis(1));
    let first = Instant::now().checked_add(period).unwrap_or_else(Instant::now);
    let mut ticks = interval_at(first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Answers one request, or turns it away unread. It is at hand until the last byte of its answer, a stream's included.
async fn answer(
    router: Router,
    lock: Lock,
    from: Client,
    at_hand: at_hand::Request,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let permit = match lock.admit(&from, request.uri().path()) {
        Ok(permit) => permit,
        Err(turned) => {
            let response = turned.answer(request.headers()).map(Body::new);
            return Ok(response.map(|body| at_hand.answered(body, None)));
        }
    };
    request.extensions_mut().insert(from);
    if let Some(guard) = lock.guard() {
        request.extensions_mut().insert(Arc::clone(guard));
    }
    let response = router.oneshot(request.map(Body::new)).await?;
    Ok(response.map(|body| at_hand.answered(body, permit)))
}
