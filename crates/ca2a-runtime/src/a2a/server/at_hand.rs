//! What one connection has at hand: its requests, and their answers until they are taken (A2A-13).
//!
//! Who lets an answer lie holds a seat, and whatever the answer holds, with a window of HTTP/2 that it never opens. hyper asks
//! an answer for nothing then, so nobody in it notices. Here somebody looks now and then whether anything was taken.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use axum::{
    BoxError,
    body::{Body, Bytes},
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::operations::Permit;

/// Bytes that are handed out at one time: what is handed out counts as taken, and is a small part of what may lie unread.
const PIECE: usize = 16 << 10;

/// The requests of one connection that have no answer yet, or one that is not taken to its end.
#[derive(Default)]
pub(super) struct AtHand {
    requests: Mutex<Requests>,
    written: AtomicU64,
}

#[derive(Default)]
struct Requests {
    begun: u64,
    open: HashMap<u64, Option<Arc<Answer>>>,
}

impl AtHand {
    /// One more request.
    pub(super) fn begin(self: &Arc<Self>) -> Request {
        let mut requests = locked(&self.requests);
        requests.begun = requests.begun.wrapping_add(1);
        let number = requests.begun;
        requests.open.insert(number, None);
        Request { number, at_hand: Arc::clone(self) }
    }

    /// How many requests there have been, and whether one of them is at hand.
    pub(super) fn count(&self) -> (u64, bool) {
        let requests = locked(&self.requests);
        (requests.begun, !requests.open.is_empty())
    }

    /// So many bytes more went out.
    pub(super) fn wrote(&self, bytes: usize) {
        self.written.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether as much went out as a client takes that takes anything, since there had gone out `before`, which is brought up to
    /// date.
    pub(super) fn is_taken(&self, before: &mut u64) -> bool {
        let written = self.written.load(Ordering::Relaxed);
        written.wrapping_sub(std::mem::replace(before, written)) >= PIECE as u64
    }

    /// Lets go of every answer that has had something to say since the look before, and of which nothing was taken.
    pub(super) fn look(&self) {
        let answers: Vec<_> = {
            let requests = locked(&self.requests);
            requests.open.iter().filter_map(|(number, answer)| Some((*number, answer.clone()?))).collect()
        };
        for (number, answer) in answers {
            if answer.is_left_lying() {
                locked(&self.requests).open.remove(&number);
            }
        }
    }
}

/// A request at hand, for as long as there is this.
pub(super) struct Request {
    number: u64,
    at_hand: Arc<AtHand>,
}

impl Drop for Request {
    fn drop(&mut self) {
        let answer = locked(&self.at_hand.requests).open.remove(&self.number);
        drop(answer);
    }
}

impl Request {
    /// Its answer, which has `permit` until its last byte is taken, or until it is let go.
    pub(super) fn answered(self, body: Body, permit: Option<Permit>) -> Body {
        let held = Held { content: Some((body, permit)), ready: None, waits: None, was_seen: false };
        let answer = Arc::new(Answer(Mutex::new(held)));
        locked(&self.at_hand.requests).open.insert(self.number, Some(Arc::clone(&answer)));
        Body::new(Taken { answer, _request: self })
    }
}

/// An answer that is being taken.
struct Answer(Mutex<Held>);

struct Held {
    /// Nothing once it was let go.
    content: Option<(Body, Option<Permit>)>,
    /// What a look brought to light.
    ready: Option<Frame<Bytes>>,
    /// Who wants to know when there is something to say; nobody while something is, as far as is known.
    waits: Option<Waker>,
    /// Whether it had something to say at the look before.
    was_seen: bool,
}

impl Answer {
    fn is_left_lying(&self) -> bool {
        let mut held = locked(&self.0);
        if let Some(waker) = held.waits.take() {
            held.listen(waker);
            return false;
        }
        if held.was_seen {
            let content = held.content.take();
            held.ready = None;
            // What is let go may do as it pleases, but not in here.
            drop(held);
            drop(content);
            return true;
        }
        held.was_seen = true;
        false
    }
}

impl Held {
    /// Asks on behalf of `waker` whether there is something to say by now: who was told so may have no room to ask for it.
    fn listen(&mut self, waker: Waker) {
        let Some((body, _)) = &mut self.content else { return };
        match Pin::new(body).poll_frame(&mut Context::from_waker(&waker)) {
            Poll::Pending => self.waits = Some(waker),
            Poll::Ready(frame) => {
                match frame {
                    Some(Ok(frame)) => self.ready = Some(frame),
                    // It is over, and whoever asks next hears so.
                    Some(Err(_)) => self.content = None,
                    None => self.content = Some((Body::empty(), None)),
                }
                self.was_seen = true;
                waker.wake();
            }
        }
    }

    /// The next piece.
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        (self.waits, self.was_seen) = (None, false);
        let frame = match self.ready.take() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None => self.frame(context),
        };
        frame.map(|frame| {
            frame.map(|frame| {
                let frame = frame?;
                Ok(match frame.into_data() {
                    Ok(mut data) if data.len() > PIECE => {
                        let piece = data.split_to(PIECE);
                        self.ready = Some(Frame::data(data));
                        Frame::data(piece)
                    }
                    Ok(data) => Frame::data(data),
                    Err(trailers) => trailers,
                })
            })
        })
    }

    fn frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some((body, _)) = &mut self.content else {
            let why = "the answer was not taken in time";
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, why).into())));
        };
        let next = Pin::new(body).poll_frame(context).map_err(BoxError::from);
        if next.is_pending() {
            self.waits = Some(context.waker().clone());
        }
        next
    }
}

/// An answer as hyper takes it.
struct Taken {
    answer: Arc<Answer>,
    _request: Request,
}

