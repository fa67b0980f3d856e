//! Test data of others: the RFC 8785 suite and the Ed25519 edge cases.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod common;

use std::fmt::Write as _;

use ca2a_core::{
    Sha256, Signature, VerifyingKey, canonical,
    json::{Node, Number, NumberPolicy, Reader, Value},
};
use common::{shared, unhex};

/// CORE-9
#[test]
fn the_rfc_8785_suite() {
    for name in ["arrays", "french", "structures", "unicode", "values", "weird"] {
        let Some(input) = shared(&format!("corpora/jcs/input/{name}.json")) else { return };
        let output = shared(&format!("corpora/jcs/output/{name}.json")).unwrap();
        let outhex = shared(&format!("corpora/jcs/outhex/{name}.txt")).unwrap();
        let node = Reader::new(NumberPolicy::Ieee754).read(&input).unwrap();
        let bytes = canonical::to_vec(&node).unwrap();
        assert_eq!(bytes, output, "{name}");
        let spaced = String::from_utf8(outhex).unwrap();
        assert_eq!(bytes, unhex(&spaced.split_whitespace().collect::<String>()), "{name}");
    }
}

/// CORE-9: the numbers of the suite, checked by the digests that it publishes of its first lines.
#[test]
fn the_numbers_of_the_rfc_8785_suite() {
    let Some(page) = shared("corpora/jcs/README.md") else { return };
    let page = String::from_utf8(page).unwrap();
    let words = page.split(|char: char| !char.is_ascii_alphanumeric());
    let fixed: Vec<u64> = words
        .filter_map(|word| word.strip_prefix("0x")?.strip_suffix('n'))
        .filter(|digits| digits.len() == 16)
        .map(|digits| u64::from_str_radix(digits, 16).unwrap())
        .collect();
    // The page names the start of the serial numbers beside them once more.
    let fixed = &fixed[..fixed.len() - 1];
    let serial = (0..2_000).map(|index| 0x0010_0000_0000_0000 + index);
    let mut block = [0; 32];
    let mut random = std::iter::repeat_with(move || {
        block = Sha256::of(&block).0;
        block
    })
    .flat_map(|block| {
        block.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap())).collect::<Vec<_>>()
    })
    .filter(|bits| f64::from_bits(*bits).is_finite() && f64::from_bits(*bits) != 0.0);

    let mut lines = String::new();
    let all = fixed.iter().copied().chain(serial).chain(&mut random);
    let mut published = [
        (1_000, "be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687"),
        (10_000, "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892"),
        (100_000, "22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7"),
    ]
    .into_iter()
    .peekable();
    for (index, bits) in all.enumerate() {
        let node = Node::from(Value::Number(Number::Float(f64::from_bits(bits))));
        let text = String::from_utf8(canonical::to_vec(&node).unwrap()).unwrap();
        writeln!(lines, "{bits:x},{text}").unwrap();
        let Some((count, digest)) = published.peek() else { break };
        if index + 1 == *count {
            assert!(page.contains(digest), "the page publishes it");
            assert_eq!(Sha256::of(lines.as_bytes()).to_hex(), *digest, "the first {count} lines");
            published.next();
        }
    }
    assert!(published.peek().is_none());
}

/// CORE-14, CORE-15: of the edge cases on which implementations disagree, the strict predicate takes the one that is
/// an honest signature.
#[test]
fn the_ed25519_edge_cases() {
    let Some(cases) = shared("corpora/ed25519-speccheck/cases.json") else { return };
    let results = String::from_utf8(shared("corpora/ed25519-speccheck/results.md").unwrap()).unwrap();
    let strict = results.lines().find(|line| line.contains("Dalek strict")).unwrap();
    let expected: Vec<bool> = strict
        .split('|')
        .map(str::trim)
        .filter(|cell| ["V", "X"].contains(cell))
        .map(|cell| cell == "V")
        .collect();
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&cases).unwrap();
    assert_eq!(cases.len(), expected.len());
    assert_eq!(expected.iter().filter(|accepted| **accepted).count(), 1);
    for (index, (case, expected)) in cases.iter().zip(expected).enumerate() {
        let text = |member: &str| case[member].as_str().unwrap();
        let signature = Signature::from_hex(text("signature")).unwrap();
        let accepted = VerifyingKey::from_hex(text("pub_key"))
            .is_ok_and(|key| key.verify(&unhex(text("message")), &signature).is_ok());
        assert_eq!(accepted, expected, "case {index}");
    }
}
