//! The form of a credential, rule by rule: what keeps to it is read, what breaks it is not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod common;

use ca2a_core::{
    ErrorCode, Sha256,
    encoding::hex,
    json::{Node, Object, to_text},
};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, Credential};
use common::{NO_POINT, SMALL_ORDER, document, honest, key, members, signed};

/// What hop 0 of an honest chain says with `member` as `node`, signed by its issuer.
fn with(member: &'static str, node: impl Into<Node<'static>>) -> Object<'static> {
    let mut object = members(0, 1);
    object.insert(member, node);
    signed(object, &key(0))
}

fn read(object: &Object<'static>) -> Result<Credential, ErrorCode> {
    let text = to_text(&object.clone().into());
    Credential::from_json(text.as_bytes()).map_err(|error| error.code())
}

#[track_caller]
fn reads(object: &Object<'static>) {
    let credential = read(object).unwrap();
    assert!(credential.verify_signature().is_ok());
}

#[track_caller]
fn is_refused(object: &Object<'static>) {
    assert_eq!(read(object).unwrap_err(), ErrorCode::InvalidCredential);
}

/// Capabilities, as many as `count`, in their order.
fn texts(count: usize) -> Node<'static> {
    (0..count).map(|number| format!("{number:03}")).collect()
}

#[test]
fn the_members() {
    covers!(accept, "DEL-1");
    covers!(refuse, "DEL-1");
    reads(&honest(1)[0]);
    is_refused(&with("note", "x"));
    for member in ["credential_id", "issuer", "subject", "scope", "depth", "parent_id", "signature"] {
        let mut short = honest(1).remove(0);
        short.remove(member);
        is_refused(&short);
    }
    let text = to_text(&honest(1).remove(0).into());
    let twice = text.replacen("\"depth\":0", "\"depth\":0,\"depth\":0", 1);
    assert_eq!(Credential::from_json(twice.as_bytes()).unwrap_err().code(), ErrorCode::InvalidCredential);
    let negative = text.replacen("\"depth\":0", "\"depth\":-0", 1);
    assert_eq!(Credential::from_json(negative.as_bytes()).unwrap_err().code(), ErrorCode::InvalidCredential);
}

#[test]
fn names_and_keys() {
    covers!(accept, "DEL-2", "DEL-3", "DEL-6", "DEL-7");
    covers!(refuse, "DEL-2", "DEL-3", "DEL-6", "DEL-7");
    reads(&with("credential_id", "é"));
    reads(&with("parent_id", "p"));
    reads(&with("parent_id", Node::NULL));
    for (member, node) in [
        ("credential_id", Node::from("")),
        ("credential_id", 1_u64.into()),
        ("issuer", key(0).verifying_key().to_hex().to_uppercase().into()),
        ("issuer", "00".repeat(31).into()),
        ("subject", key(1).verifying_key().to_hex().to_uppercase().into()),
        ("subject", Node::NULL),
        ("parent_id", "".into()),
        ("parent_id", 0_u64.into()),
    ] {
        is_refused(&with(member, node));
    }
    for signature in [Node::from("0".repeat(127)), "AB".repeat(64).into(), Node::NULL] {
        let mut object = honest(1).remove(0);
        object.insert("signature", signature);
        is_refused(&object);
    }
}

#[test]
fn scope_depth_and_window() {
    covers!(accept, "DEL-4", "DEL-5", "DEL-8", "DEL-9");
    covers!(refuse, "DEL-4", "DEL-5", "DEL-8", "DEL-9");
    let most = (1_u64 << 53) - 1;
    reads(&with("scope", texts(256)));
    reads(&with("depth", most));
    reads(&with("not_after", most));
    reads(&signed(
        Object::from([
            ("credential_id", Node::from("c")),
            ("issuer", key(0).verifying_key().to_hex().into()),
            ("subject", key(1).verifying_key().to_hex().into()),
            ("scope", texts(1)),
            ("depth", 0_u64.into()),
            ("parent_id", Node::NULL),
        ]),
        &key(0),
    ));
    reads(&with("not_before", common::NOW + 100));
    for (member, node) in [
        ("scope", texts(0)),
        ("scope", texts(257)),
        ("scope", Node::from_iter(["a", "a"])),
        ("scope", Node::from_iter([""])),
        ("scope", "a".into()),
        ("depth", "0".into()),
        ("not_before", Node::NULL),
        ("not_after", Node::NULL),
        ("not_after", (common::NOW - 101).into()),
    ] {
        is_refused(&with(member, node));
    }
    // Beyond what a canonical form can hold, so signed as it was before.
    for member in ["depth", "not_before", "not_after"] {
        let text = to_text(&honest(1).remove(0).into());
        let (before, rest) = text.split_once(&format!("\"{member}\":")).unwrap();
        let (_, after) = rest.split_once(',').unwrap();
        let large = format!("{before}\"{member}\":9007199254740992,{after}");
        assert_eq!(Credential::from_json(large.as_bytes()).unwrap_err().code(), ErrorCode::InvalidCredential);
    }
}

#[test]
fn what_is_signed() {
    covers!(accept, "DEL-10", "DEL-11", "DEL-14");
    covers!(refuse, "DEL-10", "DEL-11", "DEL-14");
    let object = with("scope", Node::from_iter(["b", "a", "\u{10000}", "\u{ffee}"]));
    let credential = read(&object).unwrap();
    let body = String::from_utf8(credential.body()).unwrap();
    assert!(body.contains("\"scope\":[\"a\",\"b\",\"\u{ffee}\",\"\u{10000}\"]"), "by code point: {body}");
    assert!(body.starts_with("{\"credential_id\":\"c-0\",\"depth\":0,") && !body.contains("signature"));

    // The same credential signed with its scope as it stands is another body.
    let mut unsorted = object.clone();
    let wrong = body.replace("[\"a\",\"b\",", "[\"b\",\"a\",");
    assert_ne!(wrong, body);
    unsorted.insert("signature", key(0).sign(wrong.as_bytes()).to_hex());
    assert!(read(&unsorted).unwrap().verify_signature().is_err());

    // The digest covers the body and not the signature.
    assert_eq!(credential.digest().to_string(), format!("sha256:{}", hex(&Sha256::of(body.as_bytes()).0)));
    assert_eq!(read(&unsorted).unwrap().digest(), credential.digest());
    assert_ne!(read(&honest(1)[0]).unwrap().digest(), credential.digest());
}

#[test]
fn keys_are_points_of_the_curve() {
    covers!(accept, "DEL-12");
    covers!(refuse, "DEL-12");
    reads(&honest(1)[0]);
    for member in ["issuer", "subject"] {
        for unusable in [NO_POINT, SMALL_ORDER] {
            is_refused(&with(member, unusable));
        }
    }
}

#[test]
fn a_chain_document() {
    covers!(accept, "DEL-13");
    covers!(refuse, "DEL-13");
    let array = document(&honest(2));
    let chain = Chain::from_json(&array).unwrap();
    let wrapped = [b"{\"about\":[1],\"chain\":", array.as_slice(), b"}"].concat();
    assert_eq!(Chain::from_json(&wrapped).unwrap(), chain);
    for bytes in [&b"{}"[..], b"1", b"{\"chain\":{}}", b"[[]]"] {
        assert_eq!(Chain::from_json(bytes).unwrap_err().code(), ErrorCode::InvalidCredential);
    }
}
