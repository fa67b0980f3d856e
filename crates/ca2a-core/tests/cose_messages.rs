//! COSE_Sign1 messages and keys that are bad in one way each.
#![cfg(feature = "cose")]
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
    KeyError, P256VerifyingKey, SigningKey, VerifyingKey,
    cose::{
        Algorithm, CborErrorKind, Claims, CoseError, Draft, Encoding, MapRef, PublicKey, Reader, Sign1,
        SignatureInput, Signer, Value, label, to_vec,
    },
};
use ca2a_covers::covers;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn public() -> PublicKey {
    key().verifying_key().into()
}

/// A message of any parts, signed or not.
fn raw(
    tag: u64,
    protected: &[u8],
    unprotected: Vec<(Value, Value)>,
    payload: Value,
    signature: Value,
) -> Vec<u8> {
    let parts = vec![Value::Bytes(protected.to_vec()), Value::Map(unprotected), payload, signature];
    to_vec(&Value::Tag(tag, Box::new(Value::Array(parts)))).unwrap()
}

fn with_protected(protected: Vec<(Value, Value)>) -> Result<Sign1, CoseError> {
    let protected = to_vec(&Value::Map(protected)).unwrap();
    Sign1::read(&raw(18, &protected, Vec::new(), Value::Bytes(vec![1]), Value::Bytes(vec![0; 64])))
}

fn pair(label: i64, value: impl Into<Value>) -> (Value, Value) {
    (label.into(), value.into())
}

/// covers LOG-5
#[test]
fn both_numbers_of_ed25519_and_no_other_key() {
    covers!(accept, "LOG-5");
    covers!(refuse, "LOG-5");
    let key = key();
    for signer in [Signer::eddsa(&key), Signer::ed25519(&key)] {
        let message = Draft::new().payload(b"done").sign(&signer).unwrap();
        assert_eq!(message.algorithm(), Ok(signer.algorithm()));
        let read = Sign1::read(&message.to_vec().unwrap()).unwrap();
        assert_eq!(read, message);
        assert_eq!(read.clone().verify(&public()).unwrap().key(), &public());
        let other = PublicKey::from(SigningKey::from_seed(&[8; 32]).verifying_key());
        assert_eq!(read.clone().verify(&other), Err(CoseError::Signature));
        let mismatch = CoseError::KeyMismatch { algorithm: signer.algorithm() };
        assert_eq!(read.verify(&p256()), Err(mismatch));
    }
    for algorithm in [Algorithm::Es256, Algorithm::Esp256] {
        let message = with_protected(vec![pair(1, algorithm.number())]).unwrap();
        assert_eq!(message.clone().verify(&public()), Err(CoseError::KeyMismatch { algorithm }));
        assert_eq!(message.verify(&p256()), Err(CoseError::Signature));
    }
}

/// The generator of P-256.
fn p256() -> PublicKey {
    let x = *b"\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96";
    let y = *b"\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
    P256VerifyingKey::from_coordinates(&x, &y).unwrap().into()
}

/// covers LOG-5
#[test]
fn what_nobody_can_judge_is_no_forgery() {
    covers!(refuse, "LOG-5");
    for algorithm in [Value::from(-35), Value::from(-65_600), Value::from("mine")] {
        let error = with_protected(vec![(1.into(), algorithm)]).unwrap().verify(&public()).unwrap_err();
        assert!(matches!(error, CoseError::UnsupportedAlgorithm { .. }) && error.is_unverifiable());
    }
    let unregistered = with_protected(vec![pair(1, -999)]).unwrap_err();
    assert!(unregistered.is_unverifiable());
    assert!(!CoseError::Signature.is_unverifiable());
    let none = with_protected(Vec::new()).unwrap().verify(&public());
    assert_eq!(none, Err(CoseError::Missing { label: label::ALGORITHM }));
}

/// covers LOG-4
#[test]
fn critical_parameters() {
    covers!(accept, "LOG-4");
    covers!(refuse, "LOG-4");
    let critical = |labels: Vec<Value>| pair(label::CRITICAL, Value::Array(labels));
    let sign = |draft: Draft| draft.payload(b"done").sign(&Signer::ed25519(&key())).unwrap();
    let private = -70_000;
    let draft =
        |labels: Vec<Value>| Draft::new().protect(label::CRITICAL, Value::Array(labels)).protect(private, 1);

    let understood = sign(draft(vec![private.into()]));
    let error = understood.clone().verify(&public()).unwrap_err();
    assert_eq!(error, CoseError::NotUnderstood { label: private.to_string() });
    let input = SignatureInput { understood: &[private], ..SignatureInput::default() };
    assert!(understood.verify_with(&public(), input).is_ok());

    // Registered after the library was written, as those of hash envelopes were.
    let late = Draft::new().protect(label::CRITICAL, Value::Array(vec![label::PAYLOAD_HASH.into()]));
    let late = sign(late.protect(label::PAYLOAD_HASH, -16));
    let late = Sign1::read(&late.to_vec().unwrap()).unwrap();
    assert_eq!(late.clone().verify(&public()), Err(CoseError::NotUnderstood { label: "258".into() }));
    let input = SignatureInput { understood: &[label::PAYLOAD_HASH], ..SignatureInput::default() };
    assert!(late.verify_with(&public(), input).is_ok());

    let absent = sign(draft(vec![label::TYPE.into()]));
    assert_eq!(absent.verify(&public()), Err(CoseError::Critical));
    for broken in [vec![critical(Vec::new())], vec![pair(label::CRITICAL, 1)]] {
        assert!(with_protected(broken).is_err());
    }
}

