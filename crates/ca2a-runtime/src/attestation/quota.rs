//! What minting quotes may cost: token buckets, one for everybody, one for each peer, and a share for those who proved
//! themselves (ATT-520).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// How many quotes may be minted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaLimits {
    /// Quotes a minute for everybody together; as many may come at once.
    pub per_minute: u32,
    /// Quotes a minute for one peer; as many may come at once.
    pub per_peer_per_minute: u32,
    /// Of [`Self::per_minute`] the quotes that only authenticated peers get.
    pub reserved: u32,
}

impl Default for QuotaLimits {
    /// 120 a minute, 20 for one peer, 40 reserved.
    fn default() -> Self {
        Self { per_minute: 120, per_peer_per_minute: 20, reserved: 40 }
    }
}

/// For how long a peer counts as authenticated after its last proof.
const AUTHENTICATED_SECONDS: u64 = 600;
/// Peers whose buckets are remembered.
const PEERS: usize = 4096;
/// A token, in parts: a part is what a bucket of one token a minute gains in a millisecond.
const TOKEN: u64 = 60_000;

/// The buckets of a node. Time is an argument: milliseconds of any clock that does not go back.
#[derive(Debug)]
pub struct QuoteQuota {
    limits: QuotaLimits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    everybody: Bucket,
    peers: HashMap<IpAddr, Peer>,
}

#[derive(Debug)]
struct Peer {
    bucket: Bucket,
    /// Until when it counts as authenticated, in milliseconds.
    authenticated: u64,
}

/// A bucket that holds and gains `rate` tokens a minute.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    parts: u64,
    at: u64,
}

impl Bucket {
    fn full(rate: u32, now: u64) -> Self {
        Self { parts: u64::from(rate).saturating_mul(TOKEN), at: now }
    }

    fn fill(&mut self, rate: u32, now: u64) {
        let gained = now.saturating_sub(self.at).saturating_mul(rate.into());
        let most = u64::from(rate).saturating_mul(TOKEN);
        self.parts = self.parts.saturating_add(gained).min(most);
        self.at = self.at.max(now);
    }

    /// Seconds until there is a token above `floor` tokens; 0 where there is one.
    fn wait(&self, rate: u32, floor: u32) -> u64 {
        let wanted = u64::from(floor).saturating_add(1).saturating_mul(TOKEN);
        let missing = wanted.saturating_sub(self.parts);
        if missing == 0 { 0 } else { missing.div_ceil(u64::from(rate).saturating_mul(1000).max(1)).max(1) }
    }

    fn take(&mut self) {
        self.parts = self.parts.saturating_sub(TOKEN);
    }
}

impl QuoteQuota {
    /// Buckets that are full at `now`.
    #[must_use]
    pub fn new(limits: QuotaLimits, now: u64) -> Self {
        let everybody = Bucket::full(limits.per_minute, now);
        Self { limits, state: Mutex::new(State { everybody, peers: HashMap::new() }) }
    }

    /// Takes a token for a quote to `peer`; one whose address is not known counts as one stranger more.
    ///
    /// # Errors
    /// A bucket is empty: the seconds after which it may not be.
    pub fn take(&self, peer: Option<IpAddr>, now: u64) -> Result<(), u64> {
        let limits = self.limits;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { everybody, peers } = &mut *state;
        everybody.fill(limits.per_minute, now);
        let known = peer.map(|address| entry(peers, address, limits, now));
        let authenticated = known.as_ref().is_some_and(|peer| peer.authenticated > now);
        let floor = if authenticated { 0 } else { limits.reserved };
        let own = known.as_ref().map_or(0, |peer| peer.bucket.wait(limits.per_peer_per_minute, 0));
        let wait = everybody.wait(limits.per_minute, floor).max(own);
        if wait > 0 {
            return Err(wait);
        }
        everybody.take();
        if let Some(peer) = known {
            peer.bucket.take();
        }
        Ok(())
    }

