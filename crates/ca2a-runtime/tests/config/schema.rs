//! The JSON Schema of the configuration file against the reader of it (CFG-11).

use std::collections::BTreeSet;

use ca2a_core::json::{self, Node, Object, Value, to_text};
use ca2a_covers::covers;
use ca2a_runtime::config::{Config, ConfigProblem, document, json_schema};

/// Between them they say everything that can be said.
const FILES: [&str; 2] = [include_str!("node.yaml"), include_str!("gateway.yaml")];

/// What is shipped to be changed.
const SHIPPED: [&str; 2] =
    [include_str!("../../../../deploy/gateway-a.yaml"), include_str!("../../../../deploy/gateway-b.yaml")];

fn schema() -> Node<'static> {
    json::read(json_schema().as_bytes()).unwrap().into_owned()
}

fn read(yaml: &str) -> Node<'static> {
    document(yaml.as_bytes()).unwrap()
}

/// CFG-11: the file beside the source is what is made. `ca2a config-schema` makes it.
#[test]
fn the_file_is_what_is_made() {
    covers!(accept, "CFG-11");
    let is_made = include_str!("../../schema/config.schema.json") == json_schema();
    assert!(is_made, "`ca2a config-schema > crates/ca2a-runtime/schema/config.schema.json` makes it anew");
}

/// CFG-11: what the schema names, the files say, and the other way round; the reader and the schema take them all.
#[test]
fn the_schema_has_every_key_and_no_other() {
    covers!(accept, "CFG-11");
    covers!(refuse, "CFG-11");
    let (mut named, mut said) = (BTreeSet::new(), BTreeSet::new());
    collect(&schema(), "", &mut named);
    for yaml in FILES {
        walk(&read(yaml), "", &mut said);
    }
    assert_eq!(named, said);
    for yaml in FILES {
        Config::from_yaml(yaml.as_bytes()).unwrap();
    }
    for yaml in FILES.into_iter().chain(SHIPPED) {
        assert_eq!(fault(&schema(), &read(yaml)), None);
    }
}

/// CFG-11, CFG-8: no key is only named. Whatever else stands under one is refused at that key, by reader and schema; a
/// key that there is not is refused in every mapping.
#[test]
fn every_key_is_read() {
    covers!(refuse, "CFG-8");
    let (mut refused, mut strangers) = (0, 0);
    for yaml in FILES {
        let whole = read(yaml);
        for path in places(&whole) {
            let mut other = whole.clone();
            let slot = at(&mut other, &path);
            let is_mapping = slot.as_object().is_some();
            if is_mapping {
                slot.as_object_mut().unwrap().insert("no_such_key", 1_u64);
                let problem = problem(&other).unwrap_or_else(|| panic!("{path:?} takes anything"));
                assert!(matches!(problem, ConfigProblem::UnknownKey { .. }), "{path:?}: {problem}");
                assert!(fault(&schema(), &other).is_some(), "{path:?}");
                strangers += 1;
            }
            *at(&mut other, &path) =
                if is_mapping { "text".into() } else { Object::from([("a", 1_u64)]).into() };
            let problem = problem(&other).unwrap_or_else(|| panic!("{path:?} is not read"));
            let ConfigProblem::Expected { key, .. } = problem else { panic!("{path:?}: {problem}") };
            assert_eq!(key, path.join(".").replace(".[", "["));
            assert!(fault(&schema(), &other).is_some(), "{path:?}");
            refused += 1;
        }
    }
    assert!(refused > 120 && strangers > 20, "{refused}, {strangers}");
}

