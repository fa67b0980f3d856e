//! CORE-9 to CORE-11: canonical bytes, against another implementation and against themselves.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod common;

use std::cmp::Ordering;

use ca2a_core::{
    canonical::{self, CanonicalError, ObjectWriter, compare_names},
    json::{self, Node, Number, NumberPolicy, Object, Reader, Value},
};
use ca2a_covers::covers;
use common::to_serde;
use proptest::prelude::*;

const MAX: i64 = json::MAX_SAFE_INTEGER;

fn number(number: Number<'static>) -> Node<'static> {
    Value::Number(number).into()
}

fn names() -> impl Strategy<Value = String> {
    // Around the surrogates UTF-16 order is neither code point nor byte order.
    prop_oneof![any::<String>(), "[a\u{d7ff}\u{e000}\u{fb33}\u{ffff}\u{10000}\u{1f600}\u{10ffff}]{0,4}"]
}

fn nodes(numbers: BoxedStrategy<Node<'static>>) -> impl Strategy<Value = Node<'static>> {
    let leaf = prop_oneof![
        Just(Node::NULL),
        any::<bool>().prop_map(Node::from),
        numbers,
        names().prop_map(Node::from),
        "[\u{0}-\u{1f}\"\\\\/\u{7f}\u{2028}]{0,4}".prop_map(Node::from),
    ];
    leaf.prop_recursive(5, 96, 8, |inner| {
        let object =
            |members: Vec<(String, Node<'static>)>| members.into_iter().collect::<Object<'_>>().into();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Node::from_iter),
            prop::collection::vec((names(), inner), 0..8).prop_map(object),
        ]
    })
}

fn integers() -> BoxedStrategy<Node<'static>> {
    prop_oneof![-MAX..=MAX, -20_i64..20, prop::sample::select(vec![0, MAX, -MAX])]
        .prop_map(Node::from)
        .boxed()
}

fn floats() -> BoxedStrategy<Node<'static>> {
    use prop::num::f64::{NORMAL, SUBNORMAL, ZERO};
    (NORMAL | SUBNORMAL | ZERO).prop_map(|float| number(Number::Float(float))).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// CORE-9: the bytes that `serde_jcs` writes, floats and all.
    #[test]
    fn the_bytes_of_another_implementation(node in nodes(prop_oneof![integers(), floats()].boxed())) {
        let ours = String::from_utf8(canonical::to_vec(&node).unwrap()).unwrap();
        prop_assert_eq!(ours, serde_jcs::to_string(&to_serde(&node)).unwrap());
    }

    /// CORE-11: the spelling and the order that a value was read from leave no trace.
    #[test]
    fn one_form_for_one_value(node in nodes(integers())) {
        let bytes = canonical::to_vec(&node).unwrap();
        for text in [json::to_text(&node), json::to_pretty(&node), String::from_utf8(bytes.clone()).unwrap()] {
            prop_assert_eq!(&canonical::to_vec(&json::read(text.as_bytes()).unwrap()).unwrap(), &bytes);
        }
        let escaped: String = json::to_text(&node).chars().map(|char| match char {
            char if char.is_ascii() => char.to_string(),
            char => char.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect(),
        }).collect();
        prop_assert_eq!(&canonical::to_vec(&json::read(escaped.as_bytes()).unwrap()).unwrap(), &bytes);
        prop_assert_eq!(&canonical::to_vec(&reversed(&node)).unwrap(), &bytes);
    }

    /// What is canonical is read again as the value that it was made of, and equal bytes mean equal values.
    #[test]
    fn the_form_holds_the_value(left in nodes(integers()), right in nodes(integers())) {
        let (left_bytes, right_bytes) = (canonical::to_vec(&left).unwrap(), canonical::to_vec(&right).unwrap());
        prop_assert_eq!(to_serde(&json::read(&left_bytes).unwrap()), to_serde(&left));
        prop_assert_eq!(left_bytes == right_bytes, to_serde(&left) == to_serde(&right));
    }

    #[test]
    fn names_are_ordered_by_utf_16_unit(left in names(), right in names()) {
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        prop_assert_eq!(compare_names(&left, &right), units(&left).cmp(&units(&right)));
    }

    /// The form without a member is the form of the object that never had it.
    #[test]
    fn a_member_is_left_out(members in prop::collection::vec((names(), nodes(integers())), 1..8), at in any::<prop::sample::Index>()) {
        let mut object: Object<'_> = members.into_iter().collect();
        let name = object.iter().nth(at.index(object.len())).unwrap().0.to_owned();
        let without = canonical::to_vec_without(&object, &name).unwrap();
        object.remove(&name);
        prop_assert_eq!(&canonical::object_to_vec(&object).unwrap(), &without);
        prop_assert_eq!(canonical::to_vec(&object.into()).unwrap(), without);
    }

    /// The writer of known members writes what the tree writes.
    #[test]
    fn the_two_writers_agree(
        text in names(),
        absent in prop::option::of(names()),
        int in 0..=9_007_199_254_740_991_u64,
        texts in prop::collection::vec(names(), 0..5),
        node in nodes(integers()),
    ) {
        let tree: Object<'_> = Object::from([
            ("a", Node::from(text.as_str())),
            ("b\"\n", absent.as_deref().into()),
            ("c", int.into()),
            ("d", texts.iter().collect()),
            ("\u{1f600}", node.clone()),
            ("\u{fb33}", Node::NULL),
        ]);
        let written = ObjectWriter::new()
            .text("a", &text)
            .text_or_null("b\"\n", absent.as_deref())
            .uint("c", int)
            .texts("d", texts.iter().map(String::as_str))
            .node("\u{1f600}", &node).unwrap()
            .text_or_null("\u{fb33}", None)
            .finish();
        prop_assert_eq!(written, canonical::object_to_vec(&tree).unwrap());
    }
}

