//! Capabilities: grants as tokens, in a packet, by themselves, and with a payload around them (HAND-29, HAND-40 to
//! HAND-47).

use ca2a_core::encoding::base64url;
use serde_json::{Value, json};

use super::{
    accepted_as,
    agents::{base64, id, pem},
    ask_with, keys,
    packet::Packet,
    refused,
};
use crate::vectors::{
    case::Case,
    draft::{NOW, key},
};

const CAPABILITY: &str = "handoff.capability";
const TOKEN: &str = "handoff.token";
const INVALID: &str = "HANDOFF_CAPABILITY_INVALID";

pub(super) fn cases() -> Vec<Case> {
    [forms(), chains(), windows(), packets(), envelopes()].concat()
}

/// A grant before it is signed.
#[derive(Clone)]
struct Grant {
    name: &'static str,
    parent: Option<&'static str>,
    issuer: &'static str,
    subject: &'static str,
    actions: &'static [&'static str],
    calls: Option<u64>,
    /// Constraints, their JSON text sorted and compact.
    constraints: Option<&'static str>,
    /// Clock times of the day of the cases.
    from: &'static str,
    until: &'static str,
    signer: &'static str,
}

/// Of the root to the planner.
fn first() -> Grant {
    Grant {
        name: "cap-0",
        parent: None,
        issuer: "root",
        subject: "planner",
        actions: &["read", "write"],
        calls: Some(9),
        constraints: None,
        from: "07:00:00",
        until: "09:00:00",
        signer: "root",
    }
}

/// Of the planner to the searcher, under the first.
fn second() -> Grant {
    Grant {
        name: "cap-1",
        parent: Some("cap-0"),
        issuer: "planner",
        subject: "searcher",
        actions: &["read"],
        calls: Some(3),
        from: "07:30:00",
        until: "08:30:00",
        signer: "planner",
        ..first()
    }
}

impl Grant {
    fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut grant = self.clone();
        change(&mut grant);
        grant
    }

    /// The members but the signature, between these separators, times as `time` writes them (HAND-40, HAND-41).
    fn spelled(&self, comma: &str, colon: &str, time: fn(&str) -> String, signature: Option<&str>) -> String {
        let spaced = |json: &str| json.replace("\",\"", &format!("\"{comma}\""));
        let permissions = format!(
            "{{\"allowed_actions\"{colon}{}{comma}\"max_tool_calls\"{colon}{}}}",
            spaced(&json!(self.actions).to_string()),
            json!(self.calls)
        );
        let constraints =
            self.constraints.unwrap_or("null").replace(',', comma).replace("\":", &format!("\"{colon}"));
        let members = [
            ("capability_id", json!(self.name).to_string()),
            ("constraints", constraints),
            ("delegated_permissions", permissions),
            ("expires_at", json!(time(self.until)).to_string()),
            ("issued_at", json!(time(self.from)).to_string()),
            ("issuer_agent", json!(id(self.issuer)).to_string()),
            ("parent_capability_id", json!(self.parent).to_string()),
            ("public_key", json!(pem(self.issuer)).to_string()),
            ("signature", signature.map(|text| json!(text).to_string()).unwrap_or_default()),
            ("signature_algo", "\"Ed25519\"".to_owned()),
            ("subject_agent", json!(id(self.subject)).to_string()),
        ];
        let members = members.iter().filter(|(_, text)| !text.is_empty());
        let members: Vec<String> = members.map(|(name, text)| format!("\"{name}\"{colon}{text}")).collect();
        format!("{{{}}}", members.join(comma))
    }

    /// What is signed: with blanks, times as Python prints them (HAND-40).
    fn body(&self) -> String {
        self.spelled(", ", ": ", |clock| format!("2027-01-15 {clock}+00:00"), None)
    }

    /// The token, with a signature over `input`.
    fn token_over(&self, input: &str) -> String {
        let signature = base64(&key(self.signer).sign(input.as_bytes()).0);
        let text = self.spelled(",", ":", |clock| format!("2027-01-15T{clock}Z"), Some(&signature));
        base64url(text.as_bytes())
    }

    fn token(&self) -> String {
        self.token_over(&self.body())
    }
}

/// The question what these tokens are worth, the root's first.
fn ask(tokens: &[String]) -> Value {
    json!({ "tokens": tokens, "trusted_root_issuers": keys(&["root"]), "now": NOW })
}

