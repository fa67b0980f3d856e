//! The queue before the writer, which commits for many at once: a commit costs much and another row in it little.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{self, error::SendError};

/// A commit waits this long for company, and again while company keeps coming. Once all are there it waits no more.
const PAUSE: Duration = Duration::from_millis(1);

/// How many pauses a commit makes at most, once there is somebody who waits for it.
const PAUSES: usize = 4;

/// With so many a commit waits for nobody else. More would share it cheaper still, but where all wait for the disk nobody is
/// left who works meanwhile.
const ENOUGH: usize = 32;

/// A queue with `room` for so many, which are as many as share a commit at most.
pub(super) fn queue<T>(room: usize) -> (Entrance<T>, Company<T>) {
    let (entrance, queue) = mpsc::channel(room);
    let bell = Arc::<Bell>::default();
    let company = Company { queue, bell: Arc::clone(&bell), room, usual: 0 };
    (Entrance { queue: entrance, bell }, company)
}

/// Where one comes into the queue.
pub(super) struct Entrance<T> {
    queue: mpsc::Sender<T>,
    bell: Arc<Bell>,
}

impl<T> Entrance<T> {
    /// Comes into the queue, as soon as there is room.
    ///
    /// # Errors
    /// A writer that has ended.
    pub(super) async fn enter(&self, one: T) -> Result<(), SendError<T>> {
        self.queue.send(one).await?;
        self.ring();
        Ok(())
    }

    /// Comes into the queue if there is room and a writer.
    #[cfg(feature = "a2a")]
    pub(super) fn enter_at_once(&self, one: T) {
        if self.queue.try_send(one).is_ok() {
            self.ring();
        }
    }

    fn ring(&self) {
        self.bell.ring(self.queue.max_capacity().saturating_sub(self.queue.capacity()));
    }
}

impl<T> fmt::Debug for Entrance<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entrance").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// Wakes a writer that waits, once all have come that it waits for: until then nobody pays for waking it.
#[derive(Debug, Default)]
struct Bell {
    /// With how many in the queue it rings; 0 where nobody listens.
    at: AtomicUsize,
    listener: OnceLock<Thread>,
}

impl Bell {
    fn ring(&self, waiting: usize) {
        let at = self.at.load(Ordering::SeqCst);
        if at > 0
            && waiting >= at
            && let Some(listener) = self.listener.get()
        {
            listener.unpark();
        }
    }

    /// Waits for `pause` at most until there are as many as `at`. Who comes just before this listens may not ring, and is
    /// met after the pause.
    fn wait(&self, at: usize, pause: Duration, waiting: impl Fn() -> usize) {
        self.listener.get_or_init(thread::current);
        self.at.store(at, Ordering::SeqCst);
        let start = Instant::now();
        while waiting() < at {
            let left = pause.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            thread::park_timeout(left);
        }
        self.at.store(0, Ordering::SeqCst);
    }
}

/// Those who wait, and what the writer knows of them.
#[derive(Debug)]
pub(super) struct Company<T> {
    queue: mpsc::Receiver<T>,
    bell: Arc<Bell>,
    room: usize,
    /// As many as came together of late, up to those that are enough.
    usual: usize,
}

impl<T> Company<T> {
    /// Waits for the next, and for company: until there are as many as usual, or nobody comes any more. Who has come alone
    /// of late waits for nobody. `None` once nobody can come.
    pub(super) fn gather(&mut self) -> Option<Vec<T>> {
        if self.usual > 1 {
            // Those who were told of the last commit are back soon.
            self.pause(self.usual);
        }
        let mut batch = Vec::new();
        if self.queue.blocking_recv_many(&mut batch, self.room) == 0 {
            return None;
        }
        for _ in 0..PAUSES {
            if batch.len() >= self.usual {
                break;
            }
            self.pause(self.usual.saturating_sub(batch.len()));
            if self.queue.is_empty() {
                break;
            }
            let room = self.room.saturating_sub(batch.len());
            self.queue.blocking_recv_many(&mut batch, room);
        }
        // Those who came in two parts should find together again: what is usual is forgotten slowly.
        self.usual = batch.len().max(self.usual.saturating_sub(1)).min(ENOUGH);
        Some(batch)
    }

    /// Waits until `missing` have come, or for a pause.
    fn pause(&self, missing: usize) {
        self.bell.wait(missing, PAUSE, || self.queue.len());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_wait_come_together_and_in_their_order() {
        let (entrance, mut company) = queue(8);
        for one in 0..5 {
            entrance.enter(one).await.unwrap();
        }
        let gathered = tokio::task::spawn_blocking(move || (company.gather(), company)).await.unwrap();
        let (batch, mut company) = gathered;
        assert_eq!((batch, company.usual), (Some(vec![0, 1, 2, 3, 4]), 5));
        // There are never more of them than there is room for.
        let enter = async {
            for one in 0..20 {
                entrance.enter(one).await.unwrap();
            }
            drop(entrance);
        };
        let gather = tokio::task::spawn_blocking(move || {
            let mut batches = Vec::new();
            while let Some(batch) = company.gather() {
                assert!((1..=8).contains(&batch.len()), "{batch:?}");
                batches.extend(batch);
            }
            batches
        });
        let (batches, ()) = tokio::join!(gather, enter);
        assert_eq!(batches.unwrap(), (0..20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_is_usual_is_forgotten_slowly() {
        let (entrance, mut company) = queue(64);
        let mut usual = Vec::new();
        for all in [40, 1, 1, 33, 31, 32, 3] {
            for _ in 0..all {
                entrance.enter(()).await.unwrap();
            }
            company = tokio::task::spawn_blocking(move || {
                assert_eq!(company.gather().map(|batch| batch.len()), Some(all));
                company
            })
            .await
            .unwrap();
            usual.push(company.usual);
        }
        assert_eq!(usual, [32, 31, 30, 32, 31, 32, 31]);
    }

    #[test]
    fn the_bell_rings_once_all_are_there() {
        let bell = Arc::<Bell>::default();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (heard, hears) = std::sync::mpsc::channel();
        let (listening, come) = (Arc::clone(&bell), Arc::clone(&waiting));
        thread::spawn(move || {
            listening.wait(1000, Duration::MAX, || come.load(Ordering::SeqCst));
            heard.send(come.load(Ordering::SeqCst)).unwrap();
        });
        while bell.at.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        for one in 1..=1000 {
            waiting.store(one, Ordering::SeqCst);
            bell.ring(one);
        }
        assert_eq!(hears.recv_timeout(Duration::from_secs(60)), Ok(1000), "nobody rang");
        assert_eq!(bell.at.load(Ordering::SeqCst), 0, "who does not wait is not woken");
        // Nor does anybody wait longer than a pause.
        bell.wait(1001, Duration::ZERO, || waiting.load(Ordering::SeqCst));
    }
}
