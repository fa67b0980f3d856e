//! CORE-21, CORE-22: names and scopes; typed access to members.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::collections::BTreeSet;

use ca2a_core::{
    CallerAssurance, Capability, CredentialId, NameError, RecordId, Scope, ScopeError,
    json::{self, Node},
};
use ca2a_covers::covers;
use proptest::prelude::*;

fn capability(text: &str) -> Capability {
    Capability::new(text).unwrap()
}

fn scope(json: &str) -> Result<Scope, ScopeError> {
    Scope::from_node("scope", &json::read(json.as_bytes()).unwrap())
}

/// CORE-21
#[test]
fn names_are_any_text_but_none() {
    covers!(accept, "CORE-21");
    covers!(refuse, "CORE-21");
    assert_eq!(Capability::new(""), Err(NameError::Empty));
    assert_eq!("".parse::<CredentialId>(), Err(NameError::Empty));
    assert_eq!("".parse::<RecordId>(), Err(NameError::Empty));
    assert_ne!(capability("é"), capability("e\u{301}"));
    assert_ne!(capability("read"), capability("Read"));
    assert_eq!(capability(" ").as_str(), " ");
    for text in ["not_offered", "failed", "software-only", "hardware"] {
        assert_eq!(text.parse::<CallerAssurance>().unwrap().as_str(), text);
    }
    assert!("Hardware".parse::<CallerAssurance>().is_err());
}

/// CORE-22
#[test]
fn a_scope_is_an_array_of_distinct_capabilities() {
    covers!(accept, "CORE-22");
    covers!(refuse, "CORE-22");
    let read = scope(r#"["write","read","\ud83d\ude00","\uffee"]"#).unwrap();
    assert_eq!(read.texts().collect::<Vec<_>>(), ["read", "write", "\u{ffee}", "\u{1f600}"]);
    assert!(scope("[]").unwrap().is_empty());
    assert_eq!(scope(r#"["a","b","a"]"#), Err(ScopeError::Repeated(capability("a"))));
    assert_eq!(scope(r#"["a","\u0061"]"#), Err(ScopeError::Repeated(capability("a"))));
    for wrong in [r#""read""#, "null", "{}", r#"[""]"#, "[1]", "[null]", r#"[["read"]]"#] {
        assert!(matches!(scope(wrong), Err(ScopeError::Shape(_))), "{wrong}");
    }
    let many = |count: usize| {
        format!("[{}]", (0..count).map(|index| format!("\"c{index}\"")).collect::<Vec<_>>().join(","))
    };
    assert_eq!(scope(&many(Scope::MAX_LEN)).unwrap().len(), 256);
    assert_eq!(scope(&many(257)), Err(ScopeError::TooMany(257)));
}

/// What is wrong with a member is said by its name.
#[test]
fn shapes() {
    let node =
        json::read(br#"{"text":"t","empty":"","int":7,"negative":-1,"null":null,"list":[],"object":{}}"#)
            .unwrap();
    let object = node.expect_object("body").unwrap();
    assert_eq!(object.text("text"), Ok("t"));
    assert_eq!((object.uint("int"), object.optional_uint("absent")), (Ok(7), Ok(None)));
    assert!(object.array("list").is_ok() && object.object("object").is_ok());
    assert!(object.optional("null").is_none() && object.optional("absent").is_none());
    let says = |error: Option<ca2a_core::json::ShapeError>| error.unwrap().to_string();
    assert_eq!(says(object.text("absent").err()), "member `absent` is missing");
    assert_eq!(says(object.text("int").err()), "`int` must be a string, found a number");
    assert_eq!(
        says(object.non_empty_text("empty").err()),
        "`empty` must be a non-empty string, found a string"
    );
    assert_eq!(
        says(object.uint("negative").err()),
        "`negative` must be an integer from 0 to 2^53-1, found a number"
    );
    assert_eq!(
        says(object.optional_uint("null").err()),
        "`null` must be an integer from 0 to 2^53-1, found null"
    );
    assert_eq!(says(node.expect_array("body").err()), "`body` must be an array, found an object");
    assert_eq!(says(object.closed(&["text"], &["empty"]).err()), "unknown member `int`");
    let all = ["text", "empty", "int", "negative", "null", "list", "object"];
    assert_eq!(object.closed(&all, &[]), Ok(()));
    assert_eq!(object.closed(&[], &all), Ok(()));
    assert_eq!(says(object.closed(&[&all[..], &["more"]].concat(), &[]).err()), "member `more` is missing");
    assert_eq!(object.text("int").unwrap_err().span().of(br#"{"text":"t","empty":"","int":7"#), b"7");
}

/// Objects built in memory keep one member a name, in the place of the first.
#[test]
fn objects() {
    let mut object: json::Object<'_> =
        [("a", Node::from(1_i64)), ("b", 2_i64.into()), ("a", 3_i64.into())].into();
    assert_eq!(object.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(object.get("a").and_then(Node::as_int), Some(3));
    *object.get_mut("b").unwrap() = true.into();
    assert_eq!(object.remove("b").and_then(|node| node.as_bool()), Some(true));
    assert_eq!((object.len(), object.contains("b"), object.remove("b")), (1, false, None));
    let owned = json::read(br#"{"a":["x",1,null]}"#).unwrap().into_owned();
    assert_eq!(json::to_text(&owned), r#"{"a":["x",1,null]}"#);
    assert_eq!(json::to_pretty(&owned), "{\n  \"a\": [\n    \"x\",\n    1,\n    null\n  ]\n}");
}

proptest! {
    /// CORE-22: a scope is a set, and its order is the code point order of its texts.
    #[test]
    fn scopes_are_sets(
        left in prop::collection::vec("[a-d\u{ffee}\u{1f600}]{1,2}", 0..12),
        right in prop::collection::vec("[a-d\u{ffee}\u{1f600}]{1,2}", 0..12),
    ) {
        let scope = |texts: &[String]| texts.iter().map(|text| capability(text)).collect::<Scope>();
        let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<_>>();
        let (ours, theirs) = ((scope(&left), scope(&right)), (set(&left), set(&right)));
        prop_assert_eq!(ours.0.texts().collect::<Vec<_>>(), theirs.0.iter().collect::<Vec<_>>());
        prop_assert_eq!(ours.0.is_subset(&ours.1), theirs.0.is_subset(&theirs.1));
        let beyond = theirs.0.difference(&theirs.1).next().map(String::as_str);
        prop_assert_eq!(ours.0.first_beyond(&ours.1).map(Capability::as_str), beyond);
        for text in &right {
            prop_assert_eq!(ours.0.contains(&capability(text)), theirs.0.contains(text));
        }
        prop_assert_eq!(Scope::from_node("scope", &ours.0.to_node()).unwrap(), ours.0);
    }
}
