//! A span for each call that was decided, to a collector of OpenTelemetry (RUN-97): OTLP over HTTP, in JSON.
//!
//! The form is small, and the client is the one that everything else here goes out by; so it is written here, and no second
//! stack of HTTP and TLS comes with it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ca2a_attest::Platform;
use ca2a_core::{
    ErrorCode, encoding,
    json::{Node, Object, to_text},
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::sleep,
};

use super::traced;
use crate::{
    http::HttpClient,
    node::{Decided, Observer},
    system::{Clock, OsRandom, Random, SystemClock},
    trace_parent::TraceParent,
};

/// Spans that wait for a slow collector, and how many go to it at once.
const WAITING: usize = 2048;
const AT_ONCE: usize = 512;

/// For how long spans are gathered before they go.
const PAUSE: Duration = Duration::from_millis(200);

/// Where a collector takes traces (OTLP 1.x, OTLP/HTTP).
const PATH: &str = "/v1/traces";

/// `SPAN_KIND_SERVER` and `STATUS_CODE_ERROR` of OTLP.
const SERVER: u64 = 2;
const ERROR: u64 = 2;

/// Sends a span for each call. It is never given a payload, a token or a secret, and nobody waits for it: what a collector does
/// not take is lost, and counted in a later span.
pub struct Traces {
    spans: Sender<Node<'static>>,
    lost: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Traces {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Traces").finish_non_exhaustive()
    }
}

impl Traces {
    /// Sends to the collector of `client`, from a task of the runtime that this is called in.
    #[must_use]
    pub fn to(client: HttpClient) -> Self {
        let (spans, waiting) = channel(WAITING);
        let lost = Arc::<AtomicU64>::default();
        tokio::spawn(export(client, waiting, Arc::clone(&lost)));
        Self { spans, lost, clock: Arc::new(SystemClock) }
    }

    fn span(&self, decided: &Decided, lost: u64) -> Option<Node<'static>> {
        let traced = traced::current();
        let parent = traced.parent.as_ref();
        // Whoever began the trace has chosen for everybody in it.
        if parent.is_some_and(|parent| !parent.sampled) {
            return None;
        }
        let trace = match parent {
            Some(TraceParent { trace, .. }) => trace.clone(),
            None => id::<16>()?,
        };
        let end = u128::from(self.clock.now_milliseconds()).saturating_mul(1_000_000);
        let start = end.saturating_sub(decided.took.as_nanos());
        let code = decided.refused.map_or("ALLOWED", ErrorCode::as_str);
        let mut attributes = vec![text("ca2a.code", code), number("ca2a.depth", depth(decided))];
        if let Some(proven) = &decided.proven {
            attributes.push(text("ca2a.call", &proven.call.to_hex()));
        }
        if let Some((platform, accepted)) = traced.appraised.get() {
            attributes.push(text("ca2a.platform", platform));
            attributes.push(attribute("ca2a.attested", Object::from([("boolValue", Node::from(*accepted))])));
        }
        if lost > 0 {
            attributes.push(number("ca2a.spans_lost", lost));
        }
        let mut span = Object::from([
            ("traceId", Node::from(trace)),
            ("spanId", id::<8>()?.into()),
            ("name", "ca2a.call".into()),
            ("kind", SERVER.into()),
            ("startTimeUnixNano", start.to_string().into()),
            ("endTimeUnixNano", end.to_string().into()),
            ("attributes", attributes.into_iter().collect::<Node<'_>>()),
        ]);
        if let Some(parent) = parent {
            span.insert("parentSpanId", parent.span.clone());
        }
        if decided.refused.is_some() {
            span.insert("status", Object::from([("code", Node::from(ERROR)), ("message", code.into())]));
        }
        Some(span.into())
    }
}

impl Observer for Traces {
    fn decided(&self, decided: &Decided) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let kept = match self.span(decided, lost) {
            Some(span) => self.spans.try_send(span).is_ok(),
            None => lost == 0,
        };
        if !kept {
            self.lost.fetch_add(lost.saturating_add(1), Ordering::Relaxed);
        }
    }

    fn appraised(&self, platform: &str, accepted: bool) {
        // The name is the caller's own word until it is one of ours.
        let known = Platform::ALL.into_iter().map(Platform::as_str).find(|known| *known == platform);
        let _ = traced::current().appraised.set((known.unwrap_or("other"), accepted));
    }
}

/// Sends what waits, until nobody makes spans any more.
async fn export(client: HttpClient, mut waiting: Receiver<Node<'static>>, lost: Arc<AtomicU64>) {
    let mut spans = Vec::with_capacity(AT_ONCE);
    while waiting.recv_many(&mut spans, AT_ONCE).await > 0 {
        sleep(PAUSE).await;
        while spans.len() < AT_ONCE
            && let Ok(span) = waiting.try_recv()
        {
            spans.push(span);
        }
        let count = u64::try_from(spans.len()).unwrap_or(u64::MAX);
        let sent = client.post(PATH, to_text(&document(std::mem::take(&mut spans)))).await;
        if !sent.is_ok_and(|reply| reply.status == 200) {
            lost.fetch_add(count, Ordering::Relaxed);
        }
    }
}

/// An `ExportTraceServiceRequest`.
fn document(spans: Vec<Node<'static>>) -> Node<'static> {
    let scope =
        Object::from([("name", Node::from("ca2a-runtime")), ("version", env!("CARGO_PKG_VERSION").into())]);
    let scoped = Object::from([("scope", Node::from(scope)), ("spans", spans.into_iter().collect())]);
    let service = Node::from_iter([text("service.name", "ca2a")]);
    let resource = Object::from([
        ("resource", Node::from(Object::from([("attributes", service)]))),
        ("scopeSpans", Node::from_iter([Node::from(scoped)])),
    ]);
    Object::from([("resourceSpans", Node::from_iter([Node::from(resource)]))]).into()
}

fn attribute(key: &'static str, value: Object<'static>) -> Node<'static> {
    Object::from([("key", Node::from(key)), ("value", value.into())]).into()
}

fn text(key: &'static str, value: &str) -> Node<'static> {
    attribute(key, Object::from([("stringValue", Node::from(value.to_owned()))]))
}

/// An integer, which JSON of protobuf writes as text.
fn number(key: &'static str, value: u64) -> Node<'static> {
    attribute(key, Object::from([("intValue", Node::from(value.to_string()))]))
}

/// That of the leaf, the root's being 0.
fn depth(decided: &Decided) -> u64 {
    u64::try_from(decided.hops.saturating_sub(1)).unwrap_or(u64::MAX)
}

/// A random id; nothing where there is no randomness. All zero is none, and comes as seldom as any other.
fn id<const N: usize>() -> Option<String> {
    let mut bytes = [0; N];
    OsRandom.fill(&mut bytes).ok()?;
    Some(encoding::hex(&bytes))
}
