//! Authenticated answers (SEAL-14 to SEAL-21).

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    channel::{Channel, expand, extract, tag},
};

const CODE: &str = "RESPONSE_AUTHENTICATION_FAILED";
const PROFILE: &str = "ca2a-response-mac-v1";
const LABEL: &str = "ca2a/response-mac/v1/statement";
const INFO: &[u8] = b"ca2a/response-mac/v1/key";
const GRANT: &str = "{\"accepted\":true}";
const DENIAL: &str = "{\"error\":{\"code\":\"SCOPE_NOT_PERMITTED\"}}";

fn callee() -> Channel {
    Channel::named("channel callee")
}

fn recipient() -> Channel {
    Channel::named("channel recipient")
}

fn session() -> String {
    "5e".repeat(32)
}

/// The envelope around `request`, in its canonical form (SEAL-15).
fn envelope(request: &str) -> String {
    format!(
        "{{\"peer\":\"{}\",\"profile\":\"{PROFILE}\",\"recipient\":\"{}\",\"request\":{request},\"session\":\"{}\"}}",
        callee().public_hex(),
        recipient().public_hex(),
        session(),
    )
}

fn honest() -> String {
    envelope("{\"note\":1}")
}

/// What an answer says, before its MAC. Its members stand as their JSON texts, so that they can say anything.
struct Answer {
    status: u16,
    kind: &'static str,
    body: String,
    request_sha256: String,
    profile: &'static str,
    /// A member that no answer has.
    more: &'static str,
    info: &'static [u8],
}

fn answer(status: u16, kind: &'static str, body: &str) -> Answer {
    Answer {
        status,
        kind,
        body: body.to_owned(),
        request_sha256: Sha256::of(honest().as_bytes()).to_hex(),
        profile: PROFILE,
        more: "",
        info: INFO,
    }
}

fn grant() -> Answer {
    answer(200, "provenance", GRANT)
}

impl Answer {
    /// The text, with `mac` in its place where there is one.
    fn text(&self, mac: Option<&str>) -> String {
        let mac = mac.map(|mac| format!("\"mac\":\"{mac}\",")).unwrap_or_default();
        format!(
            "{{\"body\":{},\"kind\":\"{}\",{mac}\"profile\":\"{}\",\"request_sha256\":\"{}\",\"status\":{}{}}}",
            self.body, self.kind, self.profile, self.request_sha256, self.status, self.more,
        )
    }

    /// The MAC (SEAL-17), whatever the answer says.
    fn mac(&self) -> String {
        let shared = callee().shared(recipient().public());
        let salt = Sha256::of(honest().as_bytes()).0;
        tag(expand(extract(Some(salt), &[&shared]), &[self.info]), LABEL, &self.text(None))
    }

    fn signed(&self) -> String {
        self.text(Some(&self.mac()))
    }
}

/// The question whether `text` answers the honest envelope, `elapsed` seconds after it was sent.
fn ask(text: &str, http_status: u16, elapsed: f64) -> Value {
    json!({
        "request_canonical_hex": hex(honest().as_bytes()),
        "recipient_private_hex": recipient().private_hex(),
        "callee_public_hex": callee().public_hex(),
        "http_status": http_status,
        "response_bytes_hex": hex(text.as_bytes()),
        "elapsed_seconds": elapsed,
    })
}

fn taken(requirement: &'static str, name: &str, about: &'static str, answer: &Answer, elapsed: f64) -> Case {
    let question = ask(&answer.signed(), answer.status, elapsed);
    Case::accept(requirement, name, about, "response.verify", question, json!({ "status": answer.status }))
        .preimage("request", &honest())
        .preimage("mac", &format!("{LABEL}\0{}", answer.text(None)))
}

fn refused(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::refuse(requirement, name, about, "response.verify", question, CODE)
}

/// An answer that its callee authenticated although it says what none may.
fn wrong(requirement: &'static str, name: &str, about: &'static str, answer: &Answer) -> Case {
    refused(requirement, name, about, ask(&answer.signed(), answer.status, 1.0))
}

fn arrives(requirement: &'static str, name: &str, about: &'static str, text: &str) -> Case {
    let expect = json!({ "request_sha256": Sha256::of(honest().as_bytes()).to_hex() });
    Case::accept(requirement, name, about, "response.accept_request", at_the_callee(text), expect)
}

fn sent_back(requirement: &'static str, name: &str, about: &'static str, text: &str) -> Case {
    Case::refuse(requirement, name, about, "response.accept_request", at_the_callee(text), CODE)
}

fn at_the_callee(text: &str) -> Value {
    json!({ "callee_private_hex": callee().private_hex(), "envelope_json": text })
}

pub(super) fn cases() -> Vec<Case> {
    [envelopes(), statements(), sessions()].concat()
}

