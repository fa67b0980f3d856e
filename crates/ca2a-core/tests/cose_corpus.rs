//! The examples of the COSE working group, as far as they concern COSE_Sign1.
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

use std::{
    fs,
    path::{Path, PathBuf},
};

use ca2a_core::{
    P256VerifyingKey, VerifyingKey,
    cose::{CborErrorKind, CoseError, Encoding, PublicKey, Reader, Sign1, SignatureInput},
    encoding::from_base64url,
};
use common::unhex;
use serde_json::Value;

/// Examples that we judge otherwise than their makers, each with its reason. One that we come to judge alike is a failure.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("ecdsa-examples/ecdsa-sig-02.json", "P-384 is not supported here; such a message is unverifiable"),
    ("ecdsa-examples/ecdsa-sig-03.json", "P-521 is not supported here; such a message is unverifiable"),
    ("ecdsa-examples/ecdsa-sig-04.json", "ES512 is not supported here; such a message is unverifiable"),
    ("eddsa-examples/eddsa-sig-02.json", "Ed448 is not supported here; such a message is unverifiable"),
    (
        "sign1-tests/sign-pass-01.json",
        "its algorithm stands outside of the signature, where anybody may change it",
    ),
    ("sign1-tests/sign-pass-03.json", "it has no tag, so nothing says that it is a COSE_Sign1"),
];

/// Examples whose unprotected headers are not in deterministic order.
const OUT_OF_ORDER: [&str; 3] =
    ["countersign/signed1-01.json", "countersign/signed1-02.json", "countersign1/signed1-01.json"];

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
}

/// Every example, by its place in the corpus.
fn examples() -> Option<Vec<(String, Value)>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/cose"));
    if !root.is_dir() {
        println!("SKIPPED: the examples of the COSE working group are not here");
        return None;
    }
    let mut files = Vec::new();
    collect(root, &mut files);
    let read = |file: PathBuf| {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        (name, serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap())
    };
    Some(files.into_iter().map(read).collect())
}

fn coordinate(key: &Value, name: &str) -> Option<[u8; 32]> {
    let bytes = match (key.get(name), key.get(format!("{name}_hex"))) {
        (Some(text), _) => from_base64url(text.as_str()?).ok()?,
        (None, digits) => unhex(digits?.as_str()?),
    };
    bytes.try_into().ok()
}

fn public_key(key: &Value) -> Option<PublicKey> {
    match key["crv"].as_str()? {
        "P-256" => {
            let key = P256VerifyingKey::from_coordinates(&coordinate(key, "x")?, &coordinate(key, "y")?);
            Some(key.ok()?.into())
        }
        "Ed25519" => Some(VerifyingKey::from_bytes(&coordinate(key, "x")?).ok()?.into()),
        _ => None,
    }
}

#[derive(Debug)]
enum Refusal {
    NoKey,
    Message(#[allow(dead_code, reason = "shown when a test fails")] CoseError),
}

fn judge(example: &Value) -> Result<(), Refusal> {
    let signed = &example["input"]["sign0"];
    let bytes = unhex(example["output"]["cbor"].as_str().unwrap());
    let message = Reader::new(Encoding::AnyOrder).sign1(&bytes).map_err(Refusal::Message)?;
    let key = public_key(&signed["key"]).ok_or(Refusal::NoKey)?;
    let external = signed["external"].as_str().map(unhex).unwrap_or_default();
    let input = SignatureInput { external_aad: &external, ..SignatureInput::default() };
    message.verify_with(&key, input).map(|_| ()).map_err(Refusal::Message)
}

/// covers LOG-1, LOG-2, LOG-3, LOG-5
#[test]
fn sign1_examples() {
    let Some(examples) = examples() else { return };
    let (mut ran, mut failures) = (0, Vec::new());
    for (name, example) in &examples {
        if example["input"].get("sign0").is_none() {
            continue;
        }
        ran += 1;
        let strict = Sign1::read(&unhex(example["output"]["cbor"].as_str().unwrap()));
        let unordered =
            matches!(&strict, Err(CoseError::Cbor(error)) if error.kind() == CborErrorKind::KeyOrder);
        assert_eq!(unordered, OUT_OF_ORDER.contains(&name.as_str()), "{name}: {strict:?}");
        let verdict = judge(example);
        let agrees = verdict.is_err() == (example["fail"] == true);
        match EXCEPTIONS.iter().find(|(exception, _)| exception == name) {
            Some((_, reason)) if !agrees => println!("EXCEPTION {name}: {reason}"),
            None if agrees => {}
            _ => failures.push(format!("{name} ({}): {verdict:?}", example["title"])),
        }
    }
    assert!(failures.is_empty(), "{} of {ran}:\n{}", failures.len(), failures.join("\n"));
    assert!(ran >= 15, "only {ran} examples ran");
    println!("{ran} examples of COSE_Sign1");
}

/// A message of another kind is not taken for a COSE_Sign1.
///
/// covers LOG-2
#[test]
fn other_messages() {
    let Some(examples) = examples() else { return };
    let mut ran = 0;
    for (name, example) in &examples {
        let cbor = example["output"]["cbor"].as_str();
        let (Some(cbor), None) = (cbor, example["input"].get("sign0")) else { continue };
        ran += 1;
        let read = Reader::new(Encoding::AnyOrder).sign1(&unhex(cbor));
        assert!(read.is_err(), "{name} was taken for a COSE_Sign1");
    }
    assert!(ran >= 60, "only {ran} examples ran");
}
