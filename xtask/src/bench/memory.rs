//! What a node keeps in memory when it has answered many messages: it must not grow with them.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};

use super::{a2a, request::CAPABILITY};
use crate::{agent::AgentProcess, workspace::target};

/// Messages at one time.
const CLIENTS: usize = 16;
/// After so many the memory is looked at for the first time; then after ten times as many.
const FIRST: usize = 100_000;
/// How many times the memory of the first look there may be at the end.
const MOST: f64 = 1.1;

/// Sends an agent and a gateway, whose stores are files, `first` messages each and then nine times as many, and compares
/// their resident memory.
///
/// # Errors
/// A node that fails, or that grew by more than a tenth.
pub(super) fn measure(ca2a: &Path, quick: bool) -> Result<()> {
    let first = if quick { 160 } else { FIRST };
    let folder = target().join("bench").join("memory");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let root = a2a::root();
    let start = |kind: &str| AgentProcess::ours(kind, &root, CAPABILITY, &folder);
    let agent = grown(&start("durable")?, "an agent", first)?;
    let echo = start("bare")?;
    let gateway = AgentProcess::gateway(ca2a, &echo, &root, CAPABILITY, &folder)?;
    let gateway = grown(&gateway, "a gateway", first)?;
    ensure!(
        quick || agent.max(gateway) <= MOST,
        "a node grows with what it answers: at most {MOST} x is allowed"
    );
    Ok(())
}

/// How many times what `node` has in memory after `first` messages it has after ten times as many.
fn grown(node: &AgentProcess, what: &str, first: usize) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let callers = a2a::callers(node, CLIENTS, first / CLIENTS)?;
    let mut looks = Vec::new();
    for tenth in 1..=10 {
        runtime.block_on(a2a::load(&callers, first / CLIENTS, true))?;
        let resident = resident_of(node.id())?;
        println!("bench: {what} after {} messages: {resident} KiB resident", first * tenth);
        looks.push(f64::from(resident));
    }
    let (at_first, at_last) = looks.first().zip(looks.last()).context("nobody looked")?;
    let times = at_last / at_first;
    println!(
        "bench: {what} has {times:.2} x the memory after {} messages that it had after {first}",
        first * 10
    );
    Ok(times)
}

/// The resident memory of another process, in KiB (proc(5)).
fn resident_of(process: u32) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
