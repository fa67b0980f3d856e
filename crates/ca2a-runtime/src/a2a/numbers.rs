//! Integers that came through a protobuf `Struct`, which knows doubles alone (A2A-11).
//!
//! Every number of cA2A is an integer. A hop that holds A2A metadata as a `Struct` writes `0` as `0.0`; here, and nowhere
//! deeper, that is read as `0` again. Nothing else is repaired: an exponent, a fraction or a sign stays and is refused.

use ca2a_core::json::{MAX_SAFE_INTEGER, Node, Number, Object, Span, Value};

use super::wire::is_ca2a_key;

/// `message` with whole doubles under cA2A keys as integers, where there are any. What did not change keeps its place in
/// the input, so that a credential is still known by the bytes received.
pub(super) fn with_integers(message: &Object<'_>) -> Option<Object<'static>> {
    let ours =
        |metadata: &Object<'_>| metadata.iter().any(|(name, node)| is_ca2a_key(name) && has_whole(node));
    let inside = |object: &Object<'_>| object.get("metadata").and_then(Node::as_object).is_some_and(ours);
    let params = message.get("params").and_then(Node::as_object)?;
    let inner = params.get("message").and_then(Node::as_object);
    if !inside(params) && !inner.is_some_and(inside) {
        return None;
    }
    let mut message = message.clone().into_owned();
    let params = message.get_mut("params").and_then(Node::as_object_mut)?;
    repair(params);
    if let Some(inner) = params.get_mut("message").and_then(Node::as_object_mut) {
        repair(inner);
    }
    Some(message)
}

/// Reads the whole doubles under our keys in the metadata of `object` as integers.
fn repair(object: &mut Object<'static>) {
    let Some(metadata) = object.get_mut("metadata").and_then(Node::as_object_mut) else { return };
    let ours: Vec<String> =
        metadata.iter().map(|(name, _)| name.to_owned()).filter(|name| is_ca2a_key(name)).collect();
    for name in ours {
        if let Some(node) = metadata.get_mut(&name) {
            integers(node);
        }
    }
}

fn has_whole(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Number(Number::Text(text)) => whole(text).is_some(),
        Value::Array(items) => items.iter().any(has_whole),
        Value::Object(object) => object.iter().any(|(_, node)| has_whole(node)),
        _ => false,
    }
}

/// Changes `node` where it must, and forgets the place of what it changed: those are not the bytes received.
fn integers(node: &mut Node<'static>) -> bool {
    let changed = match &mut node.value {
        Value::Number(Number::Text(text)) => match whole(text) {
            Some(int) => {
                node.value = Value::Number(Number::from_u64(int));
                true
            }
            None => false,
        },
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| integers(item) | changed),
        Value::Object(object) => object.values_mut().fold(false, |changed, item| integers(item) | changed),
        _ => false,
    };
    if changed {
        node.span = Span::default();
    }
    changed
}

/// The integer that `<digits>.0` spells, up to 2^53-1.
fn whole(text: &str) -> Option<u64> {
    let (digits, fraction) = text.split_once('.')?;
    let is_whole = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    let int = digits.parse::<u64>().ok().filter(|_| is_whole && !digits.starts_with('+'))?;
    (int <= MAX_SAFE_INTEGER.unsigned_abs()).then_some(int)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::json::{self, NumberPolicy, Reader};
    use ca2a_covers::covers;

    use super::*;

    fn fixed(text: &str) -> Option<String> {
        let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).unwrap();
        with_integers(node.as_object().unwrap()).map(|object| json::to_text(&object.into()))
    }

    /// A2A-11
    #[test]
    fn whole_doubles_become_integers_and_nothing_else_does() {
        covers!(accept, "A2A-11");
        covers!(refuse, "A2A-11");
        for (spelled, read) in [
            ("0.0", 0),
            ("7.000", 7),
            ("1767225600.0", 1_767_225_600),
            ("9007199254740991.0", 9_007_199_254_740_991),
        ] {
            assert_eq!(whole(spelled), Some(read), "{spelled}");
        }
        for spelled in [
            "0",
            "1.5",
            "1e3",
            "1.0e3",
            "-1.0",
            "-0.0",
            "9007199254740992.0",
            "18446744073709551616.0",
            "1.",
            ".0",
        ] {
            assert_eq!(whole(spelled), None, "{spelled}");
        }
    }

    /// A2A-11
    #[test]
    fn only_what_is_under_a_key_of_ours_is_read_so() {
        covers!(refuse, "A2A-11");
        let key = crate::peer::message::keys::DELEGATION_CHAIN;
        let text = format!(
            r#"{{"params":{{"message":{{"metadata":{{"x":1.0,"{key}":[{{"depth":0.0}},{{"depth":1}}]}}}}}}}}"#
        );
        let expected = format!(
            r#"{{"params":{{"message":{{"metadata":{{"x":1.0,"{key}":[{{"depth":0}},{{"depth":1}}]}}}}}}}}"#
        );
        assert_eq!(fixed(&text), Some(expected));
        assert_eq!(fixed(&format!(r#"{{"params":{{"metadata":{{"{key}":[{{"depth":0}}]}}}}}}"#)), None);
        assert_eq!(fixed(r#"{"params":{"metadata":{"x":[1.0]}},"message":{"parts":[2.0]}}"#), None);
    }
}
