//! Signed CBOR (RFC 9052), byte by byte: none of it is what `ca2a-core` writes it with.

use ca2a_core::{Sha256, SigningKey};

/// An item as its bytes.
pub(super) type Item = Vec<u8>;

/// The first bytes of an item: its major type and its number, as short as it can be.
fn head(major: u8, number: u64) -> Item {
    let major = major << 5;
    match number {
        0..=23 => vec![major | number as u8],
        24..=0xff => vec![major | 24, number as u8],
        0x100..=0xffff => [&[major | 25][..], &(number as u16).to_be_bytes()].concat(),
        _ => [&[major | 26][..], &(number as u32).to_be_bytes()].concat(),
    }
}

pub(super) fn int(number: i64) -> Item {
    match u64::try_from(number) {
        Ok(number) => head(0, number),
        Err(_) => head(1, number.unsigned_abs() - 1),
    }
}

pub(super) fn bytes(bytes: &[u8]) -> Item {
    [head(2, bytes.len() as u64), bytes.to_vec()].concat()
}

pub(super) fn text(text: &str) -> Item {
    [head(3, text.len() as u64), text.as_bytes().to_vec()].concat()
}

pub(super) fn array(items: &[Item]) -> Item {
    [head(4, items.len() as u64), items.concat()].concat()
}

/// A map, its pairs in the order given.
pub(super) fn map(pairs: &[(i64, Item)]) -> Item {
    let pairs: Vec<Item> = pairs.iter().map(|(key, value)| [int(*key), value.clone()].concat()).collect();
    [head(5, pairs.len() as u64), pairs.concat()].concat()
}

/// The `kid` of an Ed25519 key: SHA-256 over its COSE_Key with its required members alone (RFC 9679).
pub(super) fn thumbprint(key: &SigningKey) -> Item {
    let x = bytes(key.verifying_key().as_bytes());
    Sha256::of(&map(&[(1, int(1)), (-1, int(6)), (-2, x)])).0.to_vec()
}

/// A COSE_Sign1 before it is signed.
#[derive(Clone)]
pub(super) struct Message {
    /// Pairs of the protected header, in their order.
    pub(super) protected: Vec<(i64, Item)>,
    pub(super) outside: Vec<(i64, Item)>,
    /// What is signed.
    pub(super) payload: Vec<u8>,
    /// Whether the payload stands beside the message.
    pub(super) detached: bool,
    pub(super) signer: SigningKey,
}

impl Message {
    pub(super) fn header(&self) -> Item {
        map(&self.protected)
    }

    /// The message under tag 18.
    pub(super) fn signed(&self) -> Item {
        let header = bytes(&self.header());
        let covered = array(&[text("Signature1"), header.clone(), bytes(b""), bytes(&self.payload)]);
        let signature = bytes(&self.signer.sign(&covered).0);
        let payload = if self.detached { vec![0xf6] } else { bytes(&self.payload) };
        [vec![0xd2], array(&[header, map(&self.outside), payload, signature])].concat()
    }

    /// The same message with nothing outside of its signature: a statement's entry in a log (LOG-32).
    pub(super) fn entry(&self) -> Item {
        Self { outside: Vec::new(), ..self.clone() }.signed()
    }
}
