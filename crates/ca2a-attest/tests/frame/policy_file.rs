//! ATT-410, ATT-411: the policy file.

use std::collections::BTreeSet;

use ca2a_attest::appraisal::{AppraisalPolicy, policy::PolicyProblem};
use ca2a_core::{
    ErrorCode,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use proptest::prelude::*;

use crate::evidence::policy;

/// Everything that a policy may say, at least once.
const WHOLE: &str = include_str!("whole.json");

#[test]
fn a_file_that_says_everything_is_read() {
    covers!(accept, "ATT-410");
    let whole = policy(WHOLE).unwrap();
    assert_ne!(whole, AppraisalPolicy::default());
    let schema = include_str!("../../schema/appraisal-policy.schema.json");
    let schema = json::read(schema.as_bytes()).unwrap();
    let whole = json::read(WHOLE.as_bytes()).unwrap();
    // What the schema names, the file says, and the other way round: neither falls behind the reader.
    assert_eq!(named(&schema), said(&whole));
}

/// The keys under `properties`, with those above them, lists apart.
fn named(schema: &Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(schema, "", &mut names);
    names
}

fn collect(schema: &Node<'_>, path: &str, names: &mut BTreeSet<String>) {
    let Some(object) = schema.as_object() else { return };
    if let Some(items) = object.get("items") {
        collect(items, path, names);
    }
    let Some(properties) = object.get("properties").and_then(Node::as_object) else { return };
    assert_eq!(object.get("additionalProperties").and_then(Node::as_bool), Some(false), "{path}");
    for (name, inner) in properties.iter() {
        let path = format!("{path}.{name}");
        collect(inner, &path, names);
        names.insert(path);
    }
}

fn said(node: &Node<'_>) -> BTreeSet<String> {
    fn walk(node: &Node<'_>, path: &str, names: &mut BTreeSet<String>) {
        if let Some(items) = node.as_array() {
            items.iter().for_each(|item| walk(item, path, names));
        }
        for (name, inner) in node.as_object().into_iter().flat_map(Object::iter) {
            let path = format!("{path}.{name}");
            walk(inner, &path, names);
            names.insert(path);
        }
    }
    let mut names = BTreeSet::new();
    walk(node, "", &mut names);
    names
}

#[test]
fn an_unknown_key_or_word_is_refused_with_the_nearest() {
    covers!(refuse, "ATT-410");
    for (text, says) in [
        (r#"{"version":1,"smp":{}}"#, "unknown key `smp`; did you mean `snp`?"),
        (r#"{"version":1,"snp":{"vmlp":[1]}}"#, "unknown key `snp.vmlp`; did you mean `snp.vmpl`?"),
        (
            r#"{"version":1,"snp":{"guest_policy":{"debg":"allow"}}}"#,
            "unknown key `snp.guest_policy.debg`; did you mean `snp.guest_policy.debug`?",
        ),
        (
            r#"{"version":1,"tdx":{"reference_values":[{"name":"a","rtmr4":"00"}]}}"#,
            "unknown key `tdx.reference_values[0].rtmr4`; did you mean `tdx.reference_values[0].rtmr0`?",
        ),
        (
            r#"{"version":1,"tdx":{"tcb_statuses":["Uptodate"]}}"#,
            "`tdx.tcb_statuses`: `Uptodate` is not known; did you mean `UpToDate`?",
        ),
        (
            r#"{"version":1,"snp":{"guest_policy":{"debug":"alow"}}}"#,
            "`snp.guest_policy.debug`: `alow` is not known; did you mean `allow`?",
        ),
    ] {
        let error = policy(text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigError);
        assert!(
            matches!(error.problem(), PolicyProblem::UnknownKey { .. } | PolicyProblem::UnknownWord { .. }),
            "{error}"
        );
        assert_eq!(error.to_string(), says);
    }
}

#[test]
fn a_value_of_another_kind_is_refused_with_its_key() {
    covers!(refuse, "ATT-411", "ATT-420");
    for (text, says) in [
        ("{}", "`version` is missing"),
        (r#"{"version":2}"#, "`version` must be an integer from 1 to 1, found `2`"),
        ("[]", "`the policy file` must be a mapping, found an array"),
        (
            r#"{"version":1,"snp":{"vmpl":[4]}}"#,
            "`snp.vmpl` must be a list of integers from 0 to 3, found `4`",
        ),
        (r#"{"version":1,"snp":{"vmpl":0}}"#, "`snp.vmpl` must be a list, found `0`"),
        (
            r#"{"version":1,"snp":{"require_crl":"no"}}"#,
            "`snp.require_crl` must be true or false, found `no`",
        ),
        (
            r#"{"version":1,"tdx":{"fmspc":["B0C06F000000"]}}"#,
            "`tdx.fmspc` must be 12 lower-case hex characters, found `B0C06F000000`",
        ),
        (
            r#"{"version":1,"snp":{"reference_values":[{"name":"a"}]}}"#,
            "`snp.reference_values[0].name`: this reference set holds no value, so everything would match it",
        ),
        (
            r#"{"version":1,"snp":{"reference_values":[{"name":"a","measurement":"00"}]}}"#,
            "`snp.reference_values[0].measurement`: must be 96 lower-case hex characters",
        ),
        (
            r#"{"version":1,"snp":{"reference_values":[{"measurement":"00"}]}}"#,
            "`snp.reference_values[0].name` is missing",
        ),
        (r#"{"version":1,"tpm":{"pcrs":{}}}"#, "`tpm.pcrs`: names no PCR, so a quote of nothing would do"),
    ] {
        assert_eq!(policy(text).unwrap_err().to_string(), says);
    }
}

/// What a policy is, is its content: order and spelling of the file do not matter, anything else does.
#[test]
fn one_content_has_one_digest() {
    covers!(accept, "ATT-412");
    covers!(refuse, "ATT-412");
    let one = policy(r#"{"version":1,"snp":{"vmpl":[0,1]},"id":"a"}"#).unwrap();
    let same = policy("{ \"id\": \"\\u0061\", \"snp\": {\"vmpl\": [0, 1]}, \"version\": 1 }").unwrap();
    let other = policy(r#"{"version":1,"snp":{"vmpl":[0,2]},"id":"a"}"#).unwrap();
    assert_eq!(one.id(), same.id());
    assert_ne!(one.id().digest, other.id().digest);
    assert_ne!(AppraisalPolicy::default().id().digest, one.id().digest);
}

proptest! {
    /// No file makes the reader do anything but read or refuse.
    #[test]
    fn reading_is_total(text in "[ -~]{0,80}", key in "[a-z_]{1,12}", value in 0_i64..100) {
        if let Ok(node) = json::read(text.as_bytes()) {
            let _ = AppraisalPolicy::from_node(&node);
        }
        for section in ["snp", "tdx", "tpm", "azure"] {
            let inner = Object::from([(key.clone(), Node::from(value))]);
            let file = Object::from([("version", Node::from(1_u64)), (section, inner.into())]);
            let _ = AppraisalPolicy::from_node(&file.into());
        }
    }
}
