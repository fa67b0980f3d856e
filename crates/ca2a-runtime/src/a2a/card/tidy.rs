//! The form of a card on which every known reader agrees: nothing empty (facts of section 8.4, A2A-81).

use ca2a_core::json::{Node, Object, Value};

/// `object` without empty texts, lists and objects, and without `null`, at any depth.
pub(super) fn without_empty<'a>(object: &Object<'a>) -> Object<'a> {
    let members = object.iter().filter_map(|(name, node)| Some((name.to_owned(), kept(node)?)));
    members.collect()
}

fn kept<'a>(node: &Node<'a>) -> Option<Node<'a>> {
    let value = match &node.value {
        Value::Null => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(kept).collect();
            (!items.is_empty()).then_some(Value::Array(items))?
        }
        Value::Object(object) => {
            let object = without_empty(object);
            (!object.is_empty()).then_some(Value::Object(object))?
        }
        other => other.clone(),
    };
    Some(Node { value, span: node.span })
}

/// Takes `required: false` out of the extensions: `false` is what a `bool` is that is not there.
pub(super) fn without_default_flags(card: &mut Object<'_>) {
    let capabilities = card.get_mut("capabilities").and_then(Node::as_object_mut);
    let extensions = capabilities.and_then(|capabilities| capabilities.get_mut("extensions"));
    let Some(Value::Array(extensions)) = extensions.map(|node| &mut node.value) else { return };
    for extension in extensions.iter_mut().filter_map(Node::as_object_mut) {
        if extension.get("required").and_then(Node::as_bool) == Some(false) {
            extension.remove("required");
        }
    }
}
