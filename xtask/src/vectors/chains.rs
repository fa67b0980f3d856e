//! Chains (DEL-13, DEL-20 to DEL-29).

use serde_json::{Value, json};

use super::{
    case::Case,
    credentials::{NOT_CANONICAL, SMALL_ORDER},
    draft::{Draft, NOW, document, honest, public},
};

pub(super) const OP: &str = "verify_chain";

/// The question about a chain document: under the root's key, now, to a depth of 8.
pub(super) fn ask(document: &str) -> Value {
    json!({
        "chain_json": document,
        "trusted_root_issuers": [public("root")],
        "max_depth": 8,
        "now": NOW,
    })
}

fn with(mut question: Value, name: &str, value: Value) -> Value {
    question[name] = value;
    question
}

/// What an accepted chain of `hops` grants to whom.
fn grants(hops: usize, scope: &[&str], subject: &str) -> Value {
    json!({ "hops": hops, "leaf_scope": scope, "leaf_subject": public(subject), "revocation": "not_checked" })
}

fn holds(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::accept(requirement, name, about, OP, question, grants(3, &["read"], "tool"))
}

fn fails(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    code: &'static str,
) -> Case {
    Case::refuse(requirement, name, about, OP, question, code)
}

/// The honest chain with one hop changed, and signed again.
pub(super) fn changed(hop: usize, change: impl FnOnce(&mut Draft)) -> String {
    let mut chain = honest();
    change(&mut chain[hop]);
    document(&chain)
}

pub(super) fn cases() -> Vec<Case> {
    [documents(), roots_and_signatures(), windows(), places(), scopes()].concat()
}

fn documents() -> Vec<Case> {
    let chain = document(&honest());
    vec![
        holds(
            "DEL-13",
            "wrapped",
            "a chain under `chain`, beside others",
            ask(&format!("{{\"chain\":{chain},\"x\":[0]}}")),
        ),
        fails("DEL-13", "text", "a text", ask("\"chain\""), "INVALID_CREDENTIAL"),
        fails("DEL-13", "object", "an object without `chain`", ask("{}"), "INVALID_CREDENTIAL"),
        holds("DEL-20", "honest", "a chain of three", ask(&chain)).preimage("hop 2", &honest()[2].body()),
    ]
}

fn roots_and_signatures() -> Vec<Case> {
    let chain = document(&honest());
    let roots = |roots: Value| with(ask(&chain), "trusted_root_issuers", roots);
    // Nothing about it holds; that its root is a stranger comes first.
    let hopeless = chain.replacen(&public("root"), SMALL_ORDER, 1);
    let leaf = |subject: &str| ask(&changed(2, |hop| hop.subject = subject.to_owned()));
    let both = ask(&changed(2, |hop| (hop.subject, hop.until) = (SMALL_ORDER.to_owned(), Some(NOW - 1))));
    vec![
        holds(
            "DEL-21",
            "one-of-two",
            "the root is one of two that are trusted",
            roots(json!([public("stranger"), public("root")])),
        ),
        fails(
            "DEL-21",
            "another",
            "another root is trusted",
            roots(json!([public("stranger")])),
            "UNTRUSTED_DELEGATION_ROOT",
        ),
        fails("DEL-21", "none", "no root is trusted", roots(json!([])), "UNTRUSTED_DELEGATION_ROOT"),
        fails("DEL-21", "first", "judged before any signature", ask(&hopeless), "UNTRUSTED_DELEGATION_ROOT"),
        holds("DEL-22", "each", "each hop signed by its issuer", ask(&chain)),
        fails(
            "DEL-22",
            "forged",
            "the last hop signed by its own subject",
            ask(&changed(2, |hop| hop.signer = "tool")),
            "INVALID_CREDENTIAL",
        ),
        holds("DEL-29", "usable", "a leaf that is a key", ask(&chain)),
        fails("DEL-29", "small-order", "a leaf of small order", leaf(SMALL_ORDER), "INVALID_CREDENTIAL"),
        fails("DEL-29", "spelling", "a leaf in another spelling", leaf(NOT_CANONICAL), "INVALID_CREDENTIAL"),
        fails(
            "DEL-23",
            "before-leaf",
            "a window is judged before the leaf's key",
            both,
            "CREDENTIAL_EXPIRED",
        ),
    ]
}

