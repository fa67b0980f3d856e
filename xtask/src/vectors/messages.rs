//! cA2A in the metadata of a message (WIRE-10, WIRE-11).

use serde_json::{Value, json};

use super::{
    case::Case,
    draft::{document, honest},
};

const CODE: &str = "TRANSPORT_ERROR";
const URI: &str = "https://agentrust-io.com/extensions/ca2a/v0.1";

/// A member of the metadata, its value a JSON text.
type Member<'m> = (&'m str, &'m str);

/// Metadata with these members, under the keys of the extension.
fn metadata(members: &[Member<'_>]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("\"{URI}/{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The members of a call without anything optional, but for `changed`, which replaces one of them or comes to them.
fn call(changed: &[Member<'_>]) -> String {
    let chain = document(&honest());
    let mut members = vec![
        ("delegation_chain", chain.as_str()),
        ("requested_capability", "\"read\""),
        ("record_id", "\"rec-0\""),
        ("parent_record_hash", "null"),
    ];
    for &(name, value) in changed {
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some(member) => member.1 = value,
            None => members.push((name, value)),
        }
    }
    members.retain(|(_, value)| !value.is_empty());
    metadata(&members)
}

fn message(metadata: &str) -> String {
    format!("{{\"messageId\":\"m-1\",\"metadata\":{metadata},\"role\":\"user\"}}")
}

fn ask(text: &str) -> Value {
    json!({ "message_json": text })
}

fn read(name: &str, about: &'static str, text: &str) -> Case {
    reads(name, about, text, "rec-0", None)
}

fn reads(name: &str, about: &'static str, text: &str, record_id: &str, parent: Option<&str>) -> Case {
    let request = json!({
        "hops": 3,
        "requested_capability": "read",
        "record_id": record_id,
        "parent_record_hash": parent,
        "sealed_payload_hex": null,
        "has_caller_offer": false,
        "has_holder_proof": false,
        "has_caller_possession": false,
    });
    Case::accept("WIRE-10", name, about, "metadata.parse", ask(text), json!({ "peer_request": request }))
}

fn refused(name: &str, about: &'static str, changed: Member<'_>) -> Case {
    Case::refuse("WIRE-10", name, about, "metadata.parse", ask(&message(&call(&[changed]))), CODE)
}

pub(super) fn cases() -> Vec<Case> {
    [reading(), writing()].concat()
}

fn reading() -> Vec<Case> {
    let hash = "5e".repeat(32);
    let (plain, sha256, sha384) =
        (format!("\"{hash}\""), format!("\"sha256:{hash}\""), format!("\"sha384:{}\"", "5e".repeat(48)));
    let parent = |text: &str| message(&call(&[("parent_record_hash", text)]));
    let (capitals, md5) = (format!("\"{}\"", hash.to_uppercase()), format!("\"md5:{hash}\""));
    let nested = format!("{{\"params\":{{\"message\":{}}}}}", message(&call(&[])));
    let both = format!(
        "{{\"params\":{{\"metadata\":{},\"message\":{}}}}}",
        call(&[]),
        message(&metadata(&[("record_id", "\"rec-1\"")])),
    );
    let nothing = json!({ "peer_request": null });
    vec![
        read("call", "the four members of a call", &message(&call(&[]))),
        read("null", "an optional member that is null", &message(&call(&[("holder_proof", "null")]))),
        read("nested", "in the message of the parameters", &nested),
        reads("later", "in both places, where the later wins", &both, "rec-1", None),
        reads("parent", "after a delegation record", &parent(&plain), "rec-0", Some(&hash)),
        reads("sha256", "after a TRACE record", &parent(&sha256), "rec-0", sha256.get(1..72)),
        reads("sha384", "after a TRACE record under SHA-384", &parent(&sha384), "rec-0", sha384.get(1..104)),
        Case::accept(
            "WIRE-10",
            "none",
            "a message of somebody else's",
            "metadata.parse",
            ask(&message("{\"note\":1.5}")),
            nothing,
        ),
        refused("chain", "without its chain", ("delegation_chain", "")),
        refused("capability", "without what it asks for", ("requested_capability", "")),
        refused("record", "without its record", ("record_id", "")),
        refused("parent", "without saying whether it has a parent", ("parent_record_hash", "")),
        refused("number", "a record id that is a number", ("record_id", "1")),
        refused("empty", "an empty record id", ("record_id", "\"\"")),
        refused("object", "a chain that is an object", ("delegation_chain", "{}")),
        refused("capitals", "a parent in capitals", ("parent_record_hash", &capitals)),
        refused("algorithm", "a parent under an algorithm that nobody knows", ("parent_record_hash", &md5)),
        refused("payload", "a payload that is a number", ("sealed_payload", "1")),
    ]
}

fn writing() -> Vec<Case> {
    let written = |name: &str, about, text: &str, more: &[&str]| {
        let own =
            ["delegation_chain", "holder_proof", "parent_record_hash", "record_id", "requested_capability"];
        let mut keys: Vec<String> = own.iter().map(|name| format!("{URI}/{name}")).collect();
        keys.extend(more.iter().map(|&key| key.to_owned()));
        Case::accept("WIRE-11", name, about, "metadata.attach", ask(text), json!({ "keys": keys }))
    };
    vec![
        written("top", "a message that has metadata", "{\"metadata\":{\"keep\":1}}", &["keep"]),
        written(
            "params",
            "parameters without a message",
            "{\"params\":{\"metadata\":{\"keep\":1}}}",
            &["keep"],
        ),
        written(
            "message",
            "parameters with a message",
            "{\"params\":{\"message\":{\"metadata\":{\"keep\":1}}}}",
            &["keep"],
        ),
        written(
            "stale",
            "over members of another call, which go",
            &message(&metadata(&[("sealed_payload", "\"QQ\""), ("caller_offer", "{}")])),
            &[],
        ),
        Case::refuse(
            "WIRE-11",
            "number",
            "metadata that is a number",
            "metadata.attach",
            ask("{\"metadata\":5}"),
            CODE,
        ),
    ]
}
