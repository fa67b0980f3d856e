//! Chains as somebody else might write them: member by member, signed by whatever key.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use ca2a_core::{
    SigningKey, canonical,
    json::{Node, Object, to_text},
};

/// The moment of most tests; [`honest`] chains are valid around it.
pub const NOW: u64 = 1_800_000_000;

/// An agent's key; number 0 is the root operator's.
pub fn key(number: usize) -> SigningKey {
    let mut seed = [0x5a; 32];
    seed[0] = u8::try_from(number % 251).unwrap();
    seed[1] = u8::try_from(number / 251).unwrap();
    SigningKey::from_seed(&seed)
}

/// A key under which anybody can sign: the neutral element.
pub const SMALL_ORDER: &str = "0100000000000000000000000000000000000000000000000000000000000000";

/// 32 bytes that are no key: no point has y = 2.
pub const NO_POINT: &str = "0200000000000000000000000000000000000000000000000000000000000000";

/// `cap:00`, `cap:01`, ...: hop 0 of an honest chain of `hops` grants `hops + 1` of them, each later hop one less.
pub fn scope(size: usize) -> Node<'static> {
    (0..size).map(|number| format!("cap:{number:02}")).collect()
}

/// A chain of `hops` that verifies at [`NOW`] under the root key 0.
pub fn honest(hops: usize) -> Vec<Object<'static>> {
    (0..hops).map(|hop| signed(members(hop, hops), &key(hop))).collect()
}

/// What hop `hop` of an honest chain of `hops` says, unsigned.
pub fn members(hop: usize, hops: usize) -> Object<'static> {
    Object::from([
        ("credential_id", Node::from(format!("c-{hop}"))),
        ("issuer", key(hop).verifying_key().to_hex().into()),
        ("subject", key(hop + 1).verifying_key().to_hex().into()),
        ("scope", scope(hops + 1 - hop)),
        ("depth", hop.into()),
        ("parent_id", hop.checked_sub(1).map(|parent| format!("c-{parent}")).into()),
        ("not_before", (NOW - 100).into()),
        ("not_after", (NOW + 100).into()),
    ])
}

/// The same members under a signature of `key`, whoever the issuer is.
pub fn signed(mut members: Object<'static>, key: &SigningKey) -> Object<'static> {
    let body = canonical::to_vec_without(&members, "signature").unwrap();
    members.insert("signature", key.sign(&body).to_hex());
    members
}

/// The chain document.
pub fn document(hops: &[Object<'static>]) -> Vec<u8> {
    to_text(&hops.iter().cloned().collect()).into_bytes()
}
