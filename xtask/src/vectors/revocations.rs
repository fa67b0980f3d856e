//! Revocation (REV-1 to REV-9).

use serde_json::{Value, json};

use super::{
    case::Case,
    chains::{OP, ask},
    credentials::SMALL_ORDER,
    draft::{NOW, document, honest, key, public, with},
};

const CODE: &str = "INVALID_REVOCATION";

/// A statement before it is signed.
#[derive(Clone)]
struct Statement {
    kind: &'static str,
    digest: String,
    revoker: String,
    issued_at: u64,
    signer: &'static str,
}

/// `revoker` takes hop `hop` of the honest chain back.
fn statement(hop: usize, revoker: &'static str) -> Statement {
    Statement {
        kind: "ca2a.delegation-revocation.v1",
        digest: honest()[hop].digest(),
        revoker: public(revoker),
        issued_at: NOW,
        signer: revoker,
    }
}

impl Statement {
    /// What is signed, spelled out (REV-2).
    fn body(&self) -> String {
        format!(
            "{{\"issued_at\":{},\"revoked_digest\":{},\"revoker\":{},\"type\":{}}}",
            self.issued_at,
            json!(self.digest),
            json!(self.revoker),
            json!(self.kind),
        )
    }

    fn under(&self, body: &str) -> String {
        let signature = key(self.signer).sign(body.as_bytes()).to_hex();
        with(&self.body(), "signature", &signature)
    }

    fn text(&self) -> String {
        self.under(&self.body())
    }
}

fn snapshot(as_of: u64, statements: &[String]) -> String {
    format!("{{\"as_of\":{as_of},\"revocations\":[{}]}}", statements.join(","))
}

pub(super) fn cases() -> Vec<Case> {
    [documents(), decisions(), ages()].concat()
}

fn documents() -> Vec<Case> {
    let good = statement(1, "root");
    let read = |text: &str| json!({ "snapshot_json": text });
    let accept = |requirement, name, about, statements: &[Statement]| {
        let texts: Vec<String> = statements.iter().map(Statement::text).collect();
        let bodies: Vec<String> = statements
            .iter()
            .map(|statement| ca2a_core::encoding::hex(statement.body().as_bytes()))
            .collect();
        let expect = json!({ "as_of": NOW, "statements": texts.len(), "canonical_bodies": bodies });
        Case::accept(
            requirement,
            name,
            about,
            "revocation.parse_snapshot",
            read(&snapshot(NOW, &texts)),
            expect,
        )
    };
    let refuse = |requirement, name, about, text: &str| {
        Case::refuse(requirement, name, about, "revocation.parse_snapshot", read(text), CODE)
    };
    let alone =
        |requirement, name, about, text: String| refuse(requirement, name, about, &snapshot(NOW, &[text]));
    let changed = |change: fn(&mut Statement)| {
        let mut other = good.clone();
        change(&mut other);
        other.text()
    };
    vec![
        accept("REV-1", "one", "a statement", std::slice::from_ref(&good))
            .preimage("signature", &good.body()),
        alone(
            "REV-1",
            "type",
            "of another type",
            changed(|other| other.kind = "ca2a.delegation-revocation.v2"),
        ),
        alone(
            "REV-1",
            "digest",
            "a digest without its algorithm",
            changed(|other| other.digest = other.digest.replace("sha256:", "")),
        ),
        alone(
            "REV-1",
            "revoker",
            "a revoker of small order",
            changed(|other| other.revoker = SMALL_ORDER.to_owned()),
        ),
        alone("REV-1", "time", "at 2^53", changed(|other| other.issued_at = 1 << 53)),
        alone("REV-1", "unknown", "an unknown member", good.text().replacen('{', "{\"why\":\"lost\",", 1)),
        accept("REV-2", "body", "over the body", &[statement(2, "planner")])
            .preimage("signature", &statement(2, "planner").body()),
        alone(
            "REV-2",
            "blank",
            "over the body with a blank",
            good.under(&good.body().replacen(':', ": ", 1)),
        ),
        accept("REV-3", "revoker", "signed by its revoker", &[statement(0, "root")]),
        alone("REV-3", "another", "signed by somebody else", changed(|other| other.signer = "stranger")),
        accept("REV-4", "twice", "a statement twice", &[good.clone(), good.clone()]),
        accept("REV-4", "none", "no statement", &[]),
        refuse(
            "REV-4",
            "unknown",
            "an unknown member",
            &format!("{{\"as_of\":{NOW},\"revocations\":[],\"next\":0}}"),
        ),
        refuse("REV-4", "missing", "without its time", "{\"revocations\":[]}"),
        refuse("REV-4", "time", "at 2^53", &snapshot(1 << 53, &[])),
        accept("REV-5", "both", "two good ones", &[good.clone(), statement(2, "root")]),
        refuse(
            "REV-5",
            "one-bad",
            "a good one and a bad one",
            &snapshot(NOW, &[good.text(), changed(|other| other.signer = "tool")]),
        ),
    ]
}

