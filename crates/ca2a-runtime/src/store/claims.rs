//! Spent proofs by their digest and in the order of their expiry, each kept once.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use ca2a_core::{ReplayClaim, ReplayError};
use hashbrown::HashTable;

/// The claims that are not forgotten yet. A busy node holds hundreds of thousands: a claim takes 48 bytes here beside what
/// finds it, and a place that was freed is taken again.
#[derive(Debug, Default)]
pub(super) struct Claims {
    places: Vec<Place>,
    /// Where a claim stands, by the hash of its digest.
    by_digest: HashTable<u32>,
    hasher: RandomState,
    /// The first place of each second.
    by_expiry: BTreeMap<u64, u32>,
    /// The first free place.
    free: Option<u32>,
    /// Holders of claims. Each claim has a reference to its own, which is how they are counted.
    holders: HashSet<Arc<[u8; 32]>>,
}

#[derive(Debug)]
struct Place {
    digest: [u8; 32],
    /// Nobody where the place is free.
    holder: Option<Arc<[u8; 32]>>,
    /// The place after this one, of the same second or free as well.
    next: Option<u32>,
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

impl Claims {
    pub(super) fn len(&self) -> usize {
        self.by_digest.len()
    }

    pub(super) fn contains(&self, digest: &[u8; 32]) -> bool {
        let is_it = |place: &u32| self.places.get(index(*place)).is_some_and(|kept| kept.digest == *digest);
        self.by_digest.find(self.hasher.hash_one(digest), is_it).is_some()
    }

    /// How many claims are `holder`'s.
    pub(super) fn held_by(&self, holder: &[u8; 32]) -> usize {
        self.holders.get(holder).map_or(0, |holder| Arc::strong_count(holder).saturating_sub(1))
    }

    /// Keeps `claim`, which is not kept yet.
    ///
    /// # Errors
    /// More claims than there are places.
    pub(super) fn keep(&mut self, claim: &ReplayClaim) -> Result<(), ReplayError> {
        let (digest, holder) = (claim.digest.0, claim.holder.as_bytes());
        let holder = match self.holders.get(holder) {
            Some(known) => Arc::clone(known),
            None => Arc::new(*holder),
        };
        let next = self.by_expiry.get(&claim.expires_at).copied();
        let kept = Place { digest, holder: Some(Arc::clone(&holder)), next };
        let free = self.free.and_then(|place| Some((place, self.places.get_mut(index(place))?)));
        let place = match free {
            Some((place, free)) => {
                self.free = free.next;
                *free = kept;
                place
            }
            None => {
                let place = u32::try_from(self.places.len()).map_err(|_| ReplayError::Full)?;
                self.places.push(kept);
                place
            }
        };
        self.holders.insert(holder);
        self.by_expiry.insert(claim.expires_at, place);
        let hash = |digest: &[u8; 32]| self.hasher.hash_one(digest);
        let rehash = |place: &u32| self.places.get(index(*place)).map_or(0, |kept| hash(&kept.digest));
        self.by_digest.insert_unique(hash(&digest), place, rehash);
        Ok(())
    }

    /// Forgets one claim that expired by `horizon`; says whether there was one.
    pub(super) fn forget_one(&mut self, horizon: u64) -> bool {
        let Some(mut oldest) = self.by_expiry.first_entry().filter(|entry| *entry.key() <= horizon) else {
            return false;
        };
        let place = *oldest.get();
        let Some(kept) = self.places.get_mut(index(place)) else {
            oldest.remove();
            return true;
        };
        match std::mem::replace(&mut kept.next, self.free) {
            None => drop(oldest.remove()),
            Some(next) => *oldest.get_mut() = next,
        }
        self.free = Some(place);
        let (hash, holder) = (self.hasher.hash_one(kept.digest), kept.holder.take());
        if let Ok(found) = self.by_digest.find_entry(hash, |found| *found == place) {
            found.remove();
        }
        // Nobody but this claim and the set itself.
        if let Some(holder) = holder.filter(|holder| Arc::strong_count(holder) <= 2) {
            self.holders.remove(&*holder);
        }
        if self.by_digest.is_empty() {
            // What a burst of claims took is given back.
            *self = Self::default();
        }
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::{Sha256, SigningKey};

    use super::*;

    /// RUN-41: as many places as claims at one time, however many come and go, and none where there is no claim.
    #[test]
    fn a_place_that_was_freed_is_taken_again() {
        let holders = [1, 2].map(|seed| SigningKey::from_seed(&[seed; 32]).verifying_key());
        let claim = |number: u64| {
            let holder = if number.is_multiple_of(3) { holders[0] } else { holders[1] };
            ReplayClaim { digest: Sha256::of(&number.to_be_bytes()), expires_at: number / 7, holder }
        };
        let mut claims = Claims::default();
        for number in 0..10_000 {
            claims.keep(&claim(number)).unwrap();
            while claims.len() > 100 {
                assert!(claims.forget_one(number / 7));
            }
            assert!(claims.places.len() <= 101);
            assert!(claims.contains(&claim(number).digest.0) && !claims.contains(&[7; 32]));
            let held = holders.map(|holder| claims.held_by(holder.as_bytes()));
            assert_eq!(held.iter().sum::<usize>(), claims.len());
        }
        assert!(!claims.forget_one(0), "none has expired by then");
        while claims.forget_one(u64::MAX) {}
        assert_eq!((claims.len(), claims.places.capacity(), claims.holders.len()), (0, 0, 0));
        assert!(claims.by_expiry.is_empty());
    }
}
