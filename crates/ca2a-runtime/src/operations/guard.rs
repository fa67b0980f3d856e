//! Who stands at the doors of a node.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use ca2a_core::ErrorCode;

use super::{
    Metrics, Switch, Turned,
    concurrency::{AtHand, Seat},
};
use crate::{
    attestation::{QuotaLimits, QuoteQuota},
    system::{Clock, SystemClock},
};

/// How much is let in (RUN-64, RUN-65).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficLimits {
    /// Requests a minute for everybody together; as many may come at once. `None` for any number.
    pub per_minute: Option<u32>,
    /// Requests a minute for one peer; as many may come at once. `None` for any number.
    pub per_peer_per_minute: Option<u32>,
    /// Requests at one time, streams that last included.
    pub concurrent: usize,
    /// Of these, requests of one peer.
    pub per_peer_concurrent: usize,
}

impl Default for TrafficLimits {
    /// Any rate, 1,024 at one time, 256 for one peer.
    fn default() -> Self {
        Self { per_minute: None, per_peer_per_minute: None, concurrent: 1024, per_peer_concurrent: 256 }
    }
}

/// Stands at the doors of one node: all of them share its limits, its switch and its counts.
pub struct Guard {
    limits: TrafficLimits,
    rates: Option<QuoteQuota>,
    at_hand: Arc<AtHand>,
    switch: Option<Switch>,
    draining: AtomicBool,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Guard").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// A request that was let in. It counts as being at hand until this is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    _seat: Seat,
    metrics: Arc<Metrics>,
    since: Instant,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.metrics.served(self.since.elapsed());
    }
}

impl Guard {
    /// A guard with these limits, who tells `metrics`.
    #[must_use]
    pub fn new(limits: TrafficLimits, metrics: Arc<Metrics>) -> Self {
        Self::on(limits, metrics, Arc::new(SystemClock))
    }

    /// The same with another clock than the machine's.
    #[must_use]
    pub fn on(limits: TrafficLimits, metrics: Arc<Metrics>, clock: Arc<dyn Clock>) -> Self {
        let rates = (limits.per_minute.is_some() || limits.per_peer_per_minute.is_some()).then(|| {
            let any = u32::MAX;
            let rates = QuotaLimits {
                per_minute: limits.per_minute.unwrap_or(any),
                per_peer_per_minute: limits.per_peer_per_minute.unwrap_or(any),
                reserved: 0,
            };
            QuoteQuota::new(rates, clock.now_milliseconds())
        });
        let (at_hand, draining) = (Arc::default(), AtomicBool::new(false));
        Self { limits, rates, at_hand, switch: None, draining, metrics, clock }
    }

    /// Lets nobody in while `switch` is off.
    #[must_use]
    pub fn with_switch(mut self, switch: Switch) -> Self {
        self.switch = Some(switch);
        self
    }

    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Whether everything is refused because somebody said so.
    #[must_use]
    pub fn is_switched_off(&self) -> bool {
        self.switch.as_ref().is_some_and(Switch::is_off)
    }