fn envelopes() -> Vec<Case> {
    let honest = honest();
    let edited = |from: &str, to: &str| honest.replacen(from, to, 1);
    let stranger = Channel::named("channel stranger").public_hex();
    let deep = format!("{}1{}", "[".repeat(64), "]".repeat(64));
    vec![
        arrives("SEAL-14", "integers", "integers alone", &honest),
        sent_back("SEAL-14", "fraction", "a fraction in the message", &envelope("{\"note\":1.5}")),
        sent_back(
            "SEAL-14",
            "range",
            "an integer out of range in the message",
            &envelope("{\"note\":9007199254740992}"),
        ),
        sent_back("SEAL-14", "twice", "a member of the message twice", &envelope("{\"note\":1,\"note\":1}")),
        sent_back(
            "SEAL-14",
            "deep",
            "a message that is too deep",
            &envelope(&format!("{{\"note\":{deep}}}")),
        ),
        arrives("SEAL-15", "members", "its five members", &honest),
        arrives(
            "SEAL-15",
            "spelling",
            "the same, spelled otherwise",
            &edited(",\"request\"", " ,\n\"request\""),
        ),
        sent_back("SEAL-15", "unknown", "an unknown member", &edited("{", "{\"note\":0,")),
        sent_back(
            "SEAL-15",
            "missing",
            "without its session",
            &edited(&format!(",\"session\":\"{}\"", session()), ""),
        ),
        sent_back("SEAL-15", "profile", "another profile", &edited(PROFILE, "ca2a-response-mac-v2")),
        sent_back(
            "SEAL-15",
            "session",
            "a session in capitals",
            &edited(&session(), &session().to_uppercase()),
        ),
        sent_back("SEAL-15", "request", "a request that is no object", &envelope("[]")),
        arrives("SEAL-16", "peer", "at the callee that it names", &honest),
        sent_back("SEAL-16", "peer", "at another callee", &edited(&callee().public_hex(), &stranger)),
        sent_back(
            "SEAL-3",
            "recipient",
            "for a key of low order",
            &edited(&recipient().public_hex(), &"00".repeat(32)),
        ),
    ]
}

fn statements() -> Vec<Case> {
    let denial = || answer(403, "denial", DENIAL);
    vec![
        taken("SEAL-17", "grant", "six members and their MAC", &grant(), 1.0),
        wrong(
            "SEAL-17",
            "unknown",
            "an unknown member, and the MAC over it",
            &Answer { more: ",\"x\":0", ..grant() },
        ),
        wrong(
            "SEAL-17",
            "profile",
            "another profile, and the MAC over it",
            &Answer { profile: "ca2a-response-mac-v2", ..grant() },
        ),
        wrong(
            "SEAL-17",
            "info",
            "the MAC under a key for something else",
            &Answer { info: b"ca2a/caller-possession/v2/key", ..grant() },
        ),
        refused("SEAL-17", "missing", "without its MAC", ask(&grant().text(None), 200, 1.0)),
        taken("SEAL-18", "grant", "200 is of kind provenance", &grant(), 1.0),
        taken("SEAL-18", "denial", "403 is of kind denial", &denial(), 1.0),
        wrong("SEAL-18", "kind", "200 of kind denial", &Answer { kind: "denial", ..grant() }),
        wrong("SEAL-18", "other-kind", "403 of kind provenance", &Answer { kind: "provenance", ..denial() }),
        wrong("SEAL-18", "status", "302", &answer(302, "denial", DENIAL)),
        wrong("SEAL-18", "created", "201", &answer(201, "provenance", GRANT)),
        taken("SEAL-20", "accepted", "a grant that says so", &grant(), 1.0),
        taken("SEAL-20", "error", "a denial with its error", &denial(), 1.0),
        wrong(
            "SEAL-20",
            "accepted",
            "a grant that says no",
            &answer(200, "provenance", "{\"accepted\":false}"),
        ),
        wrong("SEAL-20", "silent", "a grant that says nothing", &answer(200, "provenance", "{}")),
        wrong(
            "SEAL-20",
            "error",
            "a denial whose error is a text",
            &answer(403, "denial", "{\"error\":\"no\"}"),
        ),
    ]
}

fn sessions() -> Vec<Case> {
    let right = grant();
    let mac = right.mac();
    let text = right.signed();
    vec![
        taken("SEAL-19", "answer", "the answer to this envelope", &right, 1.0),
        wrong(
            "SEAL-19",
            "request",
            "the answer to another",
            &Answer { request_sha256: "00".repeat(32), ..grant() },
        ),
        refused("SEAL-19", "status", "under another status of HTTP", ask(&text, 403, 1.0)),
        refused(
            "SEAL-19",
            "capitals",
            "a MAC in capitals",
            ask(&right.text(Some(&mac.to_uppercase())), 200, 1.0),
        ),
        refused("SEAL-19", "mac", "another MAC", ask(&right.text(Some(&"0".repeat(64))), 200, 1.0)),
        refused(
            "SEAL-19",
            "changed",
            "changed behind its MAC",
            ask(&text.replacen("true}", "true,\"x\":0}", 1), 200, 1.0),
        ),
        taken("SEAL-21", "in-time", "before the deadline", &right, 29.5),
        refused("SEAL-21", "late", "at the deadline", ask(&text, 200, 30.0)),
    ]
}
