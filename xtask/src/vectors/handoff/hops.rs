//! Signed hops: a packet under a credential (HAND-70 to HAND-75).

use ca2a_core::Sha256;
use serde_json::{Value, json};

use super::{agents::id, keys, packet::Packet};
use crate::vectors::{
    case::Case,
    draft::{Draft, NOW, document, honest, key, public, with},
};

const OP: &str = "handoff.hop";
const INVALID: &str = "HANDOFF_HOP_INVALID";
const ESCALATION: &str = "HANDOFF_ESCALATION";

pub(super) fn cases() -> Vec<Case> {
    [forms(), bindings(), bounds(), parents()].concat()
}

/// A hop before it is signed, with the packet that it carries and the credentials that it is made under.
#[derive(Clone)]
struct Hop {
    packet: Packet,
    credentials: Vec<Draft>,
    /// What the hop names instead of the digest of its packet.
    names: Option<String>,
    domain: &'static str,
    profile: &'static str,
    sender: &'static str,
    signer: &'static str,
    recipient: &'static str,
    capability: &'static str,
    previous: Option<String>,
    depth: u64,
    from: u64,
    until: u64,
}

/// The planner's, for the searcher, under the root's credential.
fn first() -> Hop {
    Hop {
        packet: Packet::honest(),
        credentials: honest()[..1].to_vec(),
        names: None,
        domain: "ca2a-handoff-hop-v1",
        profile: "P3",
        sender: "planner",
        signer: "planner",
        recipient: "searcher",
        capability: "read",
        previous: None,
        depth: 0,
        from: NOW - 30,
        until: NOW + 60,
    }
}

/// The searcher's, for the tool, behind the first.
fn second() -> Hop {
    Hop {
        packet: Packet::between("searcher", "tool"),
        credentials: honest()[..2].to_vec(),
        sender: "searcher",
        signer: "searcher",
        recipient: "tool",
        previous: Some(Sha256::of(first().text().as_bytes()).to_hex()),
        depth: 1,
        ..first()
    }
}

impl Hop {
    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// SHA-256 over a domain and the digests of the credentials, root to leaf (HAND-71).
    fn chain_digest(&self) -> String {
        let digests = self.credentials.iter().map(|credential| Sha256::of(credential.body().as_bytes()).0);
        Sha256::of(&[&b"ca2a-handoff-chain-v1\0"[..], &digests.collect::<Vec<_>>().concat()].concat())
            .to_hex()
    }

    /// The canonical form without the signature, spelled out.
    fn body(&self) -> String {
        format!(
            "{{\"capability\":\"{}\",\"chain_digest\":\"{}\",\"depth\":{},\"domain\":\"{}\",\"not_after\":{},\"not_before\":{},\"packet_digest\":\"{}\",\"previous\":{},\"profile\":\"{}\",\"recipient\":\"{}\",\"sender\":\"{}\"}}",
            self.capability,
            self.chain_digest(),
            self.depth,
            self.domain,
            self.until,
            self.from,
            self.names.clone().unwrap_or_else(|| self.packet.digest()),
            json!(self.previous),
            self.profile,
            public(self.recipient),
            public(self.sender),
        )
    }

    fn input(&self) -> String {
        format!("ca2a-handoff-hop-v1\0{}", self.body())
    }

    fn text(&self) -> String {
        with(&self.body(), "signature", &key(self.signer).sign(self.input().as_bytes()).to_hex())
    }
}

/// The agent called `me`, asked about this hop with these before it.
fn ask(me: &str, hop: &Hop, text: &str, parents: &[Hop]) -> Value {
    let parents: Vec<Value> = parents
        .iter()
        .map(|parent| json!({ "hop_json": parent.text(), "packet_json": parent.packet.text() }))
        .collect();
    json!({
        "hop_json": text,
        "packet_json": hop.packet.text(),
        "parents": parents,
        "chain_json": document(&hop.credentials),
        "trusted_root_issuers": keys(&["root"]),
        "public_key": public(me),
        "now": NOW,
    })
}

fn alone(hop: &Hop) -> Value {
    ask("searcher", hop, &hop.text(), &[])
}

fn takes(requirement: &'static str, name: &str, about: &'static str, hop: &Hop) -> Case {
    let digest = Sha256::of(hop.text().as_bytes()).to_hex();
    let expect = json!({ "record_id": format!("hop-{digest}"), "hop_digest": digest });
    Case::accept(requirement, name, about, OP, alone(hop), expect).preimage("hop", &hop.input())
}

fn refuses(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    hop: &Hop,
    code: &'static str,
) -> Case {
    Case::refuse(requirement, name, about, OP, alone(hop), code)
}

