//! Deterministic CBOR: the examples of RFC 8949, second spellings of everything, and what is written again.
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

mod common;

use ca2a_core::cose::{CborErrorKind, DEFAULT_LIMITS, Encoding, Limits, Reader, Value, to_vec};
use ca2a_covers::covers;
use common::{shared, unhex};
use proptest::prelude::*;

fn refusal(digits: &str) -> Option<CborErrorKind> {
    Reader::default().check(&unhex(digits)).err().map(|error| error.kind())
}

/// Examples that a general encoder would write and that we do not take, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("f7", UNDEFINED),
    ("f0", SIMPLE),
    ("f818", "a simple value below 32 in two bytes, which RFC 8949 section 3.3 has since forbidden"),
    ("f8ff", SIMPLE),
];

const UNDEFINED: &str = "`undefined` has no meaning in any format here, and readers take it for null";
const SIMPLE: &str = "an unassigned simple value has no meaning in any format here";

/// covers LOG-1
#[test]
fn the_examples_of_the_rfc() {
    let Some(bytes) = shared("corpora/cbor/appendix_a.json") else { return };
    let examples: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let mut failures = Vec::new();
    for example in examples.as_array().unwrap() {
        let digits = example["hex"].as_str().unwrap();
        let taken = Reader::default().value(&unhex(digits));
        let agrees = taken.is_ok() == example["roundtrip"].as_bool().unwrap();
        match EXCEPTIONS.iter().find(|(exception, _)| *exception == digits) {
            Some((_, reason)) if !agrees => println!("EXCEPTION {digits}: {reason}"),
            None if agrees => {}
            _ => failures.push(format!("{digits}: {taken:?}")),
        }
        if let Ok(value) = taken {
            assert_eq!(to_vec(&value).unwrap(), unhex(digits), "{digits} is written as it was read");
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(examples.as_array().unwrap().len() >= 82);
}

/// covers LOG-1
#[test]
fn a_second_spelling_is_refused() {
    covers!(accept, "LOG-1");
    covers!(refuse, "LOG-1");
    use CborErrorKind as Kind;
    for (digits, kind) in [
        ("", Kind::UnexpectedEnd),
        ("18", Kind::UnexpectedEnd),
        ("4401", Kind::UnexpectedEnd),
        ("5bffffffffffffffff00", Kind::UnexpectedEnd),
        ("9bffffffffffffffff00", Kind::UnexpectedEnd),
        ("bbffffffffffffffff00", Kind::UnexpectedEnd),
        ("0000", Kind::TrailingData),
        ("1817", Kind::NotShortest),
        ("1900ff", Kind::NotShortest),
        ("1a0000ffff", Kind::NotShortest),
        ("1b00000000ffffffff", Kind::NotShortest),
        ("3817", Kind::NotShortest),
        ("580100", Kind::NotShortest),
        ("d80b00", Kind::NotShortest),
        ("9f00ff", Kind::IndefiniteLength),
        ("bf0000ff", Kind::IndefiniteLength),
        ("5f4100ff", Kind::IndefiniteLength),
        ("7f6161ff", Kind::IndefiniteLength),
        ("ff", Kind::Syntax),
        ("1c", Kind::Syntax),
        ("fc", Kind::Syntax),
        ("61ff", Kind::Encoding),
        ("62c328", Kind::Encoding),
        ("63eda080", Kind::Encoding),
        ("a201000100", Kind::DuplicateKey),
        ("a202000100", Kind::KeyOrder),
        ("a2616100190100f6", Kind::KeyOrder),
        ("a1a202000100f6", Kind::KeyOrder),
        ("f7", Kind::SimpleValue),
        ("e0", Kind::SimpleValue),
        ("f815", Kind::SimpleValue),
        ("fa3fc00000", Kind::NotShortest),
        ("fb3ff8000000000000", Kind::NotShortest),
        ("f97e01", Kind::NotShortest),
        ("fa7fc00001", Kind::NotShortest),
        ("c24101", Kind::NotShortest),
        ("c2490001000000000000", Kind::UnexpectedEnd),
        ("c249000000000000000001", Kind::NotShortest),
        ("c20a", Kind::Syntax),
    ] {
        assert_eq!(refusal(digits), Some(kind), "{digits}");
    }
    for digits in [
        "a3010002000300",
        "a301001901000061610a",
        "a220002100",
        "fb3ff199999999999a",
        "c249010000000000000000",
    ] {
        assert_eq!(refusal(digits), None, "{digits}");
    }
}

/// covers LOG-1
#[test]
fn any_order_still_knows_a_key_twice() {
    covers!(accept, "LOG-1");
    covers!(refuse, "LOG-1");
    let reader = Reader::new(Encoding::AnyOrder);
    assert!(reader.check(&unhex("a202000100")).is_ok());
    let twice = reader.check(&unhex("a3020001000200")).unwrap_err();
    assert_eq!(twice.kind(), CborErrorKind::DuplicateKey);
    assert_eq!(reader.check(&unhex("1817")).unwrap_err().kind(), CborErrorKind::NotShortest);
}

/// covers LOG-1
#[test]
fn limits_hold() {
    covers!(accept, "LOG-1");
    covers!(refuse, "LOG-1");
    let nested = |depth: usize| [vec![0x81; depth], vec![0]].concat();
    let deepest = DEFAULT_LIMITS.max_depth;
    assert!(Reader::default().value(&nested(deepest)).is_ok());
    let error = Reader::default().value(&nested(deepest + 1)).unwrap_err();
    assert_eq!(error.kind(), CborErrorKind::TooDeep);
    for opening in [0x81, 0xa1, 0xc6] {
        let endless = vec![opening; 1 << 20];
        let wide = Reader::default().limits(Limits { max_bytes: 1 << 20, max_depth: usize::MAX });
        assert_eq!(wide.check(&endless).unwrap_err().kind(), CborErrorKind::TooDeep);
    }
    let large = Reader::default().check(&vec![0; DEFAULT_LIMITS.max_bytes + 1]).unwrap_err();
    assert_eq!((large.kind(), large.offset()), (CborErrorKind::TooLarge, DEFAULT_LIMITS.max_bytes));
}

#[test]
fn a_map_with_one_key_twice_is_not_written() {
    let pair = (Value::from(1), Value::Null);
    assert!(to_vec(&Value::Map(vec![pair.clone(), pair])).is_err());
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("one spelling", |float| !float.is_nan()).prop_map(Value::Float),
        any::<f32>()
            .prop_filter("one spelling", |float| !float.is_nan())
            .prop_map(|float| Value::Float(float.into())),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        ".{0,12}".prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner.clone()), 0..6).prop_map(Value::Map),
            (30_u64..100_000, inner).prop_map(|(tag, value)| Value::Tag(tag, Box::new(value))),
        ]
    })
}

proptest! {
    /// What the writer writes the reader takes, and it is written the same again.
    ///
    /// covers LOG-1
    #[test]
    fn what_is_written_is_deterministic(value in values()) {
        if let Ok(bytes) = to_vec(&value) {
            let read = Reader::default().value(&bytes).unwrap();
            prop_assert_eq!(to_vec(&read).unwrap(), bytes);
        }
    }

    /// No two inputs that are taken are written alike: each value has one spelling.
    ///
    /// covers LOG-1
    #[test]
    fn what_is_taken_has_one_spelling(input in prop::collection::vec(any::<u8>(), 0..24)) {
        if let Ok(value) = Reader::default().value(&input) {
            prop_assert_eq!(to_vec(&value).unwrap(), input);
        }
    }

    /// The same for inputs that are nearly right.
    ///
    /// covers LOG-1
    #[test]
    fn what_is_changed_has_one_spelling(value in values(), at: prop::sample::Index, bit in 0..8_u8) {
        let Ok(mut bytes) = to_vec(&value) else { return Ok(()) };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(value) = Reader::default().value(&bytes) {
            prop_assert_eq!(to_vec(&value).unwrap(), bytes);
        }
    }
}
