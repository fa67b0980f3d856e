//! Who handed authority to whom (MAN-15, MAN-32 to MAN-40).

use ca2a_core::encoding::base64url;
use serde_json::{Value, json};

use super::{
    OP,
    draft::{AGENT, ID, ISSUER, honest, public},
    reported, with,
};
use crate::vectors::{case::Case, draft::key};

const INVALID: &str = "MANIFEST_DELEGATION_INVALID";

pub(super) fn cases() -> Vec<Case> {
    [signatures(), grants(), times(), delegates()].concat()
}

/// A hop before it is signed. A grant's members stand as their JSON texts.
#[derive(Clone)]
struct Hop {
    place: u64,
    principal: &'static str,
    begins: &'static str,
    tools: &'static [&'static str],
    classes: &'static [&'static str],
    constraints: &'static [&'static str],
    depth: u64,
    life: u64,
    /// Another member of the grant, its text and a comma.
    more: &'static str,
    manifest: &'static str,
    signer: &'static str,
}

/// The issuer's.
fn first() -> Hop {
    Hop {
        place: 0,
        principal: ISSUER,
        begins: "2027-01-15T07:30:00Z",
        tools: &["read", "write"],
        classes: &["public"],
        constraints: &[],
        depth: 2,
        life: 3_600,
        more: "",
        manifest: ID,
        signer: "root",
    }
}

/// The agent's.
fn second() -> Hop {
    Hop {
        place: 1,
        principal: AGENT,
        begins: "2027-01-15T07:45:00Z",
        tools: &["read"],
        depth: 1,
        life: 1_800,
        signer: "planner",
        ..first()
    }
}

impl Hop {
    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The canonical members of the hop, with another behind its time.
    fn spelled(&self, more: &str, id: &str) -> String {
        format!(
            "{{\"delegated_at\":\"{}\",{more}\"hop\":{},{id}\"principal_id\":\"{}\",\"principal_type\":\"agent\",\"scope_grant\":{{\"constraints\":{},\"data_classifications\":{},\"max_delegation_depth\":{},{}\"tools\":{},\"ttl_seconds\":{}}}}}",
            self.begins,
            self.place,
            self.principal,
            json!(self.constraints),
            json!(self.classes),
            self.depth,
            self.more,
            json!(self.tools),
            self.life,
        )
    }

    /// What its principal signs: the hop and the id of its manifest (MAN-32).
    fn body(&self) -> String {
        self.spelled("", &format!("\"manifest_id\":\"{}\",", self.manifest))
    }

    fn text(&self) -> String {
        let signature = base64url(&key(self.signer).sign(self.body().as_bytes()).0);
        self.spelled(&format!("\"delegation_signature\":\"{signature}\","), "")
    }
}

/// The question about a document with these hops, of a verifier that knows both principals.
fn ask(hops: &[Hop]) -> Value {
    let texts: Vec<String> = hops.iter().map(Hop::text).collect();
    let document = honest().with("delegation_chain", &format!("[{}]", texts.join(",")));
    let principals = json!({ ISSUER: public("root"), AGENT: public("planner") });
    with(document.ask(), &[("principals", principals)])
}

fn takes(requirement: &'static str, name: &str, about: &'static str, hops: &[Hop], tools: &[&str]) -> Case {
    let case = Case::accept(requirement, name, about, OP, ask(hops), json!({ "tools": tools }));
    hops.iter().fold(case, |case, hop| case.preimage(hop.principal, &hop.body()))
}

fn refuses(requirement: &'static str, name: &str, about: &'static str, hops: &[Hop]) -> Case {
    Case::refuse(requirement, name, about, OP, ask(hops), INVALID)
}

fn leaf(change: impl FnOnce(&mut Hop)) -> [Hop; 2] {
    [first(), second().changed(change)]
}

