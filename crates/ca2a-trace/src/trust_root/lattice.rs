//! Which data class is at most as sensitive as which.

use std::collections::{BTreeMap, BTreeSet};

/// An order of data classes, from the caller: a record's `data_class` is an open string, so no record can tell it. Need
/// not be total: two departments' classes may both lie below a third and not be comparable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataClassLattice {
    /// The classes just above each class.
    above: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
}

impl DataClassLattice {
    /// A total order, the least sensitive class first.
    pub fn ordered<T: Into<Box<str>>>(least_first: impl IntoIterator<Item = T>) -> Self {
        let mut lattice = Self::default();
        let mut below: Option<Box<str>> = None;
        for class in least_first {
            let class = class.into();
            lattice.above.entry(class.clone()).or_default();
            if let Some(below) = below.replace(class.clone()) {
                lattice.above.entry(below).or_default().insert(class);
            }
        }
        lattice
    }

    /// The same order, with `lower` at most as sensitive as `higher`.
    #[must_use]
    pub fn below(mut self, lower: impl Into<Box<str>>, higher: impl Into<Box<str>>) -> Self {
        let higher = higher.into();
        self.above.entry(higher.clone()).or_default();
        self.above.entry(lower.into()).or_default().insert(higher);
        self
    }

    /// Whether `lower` is known to be at most as sensitive as `higher`. A class is so to itself, listed or not; of
    /// another that is not listed nothing is known.
    #[must_use]
    pub fn at_most(&self, lower: &str, higher: &str) -> bool {
        let mut open = vec![lower];
        let mut seen = BTreeSet::from([lower]);
        while let Some(class) = open.pop() {
            if class == higher {
                return true;
            }
            let above = self.above.get(class).into_iter().flatten();
            open.extend(above.map(|class| &**class).filter(|class| seen.insert(class)));
        }
        false
    }
}
