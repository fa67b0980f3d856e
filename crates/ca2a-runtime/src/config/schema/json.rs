//! The keys as a JSON Schema, for editors and for whoever makes such files (CFG-11).

use ca2a_core::json::{Node, Object, to_pretty};

use super::{
    join,
    key::{Key, Value},
    keys_of,
};

/// The JSON Schema (draft 2020-12) of the configuration file, as text. It has every key that is read and no other, and
/// judges each value by itself; what keys demand of one another the reader says.
#[must_use]
pub fn json_schema() -> String {
    let mut schema = Object::from([
        ("$schema", Node::from("https://json-schema.org/draft/2020-12/schema")),
        ("title", "The configuration of a ca2a node".into()),
    ]);
    for (keyword, value) in mapping("").iter() {
        schema.insert(keyword.to_owned(), value.clone());
    }
    to_pretty(&schema.into()) + "\n"
}

/// The mapping at `path`.
fn mapping(path: &str) -> Object<'static> {
    let keys = keys_of(path);
    let mut properties = Object::new();
    for key in keys {
        properties.insert(key.name, property(path, key));
    }
    let mut schema = Object::from([("type", kind("object", path.is_empty()))]);
    let required: Node<'static> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    if required.as_array().is_some_and(|names| !names.is_empty()) {
        schema.insert("required", required);
    }
    schema.insert("additionalProperties", false);
    schema.insert("properties", properties);
    schema
}

fn property(path: &str, key: &Key) -> Object<'static> {
    let mut schema = Object::from([("description", key.about)]);
    for (keyword, value) in value(&join(path, key.name), &key.value, key.or_null).iter() {
        schema.insert(keyword.to_owned(), value.clone());
    }
    schema
}

/// What `value`, which stands at `path`, has to be; `null` is nothing where `or_null`.
fn value(path: &str, value: &Value, or_null: bool) -> Object<'static> {
    match value {
        Value::Text => Object::from([("type", kind("string", or_null)), ("minLength", 1_u64.into())]),
        Value::Pattern(form) => {
            Object::from([("type", kind("string", or_null)), ("pattern", (*form).into())])
        }
        Value::Integer(least, most) => Object::from([
            ("type", kind("integer", or_null)),
            ("minimum", (*least).into()),
            ("maximum", (*most).into()),
        ]),
        Value::Flag => Object::from([("type", kind("boolean", or_null))]),
        Value::Word(words) => Object::from([("enum", words().into_iter().collect::<Node<'static>>())]),
        Value::List(item, least) => list(self::value(path, item, false), *least, or_null),
        Value::Section => {
            let mut schema = mapping(path);
            schema.insert("type", kind("object", or_null));
            schema
        }
        Value::Sections => list(mapping(&format!("{path}[]")), 0, or_null),
    }
}

fn list(items: Object<'static>, least: u64, or_null: bool) -> Object<'static> {
    let mut schema = Object::from([("type", kind("array", or_null))]);
    if least > 0 {
        schema.insert("minItems", least);
    }
    schema.insert("items", items);
    schema
}

fn kind(name: &'static str, or_null: bool) -> Node<'static> {
    if or_null { [name, "null"].into_iter().collect() } else { name.into() }
}
