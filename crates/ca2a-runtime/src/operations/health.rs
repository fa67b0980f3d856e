//! Is it there, and may calls be sent to it (RUN-69)?

use bytes::Bytes;
use ca2a_core::json::{Node, Object, to_text};
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{self, HeaderValue},
};

/// Something that must hold for a node to be ready, by its name.
pub struct Check {
    /// The name, as `/readyz` shows it.
    pub name: &'static str,
    holds: Box<dyn Fn() -> bool + Send + Sync>,
    age: Option<Age>,
}

/// How old in seconds what a check is about is, where there is any.
type Age = Box<dyn Fn() -> Option<u64> + Send + Sync>;

impl Check {
    /// The check `name`, which holds while `holds` says so. It is asked in the course of a request, so it answers at once.
    #[must_use]
    pub fn new(name: &'static str, holds: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { name, holds: Box::new(holds), age: None }
    }

    /// The same check, which also shows how old in seconds is what it is about.
    #[must_use]
    pub fn aged(mut self, age: impl Fn() -> Option<u64> + Send + Sync + 'static) -> Self {
        self.age = Some(Box::new(age));
        self
    }

    /// How old it is, where that is known.
    pub(super) fn age(&self) -> Option<(&'static str, u64)> {
        Some((self.name, self.age.as_ref()?()?))
    }

    /// How it stands.
    #[must_use]
    pub fn now(&self) -> (&'static str, bool) {
        (self.name, (self.holds)())
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Check").field(&self.name).finish()
    }
}

/// Every check by its name; 503 where one does not hold.
pub(crate) fn told(checks: &[(&'static str, bool)]) -> Response<Full<Bytes>> {
    told_with(checks, &[])
}

/// The same with `ages`, in seconds, beside the checks.
pub(super) fn told_with(
    checks: &[(&'static str, bool)],
    ages: &[(&'static str, u64)],
) -> Response<Full<Bytes>> {
    let ready = checks.iter().all(|(_, holds)| *holds);
    let word = |holds: bool| if holds { "ok" } else { "failed" };
    let named: Object<'static> =
        checks.iter().map(|(name, holds)| ((*name).to_owned(), Node::from(word(*holds)))).collect();
    let mut body = Object::from([("status", Node::from(word(ready))), ("checks", named.into())]);
    if !ages.is_empty() {
        let ages: Object<'static> =
            ages.iter().map(|(name, seconds)| ((*name).to_owned(), Node::from(*seconds))).collect();
        body.insert("age_seconds", ages);
    }
    let mut response = text("application/json", to_text(&body.into()));
    if !ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// An answer that nobody keeps.
pub(super) fn text(kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
