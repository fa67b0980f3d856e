//! Generated chains: honest ones, and mutants that are mostly signed anew by the right keys, so that what is wrong
//! with them is what they say and not that somebody touched them.

mod draft;
mod hop;
mod mutants;
mod signed_mutants;
mod spelling;

use serde_json::{Value, json};

use self::draft::Draft;
pub(crate) use self::hop::{Hop, Keys};
use super::random::Random;

/// A chain document and what its verifier is told, as both sides get them.
pub(crate) struct Case {
    /// What was done to the honest chain, if anything.
    pub(crate) mutation: Option<&'static str>,
    /// Whether every signature in the mutant is right.
    pub(crate) resigned: bool,
    pub(crate) document: String,
    pub(crate) roots: Vec<String>,
    pub(crate) max_depth: u64,
    pub(crate) at: Option<u64>,
    pub(crate) snapshot: Option<String>,
    pub(crate) staleness: Option<u64>,
}

impl Case {
    /// The line that the Python side reads.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "chain": self.document,
            "roots": self.roots,
            "max_depth": self.max_depth,
            "at_time": self.at,
            "revocations": self.snapshot,
            "max_revocation_staleness": self.staleness,
        })
    }
}

/// `count` cases, every second one mutated, each mutation as often as the others. `now` is when they will be judged.
pub(crate) fn generate(count: usize, now: u64, seed: u64) -> Vec<Case> {
    let keys = Keys::new(24);
    let mut random = Random::new(seed);
    let mut mutations = mutants::all().cycle();
    (0..count)
        .map(|index| {
            let mutation = if index % 2 == 1 { mutations.next() } else { None };
            let fewest = mutation.map_or(1, |mutation| mutation.hops);
            let hops = fewest + random.index(9 - fewest);
            let mut draft = Draft::honest(hops, now, &keys, &mut random);
            if let Some(mutation) = mutation {
                (mutation.apply)(&mut draft, &keys, &mut random);
            }
            Case {
                mutation: mutation.map(|mutation| mutation.name),
                resigned: mutation.is_some_and(|mutation| mutation.resigned),
                document: draft.document(&keys, &mut random),
                snapshot: draft.snapshot_document(&keys, &mut random),
                roots: draft.roots,
                max_depth: draft.max_depth,
                at: draft.at,
                staleness: draft.staleness,
            }
        })
        .collect()
}
