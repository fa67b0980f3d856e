//! Trees, and what logs say of them (LOG-7, LOG-10, LOG-11, LOG-32, LOG-36, LOG-37, LOG-40 to LOG-42).

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use super::{
    ALG, CLAIMS, INCLUSION, KID, PROOFS, RECEIPT_INVALID, RECEIPTS, STATEMENT_INVALID, STRUCTURE, UNKNOWN,
    changed, claims, leaf, log, node, protect, statement,
};
use crate::vectors::{
    case::Case,
    cose::{self, Item, Message, array, bytes, int, map},
    draft::{NOW, key},
};

const CONSISTENCY: &str = "cose.receipt-of-consistency";
const TRANSPARENT: &str = "cose.transparent-statement";

/// A neighbour in the tree.
fn other(name: &str) -> [u8; 32] {
    leaf(name.as_bytes())
}

/// A proof: two numbers and a path.
fn proof(first: i64, second: i64, path: &[[u8; 32]]) -> Item {
    let path: Vec<Item> = path.iter().map(|hash| bytes(hash)).collect();
    bytes(&array(&[int(first), int(second), array(&path)]))
}

/// A receipt with `proofs` of the kind `kind`, signed over `root`.
fn receipt(kind: i64, proofs: &[Item], root: [u8; 32]) -> Message {
    let signer = log();
    let protected = vec![
        (ALG, int(-8)),
        (KID, bytes(&cose::thumbprint(&signer))),
        (CLAIMS, claims("https://log.example", "did:example:agent")),
        (STRUCTURE, int(1)),
    ];
    let outside = vec![(PROOFS, map(&[(kind, array(proofs))]))];
    Message { protected, outside, payload: root.to_vec(), detached: true, signer }
}

/// The root of the tree of two whose second leaf is `own`.
fn root(own: [u8; 32]) -> [u8; 32] {
    node(other("first"), own)
}

/// The receipt for the honest statement, second of two.
fn honest() -> Message {
    receipt(-1, &[proof(2, 1, &[other("first")])], root(leaf(&statement().entry())))
}

fn ask(receipt: &Message, entry: &[u8]) -> Value {
    json!({ "hex": hex(&receipt.signed()), "entry": hex(entry) })
}

fn holds(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    receipt: &Message,
    of: &Message,
) -> Case {
    let own = leaf(&of.entry());
    let expect =
        json!({ "leaf_hash_hex": hex(&own), "root_hex": hex(&root(own)), "tree_size": 2, "leaf_index": 1 });
    Case::accept(requirement, name, about, INCLUSION, ask(receipt, &of.signed()), expect)
}

fn fails(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    receipt: &Message,
    code: impl Into<Option<&'static str>>,
) -> Case {
    Case::refuse(requirement, name, about, INCLUSION, ask(receipt, &statement().signed()), code)
}

pub(super) fn cases() -> Vec<Case> {
    [trees(), inclusion(), consistency(), transparent()].concat()
}

fn trees() -> Vec<Case> {
    let entry = statement().entry();
    let own = leaf(&entry);
    let bare = root(Sha256::of(&entry).0);
    let first = other("first");
    let marked = changed(|message| message.outside.push((UNKNOWN, int(0))));
    let anonymous = map(&[(2, cose::text("did:example:agent")), (6, int(NOW.cast_signed()))]);
    let mut unnamed = honest();
    protect(&mut unnamed, CLAIMS, anonymous);
    vec![
        holds("LOG-7", "issuer", "claims that name an issuer", &honest(), &statement()),
        fails("LOG-7", "issuer", "claims that name none", &unnamed, None),
        holds("LOG-10", "tree", "a leaf behind a zero, a node behind a one", &honest(), &statement()),
        fails("LOG-10", "leaf", "a leaf behind nothing", &receipt(-1, &[proof(2, 1, &[first])], bare), None),
        fails(
            "LOG-10",
            "node",
            "a node behind nothing",
            &receipt(-1, &[proof(2, 1, &[first])], Sha256::of(&[first, own].concat()).0),
            None,
        ),
        holds("LOG-11", "path", "a path of the length of its place", &honest(), &statement()),
        fails(
            "LOG-11",
            "long",
            "a path that is too long, and a root that it leads to",
            &receipt(-1, &[proof(2, 1, &[first, other("second")])], node(other("second"), root(own))),
            RECEIPT_INVALID,
        ),
        fails(
            "LOG-11",
            "short",
            "a path that is too short, and a root that it leads to",
            &receipt(-1, &[proof(4, 3, &[first])], root(own)),
            RECEIPT_INVALID,
        ),
        holds(
            "LOG-32",
            "entry",
            "for a statement with something outside of its signature",
            &honest(),
            &marked,
        ),
    ]
}

