//! `ca2a demo`: everything at once, in processes that trust one another as far as a chain reaches.
//!
//! ```text
//! operator ─c0─► planner ─c1─► researcher ─c2─► searcher ──► tool
//! ```
//!
//! Each arrow is a sealed call under the chain so far, and each agent signs for its hop before it calls on. Then an
//! overreach, a stolen chain, a replayed call and an edited record are refused, each by another process than the one
//! that judges the demo (CLI-19 to CLI-21).

pub(crate) mod agent;
mod call;
mod cast;
mod process;
mod shelf;
mod story;
mod trial;
mod verdict;
mod worker;

use std::path::PathBuf;

use ca2a_core::{
    CredentialId, ErrorCode, SigningKey, VerifyingKey,
    json::{Node, Object},
};
use ca2a_delegation::{Chain, Grant, issue};

use crate::{
    answer::{Answer, Failure},
    page::Page,
    session::{Session, random},
};
use process::Actor;
use trial::Trial;
use verdict::Folder;

/// How long the grants of the demo hold, in seconds.
const HOUR: u64 = 3_600;

/// See it all work, and fail where it must: agents in processes of their own, a task handed down, four refusals
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder for the chain, the records and the picture
    #[arg(long, value_name = "FOLDER", default_value = "ca2a-demo")]
    out: PathBuf,
}

/// The agents, and what they said about themselves.
struct Row {
    planner: Member,
    researcher: Member,
    searcher: Member,
    tool: Member,
    thief: Member,
}

struct Member {
    actor: Actor,
    key: String,
    url: Option<String>,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let now = session.clock.now();
        let root = SigningKey::from_seed(&*random::<32>()?);
        let public = root.verifying_key().to_hex();
        let mut row = Row::gather(&public)?;
        tell(session, story::cast(&public, &row.introduced()))?;

        let c0 = issue(
            &root,
            Grant {
                id: CredentialId::new("c0").map_err(|error| Failure::argument(error.to_string()))?,
                subject: row.planner.verifying_key()?,
                scope: cast::scope(cast::GRANTED),
                not_before: Some(now),
                not_after: Some(now.saturating_add(HOUR)),
            },
        )?;
        tell(session, story::granted(cast::GRANTED, cast::TASK))?;
        let grant = Chain::from_iter([c0]);
        let done = row.planner.actor.ask(Object::from([
            ("do", Node::from("run")),
            ("grant", grant.to_node()),
            ("task", cast::TASK.into()),
        ]))?;
        for facts in list(&done, "calls")?.iter().filter_map(Node::as_object) {
            tell(session, story::call(facts))?;
        }
        tell(session, story::answer(member(&done, "answer")?))?;

        let folder = Folder::new(&self.out, &public, now, session)?;
        folder.keep(
            "chain.json",
            &Object::from([("chain", Node::from(list(&done, "chain")?.to_vec()))]).into(),
            session,
        )?;
        folder.keep(
            "records.json",
            &Object::from([("records", Node::from(list(&done, "records")?.to_vec()))]).into(),
            session,
        )?;

        let mut trials = row.try_what_must_fail(&done)?;
        trials.push(folder.edited_record(&done, session)?);
        tell(session, story::trials(&trials))?;
        let audit = folder.audit()?;
        let picture = folder.picture(&done, &row.names()?, &trials, session)?;
        tell(session, story::audit(audit.pid, audit.records, &picture))?;
        tell(session, story::files(&folder.shown(), verdict::FILES, &folder.command()))?;
        trial::demand(&trials)?;
        Ok(if session.json {
            Answer::new(self.summary(&folder, &public, &trials, audit.pid), Page::new())
        } else {
            Answer::given()
        })
    }

    fn summary(&self, folder: &Folder, root: &str, trials: &[Trial], auditor: u32) -> Object<'static> {
        Object::from([
            ("held", Node::from(true)),
            ("root", root.to_owned().into()),
            ("folder", folder.shown().into()),
            ("refusals", trials.iter().map(Trial::to_node).collect()),
            ("verified_by_pid", u64::from(auditor).into()),
            ("verify_command", folder.command().into()),
        ])
    }
}

