//! Live calls between a client of one side and a server of the other, in every mode that both speak.

mod job;
mod lineage;
mod sides;
mod signed;

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

pub(super) use self::job::record_body;
use self::{
    job::{Job, Mode, PERMITTED, World},
    sides::{ours, theirs},
};
use super::{records::Lineage, tally::Tally};
use crate::{python::Python, server::Server, workspace::target};

/// Granted calls of each mode, each way.
const GRANTED: usize = 25;

/// Rounds of all refusals of each kind of endpoint, each way.
const REFUSED: usize = 3;

/// A client of one side.
type Client<'c> = &'c dyn Fn(&str, &[Job]) -> Result<Vec<job::Outcome>>;

/// Calls in both directions, then lineages whose records come from both peers, then calls by agents that sign for what
/// they do; returns what those signed.
///
/// # Errors
/// A call that ends otherwise than it must, or a server that does not start.
pub(crate) fn run(python: &Python, ca2a: &Path, now: u64, tally: &mut Tally) -> Result<Vec<Lineage>> {
    let world = World::new(now);
    let folder = target().join("interop-live");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let root = world.root();
    let their_server = Server::start(python.ca2a(), &folder.join("python"), &root, PERMITTED)?;
    let our_server = Server::start(Command::new(ca2a), &folder.join("rust"), &root, PERMITTED)?;
    let their_client = |url: &str, jobs: &[Job]| theirs(python, url, jobs);

    for (direction, client, server) in [
        ("Rust client to Python `ca2a start`", &ours as Client<'_>, &their_server),
        ("Python client to our `ca2a start`", &their_client, &our_server),
    ] {
        for mode in Mode::ALL {
            let jobs = world.granted(*mode, GRANTED);
            let agreed =
                make(client, server, &jobs).with_context(|| format!("{direction}, {}", mode.name()))?;
            tally.count(direction, mode.name(), agreed, GRANTED);
        }
        for (name, mode) in [("refusals", Mode::Sealed), ("refusals, authenticated", Mode::Everything)] {
            let jobs = world.refused(mode, REFUSED);
            let agreed = make(client, server, &jobs).with_context(|| format!("{direction}, {name}"))?;
            tally.count(direction, name, agreed, jobs.len());
        }
    }
    let sides = lineage::Sides {
        python,
        ca2a,
        clients: [&ours, &their_client],
        servers: [&our_server, &their_server],
    };
    lineage::run(&sides, &world, &folder, tally)?;
    signed::run(&our_server, &world, now)
}

/// Makes calls and counts those that ended as they must.
fn make(client: Client<'_>, server: &Server, jobs: &[Job]) -> Result<usize> {
    let outcomes = client(&server.url(), jobs)?;
    let mut wrong = Vec::new();
    for (job, outcome) in jobs.iter().zip(&outcomes) {
        if let Err(error) = job.check(outcome) {
            wrong.push(format!("{}: {error:#}: {outcome:?}", job.record_id));
        }
    }
    if let Some(first) = wrong.first() {
        bail!(
            "{} of {} calls ended otherwise than they must, the first:\n  {first}",
            wrong.len(),
            jobs.len()
        );
    }
    Ok(outcomes.len())
}
