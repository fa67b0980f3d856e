//! A bounded memory of P-256 verifications that succeeded.
//!
//! Whether a key signed a message never changes, so that the answer may be kept. It spares the signatures of Intel's
//! collateral and of platforms seen before; dates, revocation and status are judged afresh each time. Nothing of a
//! failure is kept, and what was forgotten is only slower.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest;

/// The most verifications of one generation. A platform and its collateral take nine.
const GENERATION: usize = 2048;

/// The digest of what was verified. Collisions of SHA-256 would be forgeries anyway.
pub(super) type Entry = [u8; 32];

/// Two generations: when the younger one is full, the older one is forgotten.
pub(super) struct Memo(Mutex<[Option<HashSet<Entry>>; 2]>);

impl Memo {
    pub(super) const fn new() -> Self {
        Self(Mutex::new([None, None]))
    }

    /// Whether `entry` was kept; it then stays for another generation.
    pub(super) fn knows(&self, entry: &Entry) -> bool {
        let [young, old] = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if young.as_ref().is_some_and(|young| young.contains(entry)) {
            return true;
        }
        let known = old.as_ref().is_some_and(|old| old.contains(entry));
        if known {
            keep(young, old, *entry);
        }
        known
    }

    /// Keeps `entry`.
    pub(super) fn keep(&self, entry: Entry) {
        let [young, old] = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keep(young, old, entry);
    }
}

fn keep(young: &mut Option<HashSet<Entry>>, old: &mut Option<HashSet<Entry>>, entry: Entry) {
    let set = young.get_or_insert_default();
    set.insert(entry);
    if set.len() >= GENERATION {
        *old = young.take();
    }
}

/// The name of a verification: every part behind its length, so that no two of them read alike.
pub(super) fn entry(key: &[u8], message: &[u8], signature: &[u8]) -> Entry {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [key, signature, message] {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut entry = [0; 32];
    for (to, from) in entry.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::{GENERATION, Memo, entry};

    fn numbered(number: usize) -> [u8; 32] {
        entry(b"key", &number.to_be_bytes(), b"signature")
    }

    #[test]
    fn keeps_what_it_was_given_and_nothing_else() {
        let memo = Memo::new();
        assert!(!memo.knows(&numbered(0)));
        memo.keep(numbered(0));
        assert!(memo.knows(&numbered(0)));
        assert!(!memo.knows(&numbered(1)));
    }

    #[test]
    fn forgets_the_oldest_and_never_holds_more_than_two_generations() {
        let memo = Memo::new();
        for number in 0..5 * GENERATION {
            memo.keep(numbered(number));
            let held: usize = memo.0.lock().unwrap().iter().flatten().map(|set| set.len()).sum();
            assert!(held <= 2 * GENERATION);
        }
        assert!(!memo.knows(&numbered(0)));
        assert!(memo.knows(&numbered(5 * GENERATION - 1)));
    }

    #[test]
    fn what_is_used_is_not_forgotten() {
        let memo = Memo::new();
        memo.keep(numbered(usize::MAX));
        for number in 0..4 * GENERATION {
            memo.keep(numbered(number));
            assert!(memo.knows(&numbered(usize::MAX)), "after {number}");
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(entry(b"ab", b"c", b"d"), entry(b"a", b"bc", b"d"));
        assert_ne!(entry(b"a", b"b", b"c"), entry(b"a", b"c", b"b"));
    }
}
