//! The vectors of RFC 9180 (SEAL-24), and of drafts after it, through the functions that seal and open.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use alloc::{format, vec, vec::Vec};
use std::{fs, println};

use ca2a_core::json::{Limits, Node, NumberPolicy, Object, Reader};

use super::*;

type Matches = fn([u64; 4]) -> bool;

/// Why a vector is none of suite 1, by what it names as `(mode, kem_id, kdf_id, aead_id)`. The first that matches counts.
const EXCEPTIONS: &[(&str, Matches)] = &[
    ("DHKEM(P-256): channel keys are X25519 keys", |[_, kem, _, _]| kem == 0x0010),
    ("DHKEM(P-384), DHKEM(P-521), DHKEM(X448): channel keys are X25519 keys", |[_, kem, _, _]| {
        matches!(kem, 0x0011 | 0x0012 | 0x0021)
    }),
    ("ML-KEM and its hybrids: no suite has a number here yet", |[_, kem, _, _]| {
        matches!(kem, 0x0040..=0x0042 | 0x0050 | 0x0051 | 0x647a)
    }),
    ("HKDF-SHA512 and one-stage KDFs: one KDF a suite, and suite 1 has HKDF-SHA256", |[_, _, kdf, _]| {
        kdf != 1
    }),
    ("AES-GCM: one AEAD a suite, and suite 1 has ChaCha20-Poly1305", |[_, _, _, aead]| matches!(aead, 1 | 2)),
    ("export-only: there is nothing sealed", |[_, _, _, aead]| aead == 0xffff),
    ("PSK modes: peers share no secret before they meet", |[mode, ..]| matches!(mode, 1 | 3)),
    ("the Auth mode: who sends is shown by the holder proof and the possession", |[mode, ..]| mode == 2),
];
const SUITE_1: [u64; 4] = [0, 0x0020, 1, 3];

fn vectors(name: &str) -> Option<Node<'static>> {
    let path = format!("{}/../../../shared/corpora/hpke/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(bytes) = fs::read(&path) else {
        println!("SKIPPED: {path} is not there");
        return None;
    };
    let reader = Reader::new(NumberPolicy::Integer53).limits(Limits { max_bytes: bytes.len(), max_depth: 8 });
    Some(reader.read(&bytes).unwrap().into_owned())
}

