//! One connection: requests one after another, each phase under its deadline, and a close that lets the client read
//! the last answer.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};

use hyper::{
    Request,
    body::Incoming,
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use super::{
    HttpLimits,
    door::{Client, Lock},
    service::{Outgoing, Service},
    socket::Socket,
    watched::{Phase, Progress, Watched},
};
use crate::operations::traced::Traced;

type Answering = Pin<Box<dyn Future<Output = Result<Outgoing, Infallible>> + Send>>;

/// Serves `socket` until its client is done, a deadline passes, or `stop` turns true and the request at hand is
/// answered.
pub(super) async fn serve<S: Service>(
    socket: Socket,
    from: Client,
    lock: Lock,
    served: Arc<S>,
    limits: HttpLimits,
    stop: watch::Receiver<bool>,
) {
    let progress = Progress::new();
    let service = service_fn({
        let progress = progress.clone();
        move |mut request: Request<Incoming>| -> Answering {
            request.extensions_mut().insert(from.clone());
            let started = progress.serving();
            let (served, progress) = (Arc::clone(&served), progress.clone());
            let admitted = lock.admit(&from, request.uri().path());
            Box::pin(async move {
                let (answer, permit) = match admitted {
                    Ok(permit) => {
                        let traced = Traced::of(request.headers());
                        (traced.serve(served.answer(request, limits, started)).await, permit)
                    }
                    Err(turned) => {
                        let mut answer = turned.answer(request.headers());
                        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                        (answer, None)
                    }
                };
                progress.answering(permit);
                Ok(answer)
            })
        }
    });
    let io = TokioIo::new(Watched::new(socket, progress.clone()));
    let mut connection = http1::Builder::new().max_header_size(limits.max_head).serve_connection(io, service);

    let mut sleep = pin!(sleep_until(Instant::now()));
    let mut stop = pin!(stopped(stop));
    let mut stopping = false;
    poll_fn(|context| {
        if !stopping && stop.as_mut().poll(context).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if connection.poll_without_shutdown(context).is_ready() {
            return Poll::Ready(());
        }
        let Some(deadline) = progress.deadline(&limits) else { return Poll::Pending };
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(context)
    })
    .await;

    let mut socket = connection.into_parts().io.into_inner().into_socket();
    if progress.phase().0 == Phase::Head && is_over(&progress, &limits) {
        let _ = timeout(limits.linger, socket.write_all(LATE)).await;
    }
    // What was at hand is not any more, while the client is waited for.
    drop(progress);
    close(socket, limits).await;
}

/// What a head that does not end gets (WIRE-46).
const LATE: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

fn is_over(progress: &Progress, limits: &HttpLimits) -> bool {
    progress.deadline(limits).is_some_and(|deadline| deadline <= Instant::now())
}

/// Resolves once `stop` is true or its sender is gone.
async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Ends the connection so that an answer which is on its way arrives: a socket that is closed while input waits
/// resets the connection, and the client may lose what it did not read yet (RFC 9112 section 9.6).
pub(super) async fn close(mut socket: Socket, limits: HttpLimits) {
    if socket.shutdown().await.is_err() {
        return;
    }
    let drain = async {
        let mut sink = [0; 4096];
        while socket.read(&mut sink).await.is_ok_and(|count| count > 0) {}
    };
    let _ = timeout(limits.linger, drain).await;
}
