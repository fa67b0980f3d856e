//! Work that is done to its end, whether or not somebody waits for it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The work panicked: what it did is unknown.
#[derive(Debug)]
pub(crate) struct Broken;

/// Work that its waiter does itself, and that goes on as a task of its own where the waiter gives up: a client that
/// leaves, a deadline that passes. A task from the beginning would do as well, and would wake another thread for every
/// request.
#[derive(Default)]
pub(crate) struct ToItsEnd<T: Send + 'static>(Option<Work<T>>);

/// `work`, which is done to its end from the moment that this is there (WIRE-48).
pub(crate) fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> ToItsEnd<T> {
    ToItsEnd(Some(Box::pin(work)))
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = Result<T, Broken>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(mut work) = self.0.take() else { return Poll::Ready(Err(Broken)) };
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => {
                self.0 = Some(work);
                Poll::Pending
            }
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Err(_) => Poll::Ready(Err(Broken)),
        }
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<T> {
    fn drop(&mut self) {
        // Without a runtime there is nothing left to go on in.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move { drop(work.await) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Arc, time::Duration};

    use tokio::{sync::Notify, time::timeout};

    use super::to_its_end;

    #[tokio::test]
    async fn who_waits_gets_what_was_done() {
        assert_eq!(to_its_end(async { 7 }).await.ok(), Some(7));
        let slowly = to_its_end(async {
            tokio::task::yield_now().await;
            8
        });
        assert_eq!(slowly.await.ok(), Some(8));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_done_all_the_same() {
        let (begin, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (order, done) = (Arc::clone(&begin), Arc::clone(&ended));
        let work = to_its_end(async move {
            order.notified().await;
            done.notify_one();
        });
        assert!(timeout(Duration::from_millis(1), work).await.is_err());
        begin.notify_one();
        ended.notified().await;
    }

    #[tokio::test]
    async fn what_was_never_polled_is_done_too() {
        let ended = Arc::new(Notify::new());
        let done = Arc::clone(&ended);
        drop(to_its_end(async move { done.notify_one() }));
        ended.notified().await;
    }

    #[tokio::test]
    async fn a_panic_reaches_nobody_else() {
        #[allow(clippy::panic, reason = "what is tested")]
        let broken = to_its_end(async { panic!("of the endpoint") });
        assert!(broken.await.is_err());
        drop(to_its_end(pending::<()>()));
    }
}
