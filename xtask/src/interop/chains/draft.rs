//! A chain in the making, with everything its verifier is told; and the honest ones that mutants are made from.

use ca2a_core::json::{Node, Object};

use super::{
    hop::{Hop, Keys, Snapshot, Statement},
    spelling::spell,
};
use crate::interop::random::Random;

/// Words for ids and capabilities: what a canonical form gets wrong first.
const WORDS: &[&str] = &[
    "read",
    "write",
    "tool:purchase",
    "a b",
    "quote\"d",
    "back\\slash",
    "tab\tbed",
    "nul\u{0}l",
    "del\u{7f}",
    "é",
    "e\u{301}",
    "日本",
    "\u{2028}",
    "\u{ffee}",
    "\u{10000}",
    "😀",
    "/",
    "<script>",
    "A",
    "a",
    "0",
    "zz",
];

/// Changes a hop's object after it was written, past everything a [`Hop`] can hold.
#[derive(Clone)]
pub(crate) enum Edit {
    Put(&'static str, Node<'static>),
    Remove(&'static str),
}

/// A chain and what its verifier is told.
pub(crate) struct Draft {
    pub(crate) hops: Vec<Hop>,
    pub(crate) roots: Vec<String>,
    pub(crate) max_depth: u64,
    /// The time that an audit asks about; `None` for a live decision.
    pub(crate) at: Option<u64>,
    /// The time that counts, whichever it is.
    pub(crate) time: u64,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) staleness: Option<u64>,
    pub(crate) edits: Vec<(usize, Edit)>,
    pub(crate) snapshot_edits: Vec<Edit>,
}

impl Draft {
    /// An honest chain of `hops` hops that verifies. Live ones are judged at `now`, the others at a time long past.
    pub(crate) fn honest(hops: usize, now: u64, keys: &Keys, random: &mut Random) -> Self {
        let at = random.chance(80).then(|| random.between(1_000_000, 1_800_000_000));
        let time = at.unwrap_or(now);
        let mut parties: Vec<usize> = (0..keys.len()).collect();
        random.shuffle(&mut parties);
        let mut draft = Self {
            hops: Vec::new(),
            roots: vec![keys.public(parties[0])],
            max_depth: 8,
            at,
            time,
            snapshot: None,
            staleness: None,
            edits: Vec::new(),
            snapshot_edits: Vec::new(),
        };
        if random.chance(30) {
            draft.roots.insert(0, keys.public(parties[keys.len() - 1]));
        }
        for hop in 0..hops {
            draft.append(parties[hop], parties[hop + 1], keys, random);
        }
        if random.chance(40) {
            draft.add_harmless_snapshot(parties[keys.len() - 2], keys, random);
        }
        draft
    }

    /// Grants a subset of what the leaf holds, from `issuer` to `subject`.
    pub(crate) fn append(&mut self, issuer: usize, subject: usize, keys: &Keys, random: &mut Random) {
        let depth = self.hops.len();
        let mut scope: Vec<String> = match self.hops.last() {
            None => (0..random.between(2, 12)).map(|_| WORDS[random.index(WORDS.len())].to_owned()).collect(),
            Some(parent) => parent.scope.clone(),
        };
        scope.sort();
        scope.dedup();
        random.shuffle(&mut scope);
        if scope.len() > 2 && random.chance(50) {
            scope.truncate(random.between(2, scope.len() as u64) as usize);
        }
        let id = format!("{}-{depth}-{}", WORDS[random.index(WORDS.len())], random.below(1000));
        let mut hop = Hop {
            id,
            issuer,
            subject,
            scope,
            depth: depth as u64,
            parent: self.hops.last().map(|parent| parent.id.clone()),
            not_before: random.chance(30).then(|| self.time - random.between(0, 900_000)),
            // A live chain is judged a little later than it is made.
            not_after: random.chance(30).then(|| self.time + random.between(3_600, 900_000)),
            signature: String::new(),
        };
        hop.sign(keys);
        self.hops.push(hop);
    }

    /// Tells the verifier about revocations that do not concern this chain, under a fresh `as_of`.
    fn add_harmless_snapshot(&mut self, stranger: usize, keys: &Keys, random: &mut Random) {
        let elsewhere = format!("sha256:{}", ca2a_core::Sha256::of(&random.bytes::<8>()).to_hex());
        let mut statements = vec![Statement::honest(elsewhere, self.hops[0].issuer, self.time - 5)];
        if random.chance(50) {
            let hop = &self.hops[random.index(self.hops.len())];
            statements.push(Statement::honest(hop.digest(keys), stranger, self.time - 7));
        }
        self.snapshot = Some(Snapshot { as_of: self.time - random.between(0, 60), statements });
        self.staleness = random.chance(50).then(|| random.between(10_000, 100_000));
    }

    /// The snapshot of this draft, made if there was none.
    pub(crate) fn snapshot(&mut self) -> &mut Snapshot {
        let as_of = self.time;
        self.snapshot.get_or_insert(Snapshot { as_of, statements: Vec::new() })
    }

    /// The chain document in some spelling: a bare array, or an object with `chain`.
    pub(crate) fn document(&self, keys: &Keys, random: &mut Random) -> String {
        let mut objects: Vec<Object<'static>> = self.hops.iter().map(|hop| hop.to_object(keys)).collect();
        for (index, edit) in &self.edits {
            if let Some(object) = objects.get_mut(*index) {
                apply(object, edit);
            }
        }
        let array: Node<'static> = objects.into_iter().collect();
        let document = if random.chance(50) { array } else { Object::from([("chain", array)]).into() };
        spell(&document, random)
    }

    /// The snapshot document, if there is a snapshot.
    pub(crate) fn snapshot_document(&self, keys: &Keys, random: &mut Random) -> Option<String> {
        let mut node = self.snapshot.as_ref()?.to_node(keys);
        if let Some(object) = node.as_object_mut() {
            self.snapshot_edits.iter().for_each(|edit| apply(object, edit));
        }
        Some(spell(&node, random))
    }
}

fn apply(object: &mut Object<'static>, edit: &Edit) {
    match edit {
        Edit::Put(name, node) => object.insert(*name, node.clone()),
        Edit::Remove(name) => drop(object.remove(name)),
    }
}
