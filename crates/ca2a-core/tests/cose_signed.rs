//! COSE_Sign and COSE_Sign1 under one reader, in any well-formed CBOR.
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
    Signature, SigningKey,
    cose::{CborErrorKind, CoseError, Draft, Encoding, Reader, Sign1, Signer, Value, label, to_vec},
};
use proptest::prelude::*;

const ANY: Reader = Reader::new(Encoding::WellFormed);

fn one() -> (Vec<u8>, SigningKey) {
    let key = SigningKey::from_seed(&[7; 32]);
    let message =
        Draft::new().protect(label::KEY_ID, b"k".to_vec()).payload(b"done").sign(&Signer::ed25519(&key));
    (message.unwrap().to_vec().unwrap(), key)
}

#[test]
fn a_message_of_one_signer_covers_the_bytes_that_sign1_covers() {
    let (bytes, key) = one();
    let message = ANY.signed(&bytes).unwrap();
    assert!(message.is_sign1());
    assert_eq!((message.payload(), message.to_vec().unwrap()), (&b"done"[..], bytes.clone()));
    let signed = message.signatures().next().unwrap();
    let signature = Signature(signed.signature().try_into().unwrap());
    assert!(key.verifying_key().verify(&signed.covered().unwrap(), &signature).is_ok());
    let moved = message.clone().with_unprotected(Value::from("note"), Value::from("later")).unwrap();
    let read = Sign1::read(&moved.to_vec().unwrap()).unwrap();
    assert!(read.verify(&key.verifying_key().into()).is_ok());
    assert!(message.with_unprotected(Value::from(label::ALGORITHM), Value::from(1)).is_err());
}

fn many(signers: Vec<Value>) -> Vec<u8> {
    let body = vec![
        Value::Bytes(Vec::new()),
        Value::Map(Vec::new()),
        Value::Bytes(b"p".to_vec()),
        Value::Array(signers),
    ];
    to_vec(&Value::Tag(98, Box::new(Value::Array(body)))).unwrap()
}

#[test]
fn a_message_of_many_signers_has_a_header_for_each() {
    let signer = |number: u8| {
        Value::Array(vec![
            Value::Bytes(vec![0xa1, 4, 0x41, number]),
            Value::Map(Vec::new()),
            Value::Bytes(vec![number]),
        ])
    };
    let message = ANY.signed(&many(vec![signer(1), signer(2)])).unwrap();
    assert!(!message.is_sign1());
    let ids: Vec<_> = message
        .signatures()
        .map(|signed| signed.header().protected().bytes(label::KEY_ID).unwrap().unwrap())
        .collect();
    assert_eq!(ids, [&[1][..], &[2]]);
    let covered: Vec<_> = message.signatures().map(|signed| signed.covered().unwrap()).collect();
    assert_ne!(covered[0], covered[1]);
    assert!(matches!(ANY.signed(&many(Vec::new())), Err(CoseError::NotSigned(_))));
    assert!(matches!(ANY.signed(&many(vec![signer(1); 17])), Err(CoseError::NotSigned(_))));
}

/// Long forms and open lengths are well-formed; a key that stands twice in two spellings is not taken.
#[test]
fn well_formed_is_wider_than_deterministic_and_still_has_no_key_twice() {
    let kind = |bytes: &[u8]| ANY.value(bytes).unwrap_err().kind();
    for bytes in [
        &[0x18, 1][..],
        &[0x9f, 1, 0xff],
        &[0xbf, 1, 2, 0xff],
        &[0x5f, 0x41, 1, 0x41, 2, 0xff],
        &[0xb8, 1, 1, 2],
        &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
    ] {
        assert!(ANY.value(bytes).is_ok(), "{bytes:x?}");
        assert!(Reader::default().value(bytes).is_err(), "{bytes:x?}");
    }
    assert_eq!(kind(&[0xa2, 1, 2, 0x18, 1, 2]), CborErrorKind::DuplicateKey);
    assert_eq!(kind(&[0xbf, 1, 2, 1, 2, 0xff]), CborErrorKind::DuplicateKey);
    assert_eq!(kind(&[0x9f, 1]), CborErrorKind::UnexpectedEnd);
    assert_eq!(kind(&[0xff]), CborErrorKind::Syntax);
    assert_eq!(kind(&[0x5f, 0x61, b'a', 0xff]), CborErrorKind::Syntax);
    assert_eq!(kind(&[0x5f, 0x5f, 0xff, 0xff]), CborErrorKind::IndefiniteLength);
    assert_eq!(kind(&[0x1f]), CborErrorKind::Syntax);
    assert_eq!(kind(&[0xbf, 1, 0xff]), CborErrorKind::Syntax);
    assert_eq!(kind(&[0x9f; 200]), CborErrorKind::TooDeep);
}

proptest! {
    /// What is deterministic is well-formed and means the same; and no bytes make the reader panic.
    #[test]
    fn the_wider_reader_agrees_with_the_narrower(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let (wide, narrow) = (ANY.value(&bytes), Reader::default().value(&bytes));
        if let Ok(narrow) = narrow {
            prop_assert_eq!(wide, Ok(narrow));
        }
        let _ = ANY.signed(&bytes);
    }
}
