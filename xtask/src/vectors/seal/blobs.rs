//! Channel keys and blobs of version 1 (SEAL-2 to SEAL-6), and which version a blob has (SEAL-22, SEAL-23).

use ca2a_core::encoding::hex;
use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    channel::{Channel, encrypt, expand, extract},
};

const CODE: &str = "SEALED_CHANNEL_ERROR";
const INFO: &[u8] = b"ca2a/sealed-channel/v1";
const NONCE: [u8; 12] = [5; 12];
const TEXT: &[u8] = b"summarise chapter 3";

fn callee() -> Channel {
    Channel::named("channel callee")
}

fn ephemeral() -> Channel {
    Channel::named("channel ephemeral")
}

/// How a blob is made; each vector that must not open changes one of these.
struct Recipe {
    version: u8,
    info: &'static [u8],
    aad: &'static [u8],
    /// Whether the keys go into the derivation the other way round.
    swapped: bool,
    receiver: Channel,
}

fn recipe() -> Recipe {
    Recipe { version: 1, info: INFO, aad: b"", swapped: false, receiver: callee() }
}

impl Recipe {
    /// `version ‖ E ‖ nonce ‖ ciphertext ‖ tag` (SEAL-4).
    fn blob(&self) -> Vec<u8> {
        let (e, p) = (ephemeral().public(), self.receiver.public());
        let shared = ephemeral().shared(p);
        let keys = if self.swapped { [p, e] } else { [e, p] };
        let key = expand(extract(None, &[&keys[0], &keys[1], &shared]), &[self.info]);
        let body = encrypt(key, NONCE, self.aad, TEXT);
        [&[self.version][..], &e, &NONCE, &body].concat()
    }
}

fn ask(blob: &[u8], aad: &[u8]) -> Value {
    json!({ "recipient_private_hex": callee().private_hex(), "blob_hex": hex(blob), "aad_hex": hex(aad) })
}

fn opens(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::accept(requirement, name, about, "sealed.open", question, json!({ "plaintext_hex": hex(TEXT) }))
}

fn closed(requirement: &'static str, name: &str, about: &'static str, blob: &[u8]) -> Case {
    Case::refuse(requirement, name, about, "sealed.open", ask(blob, b""), CODE)
}

fn changed(at: usize, bit: u8) -> Vec<u8> {
    let mut blob = recipe().blob();
    blob[at] ^= bit;
    blob
}

pub(super) fn cases() -> Vec<Case> {
    [keys(), formats(), tags(), versions()].concat()
}

fn keys() -> Vec<Case> {
    let key = callee().public_hex();
    let to = |text: &str| json!({ "peer_public_key": text });
    let refused = |name, about, text: &str| {
        Case::refuse("SEAL-2", name, about, "sealed.new", to(text), "SEALED_CHANNEL_ERROR")
    };
    let low_order = |name: &str, about, text: &str| {
        Case::refuse("SEAL-3", name, about, "sealed.new", to(text), "SEALED_CHANNEL_ERROR")
    };
    // A blob that somebody made whose ephemeral key everybody knows the secret of.
    let zero = {
        let derived = expand(extract(None, &[&[0; 32], &callee().public(), &[0; 32]]), &[INFO]);
        [&[1][..], &[0; 32], &NONCE, &encrypt(derived, NONCE, b"", TEXT)].concat()
    };
    vec![
        Case::accept("SEAL-2", "key", "a channel key in its one spelling", "sealed.new", to(&key), json!({})),
        refused("capitals", "in capitals", &key.to_uppercase()),
        refused("short", "a character short", key.get(1..).unwrap_or_default()),
        refused("blank", "behind a blank", &format!(" {key}")),
        refused("prefix", "behind 0x", &format!("0x{key}")),
        Case::accept("SEAL-3", "key", "a key of full order", "sealed.new", to(&key), json!({})),
        low_order("zero", "the point of order 2, zero", &"00".repeat(32)),
        low_order("one", "the point of order 1, one", &format!("01{}", "00".repeat(31))),
        low_order(
            "eight",
            "a point of order 8",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        ),
        low_order("again", "zero, spelled as the prime", &format!("ed{}7f", "ff".repeat(30))),
        closed("SEAL-3", "ephemeral", "a blob under an ephemeral key of order 2, rightly sealed", &zero),
    ]
}