fn forms() -> Vec<Case> {
    let hop = first();
    let sent = |text: String| ask("searcher", &hop, &text, &[]);
    let malformed =
        |name: &str, about, text: String| Case::refuse("HAND-70", name, about, OP, sent(text), INVALID);
    vec![
        takes("HAND-70", "signed", "eleven members and a signature", &hop),
        malformed("unknown", "a member that nobody signs", with(&hop.text(), "note", "x")),
        malformed(
            "capitals",
            "a digest in capitals",
            hop.text().replace(&hop.packet.digest(), &hop.packet.digest().to_uppercase()),
        ),
        refuses(
            "HAND-70",
            "domain",
            "another domain",
            &first().changed(|it| it.domain = "ca2a-handoff-hop-v2"),
            INVALID,
        ),
        refuses(
            "HAND-70",
            "signer",
            "signed by another than its sender",
            &first().changed(|it| it.signer = "stranger"),
            INVALID,
        ),
    ]
}

fn bindings() -> Vec<Case> {
    let stranger = |it: &mut Hop| (it.sender, it.signer) = ("stranger", "stranger");
    let chain = |it: &mut Hop| it.credentials = honest()[..2].to_vec();
    let named = Packet::honest().saying("to_agent", &id("tool"));
    let taken = |hop: &Hop, earlier: &Packet| {
        let mut question = alone(hop);
        question["earlier"] = json!([earlier.text()]);
        question
    };
    let other = Packet::honest().saying("nonce", "nonce-2");
    vec![
        takes("HAND-71", "bound", "key, packet and credentials are the sender's", &first()),
        refuses(
            "HAND-71",
            "packet",
            "names another packet",
            &first().changed(|it| it.names = Some("0".repeat(64))),
            INVALID,
        ),
        refuses(
            "HAND-71",
            "profile",
            "names another profile",
            &first().changed(|it| it.profile = "P1"),
            INVALID,
        ),
        refuses(
            "HAND-71",
            "sender",
            "by another than the packet's sender",
            &first().changed(stranger),
            INVALID,
        ),
        refuses(
            "HAND-71",
            "leaf",
            "under credentials that end with another",
            &first().changed(chain),
            INVALID,
        ),
        takes("HAND-72", "recipient", "for this agent", &first()),
        refuses(
            "HAND-72",
            "key",
            "for another key",
            &first().changed(|it| it.recipient = "stranger"),
            "HANDOFF_WRONG_RECIPIENT",
        ),
        refuses(
            "HAND-72",
            "agent",
            "a packet for another agent",
            &first().changed(|it| it.packet = named),
            "HANDOFF_WRONG_RECIPIENT",
        ),
        Case::accept("HAND-75", "fresh", "after another packet", OP, taken(&first(), &other), json!({})),
        Case::refuse(
            "HAND-75",
            "taken",
            "after its packet alone",
            OP,
            taken(&first(), &Packet::honest()),
            "HANDOFF_REPLAY",
        ),
    ]
}

fn bounds() -> Vec<Case> {
    let delete = r#"{"allowed_actions":["delete","read"],"max_tool_calls":5}"#;
    let invalid = |name: &str, about, change: fn(&mut Hop)| {
        refuses("HAND-73", name, about, &first().changed(change), INVALID)
    };
    vec![
        takes("HAND-73", "within", "what packet and credential allow, while they do", &first()),
        refuses(
            "HAND-73",
            "scope",
            "a packet that allows more than the credential",
            &first().changed(|it| it.packet = Packet::honest().with("permissions", delete)),
            ESCALATION,
        ),
        invalid("capability", "what the packet does not allow", |it| it.capability = "write"),
        invalid("early", "before the packet", |it| it.from = NOW - 61),
        invalid("late", "after the packet", |it| it.until = NOW + 541),
        invalid("credential", "after a credential", |it| it.credentials[0].until = Some(NOW + 59)),
        invalid("over", "over", |it| it.until = NOW - 1),
        invalid("future", "not yet", |it| it.from = NOW + 1),
    ]
}

fn parents() -> Vec<Case> {
    let behind = |hop: &Hop, parents: &[Hop]| ask("tool", hop, &hop.text(), parents);
    let refuses = |name: &str, about, hop: &Hop, parents: &[Hop], code: &'static str| {
        Case::refuse("HAND-74", name, about, OP, behind(hop, parents), code)
    };
    let invalid = |name: &str, about, change: fn(&mut Hop)| {
        refuses(name, about, &second().changed(change), &[first()], INVALID)
    };
    let generous = second().changed(|it| {
        it.packet = Packet::between("searcher", "tool")
            .with("permissions", r#"{"allowed_actions":["read","search"],"max_tool_calls":5}"#);
    });
    let sibling = first().changed(|it| it.until = NOW + 61);
    vec![
        Case::accept(
            "HAND-74",
            "second",
            "behind another",
            OP,
            behind(&second(), &[first()]),
            json!({ "capability": "read" }),
        )
        .preimage("hop", &second().input()),
        refuses("alone", "without the one before", &second(), &[], INVALID),
        refuses("sibling", "behind another than it names", &second(), &[sibling], INVALID),
        invalid("depth", "another depth", |it| it.depth = 2),
        invalid("window", "longer than the one before", |it| it.until = NOW + 61),
        refuses("wider", "a packet that allows more than the one before", &generous, &[first()], ESCALATION),
    ]
}
