//! Version 2 blobs: what opens, and everything that must not. Covers SEAL-22 to SEAL-27.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{
    Capability, Challenge, ChannelKey, CredentialDigest, ErrorCode, RecordId, Sha256, encoding::hex,
};
use ca2a_seal::{
    ChannelSecret, SealError, SealVersion,
    hpke::{self, Context, OVERHEAD, SealRandomness, chain_sha256},
    v1,
};
use proptest::prelude::*;

/// The fields of a context, owned.
#[derive(Debug, Clone, PartialEq)]
struct Fields {
    measurement: String,
    challenge: Challenge,
    chain: Sha256,
    capability: Capability,
    record_id: RecordId,
    parent: Option<String>,
}

impl Fields {
    fn context(&self) -> Context<'_> {
        Context {
            measurement: &self.measurement,
            challenge: &self.challenge,
            chain_sha256: self.chain,
            requested_capability: &self.capability,
            record_id: &self.record_id,
            parent_record_hash: self.parent.as_deref(),
        }
    }

    /// These fields with the one of number `which` taken from `other`.
    fn mixed(&self, other: &Self, which: usize) -> Self {
        let (mut mixed, other) = (self.clone(), other.clone());
        match which {
            0 => mixed.measurement = other.measurement,
            1 => mixed.challenge = other.challenge,
            2 => mixed.chain = other.chain,
            3 => mixed.capability = other.capability,
            4 => mixed.record_id = other.record_id,
            _ => mixed.parent = other.parent,
        }
        mixed
    }
}

fn example() -> Fields {
    Fields {
        measurement: "software-only-no-hardware-guarantee".into(),
        challenge: Challenge::new("v1.x"),
        chain: chain_sha256([CredentialDigest(Sha256([3; 32])), CredentialDigest(Sha256([4; 32]))]),
        capability: Capability::new("docs:read").unwrap(),
        record_id: RecordId::new("rec-0").unwrap(),
        parent: None,
    }
}

fn randomness() -> SealRandomness {
    SealRandomness { ikm: [1; 32] }
}

fn callee() -> ChannelSecret {
    ChannelSecret::from_bytes([7; 32])
}

fn blob() -> Vec<u8> {
    hpke::seal(&callee().public(), &example().context(), b"secret task", randomness()).unwrap()
}

fn open(blob: &[u8]) -> Result<Vec<u8>, SealError> {
    hpke::open(&callee(), &example().context(), blob)
}

/// SEAL-24, SEAL-26, SEAL-27: the bytes, so that another implementation can be held to them.
#[test]
fn the_bytes_are_fixed() {
    let fields = example();
    let audience = callee().public();
    let aad = format!(
        r#"{{"audience":"{audience}","chain_sha256":"{}","challenge":"v1.x","domain":"ca2a-seal-v2","measurement":"software-only-no-hardware-guarantee","parent_record_hash":null,"record_id":"rec-0","requested_capability":"docs:read"}}"#,
        Sha256::of(&[[3; 32], [4; 32]].concat()).to_hex(),
    );
    assert_eq!(String::from_utf8(fields.context().to_bytes(&audience)).unwrap(), aad);
    let blob = blob();
    assert_eq!(blob.len(), b"secret task".len() + OVERHEAD);
    assert_eq!(hex(&blob[..3]), "020001");
    assert_eq!(open(&blob).unwrap(), b"secret task");
}

/// SEAL-25, SEAL-26: no prefix of a blob opens, and a blob with something after it does not.
#[test]
fn every_truncation_is_refused() {
    let mut blob = blob();
    for length in 0..blob.len() {
        let refused = open(&blob[..length]).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::SealedChannelError, "{length}");
        let short = SealError::BlobTooShort { found: length, minimum: OVERHEAD };
        assert_eq!(refused == short, length < OVERHEAD, "{length} {refused}");
    }
    blob.push(0);
    assert_eq!(open(&blob), Err(SealError::BlobNotOpened));
}

