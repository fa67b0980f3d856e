//! How records hang together: which continues which, and where the work branches.

use std::collections::HashMap;

use ca2a_core::TraceLink;

use crate::trust_record::TrustRecord;

/// The records of a document by their position, as far as they can be read. A digest cannot name what names it, so there
/// is no circle.
pub(super) struct Forest {
    parents: Vec<Option<usize>>,
    /// The first record that is the same.
    twins: Vec<Option<usize>>,
    /// Whether it says that it continues another.
    continues: Vec<Option<bool>>,
    by_hash: HashMap<TraceLink, usize>,
}

impl Forest {
    pub(super) fn of<'r, 'a: 'r>(records: impl IntoIterator<Item = Option<&'r TrustRecord<'a>>>) -> Self {
        let records: Vec<_> = records.into_iter().collect();
        let mut by_hash: HashMap<TraceLink, usize> = HashMap::new();
        let mut twins = Vec::with_capacity(records.len());
        for (position, record) in records.iter().enumerate() {
            let twin = record.and_then(|record| {
                by_hash.entry(record.hash_sha384()).or_insert(position);
                let first = *by_hash.entry(record.hash()).or_insert(position);
                (first != position).then_some(first)
            });
            twins.push(twin);
        }
        let parent = |record: &TrustRecord<'_>| by_hash.get(&record.delegation()?.parent).copied();
        let continues = |record: &TrustRecord<'_>| record.delegation().is_some();
        Self {
            parents: records.iter().map(|record| record.and_then(parent)).collect(),
            twins,
            continues: records.iter().map(|record| record.map(continues)).collect(),
            by_hash,
        }
    }

    /// The first record that `link` names.
    pub(super) fn find(&self, link: &TraceLink) -> Option<usize> {
        self.by_hash.get(link).copied()
    }

    /// What each record continues.
    pub(super) fn parents(&self) -> Vec<Option<usize>> {
        self.parents.clone()
    }

    /// The records that no other continues: the ends of the branches.
    pub(super) fn tips(&self) -> Vec<usize> {
        let own = |position: &usize| {
            self.twins.get(*position).copied().flatten().is_none() && !self.parents.contains(&Some(*position))
        };
        (0..self.parents.len()).filter(own).collect()
    }

    /// The record that the one at `position` continues, where it is there.
    pub(super) fn parent(&self, position: usize) -> Option<usize> {
        self.parents.get(position).copied().flatten()
    }

    /// Whether two records continue one, or two continue none: then the records are a set, and not one path.
    pub(super) fn branches(&self) -> bool {
        let mut taken = vec![false; self.parents.len()];
        let mut roots = 0_usize;
        for (position, parent) in self.parents.iter().enumerate() {
            if self.twins.get(position).copied().flatten().is_some() {
                continue;
            }
            if self.continues.get(position).copied().flatten() == Some(false) {
                roots = roots.saturating_add(1);
            }
            if let Some(taken) = parent.and_then(|parent| taken.get_mut(parent))
                && core::mem::replace(taken, true)
            {
                return true;
            }
        }
        roots > 1
    }

    /// The positions from the first record of the path to the one at `position`.
    pub(super) fn path(&self, position: usize) -> Vec<usize> {
        let above = core::iter::successors(Some(position), |position| self.parent(*position));
        let mut path: Vec<_> = above.take(self.parents.len()).collect();
        path.reverse();
        path
    }

    /// The records that hang together, tree by tree, each behind what it continues; a record that stands twice is in the
    /// tree of its twin.
    pub(super) fn trees(&self) -> Vec<Vec<usize>> {
        let mut trees: Vec<(usize, Vec<(usize, usize)>)> = Vec::new();
        for position in 0..self.parents.len() {
            let same = self.twins.get(position).copied().flatten().unwrap_or(position);
            let path = self.path(same);
            let (top, depth) = (path.first().copied().unwrap_or(same), path.len());
            match trees.iter_mut().find(|(known, _)| *known == top) {
                Some((_, tree)) => tree.push((depth, position)),
                None => trees.push((top, vec![(depth, position)])),
            }
        }
        let in_order = |(_, mut tree): (usize, Vec<(usize, usize)>)| {
            tree.sort_unstable();
            tree.into_iter().map(|(_, position)| position).collect()
        };
        trees.into_iter().map(in_order).collect()
    }
}
