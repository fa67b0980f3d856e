//! Core's canonical bytes with Cedar in the build. `cedar-policy` turns on `serde_json/preserve_order` for everything
//! that is built beside it, which changes the order of `serde_json::Map` and must change no byte that is signed.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use ca2a_core::{
    canonical,
    json::{NumberPolicy, Reader},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Without this, the property below would not test what it is here for.
#[test]
fn the_order_of_maps_is_the_changed_one() {
    assert_eq!(json!({"b": 1, "a": 2}).to_string(), r#"{"b":1,"a":2}"#);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        // An integer spelling beyond 2^53 is refused on reading, so floats come with a fraction or an exponent.
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    // Names on both sides of the surrogates, where UTF-16 order is not code point order.
    let name = prop_oneof![any::<String>(), "[a-c\u{e000}\u{ffff}\u{1f511}\u{10ffff}\"\\\\\n]{0,3}"];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    /// CORE-9 in the build that signs.
    #[test]
    fn the_writer_agrees_with_another_implementation(value in values()) {
        let text = value.to_string();
        let node = Reader::new(NumberPolicy::Ieee754).read(text.as_bytes()).unwrap();
        prop_assert_eq!(
            String::from_utf8(canonical::to_vec(&node).unwrap()).unwrap(),
            serde_jcs::to_string(&value).unwrap()
        );
    }
}
