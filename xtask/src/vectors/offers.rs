//! Offers, bindings and what is made of a report that no hardware signs (ATT-1 to ATT-10).

use ca2a_core::{ChallengeKey, Sha256, encoding::hex};
use serde_json::{Value, json};

use super::{case::Case, channel::Channel, draft::NOW};

const SHAPE: &str = "TRANSPORT_ERROR";
const CODE: &str = "ATTESTATION_FAILED";
const SECRET: [u8; 32] = [7; 32];
const MEASUREMENT: &str = "what it claims";

fn key() -> String {
    Channel::named("channel callee").public_hex()
}

fn other_key() -> String {
    Channel::named("channel stranger").public_hex()
}

/// An offer in which the report's members stand as their JSON texts.
fn offer(platform: &str, nonce: &str, more: &str) -> String {
    let key = key();
    format!(
        "{{\"channel_public_key\":\"{key}\",\"attestation\":{{\"platform\":\"{platform}\",\"measurement\":\"{MEASUREMENT}\",\"public_key\":\"{key}\",\"nonce\":\"{nonce}\"{more}}}}}"
    )
}

fn software() -> String {
    offer("software-only", "n-1", "")
}

fn read(requirement: &'static str, name: &str, about: &'static str, text: &str, role: Option<&str>) -> Case {
    let input = json!({ "offer_json": text });
    match role {
        Some(role) => Case::accept(requirement, name, about, "offer.parse", input, json!({ "role": role })),
        None => Case::refuse(requirement, name, about, "offer.parse", input, SHAPE),
    }
}

/// The question whether `text` is an offer of a callee under the nonce `n-1`.
fn ask(text: &str) -> Value {
    json!({ "offer_json": text, "expected_nonce": "n-1", "role": "callee", "require_hardware": false })
}

fn appraised(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    let expect = json!({ "public_key": key(), "assurance": "none", "measurement": MEASUREMENT });
    Case::accept(requirement, name, about, "offer.verify", question, expect)
}

fn refused(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::refuse(requirement, name, about, "offer.verify", question, CODE)
}

pub(super) fn cases() -> Vec<Case> {
    [forms(), bindings(), appraisals(), callers()].concat()
}

fn forms() -> Vec<Case> {
    let edited = |from: &str, to: &str| software().replacen(from, to, 1);
    let evidence = |text: &str| offer("software-only", "n-1", &format!(",\"raw_evidence\":{text}"));
    vec![
        read("ATT-1", "offer", "two members and a report of four", &software(), Some("callee")),
        read(
            "ATT-1",
            "more",
            "members that nobody knows",
            &offer("software-only", "n-1", ",\"note\":1.5"),
            Some("callee"),
        ),
        read("ATT-1", "missing", "a report without its nonce", &edited(",\"nonce\":\"n-1\"", ""), None),
        read("ATT-1", "number", "a nonce that is a number", &edited("\"n-1\"", "1"), None),
        read("ATT-1", "null", "a measurement that is null", &edited("\"what it claims\"", "null"), None),
        read(
            "ATT-1",
            "text",
            "a report that is a text",
            "{\"channel_public_key\":\"k\",\"attestation\":\"report\"}",
            None,
        ),
        read("ATT-1", "array", "an array", "[]", None),
        read("ATT-2", "evidence", "base64url without padding", &evidence("\"QQ\""), Some("callee")),
        read("ATT-2", "padding", "with padding", &evidence("\"QQ==\""), None),
        read("ATT-2", "spare-bits", "with spare bits set", &evidence("\"QR\""), None),
        read("ATT-2", "alphabet", "in the alphabet of base64", &evidence("\"+/8\""), None),
        read("ATT-2", "empty", "of no byte", &evidence("\"\""), None),
        read("ATT-2", "null", "null in place of absence", &evidence("null"), None),
        read(
            "ATT-3",
            "caller",
            "an offer of a caller",
            &offer("software-only", "n-1", ",\"role\":\"caller\""),
            Some("caller"),
        ),
        read("ATT-3", "absent", "without a role, of a callee", &software(), Some("callee")),
    ]
}

