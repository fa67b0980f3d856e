//! Many records as JSON Lines, on all cores, by a process of their own, so that its peak of memory is theirs alone.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Write as _},
    process::Command,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use ca2a_core::EvaluationTime;
use ca2a_trace::lines::LinesVerifier;
use serde_json::{Value, json};

use super::{
    measure::{Effort, cpu},
    records::{agent, record},
    table::{Goal, Table},
};
use crate::workspace::{output_of, target};

/// Agents that sign the records in turn.
const AGENTS: u64 = 8;
const TIME: u64 = 1_800_000_000;

/// What the process may hold at most, in MiB. The file has some ninety.
const MEMORY: f64 = 32.0;

pub(super) fn row(effort: Effort, table: &mut Table) -> Result<()> {
    let file = target().join("bench").join("records.jsonl");
    fs::create_dir_all(target().join("bench"))?;
    let mut out = BufWriter::new(File::create(&file)?);
    let parent = record(&agent(0), TIME, 0, None)?;
    for number in 0..effort.lines {
        let record = record(&agent(number % AGENTS), TIME, number, Some(&parent))?;
        out.write_all(record.canonical())?;
        out.write_all(b"\n")?;
    }
    out.into_inner()?.sync_all()?;

    let mut child = Command::new(std::env::current_exe()?);
    let answer: Value = serde_json::from_str(&output_of(child.arg("bench-lines").arg(&file))?)?;
    fs::remove_file(&file)?;
    ensure!(answer["verified"] == effort.lines && answer["refused"] == 0, "not all verified: {answer}");
    let figure = |name: &str| answer[name].as_f64().with_context(|| format!("no `{name}`: {answer}"));
    let what = format!(
        "{} TRACE records as JSON Lines, {} threads, {:.0} a second; CPU of one",
        effort.lines,
        answer["threads"],
        effort.lines as f64 / figure("wall_seconds")?
    );
    let each = Duration::from_secs_f64(figure("cpu_seconds")? / effort.lines as f64);
    table.row(what, each, None, Goal::Memory { peak: figure("peak_kib")? / 1024.0, most: MEMORY });
    Ok(())
}

/// Verifies the records in `file` and prints what that took: the process that [`row`] starts.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn verify(file: &str) -> Result<()> {
    let threads = available_parallelism()?;
    let verifier = LinesVerifier::new((0..AGENTS).map(|number| agent(number).verifying_key()));
    let input = BufReader::with_capacity(64 << 10, File::open(file)?);
    let (started, before) = (Instant::now(), cpu());
    let report = verifier.verify(input, EvaluationTime::At(TIME), threads)?;
    let answer = json!({
        "verified": report.verified(),
        "refused": report.refused(),
        "threads": threads,
        "wall_seconds": started.elapsed().as_secs_f64(),
        "cpu_seconds": (cpu() - before).as_secs_f64(),
        "peak_kib": peak()?,
    });
    println!("{answer}");
    Ok(())
}

/// The most memory that this process ever held, in KiB (`VmHWM`, proc(5)).
fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