impl Row {
    /// Starts everybody, the last one first, so that each can be told who comes next.
    fn gather(root: &str) -> Result<Self, Failure> {
        let tool = Member::begin(cast::TOOL.name, root, None)?;
        // The tool holds no credential: the searcher calls it and passes nothing on.
        let searcher = Member::begin(cast::SEARCHER.name, root, Some(tool.as_next(false)?))?;
        let researcher = Member::begin(cast::RESEARCHER.name, root, Some(searcher.as_next(true)?))?;
        let planner = Member::begin(cast::PLANNER.name, root, Some(researcher.as_next(true)?))?;
        let thief = Member::begin(cast::THIEF.name, root, None)?;
        Ok(Self { planner, researcher, searcher, tool, thief })
    }

    fn introduced(&self) -> Vec<(&Actor, String)> {
        let members = [&self.planner, &self.researcher, &self.searcher, &self.tool, &self.thief];
        members.into_iter().map(|member| (&member.actor, member.key.clone())).collect()
    }

    /// What to call the holders of the keys of the chain.
    fn names(&self) -> Result<Vec<(VerifyingKey, &'static str)>, Failure> {
        let members = [&self.planner, &self.researcher, &self.searcher];
        members.into_iter().map(|member| Ok((member.verifying_key()?, member.actor.name()))).collect()
    }

    fn try_what_must_fail(&mut self, done: &Object<'_>) -> Result<Vec<Trial>, Failure> {
        let tool = self.tool.actor.pid();
        let at_the_tool = |name, attempt: &str, expected| Trial {
            name,
            attempt: attempt.to_owned(),
            hop: 2,
            by: cast::TOOL.name.to_owned(),
            pid: tool,
            expected,
            status: None,
            code: String::new(),
            message: String::new(),
        };
        let overreach = at_the_tool(
            "overreach",
            "the searcher asks for `purchase`: the tool sells, the planner may buy, but c1 gave it up",
            ErrorCode::ScopeNotPermitted,
        );
        let theft = at_the_tool(
            "stolen chain",
            "a thief presents the searcher's whole chain, and signs with a key of its own",
            ErrorCode::HolderProofInvalid,
        );
        let replay = at_the_tool(
            "replayed call",
            "the searcher's call, granted a moment ago, is sent again byte for byte",
            ErrorCode::HolderProofInvalid,
        );
        let order = |order: &'static str| Object::from([("do", order)]);
        let theft_order = Object::from([
            ("do", Node::from("steal")),
            ("chain", Node::from(list(done, "chain")?.to_vec()).into_owned()),
            ("url", self.tool.url.clone().into()),
        ]);
        Ok(vec![
            overreach.came_back(&self.searcher.actor.ask(order("overreach"))?),
            theft.came_back(&self.thief.actor.ask(theft_order)?),
            replay.came_back(&self.searcher.actor.ask(order("replay"))?),
        ])
    }
}

impl Member {
    fn begin(name: &'static str, root: &str, next: Option<Object<'static>>) -> Result<Self, Failure> {
        let mut actor = Actor::start(name)?;
        let order = [("do", Node::from("begin")), ("root", root.to_owned().into()), ("next", next.into())];
        let said = actor.ask(Object::from(order))?;
        let url = said.text("url").ok().map(Into::into);
        Ok(Self { key: member(&said, "key")?.into(), actor, url })
    }

    /// This agent as another one is told of it; with its key where it is to be granted something.
    fn as_next(&self, granted: bool) -> Result<Object<'static>, Failure> {
        let key = granted.then(|| self.key.clone());
        Ok(Object::from([
            ("name", Node::from(self.actor.name())),
            ("url", self.url.clone().into()),
            ("key", key.into()),
        ]))
    }

    fn verifying_key(&self) -> Result<VerifyingKey, Failure> {
        VerifyingKey::from_hex(&self.key).map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("{} has no usable key: {error}", self.actor.name()))
        })
    }
}

/// Tells the next part of the story: on standard output for a person, beside the JSON on standard error.
fn tell(session: &mut Session<'_, '_>, page: Page) -> Result<(), Failure> {
    if session.json {
        session.out.remark(page.print(false).trim_end_matches('\n'));
        return Ok(());
    }
    let told = session.out.say(&page.print(session.out.color()));
    told.map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("nobody listens any more: {error}")))
}

fn member<'o>(object: &'o Object<'_>, name: &str) -> Result<&'o str, Failure> {
    object
        .text(name)
        .map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("an agent said too little: {error}")))
}

fn list<'o, 'n>(object: &'o Object<'n>, name: &str) -> Result<&'o [Node<'n>], Failure> {
    object
        .array(name)
        .map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("an agent said too little: {error}")))
}
