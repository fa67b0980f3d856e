//! What several tests share.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

use std::path::PathBuf;

use ca2a_core::json::{Node, Number, Value};

/// Test data of others, which lies beside the project and is not part of it; says visibly when it is absent.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    let bytes = std::fs::read(&file).ok();
    if bytes.is_none() {
        println!("SKIPPED: no {}", file.display());
    }
    bytes
}

/// The cases of a file of test vectors.
pub(crate) fn cases(path: &str) -> Vec<serde_json::Value> {
    let Some(bytes) = shared(path) else { return Vec::new() };
    let file: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    file["cases"].as_array().unwrap().clone()
}

/// Lower- or upper-case hex, for test data only.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |char: char| u8::try_from(char.to_digit(16).unwrap()).unwrap();
    let digits: Vec<_> = text.trim().chars().map(digit).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Our value in another library's tree, numbers as they are.
pub(crate) fn to_serde(node: &Node<'_>) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(Number::Int(int)) => (*int).into(),
        Value::Number(Number::Float(float)) => (*float).into(),
        Value::Number(Number::Text(text)) => serde_json::from_str(text).unwrap(),
        Value::String(text) => text.as_ref().into(),
        Value::Array(items) => items.iter().map(to_serde).collect(),
        Value::Object(object) => {
            let members = object.iter().map(|(name, member)| (name.to_owned(), to_serde(member)));
            serde_json::Value::Object(members.collect())
        }
    }
}
