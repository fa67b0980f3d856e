//! What the package answered, in our words.

use ca2a_core::json::{Node, Value};

use super::answer::{Answer, Answers};

/// The answers of a verdict, by name. Where anything raised, a coded refusal of everything is expected.
pub(super) fn answers(verdict: &Node<'_>) -> Answers {
    let mut expected = Answers::default();
    let Some(members) = verdict.as_object() else { return expected };
    for (name, member) in members.iter() {
        expected.set(name, answer(member));
    }
    if members.iter().any(|(_, member)| raises(member)) {
        expected.refuse_all();
    }
    expected
}

fn raises(member: &Node<'_>) -> bool {
    member.as_object().is_some_and(|object| object.contains("raises"))
}

/// One answer: a truth value, a decision, a number, what was returned, or that something was raised.
pub(super) fn answer(node: &Node<'_>) -> Answer {
    match &node.value {
        Value::Bool(truth) => Answer::is(*truth),
        Value::Null => Answer::refused(),
        Value::Number(_) => Answer::Value(ca2a_core::json::to_text(node)),
        Value::String(text) => match text.as_ref() {
            "REJECT" | "ValidationError" => Answer::refused(),
            _ => Answer::Yes,
        },
        // `(ok, value)`
        Value::Array(items) => items.first().map_or_else(Answer::refused, answer),
        Value::Object(object) if object.contains("raises") => Answer::refused(),
        Value::Object(object) => ["returns", "decision", "is_valid"]
            .into_iter()
            .find_map(|name| object.get(name))
            .map_or(Answer::Yes, answer),
    }
}