fn formats() -> Vec<Case> {
    let blob = recipe().blob();
    let mut question = ask(&blob, b"");
    question["recipient_public_hex"] = json!(callee().public_hex());
    question["ephemeral_private_hex"] = json!(ephemeral().private_hex());
    question["nonce_hex"] = json!(hex(&NONCE));
    let empty = {
        let (e, p) = (ephemeral().public(), callee().public());
        let key = expand(extract(None, &[&e, &p, &ephemeral().shared(p)]), &[INFO]);
        [&[1][..], &e, &NONCE, &encrypt(key, NONCE, b"", b"")].concat()
    };
    vec![
        opens("SEAL-4", "blob", "a blob, and the same one made again of the same randomness", question),
        closed(
            "SEAL-4",
            "info",
            "derived under another info",
            &Recipe { info: b"ca2a/sealed-channel/v2", ..recipe() }.blob(),
        ),
        closed(
            "SEAL-4",
            "order",
            "derived with the keys the other way round",
            &Recipe { swapped: true, ..recipe() }.blob(),
        ),
        Case::accept(
            "SEAL-5",
            "empty",
            "61 bytes: of nothing at all",
            "sealed.open",
            ask(&empty, b""),
            json!({ "plaintext_hex": "" }),
        ),
        closed("SEAL-5", "short", "60 bytes", &empty[..60]),
        closed("SEAL-5", "nothing", "no byte", b""),
        closed(
            "SEAL-5",
            "version",
            "version 3, and otherwise right",
            &Recipe { version: 3, ..recipe() }.blob(),
        ),
        closed("SEAL-5", "zero", "version 0, and otherwise right", &Recipe { version: 0, ..recipe() }.blob()),
    ]
}

fn tags() -> Vec<Case> {
    let bound = Recipe { aad: b"rec-0", ..recipe() }.blob();
    let last = recipe().blob().len() - 1;
    vec![
        opens("SEAL-6", "whole", "nothing changed", ask(&recipe().blob(), b"")),
        opens("SEAL-6", "associated", "under the same associated data", ask(&bound, b"rec-0")),
        Case::refuse(
            "SEAL-6",
            "associated",
            "under other associated data",
            "sealed.open",
            ask(&bound, b"rec-1"),
            CODE,
        ),
        closed("SEAL-6", "unbound", "under none where there was some", &bound),
        closed(
            "SEAL-6",
            "key",
            "to another key",
            &Recipe { receiver: Channel::named("channel stranger"), ..recipe() }.blob(),
        ),
        closed("SEAL-6", "unused-bit", "with the unused bit of the ephemeral key set", &changed(32, 0x80)),
        closed("SEAL-6", "nonce", "with another nonce", &changed(33, 1)),
        closed("SEAL-6", "text", "with a changed byte of the ciphertext", &changed(45, 1)),
        closed("SEAL-6", "tag", "with a changed bit of the tag", &changed(last, 1)),
        closed("SEAL-6", "longer", "with a byte behind it", &[recipe().blob(), vec![0]].concat()),
        closed("SEAL-6", "shorter", "without its last byte", &recipe().blob()[..last]),
    ]
}

fn versions() -> Vec<Case> {
    let blob = recipe().blob();
    let ask = |blob: &[u8], minimum: u64| json!({ "blob_hex": hex(blob), "minimum": minimum });
    let of = |requirement, name, about, first: u8, minimum| {
        let blob = [&[first][..], &blob[1..]].concat();
        Case::accept(
            requirement,
            name,
            about,
            "sealed.version",
            ask(&blob, minimum),
            json!({ "version": first }),
        )
    };
    let refused = |requirement, name, about, blob: &[u8], minimum| {
        Case::refuse(requirement, name, about, "sealed.version", ask(blob, minimum), CODE)
    };
    let other = |first: u8| [&[first][..], &blob[1..]].concat();
    vec![
        of("SEAL-22", "one", "the first byte is 1", 1, 1),
        of("SEAL-22", "two", "the first byte is 2", 2, 1),
        refused("SEAL-22", "three", "the first byte is 3", &other(3), 1),
        refused("SEAL-22", "none", "there is no first byte", b"", 1),
        closed("SEAL-22", "relabelled", "a blob of version 1 under the byte of version 2", &other(2)),
        of("SEAL-23", "least", "the least version that is taken", 2, 2),
        refused("SEAL-23", "below", "a version below the least", &blob, 2),
    ]
}
