//! Details within bounds, as the package bounds them, so that a verdict never carries an attack on whoever logs it.

use alloc::{string::String, vec::Vec};

use ca2a_core::json::{Node, Object, Value};

const MAX_TEXT: usize = 256;
const MAX_NAME: usize = 128;
const MAX_ENTRIES: usize = 20;
const MAX_DEPTH: usize = 4;

/// `details` with long texts and names cut, more than 20 entries and more than 4 levels replaced by a mark.
pub(super) fn bounded(details: &Object<'_>) -> Object<'static> {
    object(details, 0)
}

fn object(members: &Object<'_>, depth: usize) -> Object<'static> {
    let mut kept: Object<'static> = members
        .iter()
        .take(MAX_ENTRIES)
        .map(|(name, member)| (cut(name, MAX_NAME), node(member, depth.saturating_add(1))))
        .collect();
    if members.len() > MAX_ENTRIES {
        kept.insert("<truncated>", true);
    }
    kept
}

fn node(value: &Node<'_>, depth: usize) -> Node<'static> {
    match &value.value {
        Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => "<max_depth_reached>".into(),
        Value::Object(members) => object(members, depth).into(),
        Value::Array(items) => {
            let kept = items.iter().take(MAX_ENTRIES).map(|item| node(item, depth.saturating_add(1)));
            let mut kept: Vec<Node<'static>> = kept.collect();
            if items.len() > MAX_ENTRIES {
                kept.push("<truncated>".into());
            }
            kept.into()
        }
        Value::String(text) => cut(text, MAX_TEXT).into(),
        _ => value.clone().into_owned(),
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut kept: String = text.chars().take(most).collect();
    if kept.len() < text.len() {
        kept.push_str("...");
    }
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use alloc::string::ToString as _;

    use ca2a_core::json;

    use super::*;

    fn bound(json: &str) -> String {
        json::to_text(&bounded(json::read(json.as_bytes()).unwrap().as_object().unwrap()).into())
    }

    /// HAND-33.
    #[test]
    fn nothing_grows_beyond_its_bound() {
        assert_eq!(bound(r#"{"a": [1, {"b": "c"}]}"#), r#"{"a":[1,{"b":"c"}]}"#);
        assert_eq!(
            bound(r#"{"a":{"b":{"c":{"d":{}}}}}"#),
            r#"{"a":{"b":{"c":{"d":"<max_depth_reached>"}}}}"#
        );
        let long = "x".repeat(300);
        assert_eq!(bound(&alloc::format!("{{\"{long}\": \"{long}\"}}")).len(), 2 + 2 + 131 + 1 + 2 + 259);
        let many: Vec<String> = (0..30).map(|index| index.to_string()).collect();
        let bounded = bound(&alloc::format!("{{\"a\": [{}]}}", many.join(",")));
        assert!(bounded.ends_with("19,\"<truncated>\"]}"), "{bounded}");
    }
}
