//! What a request carries: the input of a case, and beside it what its file says for all cases.

use serde_json::{Map, Value};

use crate::input::{Context, Input};

/// The member of an input that holds what the file gives: `clock` and `keys`, where it has them (CONF-3).
const GIVEN: &str = "given";

/// What is said about a case beside its input, in files that keep the input there.
const TALK: [&str; 4] = ["title", "by", "profile", "kind"];

/// The input as it is sent.
pub(crate) fn sent(input: &Input, context: &Context) -> Map<String, Value> {
    let members = input.members().iter().filter(|(name, _)| !TALK.contains(&name.as_str()));
    let mut members: Map<String, Value> =
        members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let given = context.to_members();
    if !given.is_empty() {
        members.insert(GIVEN.to_owned(), Value::Object(given));
    }
    members
}

/// The input as it was sent, in its two parts again.
pub(crate) fn taken(mut members: Map<String, Value>) -> (Input, Context) {
    let given = match members.remove(GIVEN) {
        Some(Value::Object(given)) => given,
        _ => Map::new(),
    };
    (Input::new(members), Context::new(&given))
}