fn bindings() -> Vec<Case> {
    let derive = |platform: &str, role: &str| json!({ "platform": platform, "role": role, "public_key": key(), "nonce": "n-1" });
    let bound = |platform: &str, role: &str, prefix: &str, about| {
        let length = |text: &str| (text.len() as u32).to_be_bytes();
        let signed = [prefix.as_bytes(), &length(&key()), key().as_bytes(), &length("n-1"), b"n-1"].concat();
        let digest = Sha256::of(&signed).to_hex();
        let field = if platform == "tpm" { digest } else { format!("{digest}{}", "0".repeat(64)) };
        let mut input = derive(platform, role);
        input["preimage_hex"] = json!(hex(&signed));
        let expect = json!({ "value_hex": field, "preimage_digest_matches": true });
        Case::accept("ATT-5", &format!("{platform}-{role}"), about, "binding.derive", input, expect)
    };
    vec![
        bound("sev-snp", "callee", "ca2a-snp-v1|", "the field that SEV-SNP signs for a callee"),
        bound("sev-snp", "caller", "ca2a-snp-caller-v2|", "the field that SEV-SNP signs for a caller"),
        bound("tdx", "callee", "ca2a-tdx-v1|", "the field that TDX signs for a callee"),
        bound("tdx", "caller", "ca2a-tdx-caller-v2|", "the field that TDX signs for a caller"),
        bound("tpm", "callee", "ca2a-tpm-v1|", "the field that a TPM signs for a callee"),
        bound("tpm", "caller", "ca2a-tpm-caller-v2|", "the field that a TPM signs for a caller"),
        Case::refuse(
            "ATT-5",
            "software",
            "a software report, which nobody signs",
            "binding.derive",
            derive("software-only", "callee"),
            CODE,
        ),
    ]
}

fn appraisals() -> Vec<Case> {
    let other = |member: &str, value: &str| {
        let mut offer: Value = serde_json::from_str(&software()).unwrap_or_default();
        match member {
            "channel_public_key" => offer[member] = json!(value),
            member => offer["attestation"][member] = json!(value),
        }
        ask(&offer.to_string())
    };
    let mut hardware = ask(&software());
    hardware["require_hardware"] = json!(true);
    let mut caller = ask(&offer("software-only", "n-1", ",\"role\":\"caller\""));
    let refused_caller = refused("ATT-3", "caller", "an offer of a caller for a callee's", caller.clone());
    caller["role"] = json!("caller");
    vec![
        appraised("ATT-3", "role", "an offer of the role that is expected", caller),
        refused_caller,
        appraised("ATT-4", "key", "one key in both places", ask(&software())),
        refused("ATT-4", "offer", "another key in the offer", other("channel_public_key", &other_key())),
        refused("ATT-4", "report", "another key in the report", other("public_key", &other_key())),
        refused(
            "ATT-4",
            "capitals",
            "the key of the report in capitals",
            other("public_key", &key().to_uppercase()),
        ),
        appraised("ATT-6", "software", "a platform that there is", ask(&software())),
        refused("ATT-6", "unknown", "a platform that there is not", ask(&offer("sgx", "n-1", ""))),
        refused("ATT-6", "capitals", "a platform in capitals", ask(&offer("TDX", "n-1", ""))),
        appraised("ATT-7", "nonce", "the nonce that was given out", ask(&software())),
        refused("ATT-7", "nonce", "another nonce", ask(&offer("software-only", "n-2", ""))),
        refused(
            "ATT-7",
            "longer",
            "the nonce with something behind it",
            ask(&offer("software-only", "n-1 ", "")),
        ),
        appraised("ATT-8", "none", "software gives assurance `none`, with what it claims", ask(&software())),
        refused("ATT-8", "hardware", "software where hardware is required", hardware),
        refused(
            "ATT-9",
            "claim",
            "the claim of a platform that nobody verifies",
            ask(&offer("sev-snp", "n-1", "")),
        ),
        refused(
            "ATT-9",
            "evidence",
            "evidence that nobody verifies",
            ask(&offer("tpm", "n-1", ",\"raw_evidence\":\"QQ\"")),
        ),
    ]
}

fn callers() -> Vec<Case> {
    let challenge = |secret: [u8; 32]| ChallengeKey::new(secret).issue(NOW, 60, [9; 16]).as_str().to_owned();
    let ask = |nonce: &str, role: &str, now: u64| {
        let role = format!(",\"role\":\"{role}\"");
        json!({
            "offer_json": offer("software-only", nonce, &role),
            "challenge_secret_hex": hex(&SECRET),
            "now": now,
        })
    };
    let refused =
        |name, about, question| Case::refuse("ATT-10", name, about, "offer.appraise_caller", question, CODE);
    let live = challenge(SECRET);
    vec![
        Case::accept(
            "ATT-10",
            "live",
            "a caller's offer under a challenge of this callee",
            "offer.appraise_caller",
            ask(&live, "caller", NOW + 59),
            json!({ "public_key": key(), "assurance": "none", "measurement": MEASUREMENT }),
        ),
        refused("expired", "under a challenge that has expired", ask(&live, "caller", NOW + 60)),
        refused("foreign", "under a challenge of another callee", ask(&challenge([8; 32]), "caller", NOW)),
        refused("nonce", "under a nonce that is no challenge", ask("n-1", "caller", NOW)),
        refused("role", "an offer of a callee", ask(&live, "callee", NOW)),
    ]
}
