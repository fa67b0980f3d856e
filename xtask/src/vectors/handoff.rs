//! TrustHandoff: packets, chains, capabilities, attestations, hops (HAND).

mod agents;
mod attestations;
mod capabilities;
mod chains;
mod documents;
mod hops;
mod packet;
mod pipeline;

use serde_json::{Value, json};

use super::{
    case::Case,
    draft::{NOW, public},
};
use agents::id;
use packet::Packet;

const VERIFY: &str = "handoff.verify";

pub(super) fn cases() -> Vec<Case> {
    [
        documents::cases(),
        pipeline::cases(),
        chains::cases(),
        capabilities::cases(),
        attestations::cases(),
        hops::cases(),
    ]
    .concat()
}

/// The searcher, who takes over, asked about this packet now.
fn ask(packet: &str) -> Value {
    json!({ "packet_json": packet, "me": id("searcher"), "now": NOW })
}

/// The same question, with more to it.
fn ask_with(packet: &str, more: &[(&str, Value)]) -> Value {
    let mut question = ask(packet);
    for (name, value) in more {
        question[*name] = value.clone();
    }
    question
}

/// A packet under P3, judged by itself.
fn accepted(requirement: &'static str, name: &str, about: &'static str, packet: &Packet) -> Case {
    accepted_as(requirement, name, about, ask(&packet.text()), json!({ "profile": "P3" }))
        .preimage("packet", &packet.body())
}

fn accepted_as(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    expect: Value,
) -> Case {
    Case::accept(requirement, name, about, VERIFY, question, expect)
}

fn refused(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    code: impl Into<Option<&'static str>>,
) -> Case {
    Case::refuse(requirement, name, about, VERIFY, question, code)
}

/// Public keys of these names, in hex.
fn keys(names: &[&str]) -> Value {
    names.iter().map(|name| public(name)).collect()
}
