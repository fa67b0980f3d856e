//! One document for one signature, and one spelling of it.

use super::*;

pub fn signature_verdict(change: impl FnOnce(&mut serde_json::Value)) -> Result<(), ErrorCode> {
    let packet = edited(&signed(task()), change)?;
    packet.verify_signature(ProfileChoice::Auto).map(drop).map_err(|error| error.code())
}

/// W14, HAND-11.
#[test]
fn w14_the_algorithm_is_looked_at() {
    covers!(refuse, "HAND-11");
    let refused = signature_verdict(|value| value["signature_algo"] = json!("none"));
    assert_eq!(refused, Err(ErrorCode::HandoffSignatureInvalid));
}

/// W15, HAND-6.
#[test]
fn w15_a_signature_has_one_spelling() {
    covers!(accept, "HAND-6", "HAND-11");
    covers!(refuse, "HAND-6", "HAND-11");
    let changed = |change: fn(&str) -> String| {
        signature_verdict(|value| value["signature"] = json!(change(value["signature"].as_str().unwrap())))
    };
    assert_eq!(changed(str::to_owned), Ok(()));
    for change in [
        |text: &str| format!("!!{text}"),
        |text: &str| format!("{text}\n"),
        |text: &str| text.trim_end_matches('=').to_owned(),
        with_spare_bits,
        |_: &str| String::new(),
    ] {
        assert_eq!(changed(change), Err(ErrorCode::HandoffSignatureInvalid));
    }
}

/// The same 64 bytes with the lowest of the four spare bits of the last letter set.
fn with_spare_bits(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut letters = text.as_bytes().to_vec();
    let last = letters.len() - 3;
    let value = ALPHABET.iter().position(|letter| *letter == letters[last]).unwrap();
    letters[last] = ALPHABET[value | 1];
    String::from_utf8(letters).unwrap()
}

/// W16, HAND-5.
#[test]
fn w16_a_small_order_key_signs_nothing() {
    covers!(refuse, "HAND-5");
    let identity = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n";
    let signature = format!("AQ{}==", "A".repeat(84));
    let refused = signature_verdict(|value| {
        value["public_key"] = json!(identity);
        value["signature"] = json!(signature);
    });
    assert_eq!(refused, Err(ErrorCode::HandoffMalformed));
}

/// W18, HAND-1, HAND-2, HAND-3.
#[test]
fn w18_one_document_for_one_signature() {
    covers!(accept, "HAND-1");
    covers!(refuse, "HAND-1", "HAND-2", "HAND-3");
    let text = signed(task().context([("limit", ca2a_core::json::Node::NULL)])).to_json(Profile::P3);
    let read = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        SignedTaskPacket::from_json(text.replacen(from, to, 1).as_bytes())
            .map(drop)
            .map_err(|error| error.code())
    };
    assert_eq!(read("{", "{"), Ok(()));
    for (from, to) in [
        ("\"limit\": null", "\"limit\": Infinity"),
        ("\"limit\": null", "\"limit\": NaN"),
        ("\"limit\": null", "\"limit\": 1e999"),
        ("\"limit\": null", "\"limit\": null, \"limit\": 1"),
        ("\"limit\": null", "\"limit\": \"\\ud800\""),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": \"5\""),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": 5.0"),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": true"),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": 5, \"more\": 1"),
        ("\"2026-01-15T11:59:00+00:00\"", "1768478340"),
        ("\"2026-01-15T11:59:00+00:00\"", "\"2026-01-15T11:59:00.0000000+00:00\""),
        ("\"2026-01-15T11:59:00+00:00\"", "\"2026-01-15T11:59:00\""),
        ("\"task_type\": null", "\"task_type\": null, \"unknown\": 1"),
    ] {
        assert_eq!(read(from, to), Err(ErrorCode::HandoffMalformed), "{to}");
    }
}
