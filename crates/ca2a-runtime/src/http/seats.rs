//! Connections at one time, for everybody and for each peer: nobody holds all of them.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::operations::peer;

/// The places of one door. A peer has at most half of them (RUN-98), but for this machine: what asks from here is the operator's.
pub(crate) struct Seats {
    free: Arc<Semaphore>,
    each: usize,
    taken: Arc<Taken>,
}

#[derive(Default)]
struct Taken(Mutex<HashMap<IpAddr, usize>>);

impl Taken {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    /// So many.
    pub(crate) fn new(connections: usize) -> Self {
        let connections = connections.min(Semaphore::MAX_PERMITS);
        let free = Arc::new(Semaphore::new(connections));
        Self { free, each: connections.div_ceil(2), taken: Arc::default() }
    }

    /// A place, once there is one.
    #[cfg(feature = "a2a")]
    pub(crate) async fn free(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// A place, if there is one.
    pub(crate) fn free_now(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// The place `free` for whoever comes from `address`; `None` where that has its share.
    pub(crate) fn take(&self, free: OwnedSemaphorePermit, address: IpAddr) -> Option<Seat> {
        if address.to_canonical().is_loopback() {
            return Some(Seat { _free: free, of: None });
        }
        let peer = peer(address);
        let mut taken = self.taken.lock();
        let count = taken.entry(peer).or_default();
        if *count >= self.each {
            return None;
        }
        *count = count.saturating_add(1);
        drop(taken);
        Some(Seat { _free: free, of: Some((Arc::clone(&self.taken), peer)) })
    }
}

/// A place that is taken for as long as this is there.
pub(crate) struct Seat {
    _free: OwnedSemaphorePermit,
    of: Option<(Arc<Taken>, IpAddr)>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some((taken, peer)) = &self.of else { return };
        let mut taken = taken.lock();
        if let Entry::Occupied(mut count) = taken.entry(*peer) {
            *count.get_mut() = count.get().saturating_sub(1);
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    fn sit(seats: &Seats, address: &str) -> Option<Seat> {
        seats.take(seats.free_now()?, address.parse().unwrap())
    }

    /// RUN-98
    #[test]
    fn nobody_holds_more_than_half() {
        covers!(accept, "RUN-98");
        covers!(refuse, "RUN-98");
        let seats = Seats::new(4);
        let mut held = vec![sit(&seats, "192.0.2.1").unwrap(), sit(&seats, "::ffff:192.0.2.1").unwrap()];
        assert!(sit(&seats, "192.0.2.1").is_none());
        held.push(sit(&seats, "2001:db8::1").unwrap());
        held.push(sit(&seats, "2001:db8::2").unwrap());
        assert!(sit(&seats, "192.0.2.2").is_none(), "all are taken");
        drop(held.pop());
        drop(held.remove(0));
        assert!(sit(&seats, "192.0.2.1").is_some(), "a place that was given up is free");
        held.clear();
        assert!(seats.taken.lock().is_empty(), "nobody is remembered who has none");
        let here: Vec<_> = (0..4).map(|_| sit(&seats, "127.0.0.1").unwrap()).collect();
        assert!(here.len() == 4 && sit(&seats, "::1").is_none());
        assert!(sit(&Seats::new(1), "192.0.2.1").is_some());
    }
}
