//! The leaf of a record in a log, and the proof that it is there (TRC-50 to TRC-52).

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use super::draft::{Record, by};
use crate::vectors::case::Case;

/// SHA-256 over a zero byte and the record, which is printable ASCII in its canonical form (TRC-51).
pub(in crate::vectors) fn leaf(record: &Record) -> [u8; 32] {
    Sha256::of(&[&[0][..], record.text().as_bytes()].concat()).0
}

pub(in crate::vectors) fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::of(&[&[1][..], &left, &right].concat()).0
}

pub(in crate::vectors) fn shown(hash: [u8; 32]) -> String {
    format!("sha256:{}", hex(&hash))
}

pub(super) fn cases() -> Vec<Case> {
    let records = ["planner", "searcher", "tool"].map(by);
    let [first, second, third] = [0, 1, 2].map(|at| leaf(&records[at]));
    let root = node(node(first, second), third);
    let proof = |record: &Record, index: u64, path: &[[u8; 32]], root| -> Value {
        let path: Vec<String> = path.iter().map(|hash| shown(*hash)).collect();
        let receipt =
            json!({ "leaf_index": index, "leaf_count": 3, "audit_path": path, "merkle_root": shown(root) });
        json!({ "record_json": record.text(), "receipt_json": receipt.to_string() })
    };
    let includes = |name: &str, about, question| {
        Case::accept("TRC-52", name, about, "verify_inclusion", question, json!({}))
    };
    let refuses = |name: &str, about, question| {
        Case::refuse("TRC-52", name, about, "verify_inclusion", question, "TRACE_RECORD_INVALID")
    };
    let anchored = |name: &str, about, value: &str, bytes: &str| {
        let expect = json!({ "hex": hex(bytes.as_bytes()) });
        Case::accept("TRC-50", name, about, "anchor_bytes", json!({ "value_json": value }), expect)
    };
    let [one, .., last] = &records;
    vec![
        anchored(
            "ascii",
            "sorted, without blanks",
            "{\"b\": 1, \"a\": [true, null]}",
            "{\"a\":[true,null],\"b\":1}",
        ),
        anchored("escaped", "escaped outside of ASCII", "{\"ä\":\"😀\"}", "{\"\\u00e4\":\"\\ud83d\\ude00\"}"),
        anchored(
            "order",
            "by code point, where RFC 8785 has UTF-16",
            "{\"\u{1f600}\":1,\"\u{fb33}\":2}",
            "{\"\\ufb33\":2,\"\\ud83d\\ude00\":1}",
        ),
        Case::accept(
            "TRC-51",
            "leaf",
            "a zero byte and the record",
            "verify_record",
            one.ask(),
            json!({ "anchor_leaf": shown(first) }),
        ),
        includes("first", "the first of three", proof(one, 0, &[second, third], root)),
        includes("last", "the last of three", proof(last, 2, &[node(first, second)], root)),
        refuses("place", "at another place", proof(one, 1, &[second, third], root)),
        refuses("root", "under another root", proof(one, 0, &[second, third], first)),
        refuses("short", "a step short", proof(one, 0, &[second], root)),
    ]
}
