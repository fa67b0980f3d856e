//! What one connection has at hand: its requests, and their answers until they are taken (A2A-13).
//!
//! Who lets an answer lie holds a seat, and whatever the answer holds, with a window of HTTP/2 that it never opens. hyper asks
//! an answer for nothing then, so nobody in it notices. Here somebody looks now and then whether anything was taken.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use axum::{
    BoxError,
    body::{Body, Bytes},
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::operations::Permit;

/// The requests of one connection that have no answer yet, or one that is not taken to its end.
#[derive(Default)]
pub(super) struct AtHand(Mutex<Requests>);

#[derive(Default)]
struct Requests {
    begun: u64,
    open: HashMap<u64, Option<Arc<Answer>>>,
}

impl AtHand {
    /// One more request.
    pub(super) fn begin(self: &Arc<Self>) -> Request {
        let mut requests = locked(&self.0);
        requests.begun = requests.begun.wrapping_add(1);
        let number = requests.begun;
        requests.open.insert(number, None);
        Request { number, at_hand: Arc::clone(self) }
    }

    /// How many requests there have been, and whether one of them is at hand.
    pub(super) fn count(&self) -> (u64, bool) {
        let requests = locked(&self.0);
        (requests.begun, !requests.open.is_empty())
    }

    /// Lets go of every answer that has had something to say since the look before, and of which nothing was taken.
    pub(super) fn look(&self) {
        let answers: Vec<_> = {
            let requests = locked(&self.0);
            requests.open.iter().filter_map(|(number, answer)| Some((*number, answer.clone()?))).collect()
        };
        for (number, answer) in answers {
            if answer.is_left_lying() {
                locked(&self.0).open.remove(&number);
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
        let answer = locked(&self.at_hand.0).open.remove(&self.number);
        drop(answer);
    }
}

impl Request {
    /// Its answer, which has `permit` until its last byte is taken, or until it is let go.
    pub(super) fn answered(self, body: Body, permit: Option<Permit>) -> Body {
        let held = Held { content: Some((body, permit)), ready: None, waits: None, was_seen: false };
        let answer = Arc::new(Answer(Mutex::new(held)));
        locked(&self.at_hand.0).open.insert(self.number, Some(Arc::clone(&answer)));
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

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        (self.waits, self.was_seen) = (None, false);
        if let Some(frame) = self.ready.take() {
            return Poll::Ready(Some(Ok(frame)));
        }
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
            _ => SizeHint::default(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
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
