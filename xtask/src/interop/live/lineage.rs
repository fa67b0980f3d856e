//! Lineages of three hops whose records come from both peers, before both command lines.

use std::path::Path;

use anyhow::{Result, bail};

use super::{
    Client,
    job::{Mode, Outcome, World, record_body},
};
use crate::{
    interop::{
        cli::{Scene, disagreements},
        tally::Tally,
    },
    python::Python,
    server::Server,
    workspace::write,
};

/// Both peers, ours first.
pub(super) struct Sides<'s> {
    pub(super) python: &'s Python,
    pub(super) ca2a: &'s Path,
    pub(super) clients: [Client<'s>; 2],
    pub(super) servers: [&'s Server; 2],
}

/// Every way in which three hops can be served by two peers.
const WAYS: usize = 8;

/// Calls along a line of three, each hop served by one of the peers and called by a client of the other, and has both
/// command lines judge the records against the chain.
///
/// # Errors
/// A call that is not granted, or a verdict other than that the records hold.
pub(super) fn run(sides: &Sides<'_>, world: &World, folder: &Path, tally: &mut Tally) -> Result<()> {
    let mut scenes = Vec::new();
    for way in 0..WAYS {
        let mut records = Vec::new();
        let mut parent = None;
        let mut chain = String::new();
        for depth in 0..3_usize {
            let server = way >> depth & 1;
            let mut job = world.job(world.hops(depth + 1), Mode::Everything, None);
            job.parent = parent.take();
            let outcome =
                (sides.clients[1 - server])(&sides.servers[server].url(), std::slice::from_ref(&job))?;
            let [Outcome::Granted(body)] = outcome.as_slice() else { bail!("hop {depth}: {outcome:?}") };
            job.check(&outcome[0])?;
            records.push(record_body(&body["record"]));
            parent = body["record"]["record_hash"].as_str().map(str::to_owned);
            chain = job.chain;
        }
        let file = |name: &str, text: &str| -> Result<String> {
            let path = folder.join(format!("lineage-{way}-{name}.json"));
            write(&path, text)?;
            Ok(path.display().to_string())
        };
        let dag = file("records", &format!("[{}]", records.join(",")))?;
        let chain = file("chain", &chain)?;
        let arguments =
            ["--structural-only", "--dag", &dag, "--chain", &chain, "--trusted-root-issuer", &world.root()];
        scenes.push(Scene::new(format!("lineage {way} of both peers"), "verify-dag", &arguments));
    }
    let (differences, codes) = disagreements(sides.python, sides.ca2a, &scenes)?;
    if !differences.is_empty() || codes.iter().any(|code| *code != Some(0)) {
        bail!("lineages of both peers do not hold ({codes:?}):\n  {}", differences.join("\n  "));
    }
    tally.count("both peers, one lineage of 3 hops", "records hold, both command lines", scenes.len(), WAYS);
    Ok(())
}