fn signatures() -> Vec<Case> {
    let both = [first(), second()];
    let elsewhere = "01926b4c-1234-7abc-9def-000000000002";
    vec![
        takes("MAN-15", "hops", "each signed by its principal", &both, &["read"]),
        refuses("MAN-15", "stranger", "signed by somebody else", &leaf(|it| it.signer = "stranger")),
        takes("MAN-32", "manifest", "signed for this manifest", &both, &["read"]),
        refuses("MAN-32", "manifest", "signed for another manifest", &leaf(|it| it.manifest = elsewhere)),
        takes("MAN-33", "issuer", "from the issuer on", &both, &["read"]),
        refuses(
            "MAN-33",
            "agent",
            "from another on",
            &[first().changed(|it| {
                it.principal = AGENT;
                it.signer = "planner";
            })],
        ),
    ]
}

fn grants() -> Vec<Case> {
    let constrained = first().changed(|it| it.constraints = &["permit(principal, action, resource);"]);
    vec![
        takes(
            "MAN-34",
            "equal",
            "as much as its parent",
            &leaf(|it| it.tools = &["read", "write"]),
            &["read", "write"],
        ),
        refuses("MAN-34", "tool", "a tool that its parent has not", &leaf(|it| it.tools = &["delete"])),
        refuses(
            "MAN-34",
            "class",
            "a classification that its parent has not",
            &leaf(|it| it.classes = &["internal"]),
        ),
        refuses("MAN-34", "life", "a longer life", &leaf(|it| it.life = 3_601)),
        refuses("MAN-34", "end", "a later end", &leaf(|it| it.life = 2_701)),
        refuses("MAN-34", "depth", "more depth", &leaf(|it| it.depth = 3)),
        takes("MAN-35", "tools", "a tool", &[first()], &["read", "write"]),
        refuses("MAN-35", "none", "no tool", &[first().changed(|it| it.tools = &[])]),
        takes("MAN-38", "none", "no constraint", &[first()], &["read", "write"]),
        Case::refuse(
            "MAN-38",
            "unknown",
            "a constraint that nobody here evaluates",
            OP,
            ask(&[constrained]),
            "MANIFEST_UNVERIFIABLE",
        ),
    ]
}

fn times() -> Vec<Case> {
    let future = || first().changed(|it| it.begins = "2027-01-15T08:00:01Z");
    let lax = |hops: &[Hop]| with(ask(hops), &[("mode", json!("agent-manifest-0.15"))]);
    let older = leaf(|it| it.begins = "2027-01-15T07:29:59Z");
    let twice = {
        let again = second().changed(|it| (it.principal, it.signer) = (ISSUER, "root"));
        [first(), again]
    };
    vec![
        takes(
            "MAN-36",
            "last-second",
            "in its last second",
            &[first().changed(|it| it.life = 1_800)],
            &["read", "write"],
        ),
        refuses("MAN-36", "over", "over", &[first().changed(|it| it.life = 1_799)]),
        refuses("MAN-36", "future", "not begun", &[future()]),
        refuses("MAN-36", "older", "older than its parent", &older),
        takes("MAN-37", "agent", "the agent is the last", &[first(), second()], &["read"]),
        refuses("MAN-37", "twice", "a principal twice", &twice),
        Case::accept(
            "MAN-40",
            "lax",
            "not begun, where the package is followed",
            OP,
            lax(&[future()]),
            json!({}),
        ),
        Case::refuse(
            "MAN-40",
            "grows",
            "grown, whoever is followed",
            OP,
            lax(&leaf(|it| it.tools = &["delete"])),
            INVALID,
        ),
    ]
}

fn delegates() -> Vec<Case> {
    let expecting =
        |delegate: &str| with(ask(&[first(), second()]), &[("expected_delegates", json!([delegate]))]);
    vec![
        Case::accept(
            "MAN-39",
            "expected",
            "a delegate that is expected",
            OP,
            expecting(AGENT),
            reported(&[]),
        ),
        Case::refuse(
            "MAN-39",
            "other",
            "one that is not",
            OP,
            expecting("spiffe://example.org/agent/c"),
            INVALID,
        ),
    ]
}
