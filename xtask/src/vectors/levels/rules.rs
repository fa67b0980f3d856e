//! The rules at every hop of a path, and the verdict that they come to (TRC-150 to TRC-152).

use ca2a_core::TraceLink;
use serde_json::{Value, json};

use super::paths::{AUTHORIZATION, PROVENANCE, ask, broken, granted, known, path, walked};
use crate::vectors::{
    case::Case,
    draft::NOW,
    traces::draft::{Record, by, digest},
};

pub(super) fn cases() -> Vec<Case> {
    [sets(), provenance(), authority(), verdicts()].concat()
}

fn sets() -> Vec<Case> {
    let [first, second, third] = path();
    let branch = by("searcher").at(NOW - 1).behind(&first.hash(), "c-1");
    let aside = by("stranger").behind(&digest("0"), "c-9");
    let refuses = |name: &str, about, records: &[Record], code| {
        let case = Case::refuse("TRC-150", name, about, "trace.path", ask(records, &first), code);
        let reason = if name == "twice" { "repeated" } else { "schema:/" };
        case.expecting("reason", json!(reason))
    };
    let odd = by("tool").with("note", "0");
    vec![
        walked(
            "TRC-150",
            "order",
            "in no order",
            ask(&[third.clone(), first.clone(), second.clone()], &third),
            3,
        ),
        walked(
            "TRC-150",
            "branch",
            "two behind one",
            ask(&[first.clone(), second.clone(), branch.clone()], &branch),
            2,
        ),
        walked("TRC-150", "aside", "one that no walk passes", ask(&[first.clone(), aside], &first), 1),
        refuses("twice", "a record twice", &[first.clone(), second, first.clone()], "PROVENANCE_LINK_BROKEN"),
        refuses("shape", "a record of another shape", &[first.clone(), odd], "TRACE_RECORD_INVALID"),
    ]
}

fn provenance() -> Vec<Case> {
    let [first, second, third] = path();
    let rule = |name: &str, about, question: Value, code, faults: &[&str]| {
        broken("TRC-151", name, about, question, code, PROVENANCE, faults)
    };
    let forged = by("searcher").behind(&first.hash(), "c-1").signed_by("stranger");
    let root = by("stranger");
    vec![
        walked(
            "TRC-151",
            "path",
            "a root and two hops",
            ask(&[first.clone(), second.clone(), third], &path()[2]),
            3,
        ),
        rule(
            "d-1",
            "a record that its key did not sign",
            ask(&[first, forged.clone()], &forged),
            "TRACE_RECORD_INVALID",
            &["record_signature_invalid", "credential_holder_mismatch"],
        ),
        rule(
            "d-2",
            "a root under another key",
            ask(std::slice::from_ref(&root), &root),
            "TRACE_RECORD_INVALID",
            &["root_key_untrusted"],
        ),
        rule(
            "d-3",
            "a parent that is not there",
            ask(std::slice::from_ref(&second), &second),
            "PROVENANCE_LINK_BROKEN",
            &["parent_not_found"],
        ),
    ]
}

fn authority() -> Vec<Case> {
    let [first, second, third] = path();
    let all = [first.clone(), second.clone(), third.clone()];
    let two = [first.clone(), second.clone()];
    let deep = |links: u64| {
        let mut question = ask(&all, &third);
        question["max_depth"] = json!(links);
        question
    };
    let under = |credential: Value| granted(ask(&two, &second), &[credential]);
    let window = |from: Option<u64>, until: Option<u64>| {
        let mut credential = known("c-1", "planner", "searcher");
        credential["not_before"] = json!(from);
        credential["not_after"] = json!(until);
        under(credential)
    };
    let rule = |name: &str, about, question: Value, code, fault: &str| {
        broken("TRC-151", name, about, question, code, AUTHORIZATION, &[fault])
    };
    let wider = by("searcher").with("data_class", "\"secret\"").behind(&first.hash(), "c-1");
    let mut widened = ask(&[first.clone(), wider.clone()], &wider);
    widened["data_classes"] = json!(["internal", "secret"]);
    vec![
        walked("TRC-151", "depth", "as many links as are followed", deep(2), 3),
        rule("d-4", "one more", deep(1), "DELEGATION_DEPTH_EXCEEDED", "depth_exceeded"),
        rule(
            "d-5",
            "under a credential that nobody knows",
            under(known("c-9", "planner", "searcher")),
            "PROVENANCE_LINK_BROKEN",
            "credential_unknown",
        ),
        rule(
            "d-6",
            "under one that another issued",
            under(known("c-1", "stranger", "searcher")),
            "PROVENANCE_LINK_BROKEN",
            "credential_issuer_mismatch",
        ),
        rule(
            "d-7",
            "under one that another holds",
            under(known("c-1", "planner", "tool")),
            "PROVENANCE_LINK_BROKEN",
            "credential_holder_mismatch",
        ),
        walked("TRC-151", "window", "at both ends of a window", window(Some(NOW), Some(NOW)), 2),
        rule(
            "d-8-early",
            "a second before the window",
            window(Some(NOW + 1), None),
            "CREDENTIAL_NOT_YET_VALID",
            "credential_window",
        ),
        rule(
            "d-8-late",
            "a second after it",
            window(None, Some(NOW - 1)),
            "CREDENTIAL_EXPIRED",
            "credential_window",
        ),
        rule(
            "d-9",
            "a more sensitive class than its parent's",
            widened,
            "SCOPE_ESCALATION",
            "data_class_widened",
        ),
    ]
}

fn verdicts() -> Vec<Case> {
    let first = by("planner");
    let link = TraceLink::sha384_of(first.text().as_bytes()).to_string();
    let far = by("searcher").behind(&link, "c-1");
    let records = [first, far.clone()];
    let mut narrow = ask(&records, &far);
    narrow["sha256_only"] = json!(true);
    // The first fault on the way is of the lesser class.
    let root = by("stranger");
    let lost = by("searcher").behind(&root.hash(), "c-9");
    let unlinked = by("tool").behind(&far.hash(), "c-9");
    let mut unread = ask(&[records[0].clone(), far.clone(), unlinked.clone()], &unlinked);
    unread["sha256_only"] = json!(true);
    vec![
        walked("TRC-152", "sha384", "a link with SHA-384", ask(&records, &far), 2),
        broken(
            "TRC-151",
            "d-10",
            "a digest that the verifier does not read",
            narrow.clone(),
            "TRACE_DIGEST_UNSUPPORTED",
            "unverifiable",
            &["digest_algorithm_unsupported"],
        ),
        broken(
            "TRC-152",
            "provenance",
            "no authority, and no trusted root",
            ask(&[root, lost.clone()], &lost),
            "TRACE_RECORD_INVALID",
            PROVENANCE,
            &["credential_unknown", "root_key_untrusted"],
        ),
        broken(
            "TRC-152",
            "authority",
            "no authority, and a link that cannot be read",
            unread,
            "PROVENANCE_LINK_BROKEN",
            AUTHORIZATION,
            &["credential_unknown", "digest_algorithm_unsupported"],
        ),
        broken(
            "TRC-152",
            "unverifiable",
            "a link that cannot be read, and nothing else",
            narrow,
            "TRACE_DIGEST_UNSUPPORTED",
            "unverifiable",
            &["digest_algorithm_unsupported"],
        ),
    ]
}
