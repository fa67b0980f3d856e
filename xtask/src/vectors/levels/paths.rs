//! What a path stands on: credentials of one name, names, times, classes, chains (TRC-153 to TRC-157).

use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    draft::{Draft, NOW, document, honest, public},
    traces::draft::{Record, by},
};

const OP: &str = "trace.path";
const LINK: &str = "PROVENANCE_LINK_BROKEN";
const RECORD: &str = "TRACE_RECORD_INVALID";
pub(super) const PROVENANCE: &str = "provenance-invalid";
pub(super) const AUTHORIZATION: &str = "authorization-invalid";

pub(super) fn cases() -> Vec<Case> {
    [namesakes(), names(), times(), classes(), chains()].concat()
}

/// A root and two hops.
pub(super) fn path() -> [Record; 3] {
    let first = by("planner");
    let second = by("searcher").behind(&first.hash(), "c-1");
    let third = by("tool").behind(&second.hash(), "c-2");
    [first, second, third]
}

/// A credential between two keys.
pub(super) fn known(id: &str, issuer: &str, holder: &str) -> Value {
    json!({ "credential_id": id, "issuer": { "key": public(issuer) }, "holder": { "key": public(holder) } })
}

/// The question about the path to `leaf` in a set, of a verifier that trusts the planner and knows the two credentials.
pub(super) fn ask(records: &[Record], leaf: &Record) -> Value {
    let texts: Vec<String> = records.iter().map(Record::text).collect();
    json!({
        "records_json": format!("[{}]", texts.join(",")),
        "leaf": leaf.hash(),
        "now": NOW,
        "trusted_keys": [public("planner")],
        "credentials": [known("c-1", "planner", "searcher"), known("c-2", "searcher", "tool")],
    })
}

/// The same of a verifier that knows these credentials.
pub(super) fn granted(mut question: Value, credentials: &[Value]) -> Value {
    question["credentials"] = json!(credentials);
    question
}

/// Every rule holds.
pub(super) fn walked(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    hops: usize,
) -> Case {
    Case::accept(requirement, name, about, OP, question, json!({ "hops": hops }))
}

/// These rules do not, the leaf's first.
pub(super) fn broken(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    code: &'static str,
    outcome: &str,
    faults: &[&str],
) -> Case {
    Case::refuse(requirement, name, about, OP, question, code)
        .expecting("outcome", json!(outcome))
        .expecting("faults", json!(faults))
}

fn two() -> [Record; 2] {
    let [first, second, _] = path();
    [first, second]
}

fn namesakes() -> Vec<Case> {
    let records = two();
    let of = |credentials: &[Value]| granted(ask(&records, &records[1]), credentials);
    let elsewhere = known("c-1", "stranger", "tool");
    let halves = [known("c-1", "planner", "tool"), known("c-1", "stranger", "searcher")];
    let mut fits = known("c-1", "planner", "searcher");
    fits["not_after"] = json!(NOW);
    vec![
        walked("TRC-153", "one", "one of two credentials of a name", of(&[elsewhere, fits]), 2),
        broken(
            "TRC-153",
            "halves",
            "half of each of two",
            of(&halves),
            LINK,
            AUTHORIZATION,
            &["credential_holder_mismatch"],
        ),
    ]
}

fn names() -> Vec<Case> {
    let records = two();
    let of = |credential: Value| granted(ask(&records, &records[1]), &[credential]);
    let name = |agent: &str| json!({ "name": format!("spiffe://example.org/agent/{agent}") });
    let mut by_name = known("c-1", "planner", "searcher");
    by_name["issuer"] = name("planner");
    by_name["holder"] = name("searcher");
    // Under the name of the holder, and by another key.
    let poser = by("stranger")
        .with("subject", "\"spiffe://example.org/agent/searcher\"")
        .behind(&records[0].hash(), "c-1");
    let posed = ask(&[records[0].clone(), poser.clone()], &poser);
    let told = |case: Case, bound: bool| case.expecting("bound_by_keys", json!(bound));
    vec![
        told(walked("TRC-154", "keys", "between keys", ask(&records, &records[1]), 2), true),
        told(walked("TRC-154", "names", "between names, which the evidence says", of(by_name), 2), false),
        broken(
            "TRC-154",
            "poser",
            "the holder's name under another key",
            posed,
            LINK,
            AUTHORIZATION,
            &["credential_holder_mismatch"],
        ),
    ]
}

