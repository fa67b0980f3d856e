//! The chain of an envelope, which nobody signs (HAND-25 to HAND-28).

use serde_json::{Value, json};

use super::{accepted_as, agents::id, packet::Packet, refused};
use crate::vectors::{case::Case, draft::NOW};

const INVALID: &str = "HANDOFF_CHAIN_INVALID";

pub(super) fn cases() -> Vec<Case> {
    [shapes(), bounds(), attenuation()].concat()
}

/// A chain: who had which packet, with which permissions.
#[derive(Clone)]
struct Chain {
    packets: Vec<&'static str>,
    agents: Vec<String>,
    hops: Vec<(String, String)>,
}

/// What an agent of a chain may do unless a case says otherwise.
const HELD: &str = r#"{"allowed_actions":["read","write"],"max_tool_calls":9}"#;

/// A chain of these agents, each with its hop; the last one has the packet of the case.
fn through(agents: &[&str]) -> Chain {
    const EARLIER: [&str; 6] = ["pk_a", "pk_b", "pk_c", "pk_d", "pk_e", "pk_f"];
    let last = agents.len() - 1;
    let packets = (0..agents.len()).map(|at| if at == last { "pk_1" } else { EARLIER[at] });
    let agents: Vec<String> = agents.iter().map(|name| id(name)).collect();
    let hops = agents.iter().map(|agent| (agent.clone(), HELD.to_owned())).collect();
    Chain { packets: packets.collect(), agents, hops }
}

impl Chain {
    fn text(&self) -> String {
        let hop = |(agent, permissions): &(String, String)| {
            format!("{{\"agent_id\":{},\"delegated_permissions\":{permissions}}}", json!(agent))
        };
        let hops: Vec<String> = self.hops.iter().map(hop).collect();
        format!(
            "{{\"agents\":{},\"hops\":[{}],\"packet_ids\":{}}}",
            json!(self.agents),
            hops.join(","),
            json!(self.packets)
        )
    }

    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The searcher, asked about this envelope.
fn ask(packet: &Packet, chain: &Chain) -> Value {
    let envelope = format!("{{\"chain\":{},\"packet\":{}}}", chain.text(), packet.text());
    json!({ "envelope_json": envelope, "me": id("searcher"), "now": NOW })
}

fn takes(requirement: &'static str, name: &str, about: &'static str, chain: &Chain) -> Case {
    let question = ask(&Packet::honest(), chain);
    accepted_as(requirement, name, about, question, json!({ "chain": "unsigned" }))
}

fn shapes() -> Vec<Case> {
    let whole = || through(&["root", "planner"]);
    let refuses = |name: &str, about, chain: &Chain| {
        refused("HAND-25", name, about, ask(&Packet::honest(), chain), INVALID)
    };
    vec![
        takes(
            "HAND-25",
            "first",
            "a first handoff, without hops",
            &through(&["planner"]).changed(|it| it.hops.clear()),
        ),
        takes("HAND-25", "second", "a hop for each of two", &whole()),
        takes(
            "HAND-25",
            "recipient",
            "the recipient right behind the sender",
            &through(&["planner", "searcher"]),
        ),
        refuses("empty", "nobody", &Chain { packets: vec![], agents: vec![], hops: vec![] }),
        refuses("hops", "two agents and no hop", &whole().changed(|it| it.hops.clear())),
        refuses("stripped", "fewer agents than packets", &whole().changed(|it| drop(it.agents.remove(0)))),
        refuses("other-hop", "a hop of another agent", &whole().changed(|it| it.hops[0].0 = id("tool"))),
        refuses("packet", "ends with another packet", &whole().changed(|it| it.packets[1] = "pk_z")),
        refuses("sender", "ends with another agent", &through(&["root", "tool"])),
    ]
}

fn bounds() -> Vec<Case> {
    let stating = |depth: &str| {
        Packet::honest()
            .with("provenance", &format!("{{\"delegation_depth\":{depth},\"origin_workflow\":null}}"))
    };
    let strangers = |count: usize| {
        let mut chain = through(&["root", "stranger", "tool", "root", "root", "planner"][6 - count..]);
        for (at, agent) in chain.agents.iter_mut().enumerate().take(count - 1) {
            *agent = format!("agent:{at}");
            chain.hops[at].0.clone_from(agent);
        }
        chain
    };
    let looped = |agents: &[&str]| {
        refused("HAND-26", agents[0], "a loop", ask(&Packet::honest(), &through(agents)), "HANDOFF_LOOP")
    };
    let deep = |name: &str, about, packet: &Packet, chain: &Chain, code| {
        refused("HAND-27", name, about, ask(packet, chain), code)
    };
    vec![
        takes("HAND-26", "once", "nobody twice", &through(&["root", "planner"])),
        looped(&["planner", "root", "planner"]),
        looped(&["searcher", "planner"]),
        takes("HAND-27", "five", "five handoffs", &strangers(5)),
        accepted_as(
            "HAND-27",
            "stated",
            "the depth that the packet states",
            ask(&stating("2"), &through(&["root", "planner"])),
            json!({}),
        ),
        deep("six", "six handoffs", &Packet::honest(), &strangers(6), "HANDOFF_DEPTH_EXCEEDED"),
        refused(
            "HAND-27",
            "stated-six",
            "a stated depth of six, without a chain",
            super::ask(&stating("6").text()),
            "HANDOFF_DEPTH_EXCEEDED",
        ),
    ]
}

fn attenuation() -> Vec<Case> {
    let chain = |first: &str, last: &str| {
        through(&["root", "planner"]).changed(|it| {
            it.hops[0].1 = first.to_owned();
            it.hops[1].1 = last.to_owned();
        })
    };
    let refuses = |name: &str, about, first: &str, last: &str| {
        refused("HAND-28", name, about, ask(&Packet::honest(), &chain(first, last)), "HANDOFF_ESCALATION")
    };
    let read = |calls: &str| format!("{{\"allowed_actions\":[\"read\"],\"max_tool_calls\":{calls}}}");
    vec![
        takes("HAND-28", "equal", "as much as the hop before", &chain(&read("5"), &read("5"))),
        takes("HAND-28", "less", "less at every hop", &chain(HELD, &read("5"))),
        takes("HAND-28", "no-limit", "no limit above one", &chain(&read("null"), &read("6"))),
        refuses("action", "an action that the hop before has not", &read("9"), HELD),
        refuses("calls", "more calls than the hop before", &read("5"), &read("6")),
        refuses("infinite", "no limit under one", &read("9"), &read("null")),
        refuses("packet", "a packet with more calls than its hop", HELD, &read("4")),
        refuses("case", "an action in capitals", HELD, r#"{"allowed_actions":["READ"],"max_tool_calls":9}"#),
    ]
}
