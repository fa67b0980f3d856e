//! CORE-14 to CORE-16: which keys there are and which signatures verify.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod common;

use ca2a_core::{
    KeyError, P256VerifyingKey, Signature, SigningKey, VerifyingKey,
    encoding::{base64url, hex},
};
use ca2a_covers::covers;
use common::unhex;
use curve25519_dalek::{EdwardsPoint, Scalar, constants::EIGHT_TORSION, scalar::clamp_integer};
use ed25519_dalek::{Signer as _, Verifier as _};
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

fn key(text: &str) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::from_bytes(&bytes(text))
}

/// The little-endian bytes of p + `over`, with the sign bit where `sign` says so. `over` is at most 18.
fn beyond_p(over: u8, sign: bool) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed + over;
    bytes[31] = if sign { 0xff } else { 0x7f };
    bytes
}

/// CORE-14: y = p + 3 is a second spelling of y = 3, which the library decodes and calls strong.
#[test]
fn a_key_beyond_p_is_no_key() {
    covers!(refuse, "CORE-14");
    let second = beyond_p(3, false);
    let library = ed25519_dalek::VerifyingKey::from_bytes(&second).unwrap();
    assert!(!library.is_weak());
    assert_eq!(VerifyingKey::from_bytes(&second), Err(KeyError::NotCanonical));
    let mut first = [0; 32];
    first[0] = 3;
    assert_eq!(*VerifyingKey::from_bytes(&first).unwrap().as_bytes(), first);

    for over in 0..=18 {
        for sign in [false, true] {
            assert_eq!(VerifyingKey::from_bytes(&beyond_p(over, sign)), Err(KeyError::NotCanonical));
        }
    }
    // p - 1 is of order two, p - 2 and what has a lower byte elsewhere is judged by the curve.
    assert_ne!(
        VerifyingKey::from_bytes(&{
            let mut y = beyond_p(0, false);
            y[0] = 0xeb;
            y
        }),
        Err(KeyError::NotCanonical)
    );
    assert_ne!(
        VerifyingKey::from_bytes(&{
            let mut y = beyond_p(18, false);
            y[16] = 0xfe;
            y
        }),
        Err(KeyError::NotCanonical)
    );
}

const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

/// CORE-14: all encodings of the eight points of small order.
#[test]
fn a_key_of_small_order_is_no_key() {
    covers!(refuse, "CORE-14");
    for (index, text) in SMALL_ORDER.into_iter().enumerate() {
        let library = ed25519_dalek::VerifyingKey::from_bytes(&bytes(text));
        assert!(library.is_err() || library.is_ok_and(|key| key.is_weak()), "{text} is of small order");
        let expected = if index < 10 { KeyError::SmallOrder } else { KeyError::NotCanonical };
        // Where x is 0, the encoding with its sign set may also be no point at all, as RFC 8032 has it.
        let refused = key(text).unwrap_err();
        assert!(refused == expected || refused == KeyError::NotAPoint, "{text}: {refused}");
        assert!(
            VerifyingKey::from_hex(text).is_err()
                && VerifyingKey::from_base64url(&base64url(&bytes::<32>(text))).is_err()
        );
    }
}

/// CORE-14: the signature that everybody can make under such a key is worth nothing, because there is no such key.
#[test]
fn bytes_that_are_no_point() {
    let mut refused = 0;
    for first in 0..=255 {
        let mut y = [7; 32];
        y[0] = first;
        match VerifyingKey::from_bytes(&y) {
            Ok(key) => assert_eq!(*key.as_bytes(), y),
            Err(error) => {
                assert_eq!(error, KeyError::NotAPoint);
                refused += 1;
            }
        }
    }
    assert!((64..192).contains(&refused), "about half of all y are on the curve: {refused}");
}