/// CFG-11, CFG-1: `null`, numbers out of their bounds, words that there are not and empty text are refused by the reader
/// wherever the schema refuses them.
#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    covers!(refuse, "CFG-1", "CFG-11");
    let odd = [
        Node::NULL,
        Node::from(0_u64),
        Node::from(-1_i64),
        Node::from(7_u64),
        Node::from(1_u64 << 33),
        Node::from(true),
        Node::from("no such word"),
        Node::from(""),
        Node::from(Vec::new()),
    ];
    let mut refused = 0;
    for yaml in FILES {
        let whole = read(yaml);
        for path in places(&whole) {
            for value in &odd {
                let mut other = whole.clone();
                *at(&mut other, &path) = value.clone();
                if let Some(fault) = fault(&schema(), &other) {
                    assert!(problem(&other).is_some(), "{path:?}: {value:?} is read, though {fault}");
                    refused += 1;
                } else if let Some(problem) = problem(&other) {
                    // What a key demands of another.
                    let by_itself = matches!(problem, ConfigProblem::Expected { .. });
                    assert!(!by_itself, "{path:?}: {value:?} is no fault of the schema, and {problem}");
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

/// What the reader says of `node`.
fn problem(node: &Node<'_>) -> Option<ConfigProblem> {
    // JSON is YAML.
    Config::from_yaml(to_text(node).as_bytes()).err().map(|error| error.problem().clone())
}

/// Where the values of `node` are: names, and `[n]`.
fn places(node: &Node<'_>) -> Vec<Vec<String>> {
    let inner: Vec<(String, &Node<'_>)> = match &node.value {
        Value::Array(items) => items.iter().enumerate().map(|(n, item)| (format!("[{n}]"), item)).collect(),
        Value::Object(object) => object.iter().map(|(name, inner)| (name.to_owned(), inner)).collect(),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for (step, inner) in inner {
        found.push(vec![step.clone()]);
        found.extend(places(inner).into_iter().map(|rest| [vec![step.clone()], rest].concat()));
    }
    found
}

fn at<'n>(node: &'n mut Node<'static>, path: &[String]) -> &'n mut Node<'static> {
    path.iter().fold(node, |node, step| match &mut node.value {
        Value::Array(items) => &mut items[step.trim_matches(['[', ']']).parse::<usize>().unwrap()],
        Value::Object(object) => object.get_mut(step).unwrap(),
        _ => panic!("nothing at {step}"),
    })
}

/// The keys under `properties`, with those above them.
fn collect(schema: &Node<'_>, path: &str, names: &mut BTreeSet<String>) {
    let Some(object) = schema.as_object() else { return };
    if let Some(items) = object.get("items") {
        collect(items, path, names);
    }
    let Some(properties) = object.get("properties").and_then(Node::as_object) else { return };
    assert_eq!(object.get("additionalProperties").and_then(Node::as_bool), Some(false), "{path}");
    for (name, inner) in properties.iter() {
        assert!(inner.as_object().unwrap().get("description").is_some(), "{path}.{name}");
        let path = format!("{path}.{name}");
        collect(inner, &path, names);
        names.insert(path);
    }
}

fn walk(node: &Node<'_>, path: &str, names: &mut BTreeSet<String>) {
    for item in node.as_array().unwrap_or_default() {
        walk(item, path, names);
    }
    for (name, inner) in node.as_object().into_iter().flat_map(Object::iter) {
        let path = format!("{path}.{name}");
        walk(inner, &path, names);
        names.insert(path);
    }
}

/// The first keyword of `schema` that `node` is against, of those that the schema is made of.
fn fault(schema: &Node<'_>, node: &Node<'_>) -> Option<String> {
    let rules = schema.as_object().unwrap();
    let wrong = |keyword: &str| Some(format!("`{keyword}` refuses {node:?}"));
    let kind = match &node.value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    for (keyword, rule) in rules.iter() {
        let holds = match keyword {
            "type" => [rule]
                .into_iter()
                .chain(rule.as_array().unwrap_or_default())
                .any(|name| name.as_str() == Some(kind)),
            "enum" => rule.as_array().unwrap().contains(node),
            "minimum" => node.as_int().is_none_or(|value| value >= rule.as_int().unwrap()),
            "maximum" => node.as_int().is_none_or(|value| value <= rule.as_int().unwrap()),
            "minLength" => node.as_str().is_none_or(|text| !text.is_empty()),
            "minItems" => node.as_array().is_none_or(|items| !items.is_empty()),
            "required" => node.as_object().is_none_or(|object| {
                rule.as_array().unwrap().iter().all(|name| object.contains(name.as_str().unwrap()))
            }),
            "additionalProperties" => node.as_object().is_none_or(|object| {
                let known = rules.get("properties").unwrap().as_object().unwrap();
                object.iter().all(|(name, _)| known.contains(name))
            }),
            "properties" => {
                let known = rule.as_object().unwrap();
                let members = node.as_object().into_iter().flat_map(Object::iter);
                let faults = members.filter_map(|(name, inner)| fault(known.get(name)?, inner));
                if let Some(inner) = faults.into_iter().next() {
                    return Some(inner);
                }
                true
            }
            "items" => {
                let items = node.as_array().unwrap_or_default();
                if let Some(inner) = items.iter().find_map(|item| fault(rule, item)) {
                    return Some(inner);
                }
                true
            }
            "$schema" | "title" | "description" => true,
            // All of them refuse the two texts that are tried here.
            "pattern" => !matches!(node.as_str(), Some("" | "no such word")),
            other => panic!("the schema has a keyword that this test does not know: {other}"),
        };
        if !holds {
            return wrong(keyword);
        }
    }
    None
}
