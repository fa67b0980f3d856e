//! Reading, canonical bytes and challenge tokens (CORE).

use ca2a_core::{ChallengeKey, encoding::hex};
use serde_json::{Value, json};

use super::{case::Case, draft::NOW};

const CANONICALIZE: &str = "canonicalize";

/// `value` is read, and its canonical form is `canonical`.
fn form(requirement: &'static str, name: &str, about: &'static str, value: &str, canonical: &str) -> Case {
    let expect = json!({ "canonical_hex": hex(canonical.as_bytes()) });
    Case::accept(requirement, name, about, CANONICALIZE, json!({ "value_json": value }), expect)
        .preimage("canonical_hex", canonical)
}

/// `value` is not read at all.
fn unread(requirement: &'static str, name: &str, about: &'static str, value: &str) -> Case {
    Case::refuse(requirement, name, about, CANONICALIZE, json!({ "value_json": value }), None)
}

pub(super) fn cases() -> Vec<Case> {
    [reading(), numbers(), canonical(), challenges()].concat()
}

fn reading() -> Vec<Case> {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    vec![
        form("CORE-1", "blanks", "blanks around a value", " \t\r\n[ 1 ] ", "[1]"),
        unread("CORE-1", "two", "two values", "1 2"),
        unread("CORE-1", "none", "no value", " "),
        unread("CORE-1", "mark", "a byte order mark", "\u{feff}1"),
        unread("CORE-1", "comma", "a comma behind the last item", "[1,]"),
        form("CORE-2", "64", "the innermost value at depth 64", &nested(65), &nested(65)),
        unread("CORE-2", "65", "the innermost value at depth 65", &nested(66)),
        form("CORE-3", "case", "names that differ in case", r#"{"a":1,"A":2}"#, r#"{"A":2,"a":1}"#),
        form(
            "CORE-3",
            "forms",
            "one letter composed and decomposed is two names",
            "{\"\u{e9}\":1,\"e\u{301}\":2}",
            "{\"e\u{301}\":2,\"\u{e9}\":1}",
        ),
        unread("CORE-3", "twice", "a member twice", r#"{"a":1,"a":1}"#),
        unread("CORE-3", "escaped", "a member twice, once escaped", r#"{"a":1,"\u0061":2}"#),
        form("CORE-4", "pair", "an escaped pair of surrogates", r#""\ud83d\ude00""#, "\"\u{1f600}\""),
        unread("CORE-4", "half", "half of a pair", r#""\ud83d""#),
        unread("CORE-4", "swapped", "a pair the wrong way round", r#""\ude00\ud83d""#),
        unread("CORE-4", "control", "a control character without its escape", "\"\u{1}\""),
    ]
}

fn numbers() -> Vec<Case> {
    let range = "[9007199254740991,-9007199254740991,0]";
    vec![
        form("CORE-5", "range", "the ends of the range", range, range),
        unread("CORE-5", "above", "2^53", "9007199254740992"),
        unread("CORE-5", "below", "-2^53", "-9007199254740992"),
        unread("CORE-5", "fraction", "a fraction", "1.0"),
        unread("CORE-5", "exponent", "an exponent", "1e2"),
        unread("CORE-5", "minus-zero", "a negative zero", "-0"),
        unread("CORE-5", "leading-zero", "a leading zero", "01"),
    ]
}

fn canonical() -> Vec<Case> {
    vec![
        form(
            "CORE-9",
            "order",
            "names by UTF-16 code unit",
            "{\"\u{ffee}\":1,\"\u{10000}\":2,\"b\":3}",
            "{\"b\":3,\"\u{10000}\":2,\"\u{ffee}\":1}",
        ),
        form(
            "CORE-9",
            "escapes",
            "short escapes, and lower-case hex for the others",
            r#""\u0008\u0009\u000A\u000c\u000d\u001F\u0022\u005c\/\u007f""#,
            "\"\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\u{7f}\"",
        ),
        form(
            "CORE-11",
            "spelling",
            "the same value, spelled otherwise",
            "{\"b\" : [ true,null ],\n\"\\u0061\":\"\\u00e9\"}",
            "{\"a\":\"\u{e9}\",\"b\":[true,null]}",
        ),
    ]
}

fn challenges() -> Vec<Case> {
    let secret = [7; 32];
    let token = ChallengeKey::new(secret).issue(NOW, 60, [9; 16]);
    let token = token.as_str();
    let (signed, mac) = token.rsplit_once('.').unwrap_or_default();
    let ask = |token: &str, now: u64| json!({ "secret_hex": hex(&secret), "challenge": token, "now": now });
    let dead = |requirement, name, about, token: &str, now| {
        Case::refuse(requirement, name, about, "challenge.verify", ask(token, now), "ATTESTATION_FAILED")
    };
    let live = |requirement, name, about, now| {
        Case::accept(requirement, name, about, "challenge.verify", ask(token, now), json!({}))
    };
    // A MAC over the respelled text under the right secret: only the rule about the spelling can refuse it.
    let respelled = |expiry: &str| {
        let text = format!("v1.{expiry}.{}", "09".repeat(16));
        format!("{text}.{}", hex(&hmac(&secret, text.as_bytes())))
    };
    let mint =
        json!({ "secret_hex": hex(&secret), "now": NOW, "ttl_seconds": 60, "random_hex": "09".repeat(16) });
    let minted: Value = json!({ "challenge": token, "mac_input": signed, "mac": mac });
    vec![
        Case::accept("CORE-18", "mint", "a token minted now", "challenge.issue", mint, minted)
            .preimage("mac", signed),
        live("CORE-19", "at-once", "in the second in which it was minted", NOW),
        live("CORE-19", "last", "in the last second before its expiry", NOW + 59),
        dead("CORE-19", "expired", "in the second of its expiry", token, NOW + 60),
        dead("CORE-19", "mac", "with another MAC", &format!("{signed}.{}", "00".repeat(32)), NOW),
        dead("CORE-18", "version", "of another version", &token.replacen("v1", "v2", 1), NOW),
        live("CORE-20", "spelling", "in its one spelling", NOW + 1),
        dead("CORE-20", "capitals", "in capitals", &token.to_uppercase().replacen('V', "v", 1), NOW),
        dead("CORE-20", "plus", "an expiry with a sign, and the MAC of that", &respelled("+1800000060"), NOW),
        dead(
            "CORE-20",
            "zero",
            "an expiry with a leading zero, and the MAC of that",
            &respelled("01800000060"),
            NOW,
        ),
        dead(
            "CORE-20",
            "underscore",
            "an expiry with an underscore, and the MAC of that",
            &respelled("1_800_000_060"),
            NOW,
        ),
    ]
}

/// HMAC-SHA-256 (RFC 2104) of a key of 32 bytes.
pub(super) fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; 64];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = ca2a_core::Sha256::of(&[&padded(0x36), text].concat());
    ca2a_core::Sha256::of(&[&padded(0x5c)[..], &inner.0].concat()).0
}