    /// `peer` proved that it holds a credential.
    pub fn authenticated(&self, peer: IpAddr, now: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        entry(&mut state.peers, peer, self.limits, now).authenticated =
            now.saturating_add(AUTHENTICATED_SECONDS.saturating_mul(1000));
    }
}

/// The peer at `address`, its bucket filled. When there are too many, strangers with a full bucket go first: forgetting them
/// changes nothing.
fn entry(peers: &mut HashMap<IpAddr, Peer>, address: IpAddr, limits: QuotaLimits, now: u64) -> &mut Peer {
    let rate = limits.per_peer_per_minute;
    if peers.len() >= PEERS && !peers.contains_key(&address) {
        peers.retain(|_, peer| {
            peer.bucket.fill(rate, now);
            peer.authenticated > now || peer.bucket.parts < u64::from(rate).saturating_mul(TOKEN)
        });
        if peers.len() >= PEERS {
            peers.retain(|_, peer| peer.authenticated > now);
        }
    }
    let peer =
        peers.entry(address).or_insert_with(|| Peer { bucket: Bucket::full(rate, now), authenticated: 0 });
    peer.bucket.fill(rate, now);
    peer
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{QuotaLimits, QuoteQuota};

    const LIMITS: QuotaLimits = QuotaLimits { per_minute: 6, per_peer_per_minute: 3, reserved: 2 };

    fn peer(last: u8) -> Option<IpAddr> {
        Some(Ipv4Addr::new(192, 0, 2, last).into())
    }

    /// ATT-520: a peer empties its own bucket, and is told when to come again.
    #[test]
    fn one_peer_takes_no_more_than_its_share() {
        let quota = QuoteQuota::new(LIMITS, 0);
        for _ in 0..3 {
            assert_eq!(quota.take(peer(1), 0), Ok(()));
        }
        assert_eq!(quota.take(peer(1), 0), Err(20));
        assert_eq!(quota.take(peer(1), 19_999), Err(1));
        assert_eq!(quota.take(peer(1), 20_000), Ok(()));
    }

    /// ATT-520: strangers leave the reserved share alone, and who proved itself gets it.
    #[test]
    fn a_share_is_kept_for_those_who_proved_themselves() {
        let quota = QuoteQuota::new(LIMITS, 0);
        for last in 1..=4 {
            assert_eq!(quota.take(peer(last), 0), Ok(()));
        }
        assert_eq!(quota.take(peer(5), 0), Err(10));
        assert_eq!(quota.take(None, 0), Err(10));
        let known = peer(6).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        quota.authenticated(known, 0);
        assert_eq!(quota.take(Some(known), 0), Ok(()));
        assert_eq!(quota.take(Some(known), 0), Ok(()));
        assert_eq!(quota.take(Some(known), 0), Err(10));
        // Ten minutes later it is a stranger again: only the unreserved part is its own.
        let later = 600_001;
        for _ in 0..3 {
            assert_eq!(quota.take(Some(known), later), Ok(()));
        }
        assert_eq!(quota.take(peer(7), later), Ok(()));
        assert_eq!(quota.take(peer(8), later), Err(10));
    }

    /// A flood of addresses is bounded, and takes nothing from those who proved themselves.
    #[test]
    fn strangers_are_forgotten_first() {
        let limits = QuotaLimits { per_minute: 1_000_000, per_peer_per_minute: 2, reserved: 0 };
        let quota = QuoteQuota::new(limits, 0);
        let known = IpAddr::V4(Ipv4Addr::LOCALHOST);
        quota.authenticated(known, 0);
        assert_eq!(quota.take(Some(known), 0), Ok(()));
        for number in 0..10_000_u32 {
            assert_eq!(quota.take(Some(Ipv4Addr::from(number).into()), 1), Ok(()));
        }
        assert_eq!(quota.take(Some(known), 1), Ok(()));
        assert_eq!(quota.take(Some(known), 1), Err(30));
    }
}