/// covers LOG-3
#[test]
fn one_place_for_each_header() {
    covers!(accept, "LOG-3");
    covers!(refuse, "LOG-3");
    let protected = to_vec(&Value::Map(vec![pair(1, -19), pair(4, Value::Bytes(vec![9]))])).unwrap();
    let outside =
        |headers| Sign1::read(&raw(18, &protected, headers, Value::Null, Value::Bytes(vec![0; 64])));
    assert!(outside(Vec::new()).is_ok());
    assert!(outside(vec![pair(-70_000, 1)]).is_ok());
    let twice = outside(vec![pair(4, Value::Bytes(vec![9]))]);
    assert_eq!(twice, Err(CoseError::HeaderTwice { label: "4".into() }));
    assert_eq!(outside(vec![pair(1, -19)]), Err(CoseError::Unprotected { label: 1 }));
    let critical = Value::Array(vec![4.into()]);
    assert_eq!(outside(vec![pair(2, critical)]), Err(CoseError::Unprotected { label: 2 }));
    let many: Vec<_> = (0..65).map(|at| pair(-70_000 - at, 1)).collect();
    assert_eq!(outside(many), Err(CoseError::TooManyHeaders { found: 65, allowed: 64 }));
}

/// covers LOG-2
#[test]
fn another_structure_is_refused() {
    covers!(accept, "LOG-2");
    covers!(refuse, "LOG-2");
    let protected = to_vec(&Value::Map(vec![pair(1, -19)])).unwrap();
    let signature = || Value::Bytes(vec![0; 64]);
    let good = raw(18, &protected, Vec::new(), Value::Bytes(vec![1]), signature());
    assert!(Sign1::read(&good).is_ok());
    assert!(Sign1::read(&good[1..]).is_err(), "without its tag");
    for tag in [17, 61, 98, 998] {
        let message = raw(tag, &protected, Vec::new(), Value::Bytes(vec![1]), signature());
        assert!(Sign1::read(&message).is_err(), "tag {tag}");
    }
    assert!(Sign1::read_cwt(&good).is_err());
    assert!(Sign1::read_cwt(&[&[0xd8, 61], &good[..]].concat()).is_ok());
    assert!(Sign1::read(&[&[0xd8, 61], &good[..]].concat()).is_err());
    for (payload, signature) in [
        (Value::Text("text".into()), signature()),
        (Value::Bytes(vec![1]), Value::Null),
        (Value::Bytes(vec![1]), Value::Text("text".into())),
    ] {
        assert!(Sign1::read(&raw(18, &protected, Vec::new(), payload, signature)).is_err());
    }
    for protected in [&[0x80][..], &[0x01], &[0xa1, 0x01], &[0xa1, 0x01, 0x32, 0x00]] {
        let message = raw(18, protected, Vec::new(), Value::Null, signature());
        assert!(Sign1::read(&message).is_err(), "protected {protected:?}");
    }
}

/// covers LOG-1
#[test]
fn the_protected_header_is_deterministic_too() {
    covers!(accept, "LOG-1");
    covers!(refuse, "LOG-1");
    // {4: h'09', 1: -19}: in the wrong order.
    let unordered = [0xa2, 0x04, 0x41, 0x09, 0x01, 0x32];
    let message = raw(18, &unordered, Vec::new(), Value::Null, Value::Bytes(vec![0; 64]));
    let error = Sign1::read(&message).unwrap_err();
    assert!(matches!(error, CoseError::ProtectedCbor(error) if error.kind() == CborErrorKind::KeyOrder));
    let read = Reader::new(Encoding::AnyOrder).sign1(&message).unwrap();
    // What it was signed over stays as it came, whatever is put beside it.
    let dressed = read.with_unprotected(vec![pair(-70_000, 1)]).unwrap();
    assert_eq!(dressed.protected_bytes(), unordered);
    assert_eq!(dressed.with_unprotected(Vec::new()).unwrap().to_vec().unwrap(), message);
    let longer = [0xa1, 0x18, 0x01, 0x32];
    let message = raw(18, &longer, Vec::new(), Value::Null, Value::Bytes(vec![0; 64]));
    assert!(Reader::new(Encoding::AnyOrder).sign1(&message).is_err());
}

