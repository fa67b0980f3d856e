//! Is it there, and may calls be sent to it (RUN-69)?

#[cfg(feature = "a2a")]
use std::sync::Arc;
use std::{future::ready, pin::Pin};

use bytes::Bytes;
use ca2a_core::json::{Node, Object, to_text};
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{self, HeaderValue},
};

#[cfg(feature = "a2a")]
use crate::node::PeerNode;

/// Something that must hold for a node to be ready, by its name.
pub struct Check {
    /// The name, as `/readyz` shows it.
    pub name: &'static str,
    holds: Holds,
    age: Option<Age>,
}

/// Whether it holds now.
type Holds = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// How old in seconds what a check is about is, where there is any.
type Age = Box<dyn Fn() -> Option<u64> + Send + Sync>;

impl Check {
    /// The check `name`, which holds while `holds` says so. It is asked in the course of a request, so it answers at once.
    #[must_use]
    pub fn new(name: &'static str, holds: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self::looked_for(name, move || ready(holds()))
    }

    /// The same for what has to be looked for. It is asked in the course of a request, so it answers soon.
    #[must_use]
    pub fn looked_for<F>(name: &'static str, holds: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        Self { name, holds: Box::new(move || Box::pin(holds())), age: None }
    }

    /// What must hold for `node`: its revocations are as young as it demands, and where it keeps a ledger, that is its own
    /// and its clock goes right.
    #[cfg(feature = "a2a")]
    #[must_use]
    pub fn all_of(node: &Arc<PeerNode>) -> Vec<Self> {
        let (asked, aged) = (Arc::clone(node), Arc::clone(node));
        let revocations = Self::new("revocations", move || asked.can_check_revocation());
        let mut checks = vec![revocations.aged(move || aged.revocations_age())];
        #[cfg(feature = "store-redb")]
        if let Some(ledger) = node.ledger() {
            let (lease, clock) = (Arc::clone(ledger), Arc::clone(ledger));
            checks.push(Self::new("ledger", move || lease.holds_lease()));
            checks.push(Self::new("clock", move || clock.is_punctual()));
        }
        checks
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
    pub async fn now(&self) -> (&'static str, bool) {
        (self.name, (self.holds)().await)
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Check").field(&self.name).finish()
    }
}

/// How each of them stands.
pub(crate) async fn standing(checks: &[Check]) -> Vec<(&'static str, bool)> {
    let mut standing = Vec::with_capacity(checks.len());
    for check in checks {
        standing.push(check.now().await);
    }
    standing
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
