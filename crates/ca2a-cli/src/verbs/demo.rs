//! `ca2a demo`: everything at once, in processes that trust one another as far as a chain reaches.
//!
//! ```text
//! operator ─c0─► planner ─c1─► researcher ─c2─► searcher ──► tool
//! ```
//!
//! Each arrow behind the first is a sealed call under the chain so far, and each agent signs for its hop before it
//! calls on. Then an overreach, a stolen chain, a replayed call and an edited record are refused, each by another
//! process than the one that judges the demo (CLI-19 to CLI-21). With `--provider tpm` each call goes between agents that
//! attested themselves to one another by a software TPM (CLI-48).

pub(crate) mod agent;
mod call;
mod cast;
mod hardware;
mod machine;
mod process;
mod row;
mod shelf;
mod story;
mod trial;
mod verdict;
mod worker;

use std::path::PathBuf;

use ca2a_core::{
    CredentialId, ErrorCode, SigningKey,
    json::{Node, Object},
};
use ca2a_delegation::{Chain, Grant, issue};

use crate::{
    answer::Answer,
    failure::Failure,
    page::Page,
    session::{Session, random},
};
use row::Row;
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
    /// What attests the agents: nothing, or a software TPM that each of them quotes and judges the others by
    #[arg(long, value_name = "PROVIDER", value_enum, default_value_t)]
    provider: Provider,
}

/// What attests the agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Provider {
    /// Reports that prove nothing and say so
    #[default]
    SoftwareOnly,
    /// Quotes of a software TPM, `swtpm`
    Tpm,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        if self.provider == Provider::Tpm {
            machine::demand()?;
        }
        let now = session.clock.now();
        let root = SigningKey::from_seed(&*random::<32>()?);
        let folder = Folder::new(&self.out, &root.verifying_key(), now, session)?;
        let mut row = Row::gather(&root.verifying_key().to_hex(), self.provider == Provider::Tpm)?;
        tell(session, story::cast(&root.verifying_key(), &row.introduced(), row.machine()))?;

        tell(session, story::granted(cast::GRANTED, cast::TASK))?;
        let done = row.planner.actor.ask(Object::from([
            ("do", Node::from("run")),
            ("grant", grant(&root, &row, now)?.to_node()),
            ("task", cast::TASK.into()),
        ]))?;
        for facts in list(&done, "calls")?.iter().filter_map(Node::as_object) {
            tell(session, story::call(facts))?;
        }
        tell(session, story::answer(member(&done, "answer")?))?;
        folder.keep_list("chain.json", "chain", list(&done, "chain")?, session)?;
        folder.keep_list("records.json", "records", list(&done, "records")?, session)?;

        let mut trials = row.try_what_must_fail(&done)?;
        folder.keep_denial(&trials, session)?;
        folder.keep_statements(&done, &trials, session)?;
        trials.push(folder.edited_record(&done, session)?);
        tell(session, story::trials(&trials))?;
        trial::demand(&trials)?;

        let audit = folder.audit()?;
        let names = row.names()?;
        let picture = folder.picture(&done, &names, &trials, session)?;
        folder.page(&names, session)?;
        tell(session, story::audit(&audit, &picture))?;
        tell(session, story::files(&folder.shown(), verdict::FILES, &folder.command()))?;
        let summary = Object::from([
            ("held", Node::from(true)),
            ("root", root.verifying_key().to_hex().into()),
            ("folder", folder.shown().into()),
            ("measurement", row.machine().map(|machine| format!("sha256:{}", machine.measurement)).into()),
            ("refusals", trials.iter().map(Trial::to_node).collect()),
            ("verified_by_pid", u64::from(audit.pid).into()),
            ("verify_command", folder.command().into()),
        ]);
        Ok(if session.json { Answer::new(summary, Page::new()) } else { Answer::given() })
    }
}

/// What the root operator grants the planner.
fn grant(root: &SigningKey, row: &Row, now: u64) -> Result<Chain, Failure> {
    let grant = Grant {
        id: CredentialId::new("c0").map_err(|error| broken(&error.to_string()))?,
        subject: row.planner.key()?,
        scope: cast::scope(cast::GRANTED),
        not_before: Some(now),
        not_after: Some(now.saturating_add(HOUR)),
    };
    Ok(Chain::from_iter([issue(root, grant)?]))
}

/// Tells the next part of the story: on standard output for a person, beside the JSON on standard error.
fn tell(session: &mut Session<'_, '_>, page: Page) -> Result<(), Failure> {
    if session.json {
        session.out.remark(page.print(false).trim_end_matches('\n'));
        return Ok(());
    }
    let told = session.out.say(&page.print(session.out.color()));
    told.map_err(|error| broken(&format!("nobody listens any more: {error}")))
}

fn member<'o>(object: &'o Object<'_>, name: &str) -> Result<&'o str, Failure> {
    object.text(name).map_err(|error| broken(&error.to_string()))
}

fn list<'o, 'n>(object: &'o Object<'n>, name: &str) -> Result<&'o [Node<'n>], Failure> {
    object.array(name).map_err(|error| broken(&error.to_string()))
}

/// Something in the demo itself did not go as it must.
fn broken(why: &str) -> Failure {
    Failure::new(ErrorCode::Ca2aError, format!("the demo broke off: {why}"))
}
