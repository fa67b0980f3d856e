//! Chains as one tree: what two of them have in common stands there once.

use ca2a_core::VerifyingKey;
use ca2a_delegation::{Chain, ChainVerifier, Credential, DelegationError, PrefixCache, VerifiedChain};

use super::{
    Explainer, chain,
    check::{Check, Outcome},
    explained::{Explained, ExplainedHop},
};

/// The hops of all chains, each before what hangs on it, and branch after branch.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) hops: Vec<ExplainedHop>,
    pub(super) chains: Vec<Planted>,
}

/// A chain in the tree.
pub(super) struct Planted {
    pub(super) verified: Option<VerifiedChain>,
    /// Its hops, root first.
    pub(super) path: Vec<usize>,
}

impl Tree {
    /// Plants `chains`. A credential that two of them hold under the same grants is one hop; what was found out about it
    /// in either counts.
    pub(super) fn of(chains: Vec<chain::Findings>) -> Self {
        let mut grown: Vec<ExplainedHop> = Vec::new();
        let mut planted = Vec::new();
        for chain in chains {
            let mut path: Vec<usize> = Vec::new();
            for grant in chain.hops {
                let parent = path.last().copied();
                let known = grown.iter_mut().position(|hop| {
                    hop.parent == parent && hop.grant.as_ref().is_some_and(|known| same(known, &grant))
                });
                match known.and_then(|known| grown.get_mut(known)?.grant.as_mut()) {
                    Some(known) => merge(&mut known.checks, grant.checks),
                    None => grown.push(ExplainedHop { parent, grant: Some(grant), ..Default::default() }),
                }
                path.push(known.unwrap_or(grown.len().saturating_sub(1)));
            }
            planted.push(Planted { verified: chain.verified, path });
        }
        Self { hops: grown, chains: planted }.in_order()
    }

    /// Hops without grants, as records alone say how they hang together.
    pub(super) fn of_parents(parents: Vec<Option<usize>>) -> (Self, Vec<usize>) {
        let hops = parents.into_iter().map(|parent| ExplainedHop { parent, ..Default::default() }).collect();
        let tree = Self { hops, chains: Vec::new() };
        let order = tree.order();
        (tree.in_order(), places(&order))
    }

    /// The credentials, hop by hop.
    pub(super) fn credentials(&self) -> Vec<Option<Credential>> {
        self.hops.iter().map(|hop| hop.grant().and_then(Explained::value).cloned()).collect()
    }

    /// The hops from the root to `hop`.
    pub(super) fn path(&self, hop: usize) -> Vec<usize> {
        let parent = |hop: &usize| self.hops.get(*hop).and_then(|hop| hop.parent);
        let mut path: Vec<_> =
            core::iter::successors(Some(hop), parent).take(self.hops.len().saturating_add(1)).collect();
        path.reverse();
        path
    }

    /// A verified chain that goes through `hop`.
    pub(super) fn verified(&self, hop: usize) -> Option<&VerifiedChain> {
        self.chains.iter().filter(|chain| chain.path.contains(&hop)).find_map(|chain| chain.verified.as_ref())
    }

    /// The chain down to `hop`, verified for itself; `None` where no chain through `hop` holds.
    pub(super) fn prefix(
        &self,
        hop: usize,
        explainer: &Explainer<'_>,
        cache: &PrefixCache,
    ) -> Option<Result<VerifiedChain, DelegationError>> {
        let whole = self.verified(hop)?;
        let length = self.path(hop).len();
        if length == whole.hops().len() {
            return Some(Ok(whole.clone()));
        }
        let prefix: Chain = whole.hops().iter().take(length).cloned().collect();
        let verifier = ChainVerifier::new(explainer.roots).max_depth(explainer.max_depth).cache(cache);
        Some(verifier.verify(&prefix, explainer.at))
    }

    /// Whether `key` is a subject of a verified chain.
    pub(super) fn names(&self, key: &VerifyingKey) -> bool {
        let chains = self.chains.iter().filter_map(|chain| chain.verified.as_ref());
        chains.flat_map(VerifiedChain::hops).any(|hop| hop.subject() == key)
    }

    /// The hops depth first, in the order in which they came.
    fn order(&self) -> Vec<usize> {
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); self.hops.len()];
        let mut open = Vec::new();
        for (position, hop) in self.hops.iter().enumerate().rev() {
            match hop.parent.and_then(|parent| below.get_mut(parent)) {
                Some(below) => below.push(position),
                None => open.push(position),
            }
        }
        let mut order = Vec::with_capacity(self.hops.len());
        while let Some(position) = open.pop() {
            order.push(position);
            open.extend(below.get(position).into_iter().flatten());
        }
        order
    }

    fn in_order(self) -> Self {
        let order = self.order();
        let places = places(&order);
        let place = |position: usize| places.get(position).copied().unwrap_or_default();
        let mut hops: Vec<_> = self.hops.into_iter().map(Some).collect();
        let moved = order.iter().filter_map(|position| hops.get_mut(*position)?.take());
        let hops = moved.map(|hop| ExplainedHop { parent: hop.parent.map(place), ..hop }).collect();
        let replant = |chain: Planted| Planted {
            path: chain.path.into_iter().map(place).collect(),
            verified: chain.verified,
        };
        Self { hops, chains: self.chains.into_iter().map(replant).collect() }
    }
}

/// Where each position of an order comes to stand.
fn places(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, position) in order.iter().enumerate() {
        if let Some(slot) = places.get_mut(*position) {
            *slot = place;
        }
    }
    places
}

fn same(one: &Explained<Credential>, other: &Explained<Credential>) -> bool {
    match (&one.value, &other.value) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.source == other.source,
        _ => false,
    }
}

/// A failure anywhere is one; what passed once under the same grants has passed.
fn merge(known: &mut [Check], found: Vec<Check>) {
    let rank = |outcome: &Outcome| match outcome {
        Outcome::NotChecked { .. } => 0,
        Outcome::Passed => 1,
        Outcome::Failed { .. } => 2,
    };
    for (known, found) in known.iter_mut().zip(found) {
        if known.rule == found.rule && rank(&found.outcome) > rank(&known.outcome) {
            known.outcome = found.outcome;
        }
    }
}