#[test]
fn keys_have_one_spelling() {
    covers!(accept, "CORE-14");
    covers!(refuse, "CORE-14");
    let key = SigningKey::from_seed(&[7; 32]).verifying_key();
    let text = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    assert_eq!((key.to_hex().as_str(), key.to_string().as_str()), (text, text));
    assert_eq!(VerifyingKey::from_hex(text), Ok(key));
    assert_eq!(VerifyingKey::from_base64url(&key.to_base64url()), Ok(key));
    for other in [
        text.to_uppercase(),
        format!("{text}\n"),
        format!(" {text}"),
        text[1..].to_owned(),
        format!("0x{text}"),
    ] {
        assert_eq!(VerifyingKey::from_hex(&other), Err(KeyError::Encoding), "{other}");
    }
    for other in [
        format!("{}=", key.to_base64url()),
        key.to_base64url()[1..].to_owned(),
        base64url(&[7; 31]),
        base64url(&[7; 33]),
    ] {
        assert_eq!(VerifyingKey::from_base64url(&other), Err(KeyError::Encoding), "{other}");
    }
    assert!(Signature::from_hex(&"A0".repeat(64)).is_err() && Signature::from_hex(&"a0".repeat(63)).is_err());
}

/// The group order L, little-endian.
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// CORE-15: S + L satisfies the equation and is a second signature of one message.
#[test]
fn s_beyond_the_order_does_not_verify() {
    covers!(accept, "CORE-15");
    covers!(refuse, "CORE-15");
    let signer = SigningKey::from_seed(&[1; 32]);
    let Signature(mut signature) = signer.sign(b"message");
    assert!(signer.verifying_key().verify(b"message", &Signature(signature)).is_ok());
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(bytes::<32>(ORDER)) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(carry, 0, "S + L fits");
    assert!(signer.verifying_key().verify(b"message", &Signature(signature)).is_err());
}

/// CORE-15: whoever has a key can choose R of small order and make the equation hold: S = k a. Under a key that is off the
/// prime order group by a point T of order eight, R is then -k T: each of the eight, with the right message.
#[test]
fn r_of_small_order_does_not_verify() {
    covers!(refuse, "CORE-15");
    let (seed, torsion) = (SigningKey::from_seed(&[1; 32]), EIGHT_TORSION[1]);
    let a = Scalar::from_bytes_mod_order(
        Sha512::digest(*seed.seed())[..32].try_into().map(clamp_integer).unwrap(),
    );
    let point = EdwardsPoint::mul_base(&a) + torsion;
    let honest = EdwardsPoint::mul_base(&a).compress();
    assert_eq!(&honest.to_bytes(), seed.verifying_key().as_bytes());
    let key = VerifyingKey::from_bytes(&point.compress().to_bytes()).unwrap();
    let library = ed25519_dalek::VerifyingKey::from_bytes(key.as_bytes()).unwrap();

    for r in EIGHT_TORSION {
        let r = r.compress().to_bytes();
        let signed = (0_u16..4_096).find_map(|message| {
            let message = message.to_be_bytes();
            let hash = Sha512::new().chain_update(r).chain_update(key.as_bytes()).chain_update(message);
            let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
            let signature = [r, (k * a).to_bytes()].concat().try_into().unwrap();
            let holds = library.verify(&message, &ed25519_dalek::Signature::from_bytes(&signature)).is_ok();
            holds.then_some((message, signature))
        });
        let (message, signature) = signed.expect("one message in eight");
        assert!(key.verify(&message, &Signature(signature)).is_err(), "{}", hex(&r));
    }
}

#[test]
fn secrets_do_not_show() {
    let signer = SigningKey::from_seed(&[0xab; 32]);
    let shown = format!("{signer:?}");
    assert!(shown.contains(&signer.verifying_key().to_hex()) && !shown.contains(&hex(&[0xab; 4])), "{shown}");
    assert_eq!(*signer.seed(), [0xab; 32]);
}

