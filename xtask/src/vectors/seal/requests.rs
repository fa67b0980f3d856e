//! Blobs of version 2, which are bound to their request (SEAL-22, SEAL-24 to SEAL-27): HPKE in base mode, step by step as
//! RFC 9180 has it.

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    channel::{Channel, encrypt, expand, extract},
    draft::{Draft, document, honest},
};

const CODE: &str = "SEALED_CHANNEL_ERROR";
const INFO: &[u8] = b"ca2a/seal/v2";
const IKM: [u8; 32] = [6; 32];
const TEXT: &[u8] = b"summarise chapter 3";
const OP: &str = "sealed.open_request";

fn callee() -> Channel {
    Channel::named("channel callee")
}

/// What a blob is bound to, as text in canonical form (SEAL-26).
fn bound(domain: &str, chain_sha256: &str) -> String {
    format!(
        "{{\"audience\":\"{}\",\"chain_sha256\":\"{chain_sha256}\",\"challenge\":\"v1.x\",\"domain\":\"{domain}\",\"measurement\":\"sha384:5ea1\",\"parent_record_hash\":null,\"record_id\":\"rec-0\",\"requested_capability\":\"read\"}}",
        callee().public_hex(),
    )
}

/// SHA-256 over the digests of `chain` (SEAL-27).
fn digest(chain: &[Draft]) -> String {
    let digests: Vec<[u8; 32]> = chain.iter().map(|hop| Sha256::of(hop.body().as_bytes()).0).collect();
    Sha256::of(&digests.concat()).to_hex()
}

fn honestly_bound() -> String {
    bound("ca2a-seal-v2", &digest(&honest()))
}

/// How a blob is made; each vector that must not open changes one of these.
struct Recipe {
    version: u8,
    suite: u16,
    info: &'static [u8],
    mode: u8,
    aad: String,
}

fn recipe() -> Recipe {
    Recipe { version: 2, suite: 1, info: INFO, mode: 0, aad: honestly_bound() }
}

const KEM: &[u8] = b"KEM\x00\x20";
const HPKE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";

/// `LabeledExtract` (RFC 9180 section 4).
fn labeled_extract(suite: &[u8], salt: Option<[u8; 32]>, label: &str, ikm: &[u8]) -> [u8; 32] {
    extract(salt, &[b"HPKE-v1", suite, label.as_bytes(), ikm])
}

/// `LabeledExpand` (RFC 9180 section 4).
fn labeled_expand<const N: usize>(suite: &[u8], key: [u8; 32], label: &str, info: &[u8]) -> [u8; N] {
    let length = u8::try_from(N).unwrap_or(u8::MAX);
    expand(key, &[&[0, length], b"HPKE-v1", suite, label.as_bytes(), info])
}

impl Recipe {
    /// `0x02 ‖ suite ‖ enc ‖ ciphertext` (SEAL-24).
    fn blob(&self) -> Vec<u8> {
        // DeriveKeyPair (section 7.1.3) and Encap (section 4.1).
        let secret = labeled_expand(KEM, labeled_extract(KEM, None, "dkp_prk", &IKM), "sk", b"");
        let ephemeral = Channel::of(secret);
        let (enc, receiver) = (ephemeral.public(), callee().public());
        let shared = labeled_extract(KEM, None, "eae_prk", &ephemeral.shared(receiver));
        let shared = labeled_expand(KEM, shared, "shared_secret", &[enc, receiver].concat());
        // KeySchedule (section 5.1), in base mode without a pre-shared key.
        let psk_id = labeled_extract(HPKE, None, "psk_id_hash", b"");
        let info = labeled_extract(HPKE, None, "info_hash", self.info);
        let context = [&[self.mode][..], &psk_id, &info].concat();
        let secret = labeled_extract(HPKE, Some(shared), "secret", b"");
        let key = labeled_expand(HPKE, secret, "key", &context);
        let nonce = labeled_expand(HPKE, secret, "base_nonce", &context);
        let body = encrypt(key, nonce, self.aad.as_bytes(), TEXT);
        [&[self.version][..], &self.suite.to_be_bytes(), &enc, &body].concat()
    }
}

