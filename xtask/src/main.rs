//! The workspace's own tasks: `cargo xtask layers|specs|swtpm|interop|bench`. One file a task; each says what it checked.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a developer's tool: what it counts and indexes it made itself, and a panic is a failed run"
)]

mod bench;
mod interop;
mod layers;
mod python;
mod server;
mod specs;
mod swtpm;
mod trusthandoff;
mod workspace;

use std::process::ExitCode;

use anyhow::Context as _;

const USAGE: &str = "usage: cargo xtask TASK

  layers             the dependency direction of the workspace, and a runtime without sockets
  specs              requirement ids: well-formed, unique, and every one that is cited exists
  swtpm              collects from a software TPM, appraises, and refuses what deceives
  interop [SEED]     exchanges everything with the published Python package
  bench [--quick] [GROUP...]
                     the table of the README: both sides of every operation, measured in one run; with groups of
                     rows (chains, seal, pipeline, records, lines, http), those alone
";

fn run(arguments: &[&str]) -> anyhow::Result<()> {
    match arguments {
        ["layers"] => layers::check(),
        ["specs"] => specs::check(),
        ["swtpm"] => swtpm::check(),
        ["interop"] => interop::run(None),
        ["interop", seed] => interop::run(Some(seed.parse().context("a seed is a number")?)),
        ["bench", "--quick", groups @ ..] => bench::run(true, groups),
        ["bench", groups @ ..] => bench::run(false, groups),
        ["bench-inner", groups @ ..] => bench::measure(false, groups),
        ["bench-lines", file] => bench::verify_lines(file),
        _ => anyhow::bail!("no such task\n\n{USAGE}"),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
