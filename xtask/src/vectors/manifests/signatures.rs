//! Who signs, what is covered, what is attached, and whom it is bound to (MAN-13 to MAN-28, MAN-44).

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use super::{
    INVALID, OP,
    draft::{AGENT, CLASSIFIED, Document, ISSUER, artifacts, ask_envelope, ask_text, honest, key_id, public},
    refused, reported, taken, with,
};
use crate::vectors::{
    case::Case,
    cose::{Message, array, bytes, int, text},
    draft::key,
};

const MISMATCH: &str = "MANIFEST_MISMATCH";

pub(super) fn cases() -> Vec<Case> {
    [anchors(), blocks(), envelopes(), headers(), order(), attached(), bindings()].concat()
}

fn anchors() -> Vec<Case> {
    let own = key_id(&key("root"));
    let file = |json: &str| with(honest().ask(), &[("trust_anchors_json", json!(json))]);
    let named =
        |name: &str| format!("{{\"key_id\":\"{name}\",\"public_key_base64url\":\"{}\"}}", public("root"));
    let takes = |name: &str, about, text: &str| {
        Case::accept("MAN-13", name, about, OP, file(text), json!({ "key_ids": [own] }))
    };
    let refuses =
        |name: &str, about, text: &str| Case::refuse("MAN-13", name, about, OP, file(text), "CONFIG_ERROR");
    let issuers = |issuer: &str| with(honest().ask(), &[("key_issuers", json!({ own.clone(): [issuer] }))]);
    let said = json!({
        "findings": ["not_checked: unsigned_members", "not_checked: revocation", "not_checked: artifacts"],
    });
    vec![
        takes("named", "a key under its own name", &named(&own)),
        takes("list", "a list of keys", &format!("{{\"keys\":[{}]}}", named(&own))),
        refuses("alias", "a key under another name", &named("main")),
        refuses("both", "a key and a list", "{\"keys\":[],\"public_key_base64url\":\"x\"}"),
        refuses("none", "no key", "{}"),
        Case::accept("MAN-17", "issuer", "for an issuer that is named", OP, issuers(ISSUER), said),
        Case::accept(
            "MAN-17",
            "unsaid",
            "for whomever, which is reported",
            OP,
            honest().ask(),
            reported(&[]),
        ),
        Case::refuse(
            "MAN-17",
            "other",
            "for an issuer that is not",
            OP,
            issuers("spiffe://example.org/other"),
            MISMATCH,
        ),
    ]
}

fn blocks() -> Vec<Case> {
    let text = honest().text();
    let wrong =
        |name: &str, about, text: &str| Case::refuse("MAN-18", name, about, OP, ask_text(text), MISMATCH);
    vec![
        taken("MAN-18", "members", "the members of version 0.1", &honest(), reported(&[])),
        taken(
            "MAN-18",
            "outside",
            "an attestation is not covered",
            &honest().outside("attestation", "{\"note\":\"x\"}"),
            json!({}),
        ),
        wrong("changed", "a member that was changed", &text.replace("\"m-1\"", "\"m-2\"")),
        wrong("signer", "signed by another key under this name", &other_signer()),
    ]
}

/// A stranger's signature under the root's name.
fn other_signer() -> String {
    let document = honest();
    let forged = document.text_over("stranger", &document.body());
    forged.replace(&key_id(&key("stranger")), &key_id(&key("root")))
}

/// The honest document of version 0.2.
fn sealed() -> Document {
    honest().saying("version", "0.2")
}

fn changed(change: impl FnOnce(&mut Message)) -> Value {
    let mut message = sealed().message();
    change(&mut message);
    ask_envelope(&message.signed())
}

fn said(more: &[&str]) -> Value {
    let always = ["not_checked: key_issuer", "not_checked: revocation"];
    let findings = [&always[..], more, &["not_checked: artifacts"]].concat();
    json!({ "findings": findings })
}

fn envelopes() -> Vec<Case> {
    let payload = sealed().body();
    let good = sealed().message().signed();
    let takes = |requirement, name: &str, about, question: Value, expect: Value| {
        Case::accept(requirement, name, about, OP, question, expect).preimage("payload", &payload)
    };
    let with_space = format!("{payload} ");
    let old = honest().message().signed();
    vec![
        takes(
            "MAN-19",
            "payload",
            "the payload is the document",
            ask_envelope(&good),
            json!({ "key_ids": [key_id(&key("root"))] }),
        ),
        Case::refuse(
            "MAN-19",
            "signer",
            "signed by another key under this name",
            OP,
            changed(|message| message.signer = key("stranger")),
            MISMATCH,
        ),
        takes("MAN-20", "sign1", "COSE_Sign1 under its tag", ask_envelope(&good), said(&[])),
        Case::accept(
            "MAN-20",
            "spaces",
            "a payload that is not canonical, which is reported",
            OP,
            changed(|message| message.payload = with_space.into_bytes()),
            said(&["accepted: not_canonical"]),
        ),
        Case::refuse(
            "MAN-20",
            "behind",
            "a byte behind it",
            OP,
            ask_envelope(&[&good[..], &[0]].concat()),
            INVALID,
        ),
        Case::refuse(
            "MAN-20",
            "detached",
            "without its payload",
            OP,
            changed(|message| message.detached = true),
            INVALID,
        ),
        Case::accept("MAN-23", "version", "version 0.2 in an envelope", OP, ask_envelope(&good), said(&[])),
        Case::refuse(
            "MAN-23",
            "old",
            "version 0.1 in an envelope",
            OP,
            ask_envelope(&old),
            "MANIFEST_VERSION_UNSUPPORTED",
        ),
    ]
}

