//! Remembering whose certificates led to a root, so that a peer seen before costs one signature.

use alloc::{collections::BTreeMap, sync::Arc};
use core::{fmt, mem};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::verifier::CertifiedKey;

/// SHA-256 over the verifier's anchors and lists, and over the presented certificates.
pub(super) type CacheKey = [u8; 64];

/// A bounded memory of keys whose certificates led to a root, for any number of verifiers and threads.
///
/// It is keyed by the certificates' bytes and by everything that the verifier judged them by, and an entry counts only
/// within the time in which every certificate and list behind it is valid: a verdict with a cache is the verdict without
/// (ATT-125). Refusals are not remembered. A key takes about 2 KiB.
pub struct EndorsementCache {
    generations: Mutex<Generations>,
    capacity: usize,
}

/// Two halves: when the young one is full it becomes the old one, and what nobody asked for meanwhile is gone.
#[derive(Default)]
struct Generations {
    young: BTreeMap<CacheKey, Arc<CertifiedKey>>,
    old: BTreeMap<CacheKey, Arc<CertifiedKey>>,
}

impl EndorsementCache {
    /// Remembers at most `keys` keys, at least two.
    #[must_use]
    pub fn new(keys: usize) -> Self {
        Self { generations: Mutex::default(), capacity: (keys / 2).max(1) }
    }

    /// How many keys it remembers.
    #[must_use]
    pub fn len(&self) -> usize {
        let generations = self.lock();
        generations.young.len().saturating_add(generations.old.len())
    }

    /// Whether it remembers none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get(&self, key: &CacheKey, now: u64) -> Option<Arc<CertifiedKey>> {
        let mut generations = self.lock();
        let found = match generations.young.get(key) {
            Some(found) => found.clone(),
            None => {
                let found = generations.old.remove(key)?;
                self.put(&mut generations, *key, found.clone());
                found
            }
        };
        found.is_valid_at(now).then_some(found)
    }

    pub(super) fn insert(&self, key: CacheKey, certified: Arc<CertifiedKey>) {
        let mut generations = self.lock();
        generations.old.remove(&key);
        self.put(&mut generations, key, certified);
    }

    fn put(&self, generations: &mut Generations, key: CacheKey, certified: Arc<CertifiedKey>) {
        if generations.young.len() >= self.capacity && !generations.young.contains_key(&key) {
            generations.old = mem::take(&mut generations.young);
        }
        generations.young.insert(key, certified);
    }

    /// No code of ours panics while it holds the lock, and a map that another left is whole in any case.
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EndorsementCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("EndorsementCache(..)")
    }
}
