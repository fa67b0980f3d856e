//! One record: its shape, its key, its time and its signature (TRC-10 to TRC-23).

use serde_json::{Value, json};

use super::draft::{Record, ask_text, by, digest, jwk, thumbprint};
use crate::vectors::{case::Case, draft::NOW};

const OP: &str = "verify_record";
const INVALID: &str = "TRACE_RECORD_INVALID";

pub(super) fn cases() -> Vec<Case> {
    [shapes(), grammars(), signatures(), keys(), times(), revocations()].concat()
}

fn taken(requirement: &'static str, name: &str, about: &'static str, record: &Record) -> Case {
    asked(requirement, name, about, record.ask()).preimage("record", &record.body())
}

fn asked(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    let expect = json!({ "trusted_key_thumbprint": thumbprint("planner") });
    Case::accept(requirement, name, about, OP, question, expect)
}

fn refused(requirement: &'static str, name: &str, about: &'static str, record: &Record) -> Case {
    Case::refuse(requirement, name, about, OP, record.ask(), INVALID)
}

fn shapes() -> Vec<Case> {
    let record = || by("planner");
    let appraisal = |more: &str| {
        record().with(
            "appraisal",
            &format!("{{{more}\"status\":\"none\",\"verifier\":\"https://verifier.example/v1\"}}"),
        )
    };
    let again = appraisal("\"method\":\"re-execution\",\"re_execution\":{\"outcome\":\"reproduced\"},");
    let imported = |platform: &str| {
        let runtime = format!("{{\"measurement\":\"{}\",\"platform\":\"{platform}\"}}", digest("d"));
        let origin = format!("{{\"ingested_at\":{NOW},\"kind\":\"log-import\",\"producer\":\"p\"}}");
        record().with("runtime", &runtime).with("origin", &origin)
    };
    vec![
        taken("TRC-10", "record", "the members of the schema", &record()),
        refused("TRC-10", "unknown", "a member that is none", &record().with("note", "0")),
        refused("TRC-10", "missing", "no policy", &record().without("policy")),
        refused("TRC-10", "null", "an optional member that is null", &record().with("transparency", "null")),
        refused(
            "TRC-10",
            "word",
            "a mode that is none",
            &record().with(
                "policy",
                &format!("{{\"bundle_hash\":\"{}\",\"enforcement_mode\":\"sometimes\"}}", digest("c")),
            ),
        ),
        taken("TRC-11", "re-execution", "a re-execution under its method", &again),
        refused(
            "TRC-11",
            "method",
            "a method without its re-execution",
            &appraisal("\"method\":\"re-execution\","),
        ),
        taken("TRC-11", "imported", "another party's evidence, software only", &imported("software-only")),
        refused("TRC-11", "platform", "another party's evidence of a platform", &imported("intel-tdx")),
    ]
}

fn grammars() -> Vec<Case> {
    let record = || by("planner");
    let subject = |text: &str| record().with("subject", text);
    let key = |more: &str| {
        record()
            .with("cnf", &format!("{{\"jwk\":{}}}", jwk("planner").replacen('{', &format!("{{{more}"), 1)))
    };
    // `d` stands behind `crv` in the canonical form.
    let private = jwk("planner").replacen("\"kty\"", "\"d\":\"\",\"kty\"", 1);
    let private = record().with("cnf", &format!("{{\"jwk\":{private}}}"));
    let measured = |text: &str| {
        record().with("runtime", &format!("{{\"measurement\":\"{text}\",\"platform\":\"software-only\"}}"))
    };
    vec![
        taken("TRC-12", "did", "a DID for a subject", &subject("\"did:web:agent.example:7\"")),
        refused("TRC-12", "line", "a line's end behind a subject", &subject("\"spiffe://example.org/a\\n\"")),
        refused("TRC-12", "subject", "an URL for a subject", &subject("\"https://example.org/a\"")),
        refused("TRC-12", "digest", "a digest in capitals", &measured(&digest("D"))),
        refused(
            "TRC-12",
            "uri",
            "a reference without its scheme",
            &record().with("transparency", "\"/log\""),
        ),
        taken("TRC-13", "more", "further members of a key", &key("\"a\":[1,null],")),
        refused("TRC-13", "private", "the private half of a key", &private),
    ]
}

fn signatures() -> Vec<Case> {
    let record = by("planner");
    let hash = json!({ "record_hash": record.hash() });
    let other = by("planner").at(NOW - 1);
    vec![
        taken("TRC-15", "signed", "over all but the signature", &record),
        refused("TRC-15", "stranger", "signed by somebody else", &by("planner").signed_by("stranger")),
        Case::refuse(
            "TRC-15",
            "changed",
            "changed after it was signed",
            OP,
            ask_text(&record.text().replace("\"internal\"", "\"public\"")),
            INVALID,
        ),
        Case::accept("TRC-16", "hash", "the hash covers the signature", OP, record.ask(), hash)
            .preimage("record", &record.text()),
        Case::accept(
            "TRC-16",
            "other",
            "of another record another",
            OP,
            other.ask(),
            json!({ "record_hash": other.hash() }),
        ),
    ]
}

fn keys() -> Vec<Case> {
    let record = by("planner");
    let without = |options: Value| json!({ "record_json": record.text(), "options": options });
    let elsewhere = by("planner").with("cnf", &format!("{{\"jwk\":{}}}", jwk("stranger")));
    let nonce = |nonce: &str| {
        let runtime = format!(
            "{{\"measurement\":\"{}\",\"nonce\":\"bm9uY2U\",\"platform\":\"software-only\"}}",
            digest("d")
        );
        let mut question = by("planner").with("runtime", &runtime).ask();
        question["options"]["expected_nonce"] = json!(nonce);
        question
    };
    vec![
        asked(
            "TRC-20",
            "embedded",
            "the key inside, where it is asked for",
            without(json!({ "now": NOW, "allow_embedded_key": true })),
        ),
        Case::refuse(
            "TRC-20",
            "none",
            "no key that is known from elsewhere",
            OP,
            without(json!({ "now": NOW })),
            INVALID,
        ),
        taken("TRC-21", "key", "the trusted key inside", &record),
        refused("TRC-21", "other-key", "another key inside, signed by the trusted one", &elsewhere),
        asked("TRC-21", "nonce", "the nonce that is expected", nonce("bm9uY2U")),
        Case::refuse("TRC-21", "nonce", "another nonce", OP, nonce("b3RoZXI"), INVALID),
    ]
}

fn times() -> Vec<Case> {
    let at = |iat: u64| by("planner").at(iat);
    vec![
        taken("TRC-22", "ahead", "300 s ahead", &at(NOW + 300)),
        taken("TRC-22", "day", "a day old", &at(NOW - 86_400)),
        refused("TRC-22", "future", "301 s ahead", &at(NOW + 301)),
        refused("TRC-22", "stale", "a second more than a day old", &at(NOW - 86_401)),
    ]
}

fn revocations() -> Vec<Case> {
    let revoking = |answer: Value| {
        let mut question = by("planner").ask();
        question["options"]["revocation"] = answer;
        question
    };
    vec![
        asked("TRC-23", "other", "another key is revoked", revoking(json!([thumbprint("stranger")]))),
        Case::refuse(
            "TRC-23",
            "revoked",
            "the trusted key is",
            OP,
            revoking(json!([thumbprint("planner")])),
            INVALID,
        ),
        Case::refuse("TRC-23", "silent", "nobody answers", OP, revoking(json!("silent")), INVALID),
    ]
}
