//! Statements, receipts and checkpoints (LOG).

mod receipts;
mod statements;

use ca2a_core::{Sha256, SigningKey};

use super::{
    case::Case,
    cose::{self, Item, Message, bytes, int, map, text},
    draft::{NOW, key},
};

const ENVELOPE: &str = "cose.hash-envelope";
const INCLUSION: &str = "cose.receipt-of-inclusion";
const STATEMENT_INVALID: &str = "STATEMENT_INVALID";
const RECEIPT_INVALID: &str = "RECEIPT_INVALID";

/// Header parameters, and the tree that is known.
const ALG: i64 = 1;
const CRIT: i64 = 2;
const CONTENT_TYPE: i64 = 3;
const KID: i64 = 4;
const IV: i64 = 5;
const CLAIMS: i64 = 15;
const UNKNOWN: i64 = 99;
const PAYLOAD_HASH: i64 = 258;
const PREIMAGE_TYPE: i64 = 259;
const RECEIPTS: i64 = 394;
const STRUCTURE: i64 = 395;
const PROOFS: i64 = 396;

pub(super) fn cases() -> Vec<Case> {
    [statements::cases(), receipts::cases()].concat()
}

/// Who says what about whom, now.
fn claims(issuer: &str, subject: &str) -> Item {
    map(&[(1, text(issuer)), (2, text(subject)), (6, int(NOW.cast_signed()))])
}

/// What a statement is about: a digest of something.
fn digest() -> Vec<u8> {
    Sha256::of(b"a record").0.to_vec()
}

/// A statement of a digest by the root.
fn statement() -> Message {
    let signer = key("root");
    let protected = vec![
        (ALG, int(-8)),
        (KID, bytes(&cose::thumbprint(&signer))),
        (CLAIMS, claims("https://issuer.example", "did:example:agent")),
        (PAYLOAD_HASH, int(-16)),
        (PREIMAGE_TYPE, text("application/json")),
    ];
    Message { protected, outside: Vec::new(), payload: digest(), detached: false, signer }
}

/// The statement, changed and signed again.
fn changed(change: impl FnOnce(&mut Message)) -> Message {
    let mut message = statement();
    change(&mut message);
    message
}

/// Sets a parameter of a protected header, and keeps the order of its keys.
fn protect(message: &mut Message, label: i64, value: Item) {
    message.protected.retain(|(known, _)| *known != label);
    message.protected.push((label, value));
    message.protected.sort_by_key(|(label, _)| int(*label));
}

/// The key of the log.
fn log() -> SigningKey {
    key("planner")
}

fn leaf(entry: &[u8]) -> [u8; 32] {
    Sha256::of(&[&[0][..], entry].concat()).0
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::of(&[&[1][..], &left, &right].concat()).0
}
