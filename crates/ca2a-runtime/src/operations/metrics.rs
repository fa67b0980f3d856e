//! What is counted (RUN-68): numbers under labels that have few values, and never a byte of a payload or token.

use std::time::Duration;

use ca2a_attest::Platform;
use ca2a_core::ErrorCode;
use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry},
};

use crate::node::{Decided, Observer};

/// One label: its name and its value, each out of a short list.
type Label = [(&'static str, &'static str); 1];
/// Two.
type Labels = [(&'static str, &'static str); 2];

/// The counts of a node.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Label, Counter>,
    at_hand: Gauge,
    request_seconds: Histogram,
    decisions: Family<Label, Counter>,
    decision_seconds: Histogram,
    chain_hops: Histogram,
    chain_cache: Family<Label, Counter>,
    attestations: Family<Labels, Counter>,
    age_seconds: Family<Label, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counts that all stand at nothing.
    #[must_use]
    pub fn new() -> Self {
        let mut all = Registry::with_prefix("ca2a");
        Self {
            requests: counted(
                &mut all,
                "requests",
                "Requests by what the door said: admitted, or a code",
                Family::default(),
            ),
            at_hand: counted(
                &mut all,
                "requests_at_hand",
                "Requests that are being served",
                Gauge::default(),
            ),
            request_seconds: counted(
                &mut all,
                "request_seconds",
                "From the head of a request to the end of its answer",
                seconds(),
            ),
            decisions: counted(
                &mut all,
                "decisions",
                "Calls by decision: ALLOWED, or a code",
                Family::default(),
            ),
            decision_seconds: counted(
                &mut all,
                "decision_seconds",
                "From a parsed request to its durable record",
                seconds(),
            ),
            chain_hops: counted(&mut all, "chain_hops", "Hops of the chains that calls came under", hops()),
            chain_cache: counted(
                &mut all,
                "chain_cache",
                "Chains by whether they were known from an earlier call",
                Family::default(),
            ),
            attestations: counted(
                &mut all,
                "attestations",
                "Attested runtimes of callers by platform and outcome",
                Family::default(),
            ),
            age_seconds: counted(
                &mut all,
                "age_seconds",
                "How old what this node goes by is: its revocations",
                Family::default(),
            ),
            registry: all,
        }
    }

    /// Everything in the text format of OpenMetrics 1.0.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// How old everything is that has an age. What has none any more is not shown.
    pub(super) fn aged(&self, ages: &[(&'static str, u64)]) {
        self.age_seconds.clear();
        for (of, seconds) in ages {
            self.age_seconds.get_or_create(&[("of", *of)]).set(i64::try_from(*seconds).unwrap_or(i64::MAX));
        }
    }

    pub(super) fn admitted(&self) {
        self.requests.get_or_create(&[("outcome", "admitted")]).inc();
        self.at_hand.inc();
    }

    pub(super) fn turned_away(&self, code: ErrorCode) {
        self.requests.get_or_create(&[("outcome", code.as_str())]).inc();
    }

    pub(super) fn served(&self, took: Duration) {
        self.at_hand.dec();
        self.request_seconds.observe(took.as_secs_f64());
    }
}

impl Observer for Metrics {
    fn decided(&self, decided: &Decided) {
        let code = decided.refused.map_or("ALLOWED", ErrorCode::as_str);
        self.decisions.get_or_create(&[("code", code)]).inc();
        self.decision_seconds.observe(decided.took.as_secs_f64());
        self.chain_hops.observe(f64::from(u32::try_from(decided.hops).unwrap_or(u32::MAX)));
        let known = if decided.known { "hit" } else { "miss" };
        self.chain_cache.get_or_create(&[("outcome", known)]).inc();
    }

    fn appraised(&self, platform: &str, accepted: bool) {
        // The name is the caller's own word until it is one of ours.
        let known = Platform::ALL.into_iter().map(Platform::as_str).find(|known| *known == platform);
        let outcome = if accepted { "accepted" } else { "refused" };
        self.attestations
            .get_or_create(&[("platform", known.unwrap_or("other")), ("outcome", outcome)])
            .inc();
    }
}

/// `metric`, which `registry` shows as `name`.
fn counted<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

fn hops() -> Histogram {
    Histogram::new([1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0, 64.0, 256.0])
}

/// From 50 µs to 26 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 20))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ca2a_core::ErrorCode;

    use super::Metrics;
    use crate::node::{Decided, Observer as _};

    /// RUN-68: what is counted shows, under labels of ours whatever a caller calls itself.
    #[test]
    fn what_is_counted_shows() {
        let metrics = Metrics::new();
        let took = Duration::from_millis(1);
        metrics.decided(&Decided { proven: None, refused: None, hops: 2, known: true, took });
        metrics.decided(&Decided {
            proven: None,
            refused: Some(ErrorCode::ScopeEscalation),
            hops: 300,
            known: false,
            took,
        });
        metrics.appraised("sev-snp", true);
        metrics.appraised("sev-snp\"} 1\nca2a_evil{x=\"", false);
        metrics.turned_away(ErrorCode::RateLimited);
        let text = metrics.render();
        for line in [
            "ca2a_decisions_total{code=\"ALLOWED\"} 1",
            "ca2a_decisions_total{code=\"SCOPE_ESCALATION\"} 1",
            "ca2a_attestations_total{platform=\"sev-snp\",outcome=\"accepted\"} 1",
            "ca2a_attestations_total{platform=\"other\",outcome=\"refused\"} 1",
            "ca2a_requests_total{outcome=\"RATE_LIMITED\"} 1",
            "ca2a_chain_cache_total{outcome=\"hit\"} 1",
            "ca2a_chain_hops_bucket{le=\"2.0\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("evil"));
        assert!(text.ends_with("# EOF\n"));
    }
}
