//! `differential --cases N --seed S`: our verifiers beside the oracle.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use ca2a_conformance_differential::{differential, exhaustive};
use clap::Parser;

/// Judges documents made from a seed by our verifiers and by the oracle, and every small chain there is.
#[derive(Parser)]
struct Arguments {
    /// How many documents.
    #[arg(long, default_value_t = 2000)]
    cases: u64,
    /// What they are made from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often every code has to come out.
    #[arg(long, default_value_t = 0)]
    least: u64,
}

fn main() -> ExitCode {
    let Arguments { cases, seed, least } = Arguments::parse();
    let mut out = io::stdout().lock();
    let found = exhaustive().and_then(|small| {
        let _ = writeln!(out, "every small chain: {small}");
        let tally = differential(cases, seed)?;
        let _ = writeln!(out, "seed {seed}: {tally}");
        tally.says_something(least)
    });
    match found {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            let _ = writeln!(io::stderr(), "seed {seed}: {what}");
            ExitCode::FAILURE
        }
    }
}