fn windows() -> Vec<Case> {
    let window = |from, until| ask(&changed(1, |hop| (hop.from, hop.until) = (from, until)));
    let then = |question: Value, at: u64| with(question, "at_time", json!(at));
    vec![
        holds("DEL-23", "first-second", "in the first second of a window", window(Some(NOW), None)),
        holds("DEL-23", "last-second", "in the last second of a window", window(None, Some(NOW))),
        fails(
            "DEL-23",
            "early",
            "a second before it",
            window(Some(NOW + 1), None),
            "CREDENTIAL_NOT_YET_VALID",
        ),
        fails("DEL-23", "late", "a second after it", window(None, Some(NOW - 1)), "CREDENTIAL_EXPIRED"),
        holds("DEL-23", "audit", "an audit of a time within it", then(window(None, Some(NOW - 1)), NOW - 1)),
        fails(
            "DEL-23",
            "audit",
            "an audit of a time before it",
            then(window(Some(NOW), None), NOW - 1),
            "CREDENTIAL_NOT_YET_VALID",
        ),
    ]
}

fn places() -> Vec<Case> {
    const LINK: &str = "BROKEN_DELEGATION_LINK";
    let chain = document(&honest());
    let mut swapped = honest();
    swapped.swap(1, 2);
    // What version 0.1 cannot tell: hop 1 names hop 0 by its id, and this is another grant under it.
    let other = changed(0, |hop| hop.scope.insert(0, "purchase".to_owned()));
    let foreign = changed(1, |hop| (hop.issuer, hop.signer) = (public("stranger"), "stranger"));
    vec![
        holds("DEL-24", "three", "three ids", ask(&chain)),
        fails(
            "DEL-24",
            "twice",
            "an id twice",
            ask(&changed(2, |hop| hop.id = "c-0".to_owned())),
            "CREDENTIAL_REPLAY",
        ),
        holds("DEL-25", "just", "as deep as is allowed", with(ask(&chain), "max_depth", json!(2))),
        fails(
            "DEL-25",
            "deeper",
            "one deeper than is allowed",
            with(ask(&chain), "max_depth", json!(1)),
            "DELEGATION_DEPTH_EXCEEDED",
        ),
        holds("DEL-26", "root", "hop 0 derives from nothing", ask(&chain)),
        fails(
            "DEL-26",
            "parent",
            "hop 0 with a parent",
            ask(&changed(0, |hop| hop.parent = Some("c-x".to_owned()))),
            LINK,
        ),
        fails("DEL-26", "depth", "hop 0 at depth 1", ask(&changed(0, |hop| hop.depth = 1)), LINK),
        fails("DEL-20", "empty", "a chain of no hops", ask("[]"), LINK),
        holds("DEL-27", "linked", "each hop continues the one before", ask(&chain)),
        holds(
            "DEL-27",
            "same-id",
            "below another grant of the same id, which version 0.1 cannot tell",
            ask(&other),
        ),
        fails(
            "DEL-27",
            "parent",
            "another parent",
            ask(&changed(1, |hop| hop.parent = Some("c-9".to_owned()))),
            LINK,
        ),
        fails("DEL-27", "no-parent", "no parent", ask(&changed(1, |hop| hop.parent = None)), LINK),
        fails("DEL-27", "issuer", "issued by a stranger", ask(&foreign), LINK),
        fails("DEL-27", "depth", "two deeper", ask(&changed(2, |hop| hop.depth = 3)), LINK),
        fails("DEL-27", "order", "hops the wrong way round", ask(&document(&swapped)), LINK),
    ]
}

fn scopes() -> Vec<Case> {
    let scope = |scope: &[&str]| {
        let scope: Vec<String> = scope.iter().map(|text| (*text).to_owned()).collect();
        ask(&changed(2, |hop| hop.scope = scope))
    };
    let wide = |name, about, question| fails("DEL-28", name, about, question, "SCOPE_ESCALATION");
    vec![
        Case::accept(
            "DEL-28",
            "equal",
            "as much as the hop before",
            OP,
            scope(&["read", "search"]),
            grants(3, &["read", "search"], "tool"),
        ),
        wide("more", "one capability more", scope(&["read", "write"])),
        wide("other", "another capability", scope(&["purchase"])),
        wide("prefix", "a capability that only begins with one that is held", scope(&["read:all"])),
        wide("star", "a star is a name like any other", scope(&["*"])),
    ]
}
