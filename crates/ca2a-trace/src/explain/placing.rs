//! At which hop a record is shown.

use core::cmp::Reverse;

use ca2a_delegation::Credential;

use super::{forest::Forest, records::Suspect, tree::Tree};

/// Makes a hop for each record where nobody was granted anything: one below the other, or as they hang together.
pub(super) fn plant(records: &mut [Suspect], tree: &mut Tree, forest: &Forest, branched: bool) {
    let parents = if branched {
        forest.parents()
    } else {
        (0..records.len()).map(|position| position.checked_sub(1)).collect()
    };
    let places;
    (*tree, places) = Tree::of_parents(parents);
    for (suspect, place) in records.iter_mut().zip(places) {
        suspect.hop = Some(place);
    }
}

/// Gives each record the hop whose credential it names, and those that name none the hop at their position.
pub(super) fn assign(records: &mut [Suspect], hops: &[Option<Credential>]) {
    let mut taken = vec![false; hops.len()];
    let mut take = |hop: usize| match taken.get_mut(hop) {
        Some(taken @ false) => {
            *taken = true;
            Some(hop)
        }
        _ => None,
    };
    for suspect in records.iter_mut() {
        let Some(record) = &suspect.record else { continue };
        let named = match record.delegation() {
            Some(block) => {
                hops.iter().position(|hop| hop.as_ref().is_some_and(|hop| *hop.id() == block.credential_id))
            }
            None => Some(0),
        };
        suspect.hop = named.and_then(&mut take);
    }
    for (position, suspect) in records.iter_mut().enumerate() {
        suspect.hop = suspect.hop.or_else(|| take(position));
    }
}

/// Gives each record the hop whose credential it names: of several of that name the one below its parent's hop, then
/// the one of its signer. Any number of records may be at one hop.
pub(super) fn assign_branches(
    records: &mut [Suspect],
    forest: &Forest,
    tree: &Tree,
    hops: &[Option<Credential>],
) {
    for position in forest.trees().into_iter().flatten() {
        let above = forest.parent(position).and_then(|parent| records.get(parent)?.hop);
        let Some(suspect) = records.get_mut(position) else { continue };
        let Some(record) = &suspect.record else { continue };
        let signer = record.confirmation_key().and_then(|jwk| jwk.text("x").ok());
        let fits = |(hop, credential): (usize, &Option<Credential>)| {
            let credential = credential.as_ref()?;
            let parent = tree.hops.get(hop)?.parent;
            let named = match record.delegation() {
                Some(block) => *credential.id() == block.credential_id,
                None => parent.is_none(),
            };
            let own = signer == Some(credential.subject().to_base64url().as_str());
            named.then_some((parent == above, own, Reverse(hop)))
        };
        let best = hops.iter().enumerate().filter_map(fits).max();
        suspect.hop = best.map(|(_, _, Reverse(hop))| hop);
    }
}
