//! Comparing what came out with what a case names.

use ca2a_core::{canonical, digest::Sha256, json};
use serde_json::{Map, Value};

/// One place where what came out is not what the case names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where, as a path of member names.
    pub(crate) path: String,
    /// What the case names.
    pub(crate) expected: String,
    /// What came out.
    pub(crate) got: String,
}

/// Members that are for people.
const FOR_PEOPLE: [&str; 7] =
    ["message", "detail", "class", "error_class", "denial_reason", "content_type", "uncaught"];

/// Causes that have one name in every implementation of TRACE. Where another one names a cause that has none, that the
/// record was refused is compared, and its code.
const CAUSES: [&str; 28] = [
    "block-credential-id",
    "block-digest",
    "block-fields",
    "credential-id",
    "digest-unsupported",
    "duplicate-member",
    "empty",
    "encoding",
    "future",
    "iat-not-int",
    "key-mismatch",
    "kty",
    "length",
    "link-mismatch",
    "no-block",
    "no-trusted-key",
    "nonce",
    "not-an-object",
    "not-finite",
    "not-json",
    "partial-envelope",
    "profile-missing",
    "repeated",
    "revoked",
    "root-has-block",
    "signature-invalid",
    "stale",
    "untrusted-key",
];

/// Every difference between the members that a case names and what came out, which may say more.
pub(crate) fn members(expected: &Map<String, Value>, got: &Map<String, Value>) -> Vec<Difference> {
    let mut found = Vec::new();
    let compared = |name: &str, value: &Value| match name {
        "reason" => {
            value.as_str().is_none_or(|cause| cause.starts_with("schema:") || CAUSES.contains(&cause))
        }
        _ => !FOR_PEOPLE.contains(&name),
    };
    for (name, expected) in expected.iter().filter(|(name, value)| compared(name, value)) {
        member(name, expected, got.get(name), &mut found);
    }
    found
}

/// As [`members`], for verdicts: every member that is named, text among them.
pub(crate) fn exactly(expected: &Map<String, Value>, got: &Map<String, Value>) -> Vec<Difference> {
    let differs = |name: &String, value: &Value| got.get(name).unwrap_or(&Value::Null) != value;
    let differ = expected.iter().filter(|(name, value)| differs(name, value));
    differ
        .map(|(name, value)| difference(name, value, &got.get(name).unwrap_or(&Value::Null).to_string()))
        .collect()
}

fn member(path: &str, expected: &Value, got: Option<&Value>, found: &mut Vec<Difference>) {
    let Some(got) = got else {
        found.push(difference(path, expected, "nothing"));
        return;
    };
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (name, value) in
                expected.iter().filter(|(name, value)| is_compared(name, value, expected, got))
            {
                member(&format!("{path}.{name}"), value, got.get(name), found);
            }
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            for (at, (expected, got)) in expected.iter().zip(got).enumerate() {
                member(&format!("{path}[{at}]"), expected, Some(got), found);
            }
        }
        _ if expected == got || numbers_equal(expected, got) => {}
        // One of them says that nobody knows the method, the other that this place does not.
        _ if path == "status" && expected == 501 && got == 405 => {}
        _ => found.push(difference(path, expected, &got.to_string())),
    }
}

fn is_compared(name: &str, value: &Value, expected: &Map<String, Value>, got: &Map<String, Value>) -> bool {
    match name {
        _ if FOR_PEOPLE.contains(&name) => false,
        // Below the top an `error` that is a string is its text; one that is an object holds the code.
        "error" => !value.is_string(),
        // It covers the text of the reason. That it is the hash of our own record is judged by itself.
        "record_hash" => expected.get("decision").and_then(Value::as_str) != Some("deny"),
        // It covers the whole body, in which ours may say more. That it authenticates our answer is judged by itself.
        "mac" if expected.contains_key("kind") => expected.get("body") == got.get("body"),
        _ => true,
    }
}

fn numbers_equal(left: &Value, right: &Value) -> bool {
    let both = left.as_i64().zip(right.as_i64());
    both.is_some_and(|(left, right)| left == right)
}

fn difference(path: &str, expected: &Value, got: &str) -> Difference {
    Difference { path: path.to_owned(), expected: expected.to_string(), got: got.to_owned() }
}

/// Every record in `value` whose `record_hash` is not the SHA-256 of the canonical rest of it.
pub(crate) fn wrong_hashes(value: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    visit(value, &mut found);
    found
}

