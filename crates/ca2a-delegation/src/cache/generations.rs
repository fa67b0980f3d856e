//! A bounded map that forgets what was not used for longest, roughly and in constant time.

use core::{hash::Hash, mem};
use std::collections::HashMap;

/// Two generations. What is used stands in the young one; when that is full it becomes the old one, and what was
/// still old by then is forgotten.
#[derive(Debug)]
pub(super) struct Generations<K, V> {
    young: HashMap<K, Entry<V>>,
    old: HashMap<K, Entry<V>>,
    /// Of the young generation.
    weight: usize,
    max_weight: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    weight: usize,
}

impl<K: Eq + Hash, V: Clone> Generations<K, V> {
    /// Both generations together weigh at most `max_weight`.
    pub(super) fn new(max_weight: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), weight: 0, max_weight: max_weight / 2 }
    }

    pub(super) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(entry) = self.young.get(key) {
            return Some(entry.value.clone());
        }
        let (key, Entry { value, weight }) = self.old.remove_entry(key)?;
        self.insert(key, value.clone(), weight);
        Some(value)
    }

    /// Keeps `value`, unless it alone outweighs a generation.
    pub(super) fn insert(&mut self, key: K, value: V, weight: usize) {
        if weight > self.max_weight {
            return;
        }
        if self.weight.saturating_add(weight) > self.max_weight {
            self.old = mem::take(&mut self.young);
            self.weight = 0;
        }
        let replaced = self.young.insert(key, Entry { value, weight });
        let freed = replaced.map_or(0, |entry| entry.weight);
        self.weight = self.weight.saturating_add(weight).saturating_sub(freed);
    }
}

#[cfg(test)]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let mut map = Generations::new(8);
        map.insert("used", 1, 1);
        for (round, key) in ["a", "b", "c", "d", "e", "f", "g", "h"].into_iter().enumerate() {
            map.insert(key, round, 1);
            assert_eq!(map.get(&"used"), Some(1), "after {key}");
        }
        assert_eq!(map.get(&"a"), None);
        assert_eq!(map.get(&"h"), Some(7));
    }

    #[test]
    fn it_never_holds_more_than_its_bound() {
        covers!(accept, "DEL-43");
        let mut map = Generations::new(64);
        for key in 0..10_000_usize {
            map.insert(key % 977, (), key % 37);
            let held: usize = map.young.values().chain(map.old.values()).map(|entry| entry.weight).sum();
            assert!(held <= 64, "{held} after {key}");
        }
    }
}
