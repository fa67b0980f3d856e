//! `differential --cases N --seed S`: our verifier of chains beside the oracle.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use ca2a_conformance::{differential, exhaustive};
use clap::Parser;

/// Judges chains made from a seed by our verifier and by the oracle, and every small chain there is.
#[derive(Parser)]
struct Arguments {
    /// How many chains.
    #[arg(long, default_value_t = 2000)]
    cases: u64,
    /// What they are made from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let Arguments { cases, seed } = Arguments::parse();
    let mut out = io::stdout().lock();
    let found = exhaustive().and_then(|small| Ok((small, differential(cases, seed)?)));
    match found {
        Ok((small, tally)) => {
            let _ = writeln!(out, "exhaustive: {} chains, {} accepted", small.cases, small.accepted);
            let _ = writeln!(out, "seed {seed}: {} chains, {} accepted", tally.cases, tally.accepted);
            for (code, count) in &tally.refused {
                let _ = writeln!(out, "  {count} {code}");
            }
            ExitCode::SUCCESS
        }
        Err(what) => {
            let _ = writeln!(io::stderr(), "seed {seed}: {what}");
            ExitCode::FAILURE
        }
    }
}
