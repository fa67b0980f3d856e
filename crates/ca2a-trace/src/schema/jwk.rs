//! `cnf.jwk`: a public key, and nothing that would publish a private one.

use ca2a_core::json::{Node, Value};

use super::check::{Check, Keyword, Rule, Shape};

const STRINGS: [&str; 7] = ["kty", "crv", "x", "y", "n", "e", "kid"];
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// The object that holds the key.
pub(super) static CNF: Shape = Shape::new(&["jwk"], &[("jwk", Rule::Jwk)]);

/// Judges a public JWK (TRC-13). Its other members are free, as long as they have a canonical form.
pub(super) fn check(check: &mut Check, node: &Node<'_>) {
    let Some(key) = node.as_object() else {
        check.wrong_type("an object", node);
        // In JSON Schema what is no object has every member that a rule forbids.
        check.violation(Keyword::Not, "must be the object of a public key");
        return;
    };
    check.required(&["kty"], key);
    for name in STRINGS {
        if let Some(member) = key.get(name) {
            check.within(name, |check| {
                check.text(member);
            });
        }
    }
    match key.get("kty").and_then(Node::as_str) {
        Some("OKP") => check.required(&["crv", "x"], key),
        Some("EC") => check.required(&["crv", "x", "y"], key),
        Some("RSA") => check.required(&["n", "e"], key),
        _ => {}
    }
    if let Some(name) = PRIVATE.iter().find(|name| key.contains(name)) {
        check.violation(Keyword::Not, format!("member `{name}` of a private key must not be published"));
    }
    for (name, member) in key.iter().filter(|(name, _)| !STRINGS.contains(name)) {
        if !has_canonical_form(member) {
            check.within(name, |check| {
                check.violation(
                    Keyword::AnyOf,
                    "must hold nothing but text, truth values, null and integers within ±(2^53-1)",
                );
            });
        }
    }
}

fn has_canonical_form(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_int().is_some(),
        Value::Array(items) => items.iter().all(has_canonical_form),
        Value::Object(object) => object.iter().all(|(_, member)| has_canonical_form(member)),
    }
}
