//! The workspace's own tasks: `cargo xtask layers|specs|vectors|docs|release|swtpm|interop|bench`. One file a task; each
//! says what it checked.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a developer's tool: what it counts and indexes it made itself, and a panic is a failed run"
)]

mod agent;
mod bench;
mod docs;
mod interop;
mod layers;
mod python;
mod release;
mod server;
mod specs;
mod swtpm;
mod trusthandoff;
mod vectors;
mod workspace;

use std::process::ExitCode;

use anyhow::Context as _;

/// What the command has: a server that is measured allocates as one that is run.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "usage: cargo xtask TASK

  layers             the dependency direction of the workspace, and a runtime without sockets
  specs              requirements: well-formed, unique, every one that is cited exists, and tests that passed show them
  specs --missing LAYER
                     what no test that passed shows of a layer (POL, LOG, ...), one line each
  vectors [--check]  the vectors of the kit: makes them, or says whether they are what is made
  docs               every page of the book runs
  release [--dry-run] [--without-build] [--log FOLDER] [--bump major|minor|patch YYYY-MM-DD [--execute]]
                     what a release consists of, each file with its checksum; it publishes nothing. The provenance is
                     put on the log in the folder (`ca2a log init`), by the key `operator.pem` there
  swtpm              collects from a software TPM, appraises, and refuses what deceives
  interop [SEED]     exchanges everything with the published Python package
  interop-a2a        the part of it that goes over the official A2A SDK
  bench [--quick] [GROUP...]
                     the table of the README: both sides of every operation, measured in one run; with groups of
                     rows (chains, seal, pipeline, records, lines, http, a2a), those alone
  bench memory       what a node keeps in memory after 100,000 and after 1,000,000 messages
";

fn run(arguments: &[&str]) -> anyhow::Result<()> {
    match arguments {
        ["layers"] => layers::check(),
        ["specs"] => specs::check(),
        ["specs", "--missing", layer] => specs::missing(layer),
        ["vectors"] => vectors::run(false),
        ["vectors", "--check"] => vectors::run(true),
        ["docs"] => docs::run(),
        ["release", options @ ..] => release::run(&release::Options::read(options)?),
        ["swtpm"] => swtpm::check(),
        ["interop"] => interop::run(None),
        ["interop", seed] => interop::run(Some(seed.parse().context("a seed is a number")?)),
        ["bench", "--quick", groups @ ..] => bench::run(true, groups),
        ["bench", groups @ ..] => bench::run(false, groups),
        ["bench-inner", groups @ ..] => bench::measure(false, groups),
        ["a2a-agent", kind, port, root, capability, folder] => {
            agent::serve(kind, port, root, capability, folder)
        }
        ["interop-a2a"] => interop::a2a(),
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
