//! What has been read of a request's body, for whoever the request turns out to be meant for.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;

/// The bytes of a body, as far as they were read.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<Bytes>>>);

impl From<Bytes> for Seen {
    /// A body that was read before anything else.
    fn from(whole: Bytes) -> Self {
        Self(Arc::new(Mutex::new(vec![whole])))
    }
}

impl Seen {
    /// A body that is read by somebody else, who bounds it, and what of it that is.
    pub(super) fn of(body: Body) -> (Self, Body) {
        let seen = Self::default();
        let theirs = seen.clone();
        let body = body.map_frame(move |frame| {
            let chunk = frame.data_ref().cloned();
            theirs.0.lock().unwrap_or_else(PoisonError::into_inner).extend(chunk);
            frame
        });
        (seen, Body::new(body))
    }

    /// All of it.
    pub(super) fn bytes(&self) -> Bytes {
        let chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match chunks.as_slice() {
            [whole] => whole.clone(),
            chunks => chunks.concat().into(),
        }
    }
}
