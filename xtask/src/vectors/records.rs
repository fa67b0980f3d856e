//! Delegation records (TRC-1 to TRC-7).

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use super::{
    case::Case,
    draft::{document, honest, with},
};

const CODE: &str = "PROVENANCE_LINK_BROKEN";

/// A record of a hop of the honest chain.
#[derive(Clone)]
struct Record {
    id: String,
    credential: String,
    subject: String,
    scope: Vec<String>,
    parent: Option<String>,
    /// Of a refusal: what was asked for, the effective scope, and why.
    denial: Option<(&'static str, Vec<String>, &'static str)>,
}

fn record(hop: usize, parent: Option<String>) -> Record {
    let credential = &honest()[hop];
    Record {
        id: format!("rec-{hop}"),
        credential: credential.id.clone(),
        subject: credential.subject.clone(),
        scope: credential.scope.clone(),
        parent,
        denial: None,
    }
}

/// A record a hop, each naming the one before.
fn path() -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for hop in 0..3 {
        records.push(record(hop, records.last().map(Record::hash)));
    }
    records
}

impl Record {
    /// What is hashed, spelled out (TRC-2).
    fn body(&self) -> String {
        let (decision, effective, reason, requested) = match &self.denial {
            None => Default::default(),
            Some((requested, effective, reason)) => (
                "\"decision\":\"deny\",".to_owned(),
                format!("\"effective_scope\":{},", json!(effective)),
                format!("\"denial_reason\":{},", json!(reason)),
                format!("\"requested_capability\":{},", json!(requested)),
            ),
        };
        format!(
            "{{\"caller_attestation\":\"not_offered\",\"credential_id\":{},{decision}{reason}{effective}\"parent_record_hash\":{},\"record_id\":{},{requested}\"scope\":{},\"subject\":{}}}",
            json!(self.credential),
            json!(self.parent),
            json!(self.id),
            json!(self.scope),
            json!(self.subject),
        )
    }

    fn hash(&self) -> String {
        hex(&Sha256::of(self.body().as_bytes()).0)
    }

    /// On the wire, with its hash.
    fn text(&self) -> String {
        let body = self.body();
        with(&body, "record_hash", &self.hash())
    }
}

fn list(records: &[Record]) -> String {
    let texts: Vec<String> = records.iter().map(Record::text).collect();
    format!("[{}]", texts.join(","))
}

fn of_list(text: &str) -> Value {
    json!({ "records_json": text })
}

fn of_chain(records: &[Record]) -> Value {
    json!({ "records_json": list(records), "chain_json": document(&honest()) })
}

fn refused(requirement: &'static str, name: &str, about: &'static str, input: Value) -> Case {
    let op = if input.get("chain_json").is_some() { "verify_dag+cross_check_chain" } else { "verify_dag" };
    Case::refuse(requirement, name, about, op, input, CODE)
}

fn accepted(requirement: &'static str, name: &str, about: &'static str, records: &[Record]) -> Case {
    let denied = records.iter().any(|record| record.denial.is_some());
    let expect = json!({ "records": records.len(), "leaf_hash": records.last().map(Record::hash), "leaf_denied": denied });
    let case = Case::accept(requirement, name, about, "verify_dag", of_list(&list(records)), expect);
    records.iter().fold(case, |case, record| case.preimage(&record.id, &record.body()))
}

pub(super) fn cases() -> Vec<Case> {
    [forms(), paths(), chains()].concat()
}

/// The refusal of `requested` under the last credential, whose effective scope is `effective`.
fn denied(requested: &'static str, effective: &[&str], reason: &'static str) -> Vec<Record> {
    let mut records = path();
    let parent = records.last().map(Record::hash);
    let effective = effective.iter().map(|text| (*text).to_owned()).collect();
    let refusal =
        Record { id: "rec-3".to_owned(), denial: Some((requested, effective, reason)), ..record(2, parent) };
    records.push(refusal);
    records
}