fn headers() -> Vec<Case> {
    let set = |label: i64, value: Vec<u8>| {
        changed(|message| {
            message.protected.retain(|(known, _)| *known != label);
            message.protected.push((label, value));
            message.protected.sort_by_key(|(label, _)| *label);
        })
    };
    let refuses = |requirement, name: &str, about, question: Value, code: &'static str| {
        Case::refuse(requirement, name, about, OP, question, code)
    };
    let good = ask_envelope(&sealed().message().signed());
    vec![
        Case::accept("MAN-21", "type", "type and content type, protected", OP, good.clone(), said(&[])),
        refuses("MAN-21", "type", "another type", set(16, text("application/cose")), INVALID),
        refuses("MAN-21", "crit", "something critical", set(2, array(&[int(16)])), INVALID),
        Case::accept("MAN-22", "ed25519", "the algorithm -19", OP, good, said(&[])),
        Case::accept(
            "MAN-22",
            "deprecated",
            "the algorithm -8, which is reported",
            OP,
            set(1, int(-8)),
            said(&["accepted: deprecated_algorithm"]),
        ),
        refuses("MAN-22", "algorithm", "another algorithm", set(1, int(-7)), MISMATCH),
        refuses("MAN-22", "key", "a key that nobody knows", set(4, bytes(&[0; 32])), MISMATCH),
    ]
}

fn order() -> Vec<Case> {
    let unsigned = ask_text(&honest().body());
    let over = honest().saying("expires_at", "2027-01-15T08:00:00Z");
    let early = honest().saying("issued_at", "2027-01-15T08:00:01Z");
    let stranger = |document: &Document| ask_text(&document.text_over("stranger", &document.body()));
    let refuses = |name: &str, about, question: Value, code: &'static str| {
        Case::refuse("MAN-25", name, about, OP, question, code)
    };
    vec![
        taken("MAN-25", "in-force", "signed and in force", &honest(), json!({})),
        refuses("unsigned", "that nobody signed", unsigned, "MANIFEST_UNSIGNED"),
        refuses("over", "over at this second, whoever signed it", stranger(&over), "MANIFEST_EXPIRED"),
        refuses("early", "not in force yet", stranger(&early), MISMATCH),
        refuses(
            "version",
            "of another version",
            ask_text("{\"version\":\"0.3\"}"),
            "MANIFEST_VERSION_UNSUPPORTED",
        ),
    ]
}

/// A catalogue of one tool, under this root.
fn catalog(root: &str) -> Document {
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    let tools = format!(
        ",\"tool_manifest\":{{\"bound_at\":\"2027-01-01T00:00:00Z\",\"catalog_hash\":\"{root}\",\"rug_pull_policy\":\"deny-and-alert\",\"tools\":[{{\"description_hash\":\"{}\",\"endpoint_id\":\"e\",\"schema_hash\":\"{}\",\"tool_id\":\"t\",\"tool_name\":\"T\",\"version\":\"1\"}}]}}",
        digest("d"),
        digest("c"),
    );
    // In the order of names the catalogue comes after the prompt.
    honest().with("artifacts", &artifacts(CLASSIFIED, &tools))
}

fn attached() -> Vec<Case> {
    let leaf = Sha256::of(&[&b"\0t\0"[..], &[0xcc; 32], &[0xdd; 32]].concat());
    let root = format!("sha256:{}", hex(&leaf.0));
    let about = |digest: &str| {
        honest().outside("attestation", &format!("{{\"manifest_hash_in_report\":\"{digest}\"}}"))
    };
    let own = format!("sha256:{}", hex(&Sha256::of(honest().text().as_bytes()).0));
    let other = format!("sha256:{}", "0".repeat(64));
    vec![
        taken("MAN-27", "root", "the root of its tools", &catalog(&root), json!({})),
        refused("MAN-27", "other", "another root", &catalog(&other), MISMATCH),
        taken(
            "MAN-28",
            "own",
            "an attestation about this document, which nobody appraised",
            &about(&own),
            reported(&["not_checked: attestation"]),
        ),
        refused("MAN-28", "other", "an attestation about another", &about(&other), MISMATCH),
    ]
}

fn bindings() -> Vec<Case> {
    let to = |subject: &str| with(honest().ask(), &[("authenticated_subject", json!(subject))]);
    let refuses = |name: &str, about, question: Value| {
        Case::refuse("MAN-44", name, about, OP, question, "MANIFEST_SUBJECT_MISMATCH")
    };
    let nobody = with(honest().without("issuer").ask(), &[("authenticated_subject", json!(AGENT))]);
    vec![
        Case::accept("MAN-44", "agent", "the workload that it names", OP, to(AGENT), json!({})),
        refuses("other", "another workload", to("spiffe://example.org/agent/b")),
        refuses("issuer", "no issuer", nobody),
        Case::accept("MAN-41", "said", "what was not checked is said", OP, honest().ask(), reported(&[])),
    ]
}
