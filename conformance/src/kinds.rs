//! The third format: a case says of which `kind` a COSE message is, names other cases that it is about, and says beside its
//! parts whether it verifies. Here such a case is spelled out as an operation, an input and an expectation.

use serde_json::{Map, Value, json};

/// Members that say what must come out of a message that verifies.
const EXPECTED: [&str; 10] = [
    "alg",
    "protected_hex",
    "payload_hex",
    "leaf_hash_hex",
    "root_hex",
    "tree_size",
    "leaf_index",
    "new_root_hex",
    "claims_hex",
    "verify_ok_wrong_root",
];
/// Members that an implementation is given, beside those that it is to find.
const GIVEN: [&str; 2] = ["hex", "old_root_hex"];
/// Members that name another case, whose message is meant.
const MENTIONS: [&str; 3] = ["entry", "statement", "receipts"];

/// The cases, those of a `kind` spelled out.
pub(crate) fn spell_out(cases: Vec<Value>) -> Vec<Value> {
    let message = |case: &Value| Some((case.get("id")?.as_str()?.to_owned(), case.get("hex")?.clone()));
    let messages: Map<String, Value> = cases.iter().filter_map(message).collect();
    cases.into_iter().map(|case| spelled(case, &messages)).collect()
}

fn spelled(case: Value, messages: &Map<String, Value>) -> Value {
    let kind = case.get("kind").and_then(Value::as_str).map(str::to_owned);
    match (case, kind) {
        (Value::Object(mut case), Some(kind)) if case.contains_key("verdict") && !case.contains_key("op") => {
            case.insert("op".to_owned(), Value::from(format!("package.{kind}")));
            Value::Object(case)
        }
        (Value::Object(mut case), Some(kind)) if !case.contains_key("op") => {
            let kind = kind.split(' ').next().unwrap_or_default();
            let ok = case.remove("verify_ok").unwrap_or(Value::Bool(true));
            let named = EXPECTED.iter().filter(|_| ok == true);
            let named = named.filter_map(|name| Some(((*name).to_owned(), case.get(*name)?.clone())));
            let mut expect: Map<String, Value> = named.collect();
            expect.insert("ok".to_owned(), ok);
            let mut input = Map::new();
            for name in GIVEN {
                input.extend(case.remove_entry(name));
            }
            for name in MENTIONS {
                let mentioned = case.get(name).map(|mentioned| messages_of(mentioned, messages));
                input.extend(mentioned.map(|message| (name.to_owned(), message)));
            }
            let id = case.remove("id").unwrap_or_default();
            json!({ "id": id, "op": format!("cose.{kind}"), "input": input, "expect": expect })
        }
        (case, _) => case,
    }
}

/// The messages that a case mentions, by the ids of their cases; `null` for an id that no case has.
fn messages_of(mentioned: &Value, messages: &Map<String, Value>) -> Value {
    match mentioned {
        Value::String(id) => messages.get(id).cloned().unwrap_or_default(),
        Value::Array(ids) => ids.iter().map(|id| messages_of(id, messages)).collect(),
        _ => Value::Null,
    }
}