fn forms() -> Vec<Case> {
    let one = record(0, None);
    let text = one.text();
    let edited = |from: &str, to: &str| of_list(&format!("[{}]", text.replacen(from, to, 1)));
    let linked = |parent: &str| {
        let later = Record { parent: Some(parent.to_owned()), ..record(1, None) };
        of_list(&list(&[one.clone(), later]))
    };
    vec![
        accepted("TRC-1", "allow", "an allow record", std::slice::from_ref(&one)),
        refused("TRC-1", "unknown", "an unknown member", edited("{", "{\"note\":0,")),
        refused("TRC-1", "decision", "another decision", edited("{", "{\"decision\":\"DENY\",")),
        refused(
            "TRC-1",
            "reason",
            "an allow record with a reason to deny",
            edited("{", "{\"denial_reason\":\"x\","),
        ),
        refused("TRC-1", "twice", "a capability twice", edited("\"read\",", "\"read\",\"read\",")),
        accepted("TRC-2", "hash", "the hash is of the body", std::slice::from_ref(&one)),
        refused("TRC-2", "hash", "another hash", edited(&one.hash(), &"0".repeat(64))),
        refused("TRC-2", "changed", "changed after it was hashed", edited("\"write\"", "\"purchase\"")),
        accepted("TRC-3", "record", "a parent by its hash", &path()[..2]),
        refused("TRC-3", "capitals", "a parent in capitals", linked(&one.hash().to_uppercase())),
        refused("TRC-3", "spelling", "a parent in capitals, under the hash of its right spelling", {
            let [first, second] = [0, 1].map(|place| path()[place].text());
            let parent = path()[0].hash();
            let respelled = second.replacen(&parent, &parent.to_uppercase(), 1);
            of_list(&format!("[{first},{respelled}]"))
        }),
        refused(
            "TRC-3",
            "algorithm",
            "a parent under an unknown algorithm",
            linked(&format!("md5:{}", one.hash())),
        ),
    ]
}

fn paths() -> Vec<Case> {
    let mut twice = path();
    twice[2].id = "rec-0".to_owned();
    let mut orphan = path();
    orphan.remove(0);
    let mut detached = path();
    detached[2].parent = Some("0".repeat(64));
    let mut after = denied("purchase", &["read"], "capability 'purchase' is not in the effective scope");
    let parent = after.last().map(Record::hash);
    after.push(Record { id: "rec-4".to_owned(), parent, ..record(2, None) });
    vec![
        accepted("TRC-6", "path", "a path of three", &path()),
        refused("TRC-6", "empty", "an empty list", of_list("[]")),
        refused("TRC-6", "twice", "an id twice", of_list(&list(&twice))),
        refused("TRC-6", "orphan", "the first names a parent", of_list(&list(&orphan))),
        refused("TRC-6", "detached", "a parent that is not the record before", of_list(&list(&detached))),
        refused("TRC-6", "after-refusal", "something after a refusal", of_list(&list(&after))),
    ]
}

fn chains() -> Vec<Case> {
    let accept = |name, about, records: &[Record]| {
        let expect = json!({ "records": records.len() });
        Case::accept("TRC-7", name, about, "verify_dag+cross_check_chain", of_chain(records), expect)
    };
    let relinked = |mut records: Vec<Record>| {
        for place in 1..records.len() {
            records[place].parent = Some(records[place - 1].hash());
        }
        records
    };
    let mut widened = path();
    widened[1].scope.push("write".to_owned());
    let mut other = path();
    other[2].credential = "c-9".to_owned();
    let reason = "capability 'purchase' is not in the effective scope";
    vec![
        accept("chain", "a record a hop", &path()),
        accept("refusal", "a refusal of what is not held", &denied("purchase", &["read"], reason)),
        refused("TRC-7", "short", "a hop without a record", of_chain(&path()[..2])),
        refused("TRC-7", "scope", "another scope than the hop's", of_chain(&relinked(widened))),
        refused("TRC-7", "credential", "another credential than the hop's", of_chain(&relinked(other))),
        refused(
            "TRC-7",
            "effective",
            "an effective scope beyond the credential's",
            of_chain(&denied("purchase", &["read", "write"], reason)),
        ),
        refused(
            "TRC-7",
            "contradiction",
            "refuses as not held what is held",
            of_chain(&denied("read", &["read"], "capability 'read' is not in the effective scope")),
        ),
    ]
}