/// SEAL-25, SEAL-26: the header says so, the rest does not open; the unused bit of `enc` is no exception.
#[test]
fn every_bit_counts() {
    let honest = blob();
    for bit in 0..honest.len() * 8 {
        let mut blob = honest.clone();
        blob[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit / 8 {
            0 => SealError::BlobVersion { found: blob[0] },
            1 | 2 => SealError::BlobSuite { found: u16::from_be_bytes([blob[1], blob[2]]) },
            _ => SealError::BlobNotOpened,
        };
        assert_eq!(open(&blob), Err(expected), "bit {bit}");
    }
}

/// SEAL-25: all suites but one.
#[test]
fn unknown_suites_are_refused() {
    let mut blob = blob();
    for suite in (0..=u16::MAX).filter(|suite| !hpke::SUITES.contains(suite)) {
        blob[1..3].copy_from_slice(&suite.to_be_bytes());
        assert_eq!(open(&blob), Err(SealError::BlobSuite { found: suite }));
    }
    // Even of a blob too short for any.
    assert_eq!(open(&[2, 0, 9]), Err(SealError::BlobSuite { found: 9 }));
}

/// SEAL-22: neither version opens the other's blob, under its own byte or under the byte of the other.
#[test]
fn versions_are_not_confused() {
    let (secret, context) = (callee(), example());
    let first = {
        let randomness = v1::SealRandomness { ephemeral: [1; 32], nonce: [2; 12] };
        v1::seal(&secret.public(), b"secret task", b"", randomness).unwrap()
    };
    let second = blob();
    assert_eq!(open(&first), Err(SealError::BlobVersion { found: 1 }));
    assert_eq!(v1::open(&secret, &second, b""), Err(SealError::BlobVersion { found: 2 }));

    let aad = context.context().to_bytes(&secret.public());
    let named = |version: u8, blob: &[u8]| [&[version], &blob[1..]].concat();
    for aad in [b"".as_slice(), &aad] {
        assert_eq!(v1::open(&secret, &named(1, &second), aad), Err(SealError::BlobNotOpened));
    }
    let relabelled = named(2, &first);
    assert!(matches!(open(&relabelled), Err(SealError::BlobSuite { .. })));
    let with_suite = [&[2, 0, 1], &first[1..]].concat();
    assert_eq!(open(&with_suite), Err(SealError::BlobNotOpened));
    // What version 1 would take for the ephemeral key, a nonce and a ciphertext.
    let long = hpke::seal(&secret.public(), &context.context(), &[0x61; 40], randomness()).unwrap();
    let shifted = named(1, &long[2..]);
    assert_eq!(v1::open(&secret, &shifted, &aad), Err(SealError::BlobNotOpened));
}

/// SEAL-23: a receiver that asks for version 2 takes nothing weaker, and nothing that is no version.
#[test]
fn a_minimum_refuses_what_is_below_it() {
    use SealVersion::{V1, V2};
    assert_eq!(SealVersion::of(&[1, 9], V1), Ok(V1));
    assert_eq!(SealVersion::of(&[2, 9], V1), Ok(V2));
    assert_eq!(SealVersion::of(&[2], V2), Ok(V2));
    assert_eq!(SealVersion::of(&[1], V2), Err(SealError::BlobBelowMinimum { found: V1, minimum: V2 }));
    for first in (0..=u8::MAX).filter(|first| !matches!(first, 1 | 2)) {
        for minimum in [V1, V2] {
            assert_eq!(SealVersion::of(&[first], minimum), Err(SealError::BlobVersion { found: first }));
        }
    }
    let nothing = SealVersion::of(&[], V1).unwrap_err();
    assert_eq!(nothing.code(), ErrorCode::SealedChannelError);
    assert_eq!((V1.to_string(), V2.to_string()), ("1".into(), "2".into()));
    assert_eq!([0, 1, 2, 3].map(SealVersion::from_number), [None, Some(V1), Some(V2), None]);
}

/// SEAL-3: points of order 1, 2, 4 and 8 and their second spellings, as a receiver and as an encapsulated key.
#[test]
fn low_order_keys_are_refused() {
    let order8 = [
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];
    let mut keys: Vec<ChannelKey> = order8.iter().map(|text| text.parse().unwrap()).collect();
    let filled = |first, fill, last| {
        let mut key = [fill; 32];
        (key[0], key[31]) = (first, last);
        ChannelKey(key)
    };
    keys.extend([filled(0, 0, 0), filled(1, 0, 0)]);
    keys.extend([0xec, 0xed, 0xee].map(|first| filled(first, 0xff, 0x7f)));
    keys.extend(keys.clone().into_iter().map(|mut key| {
        key.0[31] |= 0x80;
        key
    }));
    for key in keys {
        let sealed = hpke::seal(&key, &example().context(), b"x", randomness());
        assert_eq!(sealed, Err(SealError::BlobKey), "{key}");
        let hostile = [&[2, 0, 1], key.0.as_slice(), &[0; 20]].concat();
        assert_eq!(open(&hostile), Err(SealError::BlobKey), "{key}");
    }
}

/// SEAL-27: how digests are cut is fixed by their size, and their order counts.
#[test]
fn chains_differ_by_every_credential_and_their_order() {
    let [a, b] = [[3; 32], [4; 32]].map(|bytes| CredentialDigest(Sha256(bytes)));
    let chains = [vec![], vec![a], vec![b], vec![a, b], vec![b, a], vec![a, a], vec![a, b, b]];
    let digests: std::collections::BTreeSet<_> = chains.iter().cloned().map(chain_sha256).collect();
    assert_eq!(digests.len(), chains.len());
}

/// SEAL-1.
#[test]
fn nothing_prints_the_randomness() {
    assert_eq!(format!("{:?}", randomness()), "SealRandomness(..)");
}

fn fields() -> impl Strategy<Value = Fields> {
    let names = ("\\PC{0,20}", "\\PC{0,20}", "\\PC{1,20}", "\\PC{1,20}", prop::option::of("\\PC{0,20}"));
    (names, any::<[u8; 32]>()).prop_map(|((measurement, challenge, capability, record, parent), chain)| {
        Fields {
            measurement,
            challenge: Challenge::new(challenge),
            chain: Sha256(chain),
            capability: Capability::new(capability).unwrap(),
            record_id: RecordId::new(record).unwrap(),
            parent,
        }
    })
}

fn secret() -> impl Strategy<Value = ChannelSecret> {
    any::<[u8; 32]>().prop_map(ChannelSecret::from_bytes)
}

proptest! {
    /// SEAL-24: what is sealed opens, and is as long as its plaintext and the overhead.
    #[test]
    fn round_trips(receiver in secret(), ikm: [u8; 32], fields in fields(), plaintext: Vec<u8>) {
        let blob = hpke::seal(&receiver.public(), &fields.context(), &plaintext, SealRandomness { ikm }).unwrap();
        prop_assert_eq!(blob.len(), plaintext.len() + OVERHEAD);
        prop_assert_eq!(SealVersion::of(&blob, SealVersion::V2), Ok(SealVersion::V2));
        prop_assert_eq!(hpke::open(&receiver, &fields.context(), &blob).unwrap(), plaintext);
    }

    /// SEAL-26: a blob opens in its own context, and in none of which any field differs.
    #[test]
    fn contexts(receiver in secret(), ikm: [u8; 32], fields in fields(), other in fields(), which in 0..6_usize) {
        let blob = hpke::seal(&receiver.public(), &fields.context(), b"secret task", SealRandomness { ikm }).unwrap();
        let changed = fields.mixed(&other, which);
        prop_assume!(changed != fields);
        prop_assert_eq!(hpke::open(&receiver, &changed.context(), &blob), Err(SealError::BlobNotOpened));
    }

    /// SEAL-26: nor does anybody else open it.
    #[test]
    fn receivers(receiver in secret(), other in secret(), ikm: [u8; 32], fields in fields()) {
        prop_assume!(receiver.public() != other.public());
        let blob = hpke::seal(&receiver.public(), &fields.context(), b"secret task", SealRandomness { ikm }).unwrap();
        prop_assert_eq!(hpke::open(&other, &fields.context(), &blob), Err(SealError::BlobNotOpened));
    }

    /// SEAL-25: no bytes at all make the opener do anything but refuse.
    #[test]
    fn noise_does_not_open(receiver in secret(), noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let fields = example();
        for prefix in [&[][..], &[2], &[2, 0, 1]] {
            let refused = hpke::open(&receiver, &fields.context(), &[prefix, &noise].concat()).unwrap_err();
            prop_assert_eq!(refused.code(), ErrorCode::SealedChannelError);
        }
    }
}