    /// From here on the node says that it is about to end, and goes on serving until its doors close.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the node is about to end.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Whether its doors are open, as checks of readiness.
    pub(crate) fn checks(&self) -> [(&'static str, bool); 2] {
        [("switch", !self.is_switched_off()), ("draining", !self.is_draining())]
    }

    /// Lets a request of a client at `from` for `path` in, or turns it away. Whether a node is there and ready may be asked
    /// at any time.
    pub(crate) fn admit(&self, from: IpAddr, path: &str) -> Result<Option<Permit>, Turned> {
        if matches!(path, "/healthz" | "/readyz") {
            return Ok(None);
        }
        let admitted = self.judge(peer(from));
        match &admitted {
            Ok(_) => self.metrics.admitted(),
            Err(turned) => self.metrics.turned_away(turned.code),
        }
        admitted.map(Some)
    }

    fn judge(&self, peer: IpAddr) -> Result<Permit, Turned> {
        let turned = |code, why, retry_after| Turned { code, why, retry_after };
        if self.is_switched_off() {
            let why = "the operator of this node switched it off";
            return Err(turned(ErrorCode::SwitchedOff, why, None));
        }
        if let Some(rates) = &self.rates {
            rates.take(Some(peer), self.clock.now_milliseconds()).map_err(|seconds| {
                turned(
                    ErrorCode::RateLimited,
                    "too many requests; Retry-After says when to ask again",
                    Some(seconds),
                )
            })?;
        }
        let TrafficLimits { concurrent, per_peer_concurrent, .. } = self.limits;
        let seat = self.at_hand.take(peer, concurrent, per_peer_concurrent).ok_or_else(|| {
            turned(ErrorCode::Overloaded, "too many requests at one time; try again", Some(1))
        })?;
        Ok(Permit { _seat: seat, metrics: Arc::clone(&self.metrics), since: Instant::now() })
    }
}

/// Whom an address stands for: a network of IPv6 is handed to one customer, who may use any address in it (RFC 6177).
pub(crate) fn peer(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => four.into(),
            None => {
                let [a, b, c, d, ..] = six.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::{net::IpAddr, sync::Arc};

    use ca2a_core::ErrorCode;

    use super::{Guard, TrafficLimits};
    use crate::{operations::Metrics, system::FixedClock};

    fn guard(limits: TrafficLimits) -> Guard {
        Guard::on(limits, Arc::new(Metrics::new()), Arc::new(FixedClock(1_800_000_000)))
    }

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// RUN-64: one peer gets its rate and is told when to come again; a network of IPv6 is one peer.
    #[test]
    fn a_peer_gets_its_rate_and_no_more() {
        let guard = guard(TrafficLimits { per_peer_per_minute: Some(2), ..TrafficLimits::default() });
        for _ in 0..2 {
            assert!(guard.admit(at("192.0.2.1"), "/").is_ok());
        }
        let turned = guard.admit(at("192.0.2.1"), "/").unwrap_err();
        assert_eq!((turned.code, turned.retry_after), (ErrorCode::RateLimited, Some(30)));
        assert!(guard.admit(at("192.0.2.2"), "/").is_ok());
        assert!(guard.admit(at("2001:db8:0:1::1"), "/").is_ok());
        assert!(guard.admit(at("2001:db8:0:1::2"), "/").is_ok());
        assert!(guard.admit(at("2001:db8:0:1:ffff::3"), "/").is_err());
        assert!(guard.admit(at("2001:db8:0:2::1"), "/").is_ok());
        // Who asks whether it is there takes nothing and is never turned away.
        assert!(guard.admit(at("192.0.2.1"), "/readyz").unwrap().is_none());
    }

    /// RUN-64: all together get theirs.
    #[test]
    fn everybody_together_gets_a_rate() {
        let guard = guard(TrafficLimits { per_minute: Some(2), ..TrafficLimits::default() });
        assert!(guard.admit(at("192.0.2.1"), "/").is_ok());
        assert!(guard.admit(at("192.0.2.2"), "/").is_ok());
        assert_eq!(guard.admit(at("192.0.2.3"), "/").unwrap_err().code, ErrorCode::RateLimited);
    }

    /// RUN-65: what is at hand is counted until it is done.
    #[test]
    fn requests_at_hand_are_bounded() {
        let limits = TrafficLimits { concurrent: 2, per_peer_concurrent: 1, ..TrafficLimits::default() };
        let guard = guard(limits);
        let first = guard.admit(at("192.0.2.1"), "/").unwrap();
        let turned = guard.admit(at("192.0.2.1"), "/").unwrap_err();
        assert_eq!((turned.code, turned.retry_after), (ErrorCode::Overloaded, Some(1)));
        let second = guard.admit(at("192.0.2.2"), "/").unwrap();
        assert!(guard.admit(at("192.0.2.3"), "/").is_err());
        drop((first, second));
        assert!(guard.admit(at("192.0.2.3"), "/").is_ok());
    }
}
