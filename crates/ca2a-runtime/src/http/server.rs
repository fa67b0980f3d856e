//! The accept loop.

use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};

use ca2a_core::ErrorCode;
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Answer, Door, Endpoints, HttpLimits, connection, door::Lock, route::PeerRoutes, seats::Seats,
    service::Service,
};

/// Connections over the cap that are being told so at one time; one more is closed without a word.
const TURNED_AWAY: usize = 64;

/// After a failure to accept, for want of descriptors most likely: the pause, and how many in a row end the server.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const ACCEPT_FAILURES: u32 = 100;

/// Serves `endpoints` at `door`, a listener or one with TLS around it, until `stop` resolves. Then no connection is
/// accepted any more, requests at hand get their answers within the request deadline, and the rest is cut off (WIRE-51).
///
/// # Errors
/// When the listener keeps failing for ten seconds.
pub async fn serve<E: Endpoints>(
    door: impl Into<Door>,
    endpoints: Arc<E>,
    limits: HttpLimits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    run(door, Arc::new(PeerRoutes(endpoints)), limits, stop).await
}

/// Serves `service` at `door`, as [`serve`] does a peer.
pub(crate) async fn run<S: Service>(
    door: impl Into<Door>,
    service: Arc<S>,
    limits: HttpLimits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let Door { listener, lock } = door.into();
    let seats = Seats::new(limits.connections);
    let benches = Arc::new(Semaphore::new(TURNED_AWAY));
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    let mut failures = 0_u32;
    let outcome = loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break Ok(()),
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, address)) => {
                failures = 0;
                if let Some(seat) = seats.free_now().and_then(|free| seats.take(free, address.ip())) {
                    let (lock, service, stop) = (lock.clone(), Arc::clone(&service), stopped.clone());
                    connections.spawn(async move {
                        if let Ok((socket, from)) = lock.open(socket, limits.head).await {
                            connection::serve(socket, from, lock, service, limits, stop).await;
                        }
                        drop(seat);
                    });
                } else if let Ok(bench) = Arc::clone(&benches).try_acquire_owned() {
                    let lock = lock.clone();
                    connections.spawn(async move {
                        turn_away(&lock, socket, limits).await;
                        drop(bench);
                    });
                }
            }
            Err(error) if is_the_clients(&error) => {}
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
    stopping.send_replace(true);
    let rest = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(limits.request, rest).await;
    connections.shutdown().await;
    outcome
}

/// Whether a connection went away before it was accepted, which says nothing about the listener.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Tells a client that there is no room (WIRE-49), before it has asked for anything.
async fn turn_away(lock: &Lock, socket: TcpStream, limits: HttpLimits) {
    let Ok((mut socket, _)) = lock.open(socket, limits.head).await else { return };
    let body = Answer::refusal(ErrorCode::Overloaded, "too many connections; try again").body;
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let told = async {
        socket.write_all(head.as_bytes()).await?;
        socket.write_all(&body).await?;
        socket.flush().await
    };
    if matches!(timeout(limits.linger, told).await, Ok(Ok(()))) {
        connection::close(socket, limits).await;
    }
}