/// CORE-16
#[test]
fn p256() {
    covers!(accept, "CORE-16");
    covers!(refuse, "CORE-16");
    // Made with Python's `cryptography`: the private key 7, over `message`.
    let point = unhex(
        "048e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3\
         73eb1dbde03318366d069f83a6f5900053c73633cb041b21c55e1a86c1f400b4",
    );
    let signature: [u8; 64] = bytes(
        "2cd4c8adb1fbc9fca4757dda7329b142fc4b896765ba643de8944ba07df64a91\
         1ad7ac004023bebbb8f88b99b8849974165a9f1043e7716c648b216985d00377",
    );
    let key = P256VerifyingKey::from_sec1(&point).unwrap();
    assert!(key.verify(b"message", &signature).is_ok());
    assert!(key.verify(b"massage", &signature).is_err());
    let (x, y) = (point[1..33].try_into().unwrap(), point[33..].try_into().unwrap());
    assert_eq!(P256VerifyingKey::from_coordinates(&x, &y), Ok(key.clone()));
    let compressed = [&[0x02 | point[64] & 1][..], &point[1..33]].concat();
    assert_eq!(P256VerifyingKey::from_sec1(&compressed), Ok(key.clone()));

    let mut off = y;
    off[31] ^= 1;
    assert_eq!(P256VerifyingKey::from_coordinates(&x, &off), Err(KeyError::NotAPoint));
    for wrong in [&[][..], &[0], &point[..64], &[point.as_slice(), &[0]].concat(), &[5; 65], &[0; 65]] {
        assert!(P256VerifyingKey::from_sec1(wrong).is_err(), "{wrong:?}");
    }
    for at in [0, 32] {
        for wrong in [[0; 32], [0xff; 32]] {
            let mut changed = signature;
            changed[at..at + 32].copy_from_slice(&wrong);
            assert!(key.verify(b"message", &changed).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// CORE-14: whatever is a key here is one to the library, strong, and below p; nothing else is.
    #[test]
    fn keys_are_the_canonical_strong_points(mut y in any::<[u8; 32]>(), high in any::<bool>()) {
        if high {
            y[1..31].fill(0xff);
            y[31] |= 0x7f;
        }
        let library = ed25519_dalek::VerifyingKey::from_bytes(&y).ok().filter(|key| !key.is_weak());
        let mut magnitude = y;
        magnitude[31] &= 0x7f;
        magnitude.reverse();
        let below_p = magnitude < { let mut p = beyond_p(0, false); p.reverse(); p };
        let key = VerifyingKey::from_bytes(&y);
        prop_assert_eq!(key.is_ok(), library.is_some() && below_p);
        if let Ok(key) = key {
            prop_assert_eq!(key.as_bytes(), &y);
            prop_assert_eq!(VerifyingKey::from_hex(&key.to_hex()), Ok(key));
        }
    }

    /// RFC 8032 section 5.1.6: there is one signature of a key over a message, whatever computes it.
    #[test]
    fn a_signature_is_the_one_of_the_standard(seed in any::<[u8; 32]>(), message in any::<Vec<u8>>()) {
        let standard = ed25519_dalek::SigningKey::from_bytes(&seed).sign(&message).to_bytes();
        let signer = SigningKey::from_seed(&seed);
        prop_assert_eq!(signer.sign(&message).0, standard);
        prop_assert_eq!(signer.clone().sign(&message).0, standard);
        prop_assert_eq!(&*signer.seed(), &seed);
    }

    /// CORE-15: a signature verifies over its message under its key, and with any bit changed it does not.
    #[test]
    fn signatures(seed in any::<[u8; 32]>(), message in any::<Vec<u8>>(), bit in 0_usize..512) {
        let signer = SigningKey::from_seed(&seed);
        let signature = signer.sign(&message);
        let key = signer.verifying_key();
        prop_assert!(key.verify(&message, &signature).is_ok());
        prop_assert_eq!(Signature::from_hex(&signature.to_hex()), Ok(signature));
        let mut changed = signature.0;
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(key.verify(&message, &Signature(changed)).is_err());
        prop_assert!(key.verify(&[message.as_slice(), b"x"].concat(), &signature).is_err());
    }
}
