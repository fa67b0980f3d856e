//! The agents in a row, as the operator sees them: processes with a public key, an address, and a name.

use ca2a_core::{
    ErrorCode, VerifyingKey,
    json::{Node, Object},
};

use super::{broken, cast, list, member, process::Actor, trial::Trial};
use crate::failure::Failure;

/// Everybody.
pub(super) struct Row {
    pub(super) planner: Member,
    researcher: Member,
    searcher: Member,
    tool: Member,
    thief: Member,
    // The last one: it ends after those who run on it.
    machine: Option<Booted>,
}

/// The machine that all of them run on, where it has a TPM.
pub(super) struct Booted {
    pub(super) actor: Actor,
    /// The digest of its PCRs, which everybody expects.
    pub(super) measurement: String,
    facts: Object<'static>,
}

/// An agent, and what it said about itself.
pub(super) struct Member {
    pub(super) actor: Actor,
    key: String,
    url: Option<String>,
}

impl Row {
    /// Starts everybody, the last one first, so that each can be told who comes next.
    pub(super) fn gather(root: &str, on_a_tpm: bool) -> Result<Self, Failure> {
        let machine = on_a_tpm.then(Booted::new).transpose()?;
        let place = Place { root, machine: machine.as_ref() };
        let tool = Member::begin(cast::TOOL.name, place, None)?;
        // The tool is granted nothing: the searcher calls it and passes nothing on.
        let searcher = Member::begin(cast::SEARCHER.name, place, Some(tool.as_next(false)))?;
        let researcher = Member::begin(cast::RESEARCHER.name, place, Some(searcher.as_next(true)))?;
        let planner = Member::begin(cast::PLANNER.name, place, Some(researcher.as_next(true)))?;
        let thief = Member::begin(cast::THIEF.name, place, None)?;
        Ok(Self { planner, researcher, searcher, tool, thief, machine })
    }

    pub(super) fn machine(&self) -> Option<&Booted> {
        self.machine.as_ref()
    }

    pub(super) fn introduced(&self) -> [(&Actor, &str); 5] {
        [&self.planner, &self.researcher, &self.searcher, &self.tool, &self.thief]
            .map(|member| (&member.actor, member.key.as_str()))
    }

    /// What to call the holders of the keys of the chain, and the tool.
    pub(super) fn names(&self) -> Result<Vec<(VerifyingKey, &'static str)>, Failure> {
        let members = [&self.planner, &self.researcher, &self.searcher, &self.tool];
        members.into_iter().map(|member| Ok((member.key()?, member.actor.name()))).collect()
    }

    /// An overreach, a theft and a replay, all of them at the tool.
    pub(super) fn try_what_must_fail(&mut self, done: &Object<'_>) -> Result<Vec<Trial>, Failure> {
        let tool = self.tool.actor.pid();
        let tried = |name, attempt, expected| Trial::of(name, attempt, expected, 2, cast::TOOL.name, tool);
        let overreach = tried(
            "overreach",
            "the searcher asks for `purchase`: the tool sells it, the planner holds it, but c1 gave it up",
            ErrorCode::ScopeNotPermitted,
        );
        let theft = tried(
            "stolen chain",
            "a thief presents the searcher's whole chain, and signs with a key of its own",
            ErrorCode::HolderProofInvalid,
        );
        let replay = tried(
            "replayed call",
            "the searcher's call, granted a moment ago, is sent again byte for byte",
            ErrorCode::HolderProofInvalid,
        );
        let steal = Object::from([
            ("do", Node::from("steal")),
            ("chain", list(done, "chain")?.iter().cloned().map(Node::into_owned).collect()),
            ("url", self.tool.url.clone().into()),
        ]);
        Ok(vec![
            overreach.came_back(&self.searcher.actor.ask(Object::from([("do", "overreach")]))?),
            theft.came_back(&self.thief.actor.ask(steal)?),
            replay.came_back(&self.searcher.actor.ask(Object::from([("do", "replay")]))?),
        ])
    }
}

/// What all agents have in common: whom they trust, and what they run on.
#[derive(Clone, Copy)]
struct Place<'p> {
    root: &'p str,
    machine: Option<&'p Booted>,
}

impl Booted {
    fn new() -> Result<Self, Failure> {
        let mut actor = Actor::start(cast::MACHINE.name)?;
        let facts = actor.ask(Object::from([("do", "boot")]))?;
        Ok(Self { measurement: member(&facts, "measurement")?.into(), facts, actor })
    }
}

impl Member {
    fn begin(name: &'static str, place: Place<'_>, next: Option<Object<'static>>) -> Result<Self, Failure> {
        let mut actor = Actor::start(name)?;
        let machine = place.machine.map(|machine| machine.facts.clone());
        let order = [
            ("do", Node::from("begin")),
            ("root", place.root.to_owned().into()),
            ("next", next.into()),
            ("machine", machine.into()),
        ];
        let said = actor.ask(Object::from(order))?;
        let url = said.text("url").ok().map(Into::into);
        Ok(Self { key: member(&said, "key")?.into(), actor, url })
    }

    /// This agent as another one is told of it; with its key where it is to be granted something.
    fn as_next(&self, granted: bool) -> Object<'static> {
        let key = granted.then(|| self.key.clone());
        Object::from([
            ("name", Node::from(self.actor.name())),
            ("url", self.url.clone().into()),
            ("key", key.into()),
        ])
    }

    pub(super) fn key(&self) -> Result<VerifyingKey, Failure> {
        VerifyingKey::from_hex(&self.key).map_err(|error| broken(&format!("{}: {error}", self.actor.name())))
    }
}