/// The same value with the members of every object the other way round.
fn reversed(node: &Node<'static>) -> Node<'static> {
    match &node.value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(object) => {
            let members: Vec<_> =
                object.iter().map(|(name, member)| (name.to_owned(), reversed(member))).collect();
            members.into_iter().rev().collect::<Object<'_>>().into()
        }
        _ => node.clone(),
    }
}

/// CORE-10
#[test]
fn what_has_no_canonical_form() {
    covers!(accept, "CORE-10");
    covers!(refuse, "CORE-10");
    let refused = |value: Number<'static>| canonical::to_vec(&number(value)).unwrap_err();
    for int in [MAX + 1, -MAX - 1, i64::MAX, i64::MIN] {
        assert_eq!(refused(Number::Int(int)), CanonicalError::IntegerRange);
    }
    assert_eq!(refused(Number::from_u64(u64::MAX)), CanonicalError::IntegerRange);
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(refused(Number::Float(float)), CanonicalError::NotFinite);
    }
    for text in ["1.0", "-0", "1e3", "9007199254740992", "01", "+1", "0x1"] {
        assert_eq!(refused(Number::Text(text.into())), CanonicalError::Uninterpreted, "{text}");
    }
    assert_eq!(canonical::to_vec(&number(Number::Text("-7".into()))).unwrap(), b"-7");
    // Wherever it stands.
    let deep = Node::from(Object::from([("a", Node::from_iter([number(Number::Float(f64::NAN))]))]));
    assert_eq!(canonical::to_vec(&deep), Err(CanonicalError::NotFinite));
    assert!(ObjectWriter::new().node("a", &deep).is_err());
}

/// CORE-9
#[test]
fn numbers_are_printed_as_ecma_script_does() {
    covers!(accept, "CORE-9");
    for (float, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (1e21, "1e+21"),
        (999_999_999_999_999_900_000.0, "999999999999999900000"),
        (1e-6, "0.000001"),
        (9.999_999_999_999_997e-7, "9.999999999999997e-7"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (-1.5, "-1.5"),
    ] {
        assert_eq!(canonical::to_vec(&number(Number::Float(float))).unwrap(), text.as_bytes());
    }
    for int in [0, 1, -1, 9, 10, -10, 99, 100, 12_345, MAX, -MAX] {
        assert_eq!(canonical::to_vec(&int.into()).unwrap(), int.to_string().as_bytes());
    }
}

/// CORE-9: the order of names is not the order of a scope.
#[test]
fn names_and_scopes_differ_in_order() {
    covers!(accept, "CORE-9");
    covers!(refuse, "CORE-9");
    let names = ["\u{ffee}", "\u{10000}"];
    assert_eq!(compare_names(names[0], names[1]), Ordering::Greater);
    let object: Object<'_> = names.into_iter().map(|name| (name, Node::NULL)).collect();
    assert_eq!(
        canonical::object_to_vec(&object).unwrap(),
        "{\"\u{10000}\":null,\"\u{ffee}\":null}".as_bytes()
    );
    let scope: ca2a_core::Scope = names.iter().rev().map(|name| name.parse().unwrap()).collect();
    assert_eq!(canonical::to_vec(&scope.to_node()).unwrap(), "[\"\u{ffee}\",\"\u{10000}\"]".as_bytes());
}

/// A body whose members are written out of order is found where it is made.
#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "is written after")]
fn members_out_of_order_are_found() {
    let _ = ObjectWriter::new().text("b", "").text("a", "");
}

/// CORE-11: a foreign document whose numbers nobody interprets is printed as it came, and never signed.
#[test]
fn uninterpreted_numbers_pass_through() {
    covers!(accept, "CORE-11");
    covers!(refuse, "CORE-10", "CORE-11");
    let text = r#"{"b":1.50,"a":[1e400,-0]}"#;
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).unwrap();
    assert_eq!(json::to_text(&node), text);
    assert_eq!(canonical::to_vec(&node), Err(CanonicalError::Uninterpreted));
}