fn inclusion() -> Vec<Case> {
    let own = leaf(&statement().entry());
    let one = || proof(2, 1, &[other("first")]);
    let with = |change: fn(&mut Message)| {
        let mut receipt = honest();
        change(&mut receipt);
        receipt
    };
    let invalid = |requirement, name: &str, about, receipt: &Message| {
        fails(requirement, name, about, receipt, RECEIPT_INVALID)
    };
    vec![
        holds("LOG-40", "proof", "one proof, and nothing else outside", &honest(), &statement()),
        invalid("LOG-40", "two", "two proofs", &receipt(-1, &[one(), one()], root(own))),
        invalid("LOG-40", "none", "no proof", &receipt(-1, &[], root(own))),
        invalid("LOG-40", "kind", "a proof of another kind", &receipt(-2, &[one()], root(own))),
        invalid("LOG-40", "path", "a path of no hash", &receipt(-1, &[proof(1, 0, &[])], own)),
        invalid(
            "LOG-40",
            "outside",
            "something else outside",
            &with(|receipt| {
                receipt.outside.insert(0, (UNKNOWN, int(0)));
            }),
        ),
        invalid("LOG-40", "attached", "a root that it is given", &with(|receipt| receipt.detached = false)),
        holds("LOG-41", "leaf", "for the leaf that is under the root", &honest(), &statement()),
        Case::refuse(
            "LOG-41",
            "leaf",
            "for another leaf",
            INCLUSION,
            ask(&honest(), &changed(|message| message.payload[0] ^= 1).signed()),
            RECEIPT_INVALID,
        ),
        invalid(
            "LOG-41",
            "signer",
            "signed by somebody else",
            &with(|receipt| receipt.signer = key("stranger")),
        ),
    ]
}

fn consistency() -> Vec<Case> {
    let leaves = ["first", "second", "third", "fourth"].map(other);
    let pair = node(leaves[0], leaves[1]);
    let (old, new) = (node(pair, leaves[2]), node(pair, node(leaves[2], leaves[3])));
    let grown = receipt(-2, &[proof(3, 4, &[leaves[2], leaves[3], pair])], new);
    let ask = |receipt: &Message, old: [u8; 32]| json!({ "hex": hex(&receipt.signed()), "old_root_hex": hex(&old) });
    vec![
        Case::accept(
            "LOG-42",
            "grown",
            "three leaves that became four",
            CONSISTENCY,
            ask(&grown, old),
            json!({ "new_root_hex": hex(&new) }),
        ),
        Case::refuse(
            "LOG-42",
            "history",
            "from another head than was kept",
            CONSISTENCY,
            ask(&grown, node(pair, leaves[3])),
            "LOG_INCONSISTENT",
        ),
    ]
}

fn transparent() -> Vec<Case> {
    let ask = |receipts: &[Message]| {
        let texts: Vec<String> = receipts.iter().map(|receipt| hex(&receipt.signed())).collect();
        let items: Vec<Item> = receipts.iter().map(|receipt| bytes(&receipt.signed())).collect();
        let whole = changed(|message| message.outside.push((RECEIPTS, array(&items))));
        json!({ "hex": hex(&whole.signed()), "statement": hex(&statement().signed()), "receipts": texts })
    };
    let accept = |requirement, name, about, receipts: &[Message]| {
        Case::accept(requirement, name, about, TRANSPARENT, ask(receipts), json!({}))
    };
    let refuse = |requirement, name, about, receipts: &[Message], code: Option<&'static str>| {
        Case::refuse(requirement, name, about, TRANSPARENT, ask(receipts), code)
    };
    let broken = receipt(-1, &[proof(2, 1, &[other("second")])], root(leaf(&statement().entry())));
    vec![
        accept("LOG-36", "one", "one receipt", &[honest()]),
        refuse("LOG-36", "twice", "a receipt twice", &[honest(), honest()], Some(STATEMENT_INVALID)),
        refuse("LOG-36", "none", "no receipt", &[], Some(STATEMENT_INVALID)),
        accept("LOG-37", "holds", "a receipt that holds", &[honest()]),
        refuse(
            "LOG-37",
            "broken",
            "one that holds, and one of a trusted log that does not",
            &[honest(), broken],
            None,
        ),
    ]
}
