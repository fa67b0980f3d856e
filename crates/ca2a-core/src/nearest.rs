//! The known name that is nearest to a misspelt one.

use alloc::vec::Vec;

/// Longer names are compared by their beginning.
const COMPARED: usize = 64;

/// The candidate at the smallest distance from `name`; the first of several.
#[must_use]
pub fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    candidates.min_by_key(|candidate| distance(name, candidate))
}

/// The optimal string alignment distance: insertions, deletions, replacements, and swaps of neighbours, in characters.
#[must_use]
pub fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(COMPARED).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for letter in left.chars().take(COMPARED) {
        let mut next = Vec::with_capacity(row.len());
        let mut beside = row.first().copied().unwrap_or_default().saturating_add(1);
        next.push(beside);
        let mut last = None;
        for (at, other) in right.iter().copied().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX);
            let replaced = get(&row, at).saturating_add(usize::from(letter != other));
            let removed = get(&row, at.saturating_add(1)).saturating_add(1);
            let mut best = replaced.min(removed).min(beside.saturating_add(1));
            if last == Some(letter) && previous == Some(other) {
                best = best.min(get(&before, at.saturating_sub(1)).saturating_add(1));
            }
            next.push(best);
            beside = best;
            last = Some(other);
        }
        before = core::mem::replace(&mut row, next);
        previous = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{distance, nearest};

    #[test]
    fn distances() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("provder", "provider", 1),
            ("porvider", "provider", 1),
            ("ca", "ac", 1),
            ("trusted_root_isuers", "trusted_root_issuers", 1),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
        assert_eq!(nearest("listen", ["local_policy", "listen_addr"].into_iter()), Some("listen_addr"));
        assert_eq!(nearest("x", core::iter::empty()), None);
    }

    proptest! {
        #[test]
        fn it_is_a_distance(left in "[ab_]{0,8}", right in "[ab_]{0,8}") {
            prop_assert_eq!(distance(&left, &right), distance(&right, &left));
            prop_assert_eq!(distance(&left, &right) == 0, left == right);
            prop_assert!(distance(&left, &right) <= left.len().max(right.len()));
        }
    }
}