fn ask(blob: &[u8]) -> Value {
    json!({
        "recipient_private_hex": callee().private_hex(),
        "blob_hex": hex(blob),
        "chain_json": document(&honest()),
        "measurement": "sha384:5ea1",
        "challenge": "v1.x",
        "requested_capability": "read",
        "record_id": "rec-0",
        "parent_record_hash": null,
    })
}

fn opens(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    let expect = json!({ "plaintext_hex": hex(TEXT), "aad_hex": hex(honestly_bound().as_bytes()) });
    Case::accept(requirement, name, about, OP, question, expect).preimage("aad", &honestly_bound())
}

fn closed(requirement: &'static str, name: &str, about: &'static str, blob: &[u8]) -> Case {
    Case::refuse(requirement, name, about, OP, ask(blob), CODE)
}

fn elsewhere(name: &'static str, about: &'static str, value: Value) -> Case {
    let mut question = ask(&recipe().blob());
    question[name] = value;
    Case::refuse("SEAL-26", &name.replace('_', "-"), about, OP, question, CODE)
}

pub(super) fn cases() -> Vec<Case> {
    [formats(), bindings(), chains()].concat()
}

fn formats() -> Vec<Case> {
    let blob = recipe().blob();
    let mut again = ask(&blob);
    again["ikm_hex"] = json!(hex(&IKM));
    let nothing = [&blob[..35], &[0; 15]].concat();
    vec![
        opens("SEAL-24", "blob", "a blob, and the same one made again of the same keying material", again),
        closed(
            "SEAL-24",
            "info",
            "sealed under another info",
            &Recipe { info: b"ca2a/seal/v1", ..recipe() }.blob(),
        ),
        closed("SEAL-24", "mode", "sealed in another mode", &Recipe { mode: 1, ..recipe() }.blob()),
        closed(
            "SEAL-24",
            "enc",
            "with another encapsulated key",
            &[&blob[..3], &callee().public(), &blob[35..]].concat(),
        ),
        opens("SEAL-25", "suite", "suite 1", ask(&blob)),
        closed("SEAL-25", "suite", "suite 2, and otherwise right", &Recipe { suite: 2, ..recipe() }.blob()),
        closed(
            "SEAL-25",
            "swapped",
            "suite 1 in the other order of its bytes",
            &Recipe { suite: 256, ..recipe() }.blob(),
        ),
        closed(
            "SEAL-25",
            "version",
            "version 1, and otherwise right",
            &Recipe { version: 1, ..recipe() }.blob(),
        ),
        closed("SEAL-25", "short", "50 bytes", &nothing),
        closed("SEAL-25", "header", "a header alone", &blob[..3]),
    ]
}

fn bindings() -> Vec<Case> {
    vec![
        opens("SEAL-26", "request", "in its own request", ask(&recipe().blob())),
        elsewhere("measurement", "at a callee that runs something else", json!("sha384:5ea2")),
        elsewhere("challenge", "in a request under another challenge", json!("v1.y")),
        elsewhere("requested_capability", "in a request for another capability", json!("search")),
        elsewhere("record_id", "in a request for another record", json!("rec-1")),
        elsewhere("parent_record_hash", "in a request with a parent", json!("00".repeat(32))),
        elsewhere("chain_json", "in a request under another chain", json!(document(&honest()[..2]))),
        closed(
            "SEAL-26",
            "domain",
            "sealed for another domain",
            &Recipe { aad: bound("ca2a-seal-v3", &digest(&honest())), ..recipe() }.blob(),
        ),
        closed(
            "SEAL-26",
            "unbound",
            "sealed to no request",
            &Recipe { aad: String::new(), ..recipe() }.blob(),
        ),
    ]
}

fn chains() -> Vec<Case> {
    let over = |chain: &[Draft]| Recipe { aad: bound("ca2a-seal-v2", &digest(chain)), ..recipe() }.blob();
    let mut reversed = honest();
    reversed.reverse();
    vec![
        opens("SEAL-27", "chain", "over the digests from root to leaf", ask(&recipe().blob())),
        closed("SEAL-27", "reversed", "over the digests from leaf to root", &over(&reversed)),
        closed("SEAL-27", "leaf", "over the digest of the leaf alone", &over(&honest()[2..])),
    ]
}
