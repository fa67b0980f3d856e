//! Lists of delegation records, made honestly and then spoilt in one place.

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use crate::{chains::keys, random::Random};

/// A list made at random: honest in two cases of five, else spoilt.
pub(crate) fn list(random: &mut Random) -> Vec<u8> {
    let way = random.below(20);
    let length = if way == 0 { 0 } else { random.below(4).saturating_add(1) };
    let spoilt = random.below(length.max(1));
    let mut texts = Vec::with_capacity(length);
    let mut parent: Option<String> = None;
    for place in 0..length {
        let mut record = record(place, parent.as_deref());
        if place == length.saturating_sub(1) && random.below(3) == 0 {
            deny(&mut record, random.below(2) == 0);
        }
        if place == spoilt {
            spoil(&mut record, way);
        }
        let hash = hex(&Sha256::of(body(&record).as_bytes()).0);
        let stated = if way == 1 && place == spoilt { "0".repeat(64) } else { hash.clone() };
        if random.below(3) > 0 || way == 1 {
            set(&mut record, "record_hash", json!(stated));
        }
        texts.push(record.to_string());
        parent = Some(hash);
    }
    let mut document = format!("[{}]", texts.join(","));
    if random.below(4) == 0 {
        document = format!("{{\"records\":{document}}}");
    }
    let mut bytes = document.into_bytes();
    match way {
        2 => bytes.truncate(random.below(bytes.len())),
        3 => {
            let place = random.below(bytes.len());
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << random.below(7);
            }
        }
        _ => {}
    }
    bytes
}

fn record(place: usize, parent: Option<&str>) -> Value {
    json!({
        "record_id": format!("r-{place}\u{e9}"),
        "credential_id": format!("c-{place}"),
        "subject": keys(place).verifying_key().to_hex(),
        "scope": ["a", "b"],
        "parent_record_hash": parent,
        "caller_attestation": "software-only",
    })
}

/// Makes a refusal of a record: of what is not held, or for another reason.
fn deny(record: &mut Value, held: bool) {
    set(record, "decision", json!("deny"));
    set(record, "requested_capability", json!("z"));
    set(record, "effective_scope", if held { json!(["a"]) } else { json!([]) });
    set(record, "denial_reason", json!("not \"now\"\n"));
}

/// Spoils a record before it is hashed. Ways from 12 on, and the first, spoil something else, or nothing.
fn spoil(record: &mut Value, way: usize) {
    match way {
        4 => set(record, "record_id", json!("r-0\u{e9}")),
        5 => set(record, "parent_record_hash", json!("ab".repeat(32))),
        6 => set(record, "parent_record_hash", json!(format!("sha384:{}", "ab".repeat(48)))),
        7 => set(record, "caller_attestation", json!("perhaps")),
        8 => set(record, "decision", json!("DENY")),
        9 => set(record, "scope", json!(["a", "a"])),
        10 => set(record, "note", json!(1)),
        11 => set(record, "subject", json!(format!("01{}", "00".repeat(31)))),
        _ => {}
    }
}

fn set(record: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = record {
        members.insert(name.to_owned(), value);
    }
}

/// What is hashed: the members by name without the hash, spelled as they are, for these are all plain.
fn body(record: &Value) -> String {
    let Value::Object(members) = record else { return String::new() };
    let mut members: Vec<(&String, &Value)> =
        members.iter().filter(|(name, _)| *name != "record_hash").collect();
    members.sort_by_key(|(name, _)| *name);
    let texts: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", texts.join(","))
}
