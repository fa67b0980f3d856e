//! The reader against `serde_json`, and what holds on any bytes.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs, reason = "tests")]

mod common;

use ca2a_core::json::{self, Node, NumberPolicy, ReadErrorKind as Kind, Reader, Value};
use common::to_serde;
use proptest::prelude::*;

/// Text that is JSON, or nearly: pieces of it, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just(":".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        "[ \n\t\r]{1,2}",
        "true|false|null|nul",
        "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?",
        "\"[a-c]\"",
        "\"(\\\\u[0-9a-fA-F]{4}|\\\\[\"\\\\/bfnrt]|[a-zé€\u{1f600}]){0,4}\"",
        "\\\\u[dD][89aAcC][0-9]{2}",
        any::<char>().prop_map(String::from),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

/// JSON text of any shape, with names that repeat now and then, spelled with and without escapes.
fn texts() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "\"([a-c]|\\\\u006[1-3]|\\\\n|é|\\\\ud83d\\\\ude00){0,3}\"",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        any::<i64>().prop_map(|int| int.to_string()),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(|int| int.to_string()),
        "-?[0-9]{1,3}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        text.clone(),
    ];
    let blank = || "[ \n\t\r]{0,2}";
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let item =
            (blank(), inner.clone(), blank()).prop_map(|(before, item, after)| before + &item + &after);
        let member = (blank(), text.clone(), blank(), blank(), inner, blank())
            .prop_map(|(a, name, b, c, member, d)| format!("{a}{name}{b}:{c}{member}{d}"));
        prop_oneof![
            prop::collection::vec(item, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

fn check(input: &[u8]) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_slice::<serde_json::Value>(input);
    for policy in [NumberPolicy::Integer53, NumberPolicy::Ieee754] {
        match (Reader::new(policy).read(input), &theirs) {
            // Whatever we take, they take, and see the same.
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(&to_serde(&ours), theirs),
            (Ok(_), Err(error)) => prop_assert!(false, "only we accept it: {}", error),
            // What they take and we do not breaks a rule of ours and is JSON otherwise.
            (Err(error), Ok(_)) => {
                let stricter =
                    [Kind::DuplicateMember, Kind::NegativeZero, Kind::NotAnInteger, Kind::NumberRange];
                prop_assert!(stricter.contains(&error.kind()), "only they accept it: {}", error);
            }
            (Err(error), Err(_)) => prop_assert!(error.offset() <= input.len()),
        }
    }
    Ok(())
}

/// Every span holds a document of its own, which is the value that stands there.
fn check_spans(node: &Node<'_>, input: &[u8]) -> Result<(), TestCaseError> {
    let alone = json::read(node.span.of(input)).unwrap();
    prop_assert_eq!(&alone, node);
    match &node.value {
        Value::Array(items) => items.iter().try_for_each(|item| check_spans(item, input)),
        Value::Object(object) => object.iter().try_for_each(|(_, member)| check_spans(member, input)),
        _ => Ok(()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// CORE-1 to CORE-6 on near misses.
    #[test]
    fn agrees_on_pieces(input in pieces()) {
        check(&input)?;
    }

    /// CORE-1 to CORE-6 on documents.
    #[test]
    fn agrees_on_documents(text in texts()) {
        check(text.as_bytes())?;
    }

    /// CORE-1 to CORE-6 on documents with one byte changed.
    #[test]
    fn agrees_on_damaged_documents(text in texts(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes.get_mut(at).into_iter().for_each(|slot| *slot = byte);
        check(&bytes)?;
    }

    #[test]
    fn spans_hold_their_values(text in texts()) {
        if let Ok(node) = json::read(text.as_bytes()) {
            check_spans(&node, text.as_bytes())?;
        }
    }

    /// What is printed is read again as the same value, on one line or many.
    #[test]
    fn printed_is_read_again(text in texts()) {
        for policy in [NumberPolicy::Integer53, NumberPolicy::Lexical] {
            if let Ok(node) = Reader::new(policy).read(text.as_bytes()) {
                for printed in [json::to_text(&node), json::to_pretty(&node)] {
                    prop_assert_eq!(&Reader::new(policy).read(printed.as_bytes()).unwrap(), &node);
                }
            }
        }
    }

    /// The cut of an array is where the reader sees its items.
    #[test]
    fn elements_agree_with_the_reader(text in texts(), input in pieces()) {
        for input in [text.as_bytes(), &input] {
            let items = json::read(input).ok();
            let items = items.as_ref().and_then(Node::as_array);
            let cut: Option<Vec<_>> = json::elements(input).map(Iterator::collect);
            if let Some(items) = items {
                prop_assert_eq!(cut.as_deref(), Some(&items.iter().map(|item| item.span).collect::<Vec<_>>()[..]));
            } else if let Some(cut) = cut {
                // No array to the reader: so one of the items is no document, which is all that was left to check.
                prop_assert!(cut.iter().any(|span| json::read(span.of(input)).is_err()));
            }
        }
    }

    /// The same, where every item is known to be good and only what lies between may be wrong.
    #[test]
    fn elements_check_what_lies_between(
        items in prop::collection::vec(texts(), 0..4),
        between in prop::collection::vec("[ \n]{0,1}(,|,|,|,,|;|)[ \n]{0,1}", 5),
    ) {
        let joined: String = items.iter().zip(&between).map(|(item, gap)| format!("{item}{gap}")).collect();
        let text = format!("[{joined}]");
        if let Some(cut) = json::elements(text.as_bytes()) {
            let good = cut.clone().all(|span| json::read(span.of(text.as_bytes())).is_ok());
            prop_assert!(!good || json::read(text.as_bytes()).is_ok(), "{}", text);
        }
    }
}
