//! Agents on the stock Python SDK, which import nothing of cA2A, through two gateways: the scene of `examples/two-gateways`,
//! whose script fails where the wire between the gateways shows a word of what was said.

use std::{env, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::tally::Tally;
use crate::{
    python::Python,
    workspace::{output_of, root, target},
};

/// What each client says: a text for the agent, and one for the agent to pass on.
const SAID: usize = 2;

/// Runs the scene with the command at `ca2a`.
///
/// # Errors
/// A script that fails, or a task that does not end as it must.
pub(super) fn run(python: &Python, ca2a: &Path, tally: &mut Tally) -> Result<()> {
    let folder = target().join("interop-gateways");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let beside = ca2a.parent().context("a command is in a folder")?.to_owned();
    let before = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(beside).chain(env::split_paths(&before)))?;
    let mut scene = Command::new(root().join("examples/two-gateways/run.sh"));
    output_of(scene.arg(&folder).env("PATH", path).env("PYTHON", python.bin("python")))?;

    let answers = std::fs::read_to_string(folder.join("answers.jsonl"))?;
    let answers: Vec<Value> = answers.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    for answer in &answers {
        ensure!(answer["state"] == "TASK_STATE_COMPLETED", "{answer}");
    }
    for binding in ["JSONRPC", "HTTP+JSON", "GRPC"] {
        for streaming in [false, true] {
            let same = |answer: &&Value| answer["binding"] == binding && answer["streaming"] == streaming;
            let way = if streaming { "stream" } else { "call" };
            let count = answers.iter().filter(same).count();
            tally.count("stock a2a-sdk through two gateways", &format!("{binding}, {way}"), count, SAID);
        }
    }
    Ok(())
}
