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
