//! How packets are read, and which bytes of them are signed (HAND-1 to HAND-13).

use ca2a_core::encoding::hex;
use serde_json::json;

use super::{
    accepted, accepted_as,
    agents::{id, pem},
    ask, ask_with,
    packet::{ISSUED, Packet},
    refused,
};
use crate::vectors::{case::Case, draft::with};

const MALFORMED: &str = "HANDOFF_MALFORMED";
const SIGNATURE: &str = "HANDOFF_SIGNATURE_INVALID";

pub(super) fn cases() -> Vec<Case> {
    [documents(), times(), keys(), profiles(), names()].concat()
}

fn documents() -> Vec<Case> {
    let text = Packet::honest().text();
    let malformed = |name: &str, about, text: &str| refused("HAND-1", name, about, ask(text), MALFORMED);
    let number = |digits: &str| Packet::honest().with("context", &format!("{{\"n\":{digits}}}"));
    vec![
        accepted("HAND-1", "packet", "every member, the optional ones null", &Packet::honest()),
        Case::accept(
            "HAND-1",
            "absent",
            "optional members that are absent are signed as null",
            super::VERIFY,
            ask(&text.replace("\"ai_provenance\":null,", "").replace("\"goal\":null,", "")),
            json!({ "profile": "P3" }),
        ),
        malformed("unknown", "a member that nobody signs", &with(&text, "note", "x")),
        malformed("twice", "a member twice", &text.replacen('{', "{\"intent\":\"read\",", 1)),
        malformed(
            "number",
            "a number as text",
            &Packet::honest()
                .with("permissions", r#"{"allowed_actions":["read"],"max_tool_calls":"5"}"#)
                .text(),
        ),
        malformed("missing", "no nonce", &text.replace("\"nonce\":\"nonce-1\",", "")),
        malformed("array", "no object", "[]"),
        accepted("HAND-2", "integer", "an integer beyond 2^53 keeps its digits", &number("9007199254740993")),
        refused(
            "HAND-2",
            "nan",
            "no number",
            ask(&number("NaN").signed_over(&number("null").body())),
            MALFORMED,
        ),
        refused(
            "HAND-2",
            "range",
            "beyond a double, signed as the package signs it: null",
            ask(&number("1e999").signed_over(&number("null").body())),
            MALFORMED,
        ),
    ]
}

fn times() -> Vec<Case> {
    let issued = |time: &str| Packet::honest().saying("issued_at", time);
    let reads = |name: &str, about, wire: &str, signed: &str| {
        let packet = ask(&issued(wire).signed_over(&issued(signed).body()));
        accepted_as("HAND-3", name, about, packet, json!({})).preimage("packet", &issued(signed).body())
    };
    let refuses = |name: &str, about, wire: &str, signed: &str| {
        let packet = ask(&issued(wire).signed_over(&issued(signed).body()));
        refused("HAND-3", name, about, packet, MALFORMED)
    };
    vec![
        reads("zero-offset", "a zero offset in digits", "2027-01-15T07:59:00+00:00", ISSUED),
        reads("offset", "an offset that is signed", "2027-01-15T08:59:00+01:00", "2027-01-15T08:59:00+01:00"),
        reads("lower-case", "`t` and `z`", "2027-01-15t07:59:00z", ISSUED),
        reads("micros", "six digits", "2027-01-15T07:59:00.000001Z", "2027-01-15T07:59:00.000001Z"),
        refuses(
            "seven",
            "seven digits, signed cut to six",
            "2027-01-15T07:59:00.0000019Z",
            "2027-01-15T07:59:00.000001Z",
        ),
        refuses("no-offset", "no offset", "2027-01-15T07:59:00", "2027-01-15T07:59:00"),
        refuses("leap", "a second 60", "2027-01-15T07:58:60Z", ISSUED),
        refuses("unix", "Unix seconds as text", "1799999940", ISSUED),
        refused(
            "HAND-3",
            "null-end",
            "no end",
            ask(&Packet::honest().with("expires_at", "null").text()),
            MALFORMED,
        ),
    ]
}

fn keys() -> Vec<Case> {
    let carrying = |pem: &str| Packet::honest().saying("public_key", pem);
    let (block, body) = (pem("planner"), Packet::honest().body());
    let good = Packet::honest().signature(&body);
    let spelled = |signature: &str| ask(&with(&body, "signature", signature));
    // The last digit before the padding carries four spare bits, which are zero.
    let spare = {
        let mut digits: Vec<char> = good.trim_end_matches('=').chars().collect();
        let last = digits.pop().unwrap_or('A');
        digits.push(char::from_u32(u32::from(last) + 1).unwrap_or('B'));
        format!("{}==", digits.into_iter().collect::<String>())
    };
    let after_first = |more: &str| good.chars().take(1).collect::<String>() + more;
    vec![
        accepted("HAND-5", "pem", "one block", &Packet::honest()),
        accepted("HAND-5", "crlf", "lines that end in CRLF", &carrying(&block.replace('\n', "\r\n"))),
        refused(
            "HAND-5",
            "before",
            "a line before the block",
            ask(&carrying(&format!("\n{block}")).text()),
            MALFORMED,
        ),
        refused(
            "HAND-5",
            "after",
            "text after the block",
            ask(&carrying(&format!("{block}x")).text()),
            MALFORMED,
        ),
        refused(
            "HAND-5",
            "twice",
            "two blocks",
            ask(&carrying(&format!("{block}{block}")).text()),
            MALFORMED,
        ),
        accepted("HAND-6", "padded", "padded, spare bits zero", &Packet::honest()),
        refused("HAND-6", "unpadded", "without padding", spelled(good.trim_end_matches('=')), SIGNATURE),
        refused("HAND-6", "spare-bits", "with spare bits set", spelled(&spare), SIGNATURE),
        refused(
            "HAND-6",
            "blank",
            "with a line's end in it",
            spelled(&(after_first("\n") + &good.chars().skip(1).collect::<String>())),
            SIGNATURE,
        ),
        refused(
            "HAND-6",
            "alphabet",
            "in the other alphabet",
            spelled(&(after_first("_-") + &good.chars().skip(3).collect::<String>())),
            SIGNATURE,
        ),
    ]
}

fn profiles() -> Vec<Case> {
    let packet = Packet::honest();
    let with_bytes = |requirement, name: &str, about, profile: &str, packet: &Packet, input: &str| {
        let question = ask_with(&packet.signed_over(input), &[("packet_profile", json!(profile))]);
        let expect = json!({ "profile": profile, "signing_input_hex": hex(input.as_bytes()) });
        accepted_as(requirement, name, about, question, expect).preimage("packet", input)
    };
    let sorted =
        packet.clone().with("context", r#"{"a":[{"x":1,"y":1.5e-07}],"\u00e4":"\ud83d\ude00\u007f/"}"#);
    let unsorted = r#"{"b":1,"a":2}"#;
    let ordered = packet.clone().with("context", r#"{"a":"ä","b":1}"#);
    let risky = packet.clone().with("risk_level", "\"read\"").with("ttl_seconds", "600");
    let only = |profile: &str| [("packet_profile", json!(profile))];
    vec![
        with_bytes("HAND-8", "bytes", "sorted at every depth, compact, ASCII", "P3", &sorted, &sorted.body()),
        refused(
            "HAND-8",
            "order",
            "signed with its context as it came",
            ask_with(&packet.clone().with("context", unsorted).text(), &only("P3")),
            SIGNATURE,
        ),
        with_bytes("HAND-9", "p1", "18 members as declared, UTF-8", "P1", &ordered, &ordered.declared(18)),
        with_bytes("HAND-9", "p2", "21 members as declared", "P2", &ordered, &ordered.declared(21)),
        refused(
            "HAND-9",
            "uncovered",
            "a life that P1 does not cover",
            ask_with(&risky.signed_over(&risky.declared(18)), &only("P1")),
            "HANDOFF_PROFILE_UNSUPPORTED",
        ),
        accepted_as(
            "HAND-10",
            "p1",
            "found to be P1",
            ask(&packet.signed_over(&packet.declared(18))),
            json!({ "profile": "P1" }),
        ),
        accepted_as(
            "HAND-10",
            "p2",
            "found to be P2",
            ask(&packet.signed_over(&packet.declared(21))),
            json!({ "profile": "P2" }),
        ),
        refused("HAND-10", "none", "signed in no form", ask(&packet.signed_over("{}")), SIGNATURE),
        accepted("HAND-11", "strict", "Ed25519", &packet),
        refused(
            "HAND-11",
            "algorithm",
            "the algorithm in lower case, which is signed",
            ask(&packet.clone().saying("signature_algo", "ed25519").text()),
            SIGNATURE,
        ),
        refused(
            "HAND-11",
            "short",
            "a signature of 63 bytes",
            ask(&with(&packet.body(), "signature", &"A".repeat(84))),
            SIGNATURE,
        ),
    ]
}

fn names() -> Vec<Case> {
    let packet = Packet::honest();
    let expect = json!({ "packet_digest": packet.digest(), "profile": "P3" });
    let registry = json!({ "agents": { id("planner"): pem("planner") } }).to_string();
    let known = ask_with(&packet.text(), &[("registry_json", json!(registry))]);
    vec![
        accepted_as("HAND-13", "digest", "the name of a packet", ask(&packet.text()), expect.clone())
            .preimage("packet", &packet.body()),
        accepted_as("HAND-13", "registered", "however the sender is known", known, expect),
        accepted_as(
            "HAND-13",
            "end",
            "of a packet with another end",
            ask(&packet.clone().saying("expires_at", "2027-01-15T08:08:59Z").text()),
            json!({ "packet_digest": packet.saying("expires_at", "2027-01-15T08:08:59Z").digest() }),
        ),
    ]
}