fn times() -> Vec<Case> {
    let ahead = |seconds: u64| {
        let record = by("planner").at(NOW + seconds);
        ask(std::slice::from_ref(&record), &record)
    };
    let before = |seconds: u64| {
        let first = by("planner");
        let second = by("searcher").at(NOW - seconds).behind(&first.hash(), "c-1");
        ask(&[first, second.clone()], &second)
    };
    let records = two();
    let mut late = ask(&records, &records[1]);
    late["now"] = json!(NOW + 31_536_000);
    vec![
        walked("TRC-155", "ahead", "300 s ahead", ahead(300), 1),
        walked("TRC-155", "before", "300 s before its parent", before(300), 2),
        walked("TRC-155", "late", "read a year later", late, 2),
        broken("TRC-155", "ahead", "301 s ahead", ahead(301), RECORD, PROVENANCE, &["record_in_future"]),
        broken(
            "TRC-155",
            "before",
            "301 s before its parent",
            before(301),
            LINK,
            PROVENANCE,
            &["record_before_parent"],
        ),
    ]
}

fn classes() -> Vec<Case> {
    let first = by("planner");
    let of = |class: &str, order: Option<&[&str]>| {
        let second = by("searcher").with("data_class", &format!("\"{class}\"")).behind(&first.hash(), "c-1");
        let mut question = ask(&[first.clone(), second.clone()], &second);
        if let Some(order) = order {
            question["data_classes"] = json!(order);
        }
        question
    };
    let order = ["public", "internal", "secret"];
    let told = |case: Case, compared: bool| case.expecting("data_class_compared", json!(compared));
    let wider = |name: &str, about, class: &str| {
        let fault = &["data_class_widened"];
        broken("TRC-156", name, about, of(class, Some(&order)), "SCOPE_ESCALATION", AUTHORIZATION, fault)
    };
    vec![
        told(walked("TRC-156", "less", "a class below", of("public", Some(&order)), 2), true),
        told(walked("TRC-156", "unlisted", "one class, in no order", of("internal", Some(&[])), 2), true),
        told(walked("TRC-156", "none", "no order, and nothing compared", of("secret", None), 2), false),
        wider("more", "a class above", "secret"),
        wider("unlisted", "a class that the order does not list", "other"),
    ]
}

fn chains() -> Vec<Case> {
    let under = |records: &[Record], leaf: &Record, chain: &[Draft]| {
        let mut question = ask(records, leaf);
        if let Some(members) = question.as_object_mut() {
            members.remove("trusted_keys");
            members.remove("credentials");
        }
        question["chain_json"] = json!(document(chain));
        question["trusted_root_issuers"] = json!([public("root")]);
        question
    };
    let alone = |record: Record, chain: &[Draft]| under(std::slice::from_ref(&record), &record, chain);
    let all = path();
    let windowed = Draft { from: Some(NOW - 60), ..honest().swap_remove(0) };
    let [first, _] = two();
    let other = by("searcher").behind(&first.hash(), "c-9");
    let whole = under(&all, &all[2], &honest());
    vec![
        Case::accept(
            "TRC-157",
            "chain",
            "a record of each subject",
            OP,
            whole,
            json!({ "hops": 3, "bound_by_keys": true }),
        ),
        broken(
            "TRC-157",
            "root",
            "a first record by a later subject",
            alone(by("searcher"), &honest()),
            RECORD,
            PROVENANCE,
            &["root_key_untrusted"],
        ),
        broken(
            "TRC-157",
            "window",
            "a first record from before its credential",
            alone(by("planner").at(NOW - 61), std::slice::from_ref(&windowed)),
            "CREDENTIAL_NOT_YET_VALID",
            AUTHORIZATION,
            &["credential_window"],
        ),
        broken(
            "TRC-157",
            "credential",
            "under a credential that the chain has not",
            under(&[first, other.clone()], &other, &honest()),
            LINK,
            AUTHORIZATION,
            &["credential_unknown"],
        ),
    ]
}