fn bytes(vector: &Object<'_>, member: &str) -> Vec<u8> {
    let pairs = vector.text(member).unwrap().as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Runs what is of suite 1, says why the rest is not, and returns how many ran and how many each exception took.
fn run(file: &Node<'_>) -> (usize, Vec<usize>) {
    let (mut ran, mut excepted) = (0, vec![0; EXCEPTIONS.len()]);
    for vector in file.as_array().unwrap().iter().map(|vector| vector.as_object().unwrap()) {
        let names = ["mode", "kem_id", "kdf_id", "aead_id"].map(|member| vector.uint(member).unwrap());
        if names == SUITE_1 {
            seals_and_opens(vector);
            continues(vector);
            ran += 1;
        } else {
            let exception = EXCEPTIONS.iter().position(|(_, matches)| matches(names));
            excepted[exception.unwrap_or_else(|| panic!("{names:?} is neither run nor excepted"))] += 1;
        }
    }
    for ((why, _), count) in EXCEPTIONS.iter().zip(&excepted) {
        println!("{count:>3} not run: {why}");
    }
    (ran, excepted)
}

/// The first message of a vector, through the functions of this module.
fn seals_and_opens(vector: &Object<'_>) {
    let first = vector.array("encryptions").unwrap()[0].as_object().unwrap();
    let (info, aad, plaintext) = (bytes(vector, "info"), bytes(first, "aad"), bytes(first, "pt"));
    let secret = ChannelSecret::from_bytes(bytes(vector, "skRm").try_into().unwrap());
    assert_eq!(secret.public().0.as_slice(), bytes(vector, "pkRm"));

    let ikm = bytes(vector, "ikmE").try_into().unwrap();
    let mut sealed = Vec::new();
    seal(&secret.public(), &info, &aad, &plaintext, &ikm, &mut sealed).unwrap();
    assert_eq!(sealed, [bytes(vector, "enc"), bytes(first, "ct")].concat());

    let parts = Sealed::split(&sealed).unwrap();
    assert_eq!(open(&secret, &info, &aad, &parts).unwrap(), plaintext);
    assert_eq!(open(&secret, &info, b"", &parts), Err(SealError::BlobNotOpened));
    assert_eq!(open(&secret, b"", &aad, &parts), Err(SealError::BlobNotOpened));
}

/// The later messages and the exports, which nothing here uses, hold of the library under the same types.
fn continues(vector: &Object<'_>) {
    let (receiver, public) = X25519HkdfSha256::derive_keypair(&bytes(vector, "ikmR"));
    assert_eq!(public.to_bytes().as_slice(), bytes(vector, "pkRm"));
    let (info, ikm) = (bytes(vector, "info"), bytes(vector, "ikmE").try_into().unwrap());
    type Sender = ::hpke::aead::AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
    let (enc, mut sender): (_, Sender) =
        setup_sender_with_rng(&OpModeS::Base, &public, &info, &mut Once::new(&ikm)).unwrap();
    let mut receiver = setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &receiver,
        &enc,
        &info,
    )
    .unwrap();
    let base = bytes(vector, "base_nonce");
    let mut next = 0_u64;
    for message in vector.array("encryptions").unwrap().iter().map(|message| message.as_object().unwrap()) {
        // Not every message of a context is kept: a nonce is the base nonce and the number (RFC 9180 section 5.2).
        let nonce = base.iter().zip(bytes(message, "nonce")).map(|(base, nonce)| base ^ nonce);
        let number = nonce.fold(0, |number, byte| number << 8 | u64::from(byte));
        while next < number {
            let skipped = sender.seal(b"", b"").unwrap();
            receiver.open(&skipped, b"").unwrap();
            next += 1;
        }
        let (aad, plaintext) = (bytes(message, "aad"), bytes(message, "pt"));
        let ciphertext = sender.seal(&plaintext, &aad).unwrap();
        assert_eq!(ciphertext, bytes(message, "ct"), "message {number}");
        assert_eq!(receiver.open(&ciphertext, &aad).unwrap(), plaintext, "message {number}");
        next += 1;
    }
    for export in vector.array("exports").unwrap().iter().map(|export| export.as_object().unwrap()) {
        let mut value = vec![0; usize::try_from(export.uint("L").unwrap()).unwrap()];
        sender.export(&bytes(export, "exporter_context"), &mut value).unwrap();
        assert_eq!(value, bytes(export, "exported_value"));
    }
}

#[test]
fn rfc_9180() {
    let Some(file) = vectors("rfc9180-p256-x25519.json") else { return };
    let (ran, excepted) = run(&file);
    assert_eq!((ran, excepted.iter().sum::<usize>()), (1, 63));
}

/// None of these is suite 1; the list above says so of each, and does not hold one that stopped occurring.
#[test]
fn drafts_after_it() {
    let Some(file) = vectors("hpke-pq-test-vectors.json") else { return };
    let (ran, excepted) = run(&file);
    assert_eq!((ran, excepted.iter().sum::<usize>()), (0, 13));
    let Some(file) = vectors("rfc9180-p256-x25519.json") else { return };
    let (_, more) = run(&file);
    for (((why, _), here), there) in EXCEPTIONS.iter().zip(excepted).zip(more) {
        assert!(here + there > 0, "`{why}` excepts nothing");
    }
}

/// SEAL-8: a known key is what a second draw would seal under.
#[test]
fn randomness_is_given_once() {
    ca2a_covers::covers!(accept, "SEAL-8");
    ca2a_covers::covers!(refuse, "SEAL-8");
    use ::hpke::rand_core::Rng as _;
    let mut out = [0; 32];
    let mut once = Once::new(&[7; 32]);
    once.fill_bytes(&mut out);
    assert_eq!(out, [7; 32]);
    let again = std::panic::catch_unwind(move || {
        let mut out = [0; 32];
        once.fill_bytes(&mut out);
    });
    assert!(again.is_err());
    for size in [0, 31, 33] {
        let other = std::panic::catch_unwind(|| Once::new(&[7; 32]).fill_bytes(&mut vec![0; size]));
        assert!(other.is_err(), "{size}");
    }
}