impl HttpBody for Taken {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        locked(&self.answer.0).next(context)
    }

    fn is_end_stream(&self) -> bool {
        let held = locked(&self.answer.0);
        held.ready.is_none() && held.content.as_ref().is_some_and(|(body, _)| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let held = locked(&self.answer.0);
        match (&held.ready, &held.content) {
            (None, Some((body, _))) => body.size_hint(),
            (Some(frame), Some((body, _))) => {
                let (ready, rest) = (frame.data_ref().map_or(0, Bytes::len), body.size_hint());
                let ready = u64::try_from(ready).unwrap_or(u64::MAX);
                let mut whole = SizeHint::new();
                whole.set_lower(rest.lower().saturating_add(ready));
                if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(ready)) {
                    whole.set_upper(upper);
                }
                whole
            }
            _ => SizeHint::default(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use ca2a_covers::covers;
    use futures_util::{StreamExt as _, stream};
    use http_body_util::BodyExt as _;
    use tokio::sync::mpsc;

    use super::*;

    type Words = mpsc::UnboundedSender<&'static str>;

    /// A connection, an answer of it, and who says what is in it.
    fn answer() -> (Arc<AtHand>, Body, Words) {
        let (words, said) = mpsc::unbounded_channel::<&'static str>();
        let said = stream::unfold(said, |mut said| async move { Some((said.recv().await?, said)) });
        let at_hand = Arc::new(AtHand::default());
        let body = at_hand.begin().answered(Body::from_stream(said.map(Ok::<_, io::Error>)), None);
        (at_hand, body, words)
    }

    fn polled(body: &mut Body) -> Poll<Option<String>> {
        let next = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()));
        next.map(|frame| {
            let chunk =
                frame?.map_or_else(|error| error.to_string().into(), |frame| frame.into_data().unwrap());
            Some(String::from_utf8(chunk.to_vec()).unwrap())
        })
    }

    fn text(word: &str) -> Poll<Option<String>> {
        Poll::Ready(Some(word.to_owned()))
    }

    /// A2A-13: who has nothing to say is not left lying, and nothing is lost by looking.
    #[test]
    fn what_is_taken_is_kept() {
        covers!(accept, "A2A-13");
        let (at_hand, mut body, words) = answer();
        for word in ["one", "two"] {
            assert_eq!(polled(&mut body), Poll::Pending);
            for _ in 0..5 {
                at_hand.look();
            }
            words.send(word).unwrap();
            at_hand.look();
            assert_eq!(polled(&mut body), text(word));
        }
        assert_eq!(polled(&mut body), Poll::Pending);
        drop(words);
        at_hand.look();
        assert_eq!((polled(&mut body), at_hand.count()), (Poll::Ready(None), (1, true)));
        drop(body);
        assert_eq!(at_hand.count(), (1, false));
    }

    /// A2A-13: asked for from the first or not any more, what has something to say is let go.
    #[test]
    fn what_is_left_lying_is_let_go() {
        covers!(refuse, "A2A-13");
        for was_asked in [true, false] {
            let (at_hand, mut body, words) = answer();
            if was_asked {
                assert_eq!(polled(&mut body), Poll::Pending);
            }
            words.send("one").unwrap();
            at_hand.look();
            assert_eq!(at_hand.count(), (1, true));
            at_hand.look();
            assert_eq!(at_hand.count(), (1, false), "{was_asked}");
            assert!(words.is_closed(), "nobody listens any more");
            assert_eq!(polled(&mut body), text("the answer was not taken in time"));
        }
    }

    /// A2A-13: a large frame is not taken before it is taken whole.
    #[test]
    fn what_is_large_is_taken_by_the_piece() {
        covers!(accept, "A2A-13");
        covers!(refuse, "A2A-13");
        let at_hand = Arc::new(AtHand::default());
        let mut body = at_hand.begin().answered(Body::from(vec![b'x'; 2 * PIECE + 1]), None);
        for (taken, left) in [(PIECE, PIECE + 1), (PIECE, 1), (1, 0)] {
            assert!(!body.is_end_stream());
            at_hand.look();
            let Poll::Ready(Some(piece)) = polled(&mut body) else { panic!("there is more") };
            assert_eq!((piece.len(), body.size_hint().exact()), (taken, u64::try_from(left).ok()));
        }
        assert_eq!((body.is_end_stream(), polled(&mut body)), (true, Poll::Ready(None)));
        let mut body = at_hand.begin().answered(Body::from(vec![b'x'; PIECE + 1]), None);
        assert!(polled(&mut body).is_ready());
        at_hand.look();
        at_hand.look();
        assert_eq!(polled(&mut body), text("the answer was not taken in time"));
    }

    /// A2A-13: pings and the like are not what a client takes.
    #[test]
    fn who_takes_something_takes_a_piece() {
        covers!(accept, "A2A-13");
        covers!(refuse, "A2A-13");
        let (at_hand, mut before) = (AtHand::default(), 0);
        at_hand.wrote(17);
        assert!(!at_hand.is_taken(&mut before));
        at_hand.wrote(PIECE);
        assert!(at_hand.is_taken(&mut before));
        at_hand.wrote(PIECE - 1);
        assert!(!at_hand.is_taken(&mut before));
    }

    #[test]
    fn what_is_told_of_an_answer_is_what_it_is() {
        let at_hand = Arc::new(AtHand::default());
        let whole = at_hand.begin().answered(Body::from("whole"), None);
        assert_eq!((whole.is_end_stream(), whole.size_hint().exact()), (false, Some(5)));
        let nothing = at_hand.begin().answered(Body::empty(), None);
        assert!(nothing.is_end_stream());
        let read = futures_util::FutureExt::now_or_never(whole.collect());
        assert_eq!(read.unwrap().unwrap().to_bytes(), "whole");
    }
}