/// covers LOG-5
#[test]
fn the_payload_is_in_one_place() {
    covers!(accept, "LOG-5");
    covers!(refuse, "LOG-5");
    let key = key();
    let signer = Signer::ed25519(&key);
    let attached = Draft::new().payload(b"done").sign(&signer).unwrap();
    assert_eq!(attached.clone().verify_detached(&public(), b"done"), Err(CoseError::PayloadAttached));
    let detached = Draft::new().sign_detached(&signer, b"done").unwrap();
    assert_eq!(detached.clone().verify(&public()), Err(CoseError::NoPayload));
    assert_eq!(detached.clone().verify_detached(&public(), b"gone"), Err(CoseError::Signature));
    assert!(detached.clone().verify_detached(&public(), b"done").is_ok());
    let bound =
        SignatureInput { detached: Some(b"done"), external_aad: b"else", ..SignatureInput::default() };
    assert_eq!(detached.verify_with(&public(), bound), Err(CoseError::Signature));
    assert_eq!(Draft::new().sign(&signer), Err(CoseError::NoPayload));
    assert_eq!(Draft::new().payload(b"").sign_detached(&signer, b""), Err(CoseError::PayloadAttached));
    assert!(Draft::new().payload(b"").sign(&signer).unwrap().verify(&public()).is_ok());
}

/// covers LOG-3
#[test]
fn what_is_outside_changes_nothing_inside() {
    let message = Draft::new().payload(b"done").sign(&Signer::ed25519(&key())).unwrap();
    let dressed = message.with_unprotected(vec![pair(394, Value::Array(Vec::new()))]).unwrap();
    assert!(dressed.clone().verify(&public()).is_ok());
    assert_eq!(dressed.with_unprotected(Vec::new()).unwrap(), message);
    assert!(message.with_unprotected(vec![pair(1, -19)]).is_err());
    assert!(Draft::new().protect(1, -19).payload(b"").sign(&Signer::ed25519(&key())).is_err());
}

/// covers LOG-6
#[test]
fn keys() {
    covers!(accept, "LOG-6");
    covers!(refuse, "LOG-6");
    for key in [public(), p256()] {
        let value = key.to_value();
        assert_eq!(PublicKey::from_value(&value), Ok(key.clone()));
        let pairs = value.as_map().unwrap();
        for at in 0..pairs.len() {
            let mut less = pairs.clone();
            less.remove(at);
            assert!(PublicKey::from_value(&Value::Map(less)).is_err(), "without parameter {at}");
        }
        let private = [&pairs[..], &[pair(-4, Value::Bytes(vec![1; 32]))]].concat();
        let error = PublicKey::from_value(&Value::Map(private)).unwrap_err();
        assert_eq!(error, CoseError::UnknownMember { label: "-4".into() });
        let named = [&pairs[..], &[pair(2, Value::Bytes(vec![1]))]].concat();
        assert_eq!(PublicKey::from_value(&Value::Map(named)), Ok(key));
    }
    let okp = |curve: i64, x: &[u8]| {
        PublicKey::from_value(&Value::Map(vec![
            pair(1, 1),
            pair(-1, curve),
            pair(-2, Value::Bytes(x.to_vec())),
        ]))
    };
    assert_eq!(okp(6, &[1; 31]), Err(CoseError::Key(KeyError::Encoding)));
    // y = p + 3 is a second spelling of a key; 0 is of small order.
    let mut second = [0xff; 32];
    (second[0], second[31]) = (0xf0, 0x7f);
    assert_eq!(okp(6, &second), Err(CoseError::Key(KeyError::NotCanonical)));
    assert_eq!(okp(6, &[0; 32]), Err(CoseError::Key(KeyError::SmallOrder)));
    assert_eq!(okp(7, &[1; 57]), Err(CoseError::UnsupportedKey));
    assert!(PublicKey::from_value(&Value::Null).is_err());
}

/// The thumbprint of RFC 9679 section 6: the same for a key with a `kid`, and over its required members alone.
///
/// covers LOG-6
#[test]
fn thumbprint_of_a_known_key() {
    covers!(accept, "LOG-6");
    let x = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let key = PublicKey::from(VerifyingKey::from_hex(x).unwrap());
    let bytes: Vec<u8> =
        [&[0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 0x20][..], &ca2a_core::encoding::from_hex::<32>(x).unwrap()]
            .concat();
    assert_eq!(key.thumbprint().unwrap(), ca2a_core::Sha256::of(&bytes));
}

/// covers LOG-7
#[test]
fn claims() {
    covers!(accept, "LOG-7");
    covers!(refuse, "LOG-7");
    let read = |pairs: Vec<(Value, Value)>| {
        let value = Value::Map(pairs);
        Claims::read(&MapRef::of(&value, label::CLAIMS).unwrap())
    };
    let whole = Claims { issuer: "log".into(), subject: "me".into(), issued_at: Some(7) };
    let pairs = whole.to_value().into_map().unwrap();
    assert_eq!(read(pairs.clone()), Ok(whole));
    assert_eq!(read(vec![pair(2, "me")]), Err(CoseError::Missing { label: 1 }));
    assert!(read(vec![pair(1, 1)]).is_err());
    for time in [
        Value::from(-1),
        Value::from(1.5),
        Value::from("now"),
        Value::Null,
        Value::Tag(1, Box::new(7.into())),
    ] {
        let error = read([&pairs[..2], &[(6.into(), time)]].concat()).unwrap_err();
        assert_eq!(error, CoseError::WrongType { label: 6, expected: "an unsigned integer" });
    }
}
