//! CORE-17: private key files.

#![cfg(feature = "pkcs8")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use ca2a_core::SigningKey;
use ca2a_covers::covers;
use proptest::prelude::*;

/// Written by Python's `cryptography` 50, from the seed of 32 times 7.
const PYTHON: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n\
    -----END PRIVATE KEY-----\n";

/// Each side reads what the other writes: the texts are the same.
#[test]
fn the_file_of_python_is_ours() {
    covers!(accept, "CORE-17");
    let ours = SigningKey::from_seed(&[7; 32]);
    assert_eq!(*SigningKey::from_pkcs8_pem(PYTHON).unwrap().seed(), [7; 32]);
    assert_eq!(*ours.to_pkcs8_pem().unwrap(), PYTHON);
}

/// Version 2 carries the public half, which must be the private half's.
#[test]
fn version_2_is_read_when_its_halves_belong_together() {
    covers!(accept, "CORE-17");
    covers!(refuse, "CORE-17");
    use ed25519_dalek::pkcs8::{
        EncodePrivateKey as _, KeypairBytes, PublicKeyBytes, spki::der::pem::LineEnding,
    };
    let version_2 = |public: u8| {
        let public_key = SigningKey::from_seed(&[public; 32]).verifying_key();
        let pair =
            KeypairBytes { secret_key: [7; 32], public_key: Some(PublicKeyBytes(*public_key.as_bytes())) };
        pair.to_pkcs8_pem(LineEnding::LF).unwrap()
    };
    assert_eq!(*SigningKey::from_pkcs8_pem(&version_2(7)).unwrap().seed(), [7; 32]);
    assert!(SigningKey::from_pkcs8_pem(&version_2(8)).is_err());
}

#[test]
fn other_texts_are_refused() {
    covers!(refuse, "CORE-17");
    let x25519 = PYTHON.replace("K2VwBCIE", "K2VuBCIE");
    let cut = PYTHON.replace("BwcHBwcH\n", "BwcH\n");
    let encrypted = PYTHON.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let public = PYTHON.replace("PRIVATE KEY", "PUBLIC KEY");
    let p256 = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA\n\
        AAAAAAAAAAAAAAAAAAAAAAAAAAehRANCAASOUztvoL97RiW7MGZ8Aftgfvn4uKgP\n\
        71swBihwMYeyo3PrHb3gMxg2bQafg6b1kABTxzYzywQbIcVeGobB9AC0\n\
        -----END PRIVATE KEY-----\n";
    for text in ["", "\0", &"07".repeat(32), &x25519, &cut, &encrypted, &public, p256] {
        let error = SigningKey::from_pkcs8_pem(text).unwrap_err();
        assert!(error.to_string().contains("BEGIN PRIVATE KEY"), "says what is wanted");
    }
}

proptest! {
    #[test]
    fn round_trip(seed in any::<[u8; 32]>()) {
        let text = SigningKey::from_seed(&seed).to_pkcs8_pem().unwrap();
        prop_assert_eq!(*SigningKey::from_pkcs8_pem(&text).unwrap().seed(), seed);
    }

    /// Nothing panics, and a text that still reads has the key of its own bytes.
    #[test]
    fn damaged_texts(at in 0..PYTHON.len(), byte in any::<u8>()) {
        let mut bytes = PYTHON.as_bytes().to_vec();
        bytes.iter_mut().skip(at).take(1).for_each(|slot| *slot = byte);
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(key) = SigningKey::from_pkcs8_pem(&text)
        {
            let again = key.to_pkcs8_pem().unwrap();
            prop_assert_eq!(*SigningKey::from_pkcs8_pem(&again).unwrap().seed(), *key.seed());
        }
    }
}
