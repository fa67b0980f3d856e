//! `ca2a-conformance check|run|serve|live|matrix`

mod command;

use std::process::ExitCode;

use clap::Parser;

use command::Command;

/// Runs test vectors: against our crates, or against any implementation of cA2A.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    Arguments::parse().command.run()
}
