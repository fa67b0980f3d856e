//! A list of delegation records, judged as TRC-1 to TRC-3 and TRC-6 say.

use std::collections::BTreeSet;

use crate::{
    credential::{hex, scope, sha256, spelled, text},
    ed25519::point,
    json::{self, Value, quoted},
};

/// What an accepted list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// How many records it has.
    pub records: usize,
    /// The hash of the last one, in lower-case hex.
    pub leaf: String,
    /// Whether that one is a refusal.
    pub denied: bool,
}

struct Record {
    id: String,
    credential: String,
    subject: [u8; 32],
    scope: BTreeSet<String>,
    parent: Option<String>,
    attestation: String,
    /// What was asked for, the effective scope, and why not.
    denial: Option<(String, BTreeSet<String>, String)>,
}

const NEEDED: [&str; 4] = ["record_id", "credential_id", "subject", "scope"];
const POSSIBLE: [&str; 7] = [
    "parent_record_hash",
    "caller_attestation",
    "decision",
    "requested_capability",
    "effective_scope",
    "denial_reason",
    "record_hash",
];
/// What `caller_attestation` may say.
const ATTESTATIONS: [&str; 4] = ["not_offered", "failed", "software-only", "hardware"];

/// Judges the list of records `bytes`.
///
/// # Errors
/// `PROVENANCE_LINK_BROKEN`, which is the code of whatever may be wrong with it.
pub fn judge_records(bytes: &[u8]) -> Result<Path, &'static str> {
    path(bytes).ok_or("PROVENANCE_LINK_BROKEN")
}

fn path(bytes: &[u8]) -> Option<Path> {
    let document = json::read(bytes)?;
    let items = match &document {
        Value::Object(members) => &members.iter().find(|(name, _)| name == "records")?.1,
        other => other,
    };
    let Value::List(items) = items else { return None };
    let records: Vec<Record> = items.iter().map(Record::read).collect::<Option<_>>()?;
    let mut ids = BTreeSet::new();
    let mut before: Option<&Record> = None;
    for record in &records {
        let follows = match before {
            None => record.parent.is_none(),
            Some(before) => before.denial.is_none() && record.parent == Some(before.hash()),
        };
        if !ids.insert(&record.id) || !follows {
            return None;
        }
        before = Some(record);
    }
    let leaf = before?;
    Some(Path { records: records.len(), leaf: leaf.hash(), denied: leaf.denial.is_some() })
}

impl Record {
    fn read(value: &Value) -> Option<Self> {
        let Value::Object(members) = value else { return None };
        let get = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        let known = |name: &str| NEEDED.contains(&name) || POSSIBLE.contains(&name);
        if !members.iter().all(|(name, _)| known(name)) {
            return None;
        }
        let given = |name: &str| get(name).filter(|value| **value != Value::Null);
        let facts = (given("requested_capability"), given("effective_scope"), given("denial_reason"));
        let decision = match get("decision") {
            None => "allow".to_owned(),
            Some(value) => text(value)?,
        };
        let denial = match (decision.as_str(), facts) {
            ("allow", (None, None, None)) => None,
            ("deny", (Some(requested), Some(effective), Some(Value::Text(reason)))) => {
                Some((text(requested)?, perhaps_empty(effective)?, reason.clone()))
            }
            _ => return None,
        };
        let record = Self {
            id: text(get("record_id")?)?,
            credential: text(get("credential_id")?)?,
            subject: hex(get("subject")?)?,
            scope: perhaps_empty(get("scope")?)?,
            parent: match given("parent_record_hash") {
                None => None,
                Some(value) => Some(link(&text(value)?)?),
            },
            attestation: match get("caller_attestation") {
                None => "not_offered".to_owned(),
                Some(value) => text(value).filter(|text| ATTESTATIONS.contains(&text.as_str()))?,
            },
            denial,
        };
        point(&record.subject)?;
        match get("record_hash") {
            Some(value) if text(value)? != record.hash() => None,
            _ => Some(record),
        }
    }

    /// What is hashed (TRC-2).
    fn body(&self) -> String {
        let list = |scope: &BTreeSet<String>| {
            let items: Vec<String> = scope.iter().map(|capability| quoted(capability)).collect();
            format!("[{}]", items.join(","))
        };
        let mut members = vec![
            format!("\"caller_attestation\":{}", quoted(&self.attestation)),
            format!("\"credential_id\":{}", quoted(&self.credential)),
        ];
        if let Some((_, effective, reason)) = &self.denial {
            members.push("\"decision\":\"deny\"".to_owned());
            members.push(format!("\"denial_reason\":{}", quoted(reason)));
            members.push(format!("\"effective_scope\":{}", list(effective)));
        }
        let parent = self.parent.as_deref().map_or_else(|| "null".to_owned(), quoted);
        members.push(format!("\"parent_record_hash\":{parent}"));
        members.push(format!("\"record_id\":{}", quoted(&self.id)));
        if let Some((requested, ..)) = &self.denial {
            members.push(format!("\"requested_capability\":{}", quoted(requested)));
        }
        members.push(format!("\"scope\":{}", list(&self.scope)));
        members.push(format!("\"subject\":\"{}\"", spelled(&self.subject)));
        format!("{{{}}}", members.join(","))
    }

    fn hash(&self) -> String {
        spelled(&sha256(self.body().as_bytes()))
    }
}

/// A scope that may hold nothing.
fn perhaps_empty(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::List(items) if items.is_empty() => Some(BTreeSet::new()),
        value => scope(value),
    }
}

/// TRC-3: the hash of a delegation record, or of a TRACE record under its algorithm.
fn link(text: &str) -> Option<String> {
    let value = |digits: &str| Value::Text(digits.to_owned());
    match text.split_once(':') {
        None => hex::<32>(&value(text)).map(|_| ()),
        Some(("sha256", digits)) => hex::<32>(&value(digits)).map(|_| ()),
        Some(("sha384", digits)) => hex::<48>(&value(digits)).map(|_| ()),
        Some(_) => None,
    }?;
    Some(text.to_owned())
}
