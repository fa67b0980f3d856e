//! The leaf that a record has in a transparency log, and the proof that it is there.

use ca2a_core::{
    ErrorCode, Sha256,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_trace::{AnchorLeaf, InclusionProof, anchor_bytes, merkle::LeafHash};

use crate::support::records;

fn leaf_form(text: &str) -> Result<String, ErrorCode> {
    let reader = json::Reader::new(json::NumberPolicy::Ieee754);
    let bytes = anchor_bytes(&reader.read(text.as_bytes()).unwrap()).map_err(|error| error.code())?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// TRC-50: code points order names, everything outside printable ASCII is escaped, and integers alone are numbers.
#[test]
fn the_leaf_form_is_not_the_canonical_form() {
    covers!(accept, "TRC-50");
    covers!(refuse, "TRC-50");
    assert_eq!(leaf_form(r#" {"b" : 1, "a": [true, null, -5]} "#).unwrap(), r#"{"a":[true,null,-5],"b":1}"#);
    // By code point U+E000 comes first, by UTF-16 code unit the emoji would.
    let names = leaf_form("{\"\u{1f600}\": 1, \"\u{e000}\": 2}").unwrap();
    assert_eq!(names, r#"{"\ue000":2,"\ud83d\ude00":1}"#);
    assert_eq!(leaf_form(r#""é\u007f\n\"\\/""#).unwrap(), r#""\u00e9\u007f\n\"\\/""#);
    assert_eq!(leaf_form("9007199254740991").unwrap(), "9007199254740991");
    for number in ["0.5", "1e300", "[1.5]", r#"{"a":-0.25}"#] {
        assert_eq!(leaf_form(number), Err(ErrorCode::TraceRecordInvalid), "{number}");
    }
}

/// TRC-51: the leaf is hashed behind a zero byte, over the full record.
#[test]
fn a_leaf_is_of_the_whole_record() {
    covers!(accept, "TRC-51");
    covers!(refuse, "TRC-51");
    let record = &records()[0];
    let bytes = anchor_bytes(&record.object().clone().into()).unwrap();
    let AnchorLeaf(leaf) = AnchorLeaf::of(record.object()).unwrap();
    assert_eq!(leaf, Sha256::of(&[&[0][..], &bytes].concat()));
    assert_eq!(leaf, LeafHash::of(&bytes).0);
    let mut bare = record.object().clone();
    bare.remove("signature");
    assert_ne!(AnchorLeaf::of(&bare).unwrap().0, leaf, "a record without its signature has another leaf");
    assert_ne!(leaf, Sha256::of(&bytes), "and the bytes alone are none");
}

fn receipt(index: u64, count: u64, path: &[Sha256], root: Sha256) -> Object<'static> {
    let text = |hash: &Sha256| Node::from(format!("sha256:{}", hash.to_hex()));
    Object::from([
        ("leaf_index", Node::from(index)),
        ("leaf_count", count.into()),
        ("audit_path", path.iter().map(text).collect()),
        ("merkle_root", text(&root)),
    ])
}

/// TRC-52: a proof leads from the leaf to its root, from its own place.
#[test]
fn a_proof_leads_to_its_root() {
    covers!(accept, "TRC-52");
    covers!(refuse, "TRC-52");
    let [one, other] = [0, 1].map(|at| AnchorLeaf::of(records()[at].object()).unwrap());
    let root = Sha256::of_parts(&[&[1], &one.0.0, &other.0.0]);
    let read = |receipt: Object<'static>| InclusionProof::from_node(&receipt.into()).unwrap();
    assert!(read(receipt(0, 2, &[other.0], root)).includes(&one));
    assert!(read(receipt(1, 2, &[one.0], root)).includes(&other));
    for (index, count, path, root) in [
        (1, 2, vec![other.0], root),
        (0, 3, vec![other.0], root),
        (2, 2, vec![other.0], root),
        (0, 2, vec![], root),
        (0, 2, vec![other.0, other.0], root),
        (0, 2, vec![one.0], root),
        (0, 2, vec![other.0], one.0),
    ] {
        assert!(!read(receipt(index, count, &path, root)).includes(&one), "{index} of {count}");
    }
    let good = json::to_text(&receipt(0, 2, &[other.0], root).into());
    for (from, to) in [
        ("\"leaf_index\":0,", ""),
        ("\"leaf_index\":0", "\"leaf_index\":-1"),
        ("\"leaf_count\":2", "\"leaf_count\":\"2\""),
        ("\"audit_path\":[\"sha256:", "\"audit_path\":[\"sha384:"),
        ("\"merkle_root\":\"sha256:", "\"merkle_root\":\""),
    ] {
        assert!(good.contains(from), "{from}");
        let edited = good.replacen(from, to, 1);
        let error = InclusionProof::from_node(&json::read(edited.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(error.reason().to_string(), "hash-form", "{to}");
    }
}
