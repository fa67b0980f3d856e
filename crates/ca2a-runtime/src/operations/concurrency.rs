//! Who is being served right now, and how many of them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Requests at hand, all together and by peer. A peer that has none takes no room.
#[derive(Debug, Default)]
pub(super) struct AtHand(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    peers: HashMap<IpAddr, usize>,
}

/// One request at hand. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Seat {
    of: Arc<AtHand>,
    peer: IpAddr,
}

impl AtHand {
    /// A seat for one more request of `peer`, where there are fewer than `all` and fewer than `one` of its own.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr, all: usize, one: usize) -> Option<Seat> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts.peers.get(&peer).copied().unwrap_or_default();
        if counts.all >= all || own >= one {
            return None;
        }
        counts.all = counts.all.saturating_add(1);
        counts.peers.insert(peer, own.saturating_add(1));
        Some(Seat { of: Arc::clone(self), peer })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        match counts.peers.get(&self.peer).copied().unwrap_or_default() {
            0 | 1 => drop(counts.peers.remove(&self.peer)),
            more => drop(counts.peers.insert(self.peer, more.saturating_sub(1))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, sync::Arc};

    use super::AtHand;

    /// RUN-65: one peer gets its share, all together get theirs, and what is done makes room.
    #[test]
    fn seats_are_given_and_given_back() {
        let hand = Arc::new(AtHand::default());
        let peer = |last: u8| IpAddr::from([192, 0, 2, last]);
        let first = hand.take(peer(1), 3, 2);
        let second = hand.take(peer(1), 3, 2);
        assert!(first.is_some() && second.is_some());
        assert!(hand.take(peer(1), 3, 2).is_none(), "more than its share");
        let third = hand.take(peer(2), 3, 2);
        assert!(third.is_some());
        assert!(hand.take(peer(3), 3, 2).is_none(), "more than there are");
        drop(first);
        assert!(hand.take(peer(1), 3, 2).is_some());
        drop((second, third));
        assert!(hand.0.lock().is_ok_and(|counts| counts.peers.is_empty() && counts.all == 0));
    }
}
