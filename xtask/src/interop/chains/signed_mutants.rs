//! Mutants in which every signature is right: what only a verifier that understands chains can refuse.

use super::{
    draft::Draft,
    hop::{Hop, Keys, Statement},
    mutants::{Mutation, pick, pick_child},
};
use crate::interop::random::Random;

pub(super) const SIGNED: &[Mutation] = &[
    mutation("scope: a hop grants what its parent does not hold", 2, wider_scope),
    mutation("scope: the root holds less than it seems to", 2, narrower_root),
    mutation("scope: a hop grants something else altogether", 2, other_scope),
    mutation("depth: a hop skips some", 2, skipped_depth),
    mutation("depth: the root is not at 0", 1, deep_root),
    mutation("depth: every hop from some one on is a step too deep", 2, shifted_depths),
    mutation("depth: the leaf is deeper than allowed", 1, leaf_beyond),
    mutation("depth: more hops than allowed", 1, too_many_hops),
    mutation("depth: exactly as many hops as allowed", 1, just_enough_depth),
    mutation("parent: names another credential", 2, other_parent),
    mutation("parent: none where one is due", 2, no_parent),
    mutation("parent: the root names one", 1, root_with_parent),
    mutation("window: not yet", 1, not_yet),
    mutation("window: over", 1, over),
    mutation("window: audits ask for its first or last second", 1, window_edge),
    mutation("id: used by an earlier hop", 2, repeated_id),
    mutation("order: two hops swapped, relinked and renumbered", 3, swapped_and_relinked),
    mutation("order: a hop dropped, the rest relinked and renumbered", 3, dropped_and_relinked),
    mutation("issuer: a stranger continues the chain", 2, stranger_continues),
    mutation("issuer: a stranger is the root", 1, stranger_is_root),
    mutation("subject: somebody else", 2, other_subject),
    mutation("revoker: the issuer", 1, revoked_by_issuer),
    mutation("revoker: an issuer further up, in an old snapshot", 2, revoked_from_above),
    mutation("revoker: the delegate, who may not", 2, revoked_by_delegate),
    mutation("revoker: a stranger, who may not", 1, revoked_by_stranger),
    mutation("revoker: the issuer, after the time that the audit asks about", 1, revoked_later),
];

const fn mutation(name: &'static str, hops: usize, apply: fn(&mut Draft, &Keys, &mut Random)) -> Mutation {
    Mutation { name, hops, resigned: true, apply }
}

/// Links and numbers the hops anew and signs each with its issuer's key.
fn relink(hops: &mut [Hop], keys: &Keys) {
    let mut parent: Option<String> = None;
    for (depth, hop) in (0..).zip(hops) {
        hop.parent = parent.replace(hop.id.clone());
        hop.depth = depth;
        hop.sign(keys);
    }
}

fn wider_scope(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = pick_child(draft, random);
    hop.scope.push(format!("more-{}", random.below(9)));
    random.shuffle(&mut hop.scope);
    hop.sign(keys);
}

fn narrower_root(draft: &mut Draft, keys: &Keys, _: &mut Random) {
    let used = draft.hops[1].scope[0].clone();
    let root = &mut draft.hops[0];
    root.scope.retain(|capability| *capability != used);
    root.scope.push("nothing".to_owned());
    root.sign(keys);
}

fn other_scope(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = pick_child(draft, random);
    hop.scope = vec!["admin".to_owned()];
    hop.sign(keys);
}

fn skipped_depth(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = pick_child(draft, random);
    hop.depth = if random.chance(50) { hop.depth + random.between(1, 2) } else { hop.depth - 1 };
    hop.sign(keys);
}

fn deep_root(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    draft.hops[0].depth = random.between(1, 8);
    draft.hops[0].sign(keys);
}

fn shifted_depths(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let from = random.index(draft.hops.len());
    for hop in &mut draft.hops[from..] {
        hop.depth += 1;
        hop.sign(keys);
    }
}

fn leaf_beyond(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let deepest = draft.max_depth;
    if let Some(leaf) = draft.hops.last_mut() {
        leaf.depth = deepest + random.between(1, 1 << 40);
        leaf.sign(keys);
    }
}

/// Delegates on, among the same parties, until there are `hops` hops.
fn extend_to(draft: &mut Draft, hops: usize, keys: &Keys, random: &mut Random) {
    while draft.hops.len() < hops {
        let issuer = draft.hops[draft.hops.len() - 1].subject;
        draft.append(issuer, random.index(keys.len()), keys, random);
    }
}

fn too_many_hops(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    draft.max_depth = random.between(1, 8);
    let hops = draft.max_depth as usize + 1 + random.index(3) + 1;
    draft.hops.truncate(hops);
    extend_to(draft, hops, keys, random);
}

