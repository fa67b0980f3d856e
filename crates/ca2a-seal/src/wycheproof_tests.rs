//! Project Wycheproof, as far as a sealed payload is made of it: X25519, HKDF-SHA256, ChaCha20-Poly1305.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "tests")]

use ::wycheproof::{TestResult, aead, hkdf, xdh};
use ca2a_core::ChannelKey;
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _, Tag};

use crate::{ChannelSecret, kdf};

/// SEAL-3. What the set calls acceptable we refuse where the shared secret is zero, and nowhere else.
#[test]
fn x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut agreed, mut refused) = (0, 0);
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let secret = ChannelSecret::from_bytes(test.private_key.as_slice().try_into().unwrap());
        // A key of another length cannot be said.
        let Ok(public) = test.public_key.as_slice().try_into().map(ChannelKey) else {
            assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
            continue;
        };
        let zero = test.shared_secret.iter().all(|byte| *byte == 0);
        match secret.agree(&public) {
            Ok(shared) => {
                assert_eq!(shared.as_bytes().as_slice(), test.shared_secret.as_slice(), "{}", test.tc_id);
                assert!(!zero && test.result != TestResult::Invalid, "{}", test.tc_id);
                agreed += 1;
            }
            Err(_) => {
                assert!(zero && test.result != TestResult::Valid, "{}: {}", test.tc_id, test.comment);
                refused += 1;
            }
        }
    }
    assert!(agreed > 400 && refused > 10, "{agreed} {refused}");
}

/// The 32 bytes that we derive are the first of every answer of the set, which expands to other lengths too.
#[test]
fn hkdf_sha256() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let mut seen = 0;
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        if test.result != TestResult::Valid || test.size < 32 {
            continue;
        }
        let derived = kdf::derive(Some(&test.salt), &[&test.ikm], &test.info);
        assert_eq!(test.okm.get(..32), Some(derived.as_slice()), "{}: {}", test.tc_id, test.comment);
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

/// SEAL-4, SEAL-6.
#[test]
fn chacha20_poly1305() {
    let set = aead::TestSet::load(aead::TestName::ChaCha20Poly1305).unwrap();
    let (mut opened, mut refused) = (0, 0);
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        // A nonce or tag of another length cannot be said.
        let nonce = <[u8; 12]>::try_from(test.nonce.as_slice());
        let (Ok(nonce), Ok(tag)) = (nonce, <[u8; 16]>::try_from(test.tag.as_slice())) else {
            assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
            continue;
        };
        let cipher = ChaCha20Poly1305::new_from_slice(&test.key).unwrap();
        let mut text = test.ct.to_vec();
        let held = cipher.decrypt_inout_detached(
            &nonce.into(),
            &test.aad,
            text.as_mut_slice().into(),
            &Tag::from(tag),
        );
        assert_eq!(held.is_ok(), test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
        if held.is_ok() {
            assert_eq!(text, test.pt.as_slice(), "{}", test.tc_id);
            opened += 1;
        } else {
            refused += 1;
        }
    }
    assert!(opened > 200 && refused > 20, "{opened} {refused}");
}
