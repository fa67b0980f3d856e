//! What a node keeps in memory when it has answered many messages: it must not grow with them.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::{a2a, request::CAPABILITY};
use crate::{agent::AgentProcess, workspace::target};

/// Messages at one time.
const CLIENTS: usize = 16;
/// After so many the memory is looked at for the first time; then after ten times as many.
const FIRST: usize = 100_000;
/// How many times the memory of the first look there may be at the end.
const MOST: f64 = 1.1;

/// Sends a node whose stores are files `first` messages and then nine times as many, and compares its resident memory.
///
/// # Errors
/// A node that fails, or that grew by more than a tenth.
pub(super) fn measure(quick: bool) -> Result<()> {
    let first = if quick { 160 } else { FIRST };
    let folder = target().join("bench").join("memory");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let agent = AgentProcess::ours("durable", &a2a::root(), CAPABILITY, &folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let callers = a2a::callers(&agent, CLIENTS, first / CLIENTS)?;
    let mut at_first = 0;
    for tenth in 1..=10 {
        runtime.block_on(a2a::load(&callers, first / CLIENTS, true))?;
        let resident = resident_of(agent.id())?;
        println!("bench: {} messages, {} KiB resident", first * tenth, resident);
        if tenth == 1 {
            at_first = resident;
        }
    }
    let times = f64::from(resident_of(agent.id())?) / f64::from(at_first);
    println!("bench: after {} messages {times:.2} x the memory after {first}", first * 10);
    ensure!(
        quick || times <= MOST,
        "a node grows with what it answers: {times:.2} x, at most {MOST} is allowed"
    );
    Ok(())
}

/// The resident memory of another process, in KiB (proc(5)).
fn resident_of(process: u32) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