/// The honest chain, judged with a snapshot.
fn question(snapshot: &str) -> Value {
    let mut question = ask(&document(&honest()));
    question["snapshot_json"] = json!(snapshot);
    question
}

fn kept(requirement: &'static str, name: &str, about: &'static str, question: Value, as_of: u64) -> Case {
    let expect = json!({ "hops": 3, "revocation": "not_revoked", "revocation_as_of": as_of });
    Case::accept(requirement, name, about, OP, question, expect)
}

fn decisions() -> Vec<Case> {
    let by = |hop, revoker| question(&snapshot(NOW, &[statement(hop, revoker).text()]));
    let later = Statement { issued_at: NOW + 50, ..statement(1, "root") };
    let at = |then: u64| {
        let mut question = question(&snapshot(NOW, &[later.text()]));
        question["at_time"] = json!(then);
        question
    };
    let revoked = |requirement, name, about, question| {
        Case::refuse(requirement, name, about, OP, question, "CREDENTIAL_REVOKED")
    };
    vec![
        revoked("REV-6", "issuer", "the issuer of a hop takes it back", by(1, "planner")),
        revoked("REV-6", "above", "who issued a hop nearer the root does", by(2, "root")),
        revoked("REV-6", "root", "the root takes its own grant back", by(0, "root")),
        kept("REV-6", "subject", "its subject has no say", by(1, "searcher"), NOW),
        kept("REV-6", "stranger", "a stranger has none", by(2, "stranger"), NOW),
        kept("REV-6", "below", "who issued a hop farther from the root has none", by(0, "planner"), NOW),
        kept("REV-7", "audit", "an audit of a time before the statement", at(NOW + 49), NOW),
        Case::refuse(
            "REV-7",
            "audit",
            "an audit of the time of the statement",
            OP,
            at(NOW + 50),
            "CREDENTIAL_REVOKED",
        ),
        Case::refuse(
            "REV-7",
            "live",
            "a live decision, whatever the date of the statement",
            OP,
            question(&snapshot(NOW, &[later.text()])),
            "CREDENTIAL_REVOKED",
        ),
    ]
}

fn ages() -> Vec<Case> {
    let aged = |as_of: u64, most: u64| {
        let mut question = question(&snapshot(as_of, &[]));
        question["max_revocation_staleness"] = json!(most);
        question
    };
    let unknown = |requirement, name, about, question| {
        Case::refuse(requirement, name, about, OP, question, "REVOCATION_STATUS_UNKNOWN")
    };
    let mut without = ask(&document(&honest()));
    without["max_revocation_staleness"] = json!(60);
    vec![
        kept("REV-8", "just", "as old as is allowed", aged(NOW - 60, 60), NOW - 60),
        unknown("REV-8", "older", "a second older", aged(NOW - 61, 60)),
        unknown("REV-8", "none", "no snapshot where one is wanted", without),
        kept("REV-9", "just", "300 s ahead", aged(NOW + 300, 60), NOW + 300),
        unknown("REV-9", "ahead", "301 s ahead", aged(NOW + 301, 60)),
        kept("REV-10", "asked", "that it was checked, and as of when", question(&snapshot(5, &[])), 5),
        Case::accept(
            "REV-10",
            "not-asked",
            "that it was not",
            OP,
            ask(&document(&honest())),
            json!({ "revocation": "not_checked", "revocation_as_of": null }),
        ),
    ]
}
