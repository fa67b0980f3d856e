//! Lists of records, by themselves and beside a chain (TRC-40 to TRC-45).

use serde_json::{Value, json};

use super::draft::{Record, by};
use crate::vectors::{
    case::Case,
    draft::{NOW, document, honest, public},
};

const LIST: &str = "verify_trace_dag";
const OF_CHAIN: &str = "verify_trace_dag+cross_check";
const BROKEN: &str = "PROVENANCE_LINK_BROKEN";
const INVALID: &str = "TRACE_RECORD_INVALID";

pub(super) fn cases() -> Vec<Case> {
    [lists(), records(), chains()].concat()
}

/// A record for each hop of the honest chain.
fn path() -> [Record; 3] {
    let first = by("planner");
    let second = by("searcher").behind(&first.hash(), "c-1");
    let third = by("tool").behind(&second.hash(), "c-2");
    [first, second, third]
}

fn ask(records: &[Record]) -> Value {
    let texts: Vec<String> = records.iter().map(Record::text).collect();
    let trusted = ["planner", "searcher", "tool"].map(public);
    json!({
        "records_json": format!("[{}]", texts.join(",")),
        "trusted_keys": trusted,
        "now": NOW,
    })
}

fn beside(records: &[Record], hops: usize) -> Value {
    let mut question = ask(records);
    question["chain_json"] = json!(document(&honest()[..hops]));
    question
}

fn taken(requirement: &'static str, name: &str, about: &'static str, records: &[Record]) -> Case {
    let expect = json!({ "hops": records.len() });
    Case::accept(requirement, name, about, LIST, ask(records), expect)
}

fn refused(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    records: &[Record],
    code: &'static str,
) -> Case {
    Case::refuse(requirement, name, about, LIST, ask(records), code)
}

fn lists() -> Vec<Case> {
    let [first, second, _] = path();
    let late = by("planner").at(NOW + 300);
    let [at_most, too_early] = [0, 1].map(|more| by("searcher").at(NOW - more).behind(&late.hash(), "c-1"));
    let orphan = by("searcher").behind(&super::draft::digest("0"), "c-1");
    vec![
        taken("TRC-40", "path", "each behind an earlier one", &path()),
        refused("TRC-40", "empty", "an empty list", &[], BROKEN),
        refused("TRC-40", "root", "a first one behind another", std::slice::from_ref(&second), BROKEN),
        refused("TRC-40", "loose", "a second one behind none", &[first.clone(), by("searcher")], BROKEN),
        refused("TRC-40", "orphan", "behind a record that is not there", &[first.clone(), orphan], BROKEN),
        refused("TRC-40", "twice", "a record twice", &[first.clone(), second.clone(), second], BROKEN),
        taken("TRC-42", "skew", "300 s before its parent", &[late.clone(), at_most]),
        refused("TRC-42", "early", "301 s before its parent", &[late, too_early], BROKEN),
    ]
}

fn records() -> Vec<Case> {
    let [first, second, _] = path();
    let stranger = by("stranger").behind(&first.hash(), "c-1");
    let forged = by("searcher").behind(&first.hash(), "c-1").signed_by("stranger");
    vec![
        taken("TRC-41", "trusted", "each under a trusted key", &[first.clone(), second]),
        refused("TRC-41", "stranger", "one under another key", &[first.clone(), stranger], INVALID),
        refused("TRC-41", "forged", "one that its key did not sign", &[first, forged], INVALID),
    ]
}

fn chains() -> Vec<Case> {
    let [first, second, third] = path();
    let elsewhere = by("searcher").behind(&first.hash(), "c-9");
    let by_tool = by("tool").behind(&first.hash(), "c-1");
    let refuses = |name: &str, about, records: &[Record], hops| {
        Case::refuse("TRC-45", name, about, OF_CHAIN, beside(records, hops), BROKEN)
    };
    vec![
        Case::accept("TRC-45", "chain", "a record a hop", OF_CHAIN, beside(&path(), 3), json!({ "hops": 3 })),
        refuses("short", "a hop without a record", &[first.clone(), second.clone()], 3),
        refuses("long", "a record without a hop", &[first.clone(), second, third], 2),
        refuses("credential", "under another credential", &[first.clone(), elsewhere], 2),
        refuses("signer", "by another than the credential's subject", &[first, by_tool], 2),
    ]
}