fn just_enough_depth(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hops = draft.max_depth as usize + 1;
    extend_to(draft, hops, keys, random);
}

fn other_parent(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let root = draft.hops[0].id.clone();
    let deep = draft.hops.len() > 2;
    let hop = pick_child(draft, random);
    hop.parent = Some(match random.below(3) {
        0 => hop.id.clone(),
        1 if deep && hop.depth > 1 => root,
        _ => format!("cred-{}", random.below(100)),
    });
    hop.sign(keys);
}

fn no_parent(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = pick_child(draft, random);
    hop.parent = None;
    hop.sign(keys);
}

fn root_with_parent(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let root = &mut draft.hops[0];
    root.parent = Some(if random.chance(50) { root.id.clone() } else { "above".to_owned() });
    root.sign(keys);
}

fn not_yet(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let opens = draft.time
        + if draft.at.is_some() { random.between(1, 100) } else { random.between(86_400, 900_000) };
    let hop = pick(draft, random);
    hop.not_before = Some(opens);
    hop.not_after = random.chance(50).then_some(opens + 1_000_000);
    hop.sign(keys);
}

fn over(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let closed = draft.time - random.between(1, 1000);
    let hop = pick(draft, random);
    hop.not_before = random.chance(50).then_some(closed - 1000);
    hop.not_after = Some(closed);
    hop.sign(keys);
}

fn window_edge(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    draft.at = Some(draft.time);
    let time = draft.time;
    let hop = pick(draft, random);
    hop.not_before = Some(time - random.below(2));
    hop.not_after = Some(time);
    hop.sign(keys);
}

fn repeated_id(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let at = random.between(1, draft.hops.len() as u64 - 1) as usize;
    draft.hops[at].id = draft.hops[random.index(at)].id.clone();
    relink(&mut draft.hops, keys);
}

fn swapped_and_relinked(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let at = random.index(draft.hops.len() - 1);
    draft.hops.swap(at, at + 1);
    relink(&mut draft.hops, keys);
}

fn dropped_and_relinked(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    draft.hops.remove(random.index(draft.hops.len()));
    relink(&mut draft.hops, keys);
}

/// A party that has no part in the chain.
fn stranger(draft: &Draft, keys: &Keys) -> usize {
    let involved = |party: &usize| draft.hops.iter().any(|hop| hop.issuer == *party || hop.subject == *party);
    (0..keys.len()).find(|party| !involved(party)).unwrap_or_default()
}

fn stranger_continues(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let stranger = stranger(draft, keys);
    let hop = pick_child(draft, random);
    hop.issuer = stranger;
    hop.sign(keys);
}

fn stranger_is_root(draft: &mut Draft, keys: &Keys, _: &mut Random) {
    let stranger = stranger(draft, keys);
    draft.roots.retain(|root| *root != keys.public(stranger));
    draft.hops[0].issuer = stranger;
    draft.hops[0].sign(keys);
}

fn other_subject(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let stranger = stranger(draft, keys);
    let hop = pick(draft, random);
    hop.subject = stranger;
    hop.sign(keys);
}

/// Puts a statement against hop number `hop` into the verifier's snapshot, rightly signed by `revoker`.
fn revoke(draft: &mut Draft, keys: &Keys, hop: usize, revoker: usize, issued_at: u64) {
    let digest = draft.hops[hop].digest(keys);
    draft.snapshot().statements.push(Statement::honest(digest, revoker, issued_at));
}

fn revoked_by_issuer(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = random.index(draft.hops.len());
    let (revoker, issued_at) = (draft.hops[hop].issuer, draft.time - random.below(1000));
    revoke(draft, keys, hop, revoker, issued_at);
}

fn revoked_from_above(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = random.between(1, draft.hops.len() as u64 - 1) as usize;
    let (revoker, issued_at) = (draft.hops[random.index(hop)].issuer, draft.time - 5000);
    revoke(draft, keys, hop, revoker, issued_at);
    // What a stale snapshot does prove, it still proves.
    let as_of = draft.time - 4000;
    draft.snapshot().as_of = as_of;
    draft.staleness = random.chance(50).then_some(100);
}

fn revoked_by_delegate(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = random.index(draft.hops.len());
    let (revoker, issued_at) = (draft.hops[hop].subject, draft.time - 5);
    revoke(draft, keys, hop, revoker, issued_at);
}

fn revoked_by_stranger(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let (stranger, hop) = (stranger(draft, keys), random.index(draft.hops.len()));
    let issued_at = draft.time - 5;
    revoke(draft, keys, hop, stranger, issued_at);
}

fn revoked_later(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    draft.at = Some(draft.time);
    let hop = random.index(draft.hops.len());
    let (revoker, issued_at) = (draft.hops[hop].issuer, draft.time + random.below(2));
    revoke(draft, keys, hop, revoker, issued_at);
}
