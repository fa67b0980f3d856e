//! What a sloppy implementation does with a document that is spelled wrongly: it reads what was meant.
//!
//! Most checks of ours can be switched off where they stand. Of some there is nothing to switch off, because no value of our
//! types holds what they refuse: hex in capitals, a number as text, an absent member. There the reference side, told to
//! break that requirement, puts the document right before anything looks at it. No other build comes here with anything to
//! do (CONF-15).

mod server;

use ca2a_core::requirement::is_off;
use serde_json::{Map, Value, json};

use crate::input::Input;

type Members = Map<String, Value>;
type Lapse = fn(&mut Members);

/// Which requirement, and how an object is put right that breaks it.
const LAPSES: &[(&str, Lapse)] = &[
    ("ATT-1", |object| {
        if ["platform", "public_key"].iter().all(|name| object.contains_key(*name)) {
            texts(object, &["measurement", "nonce"]);
        }
    }),
    ("ATT-2", |object| {
        let padded = object.get("raw_evidence").and_then(Value::as_str).unwrap_or_default();
        match padded.trim_end_matches('=').to_owned() {
            bytes if bytes.is_empty() => drop(object.remove("raw_evidence")),
            bytes => set(object, "raw_evidence", bytes),
        }
    }),
    ("DEL-3", |object| lower(object, &["issuer", "subject"])),
    ("DEL-5", |object| {
        let depth = object.get("depth").and_then(Value::as_str).and_then(|text| text.parse::<u64>().ok());
        depth.into_iter().for_each(|depth| set(object, "depth", depth));
    }),
    ("DEL-6", |object| {
        if ["depth", "credential_id"].iter().all(|name| object.contains_key(*name)) {
            object.entry("parent_id").or_insert(Value::Null);
        }
    }),
    ("DEL-7", |object| {
        if object.contains_key("credential_id") {
            lower(object, &["signature"]);
        }
    }),
    ("DEL-8", |object| {
        let bounds = ["not_before", "not_after"];
        object.retain(|name, value| !(bounds.contains(&name.as_str()) && value.is_null()));
    }),
    ("HAND-3", |object| microseconds(object, &["issued_at", "expires_at"])),
    ("HAND-6", |object| {
        let signature = object.get("signature_algo").and(object.get("signature")).and_then(Value::as_str);
        let unpadded = signature.filter(|text| text.len() == 86).map(|text| format!("{text}=="));
        unpadded.into_iter().for_each(|text| set(object, "signature", text));
    }),
    ("HAND-53", |object| {
        let signature = object.get("outcome_hash").and(object.get("signature")).and_then(Value::as_str);
        let unpadded = signature.map(|text| text.trim_end_matches('=').to_owned());
        unpadded.into_iter().for_each(|text| set(object, "signature", text));
    }),
    ("LOG-2", |object| {
        let untagged = object.get("hex").and_then(Value::as_str).filter(|hex| hex.starts_with("84"));
        untagged.map(|hex| format!("d2{hex}")).into_iter().for_each(|hex| set(object, "hex", hex));
    }),
    ("MAN-1", |object| {
        let marked = object.get("document_json").and_then(Value::as_str);
        let read = marked.map(|text| text.trim_start_matches('\u{feff}').to_owned());
        read.into_iter().for_each(|text| set(object, "document_json", text));
    }),
    ("POL-6", |object| {
        let marked = object.get("policy_hex").and_then(Value::as_str);
        let read = marked.map(|hex| hex.trim_start_matches("efbbbf").to_owned());
        read.into_iter().for_each(|hex| set(object, "policy_hex", hex));
    }),
    ("SEAL-2", |object| lower(object, &["peer_public_key"])),
    ("SEAL-10", |object| {
        // A small object: other documents have a `version` too, among much else.
        if object.len() <= 3 && ["version", "mac"].iter().any(|name| object.contains_key(*name)) {
            texts(object, &["version", "mac"]);
        }
    }),
    ("SEAL-14", |object| {
        let message = object.get_mut("request").and_then(Value::as_object_mut).into_iter().flatten();
        message.filter(|(_, value)| value.is_f64()).for_each(|(_, number)| *number = json!(0));
    }),
    ("TRC-3", |object| lower(object, &["parent_record_hash"])),
    ("WIRE-2", server::other_nonce),
    ("WIRE-3", server::any_body),
    ("WIRE-40", server::any_path),
    ("WIRE-41", server::first_parameter),
    ("WIRE-42", server::any_length),
];

/// The input as an implementation reads it that does not hold the requirement which was switched off.
pub(crate) fn read(input: Input) -> Input {
    let lapse = LAPSES.iter().find(|(requirement, _)| is_off(requirement));
    lapse.map_or_else(|| input.clone(), |(_, lapse)| input.changed(&|value| everywhere(value, *lapse)))
}

/// Every object of a document.
fn everywhere(value: &mut Value, lapse: Lapse) {
    match value {
        Value::Object(members) => {
            lapse(members);
            members.values_mut().for_each(|member| everywhere(member, lapse));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| everywhere(item, lapse)),
        _ => {}
    }
}

fn lower(object: &mut Members, names: &[&str]) {
    for name in names {
        if let Some(Value::String(text)) = object.get_mut(*name) {
            *text = text.to_lowercase();
        }
    }
}

/// Times cut to six digits of a fraction.
fn microseconds(object: &mut Members, names: &[&str]) {
    for name in names {
        if let Some(Value::String(time)) = object.get_mut(*name)
            && let Some((second, rest)) = time.split_once('.')
        {
            let (digits, zone) =
                rest.split_at(rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len()));
            *time = format!("{second}.{}{zone}", digits.chars().take(6).collect::<String>());
        }
    }
}

/// Members that are texts, be they there or not.
fn texts(object: &mut Members, names: &[&str]) {
    for name in names {
        let text = object.get(*name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let text = text.unwrap_or("?").to_owned();
        set(object, name, text);
    }
}

fn set(object: &mut Members, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}