fn visit(value: &Value, found: &mut Vec<Difference>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(stated)) =
                members.get("record_hash").filter(|_| members.contains_key("record_id"))
            {
                let actual =
                    hash(value).unwrap_or_else(|| "none: the record has no canonical form".to_owned());
                if actual != *stated {
                    let (path, expected) =
                        ("record_hash".to_owned(), format!("{actual}, the hash of the record beside it"));
                    found.push(Difference { path, expected, got: stated.clone() });
                }
            }
            members.values().for_each(|member| visit(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, found)),
        _ => {}
    }
}

fn hash(record: &Value) -> Option<String> {
    let text = record.to_string();
    let node = json::read(text.as_bytes()).ok()?;
    let body = canonical::to_vec_without(node.as_object()?, "record_hash").ok()?;
    Some(Sha256::of(&body).to_hex())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn differ(expected: &Value, got: &Value) -> usize {
        members(expected.as_object().unwrap(), got.as_object().unwrap()).len()
    }

    #[test]
    fn ours_may_say_more_and_may_not_say_less() {
        let got = json!({ "a": 1, "o": { "x": [1, { "y": 2, "z": 3 }] } });
        assert_eq!(differ(&json!({ "a": 1 }), &got), 0);
        assert_eq!(differ(&json!({ "o": { "x": [1, { "y": 2 }] } }), &got), 0);
        assert_eq!(differ(&json!({ "o": { "x": [1] } }), &got), 1);
        assert_eq!(differ(&json!({ "o": { "x": [1, { "y": 3 }] } }), &got), 1);
        assert_eq!(differ(&json!({ "b": null }), &got), 1);
    }

    #[test]
    fn text_for_people_is_not_compared_and_codes_are() {
        let got = json!({ "error": "CODE", "body": { "error": { "code": "CODE", "message": "ours" } } });
        assert_eq!(differ(&json!({ "error": "CODE", "message": "theirs", "class": "C" }), &got), 0);
        assert_eq!(differ(&json!({ "error": "OTHER" }), &got), 1);
        assert_eq!(differ(&json!({ "body": { "error": { "code": "CODE", "message": "theirs" } } }), &got), 0);
        assert_eq!(differ(&json!({ "body": { "error": { "code": "OTHER" } } }), &got), 1);
        let stdout = json!({ "stdout": { "code": "CODE", "error": "ours" } });
        assert_eq!(differ(&json!({ "stdout": { "code": "CODE", "error": "theirs" } }), &stdout), 0);
    }

    #[test]
    fn a_cause_is_compared_where_it_has_one_name() {
        let got = json!({ "reason": "stale" });
        assert_eq!(differ(&json!({ "reason": "stale" }), &got), 0);
        assert_eq!(differ(&json!({ "reason": "future" }), &got), 1);
        assert_eq!(differ(&json!({ "reason": "schema:/subject" }), &got), 1);
        assert_eq!(differ(&json!({ "reason": "past its best" }), &got), 0);
    }

    #[test]
    fn a_status_of_405_may_stand_for_501_and_not_the_other_way() {
        assert_eq!(differ(&json!({ "status": 501 }), &json!({ "status": 405 })), 0);
        assert_eq!(differ(&json!({ "status": 405 }), &json!({ "status": 501 })), 1);
        assert_eq!(differ(&json!({ "status": 501 }), &json!({ "status": 404 })), 1);
    }

    #[test]
    fn the_hash_of_a_denial_is_its_own_and_that_of_an_allow_is_compared() {
        let allow = json!({ "record": { "record_id": "r", "record_hash": "00" } });
        assert_eq!(differ(&json!({ "record": { "record_id": "r", "record_hash": "01" } }), &allow), 1);
        let deny = json!({ "record": { "record_id": "r", "decision": "deny", "record_hash": "00" } });
        assert_eq!(differ(&json!({ "record": { "decision": "deny", "record_hash": "01" } }), &deny), 0);
        assert_eq!(wrong_hashes(&deny).len(), 1);
        let own = Sha256::of(br#"{"decision":"deny","record_id":"r"}"#).to_hex();
        let right = json!([{ "record_id": "r", "decision": "deny", "record_hash": own }]);
        assert_eq!(wrong_hashes(&right).len(), 0);
    }

    #[test]
    fn a_mac_is_compared_where_the_bodies_are_equal() {
        let expected = json!({ "body": { "kind": "denial", "body": { "n": 1 }, "mac": "00" } });
        assert_eq!(
            differ(&expected, &json!({ "body": { "kind": "denial", "body": { "n": 1 }, "mac": "01" } })),
            1
        );
        let more = json!({ "body": { "kind": "denial", "body": { "n": 1, "more": 2 }, "mac": "01" } });
        assert_eq!(differ(&expected, &more), 0);
    }
}
