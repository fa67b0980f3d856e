//! What may be wrong with a chain: each mutation is applied to an honest one.

use ca2a_core::json::{Node, Number, Value};

use super::{
    draft::{Draft, Edit},
    hop::{Hop, Keys},
    signed_mutants::SIGNED,
};
use crate::interop::random::Random;

/// One way to spoil a chain, or to strain it.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    /// The fewest hops that it needs.
    pub(crate) hops: usize,
    /// Whether every signature is right afterwards, so that only the meaning is wrong.
    pub(crate) resigned: bool,
    pub(crate) apply: fn(&mut Draft, &Keys, &mut Random),
}

/// Every mutation there is.
pub(crate) fn all() -> impl Iterator<Item = &'static Mutation> + Clone {
    SIGNED.iter().chain(UNSIGNED)
}

const UNSIGNED: &[Mutation] = &[
    mutation("signature: one bit is wrong", 1, wrong_bit),
    mutation("signature: another hop's", 2, borrowed_signature),
    mutation("signature: by another key than the issuer's", 1, wrong_key),
    mutation("signature: S plus the group order", 1, malleated),
    mutation("unsigned change of a member", 1, unsigned_change),
    mutation("a member that is unknown, missing or of another shape", 1, other_shape),
    mutation("no hops at all", 1, empty),
    mutation("the root is not among those trusted", 1, untrusted),
    mutation("order: hops swapped, dropped, doubled or reversed as they are", 2, shuffled),
    mutation("no snapshot where one is demanded", 1, no_snapshot),
    mutation("a snapshot that is too old", 1, stale_snapshot),
    mutation("a snapshot with a forged or misshapen statement", 1, forged_snapshot),
];

const fn mutation(name: &'static str, hops: usize, apply: fn(&mut Draft, &Keys, &mut Random)) -> Mutation {
    Mutation { name, hops, resigned: false, apply }
}

/// Any hop.
pub(super) fn pick<'d>(draft: &'d mut Draft, random: &mut Random) -> &'d mut Hop {
    let at = random.index(draft.hops.len());
    &mut draft.hops[at]
}

/// Any hop but the root.
pub(super) fn pick_child<'d>(draft: &'d mut Draft, random: &mut Random) -> &'d mut Hop {
    let at = 1 + random.index(draft.hops.len() - 1);
    &mut draft.hops[at]
}

fn wrong_bit(draft: &mut Draft, _: &Keys, random: &mut Random) {
    let hop = pick(draft, random);
    let mut signature =
        ca2a_core::Signature::from_hex(&hop.signature).map_or([0; 64], |signature| signature.0);
    signature[random.index(64)] ^= 1 << random.below(8);
    hop.signature = ca2a_core::Signature(signature).to_hex();
}

fn borrowed_signature(draft: &mut Draft, _: &Keys, random: &mut Random) {
    let at = random.index(draft.hops.len());
    let other = (at + 1) % draft.hops.len();
    draft.hops[at].signature = draft.hops[other].signature.clone();
}

fn wrong_key(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let hop = pick(draft, random);
    hop.sign_as(hop.issuer + 1, keys);
}

fn malleated(draft: &mut Draft, _: &Keys, random: &mut Random) {
    /// L, little endian (RFC 8032 section 5.1).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let hop = pick(draft, random);
    let mut signature =
        ca2a_core::Signature::from_hex(&hop.signature).map_or([0; 64], |signature| signature.0);
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    hop.signature = ca2a_core::Signature(signature).to_hex();
}

fn unsigned_change(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let time = draft.time;
    let hop = pick(draft, random);
    match random.below(7) {
        0 => hop.scope.push("admin".to_owned()),
        1 => hop.depth += 1,
        2 => hop.subject = (hop.subject + 1) % keys.len(),
        3 => hop.not_after = Some(time + 2_000_000),
        4 => hop.id.push('x'),
        5 => hop.parent = Some("elsewhere".to_owned()),
        _ => hop.not_before = Some(hop.not_before.map_or(0, |bound| bound - 1)),
    }
}

fn other_shape(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let at = random.index(draft.hops.len());
    let hop = &draft.hops[at];
    let edit = match random.below(20) {
        0 => Edit::Put("extra", Node::NULL),
        1 => Edit::Remove(
            ["credential_id", "issuer", "subject", "scope", "depth", "parent_id", "signature"]
                [random.index(7)],
        ),
        2 => Edit::Put("depth", true.into()),
        3 => Edit::Put("depth", Value::Number(Number::Float(0.5)).into()),
        4 => Edit::Put("depth", (-1_i64).into()),
        5 => Edit::Put("depth", hop.depth.to_string().into()),
        6 => Edit::Put("issuer", keys.public(hop.issuer).to_uppercase().into()),
        7 => Edit::Put("subject", format!("{}\n", keys.public(hop.subject)).into()),
        8 => Edit::Put("signature", hop.signature.to_uppercase().into()),
        9 => Edit::Put("signature", "".into()),
        10 => Edit::Put("scope", Vec::new().into()),
        11 => Edit::Put("scope", ["read", "read"].into_iter().collect()),
        12 => Edit::Put("scope", ["read", ""].into_iter().collect()),
        13 => Edit::Put("scope", "read".into()),
        14 => Edit::Put("not_before", Node::NULL),
        15 => Edit::Put("not_after", Value::Number(Number::Float(1.5)).into()),
        16 => Edit::Put("credential_id", "".into()),
        17 => Edit::Put("parent_id", "".into()),
        18 => Edit::Put("parent_id", 7_i64.into()),
        _ => {
            draft.edits.push((at, Edit::Put("not_before", 9_u64.into())));
            Edit::Put("not_after", 8_u64.into())
        }
    };
    draft.edits.push((at, edit));
}

fn empty(draft: &mut Draft, _: &Keys, _: &mut Random) {
    draft.hops.clear();
}

fn untrusted(draft: &mut Draft, keys: &Keys, _: &mut Random) {
    let root = keys.public(draft.hops[0].issuer);
    draft.roots.retain(|trusted| *trusted != root);
    draft.roots.push(keys.public(draft.hops[0].subject));
}

fn shuffled(draft: &mut Draft, _: &Keys, random: &mut Random) {
    let at = random.index(draft.hops.len() - 1);
    match random.below(4) {
        0 => draft.hops.swap(at, at + 1),
        1 => drop(draft.hops.remove(at)),
        2 => draft.hops.insert(at, draft.hops[at].clone()),
        _ => draft.hops.reverse(),
    }
}

fn no_snapshot(draft: &mut Draft, _: &Keys, random: &mut Random) {
    draft.snapshot = None;
    draft.staleness = Some(random.below(1000));
}

fn stale_snapshot(draft: &mut Draft, _: &Keys, random: &mut Random) {
    let bound = random.below(1000);
    draft.snapshot().as_of = draft.time - bound - random.between(1, 50);
    draft.staleness = Some(bound);
}

fn forged_snapshot(draft: &mut Draft, keys: &Keys, random: &mut Random) {
    let (digest, revoker, time) = (draft.hops[0].digest(keys), draft.hops[0].issuer, draft.time);
    let snapshot = draft.snapshot();
    match random.below(4) {
        0 => snapshot.statements.push(super::hop::Statement {
            digest,
            revoker,
            issued_at: time,
            signer: revoker + 1,
        }),
        1 => snapshot.statements.push(super::hop::Statement::honest(digest.to_uppercase(), revoker, time)),
        2 => draft.snapshot_edits.push(Edit::Put("extra", true.into())),
        _ => draft.snapshot_edits.push(Edit::Put("as_of", "now".into())),
    }
}