fn takes(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    grants: &[Grant],
    expect: Value,
) -> Case {
    let tokens: Vec<String> = grants.iter().map(Grant::token).collect();
    let case = Case::accept(requirement, name, about, CAPABILITY, ask(&tokens), expect);
    grants.iter().fold(case, |case, grant| case.preimage(grant.name, &grant.body()))
}

fn refuses(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    grants: &[Grant],
    code: &'static str,
) -> Case {
    let tokens: Vec<String> = grants.iter().map(Grant::token).collect();
    Case::refuse(requirement, name, about, CAPABILITY, ask(&tokens), code)
}

fn forms() -> Vec<Case> {
    let bounded = |text| first().changed(|it| it.constraints = Some(text));
    let old = bounded(r#"{"data_boundary":"eu","max_runtime_seconds":60}"#);
    let new = bounded(r#"{"data_boundary":"eu","max_runtime_seconds":60,"requires_human_review":false}"#);
    let compact = first().spelled(",", ":", |clock| format!("2027-01-15 {clock}+00:00"), None);
    let one = |name: &str, about, token: String| {
        Case::refuse("HAND-41", name, about, CAPABILITY, ask(&[token]), INVALID)
    };
    let held = json!({ "capability_id": "cap-0", "actions": ["read", "write"], "max_tool_calls": 9 });
    vec![
        takes("HAND-40", "spaced", "signed with blanks", &[first()], held.clone()),
        takes(
            "HAND-40",
            "unstated",
            "no word on review, signed without it",
            std::slice::from_ref(&old),
            json!({}),
        ),
        Case::accept(
            "HAND-40",
            "meant",
            "no word on review, signed as false",
            CAPABILITY,
            ask(&[old.token_over(&new.body())]),
            json!({}),
        )
        .preimage("cap-0", &new.body()),
        Case::refuse(
            "HAND-40",
            "compact",
            "signed without blanks",
            CAPABILITY,
            ask(&[first().token_over(&compact)]),
            INVALID,
        ),
        takes("HAND-41", "token", "base64url without padding", &[first()], held),
        one("padded", "with padding", padded(&first())),
        one("json", "the object itself", first().spelled(",", ":", str::to_owned, Some("x"))),
    ]
}

/// A token that padding would make longer, and does.
fn padded(grant: &Grant) -> String {
    let names = ["cap-0", "cap-00", "cap-000"];
    let tokens = names.map(|name| grant.changed(|it| it.name = name).token());
    let odd = tokens.into_iter().find(|token| token.len() % 4 != 0).unwrap_or_default();
    let padding = (4 - odd.len() % 4) % 4;
    odd + &"=".repeat(padding)
}

fn chains() -> Vec<Case> {
    let chain = || [first(), second()];
    let leaf = |change: fn(&mut Grant)| [first(), second().changed(change)];
    let held = json!({ "capability_id": "cap-1", "actions": ["read"], "max_tool_calls": 3 });
    vec![
        takes("HAND-42", "chain", "from a trusted root, each signed", &chain(), held.clone()),
        Case::refuse("HAND-42", "empty", "no grant", CAPABILITY, ask(&[]), INVALID),
        refuses(
            "HAND-42",
            "root",
            "begins with a grant of somebody else",
            &[second().changed(|it| it.parent = None)],
            "HANDOFF_CAPABILITY_UNTRUSTED",
        ),
        refuses(
            "HAND-42",
            "parent",
            "begins with a grant that has a parent",
            &[first().changed(|it| it.parent = Some("cap-9"))],
            INVALID,
        ),
        refuses("HAND-42", "forged", "signed by somebody else", &leaf(|it| it.signer = "stranger"), INVALID),
        takes("HAND-43", "link", "each continues the one above", &chain(), held),
        refuses(
            "HAND-43",
            "issuer",
            "by another than the subject above",
            &leaf(|it| {
                it.issuer = "stranger";
                it.signer = "stranger";
            }),
            INVALID,
        ),
        refuses("HAND-43", "id", "under another id", &leaf(|it| it.parent = Some("cap-9")), INVALID),
        refuses(
            "HAND-28",
            "capability",
            "an action that the grant above has not",
            &leaf(|it| it.actions = &["delete"]),
            "HANDOFF_ESCALATION",
        ),
        refuses(
            "HAND-28",
            "capability-window",
            "longer than the grant above",
            &leaf(|it| it.until = "09:00:01"),
            "HANDOFF_ESCALATION",
        ),
    ]
}

fn windows() -> Vec<Case> {
    const EXPIRED: &str = "HANDOFF_CAPABILITY_EXPIRED";
    let lived = |from, until| {
        [first().changed(|it| {
            it.from = from;
            it.until = until;
        })]
    };
    let revoking = |ids: &[&str]| {
        let mut question = ask(&[first().token(), second().token()]);
        question["revoked_capabilities"] = json!(ids);
        question
    };
    let revoked = |name: &str, about, ids: &[&str]| {
        Case::refuse("HAND-44", name, about, CAPABILITY, revoking(ids), "HANDOFF_CAPABILITY_REVOKED")
    };
    vec![
        takes("HAND-44", "last-moment", "over at this moment", &lived("07:00:00", "08:00:00"), json!({})),
        takes("HAND-44", "skew", "30 s ahead", &lived("08:00:30", "09:00:00"), json!({})),
        Case::accept(
            "HAND-44",
            "other",
            "another one is revoked",
            CAPABILITY,
            revoking(&["cap-9"]),
            json!({}),
        ),
        revoked("leaf", "revoked itself", &["cap-1"]),
        revoked("root", "revoked above", &["cap-0"]),
        refuses("HAND-44", "over", "over", &lived("07:00:00", "07:59:59.999999"), EXPIRED),
        refuses("HAND-44", "future", "not yet", &lived("08:00:31", "09:00:00"), EXPIRED),
    ]
}

/// A packet with this token, judged with the grants above it.
fn carrying(token: &str, ancestors: &[Grant]) -> Value {
    let ancestors: Vec<String> = ancestors.iter().map(Grant::token).collect();
    let packet = Packet::honest()
        .with("permissions", r#"{"allowed_actions":["read","search"],"max_tool_calls":5}"#)
        .saying("capability_token", token);
    let more = [("trusted_root_issuers", keys(&["root"])), ("ancestors", json!(ancestors))];
    ask_with(&packet.text(), &more)
}

fn packets() -> Vec<Case> {
    let meet = json!({ "actions": ["read"], "max_tool_calls": 3 });
    let to_tool = second().changed(|it| it.subject = "tool");
    let by_root = second().changed(|it| {
        (it.issuer, it.signer, it.parent) = ("root", "root", None);
    });
    vec![
        accepted_as(
            "HAND-29",
            "both",
            "what packet and capability both allow",
            carrying(&second().token(), &[first()]),
            meet,
        ),
        refused("HAND-29", "token", "a token that does not decode", carrying("token", &[]), INVALID),
        accepted_as(
            "HAND-45",
            "holder",
            "from the sender to this agent",
            carrying(&second().token(), &[first()]),
            json!({}),
        ),
        refused(
            "HAND-45",
            "other-subject",
            "for another agent",
            carrying(&to_tool.token(), &[first()]),
            "HANDOFF_HOLDER_MISMATCH",
        ),
        refused(
            "HAND-45",
            "other-issuer",
            "by another than the sender",
            carrying(&by_root.token(), &[]),
            "HANDOFF_HOLDER_MISMATCH",
        ),
    ]
}

/// The first grant with a payload around it.
fn around(nonce: &str, issued: &str) -> String {
    format!(
        "{{\"capability_token\":\"{}\",\"issued_at\":\"{issued}\",\"nonce\":\"{nonce}\",\"payload\":{{}}}}",
        first().token()
    )
}

fn envelopes() -> Vec<Case> {
    let asked = |envelope: String, earlier: Option<String>| {
        let earlier: Vec<String> = earlier.into_iter().collect();
        json!({
            "token_envelope_json": envelope,
            "earlier": earlier,
            "trusted_root_issuers": keys(&["root"]),
            "now": NOW,
        })
    };
    let alone = |issued: &str| asked(around("n-1", issued), None);
    let refuses = |name: &str, about, question, code: &'static str| {
        Case::refuse("HAND-47", name, about, TOKEN, question, code)
    };
    let held = json!({ "capability_id": "cap-0" });
    vec![
        Case::accept("HAND-47", "oldest", "300 s old", TOKEN, alone("2027-01-15T07:55:00Z"), held),
        refuses("old", "301 s old", alone("2027-01-15T07:54:59Z"), "HANDOFF_CAPABILITY_EXPIRED"),
        refuses("future", "from the future", alone("2027-01-15T08:00:01Z"), "HANDOFF_CAPABILITY_EXPIRED"),
        refuses(
            "nonce",
            "a token twice, under two nonces",
            asked(around("n-2", "2027-01-15T08:00:00Z"), Some(around("n-1", "2027-01-15T08:00:00Z"))),
            "HANDOFF_REPLAY",
        ),
    ]
}
