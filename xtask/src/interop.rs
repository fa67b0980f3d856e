//! `cargo xtask interop`: everything that two peers exchange, with the published Python package on the other side.

mod a2a;
mod chains;
pub(crate) mod cli;
mod differential;
mod flip;
mod gateways;
mod handoffs;
mod live;
pub(crate) mod manifests;
mod random;
mod records;
mod scitt;
mod seal;
mod tally;
mod verdict;

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;

use self::tally::Tally;
use crate::python::Python;

/// The seed of the generated chains unless another is asked for.
const SEED: u64 = 20_260_820;

/// Rows that a complete run counts.
const ROWS: usize = 95 + A2A_ROWS;

/// Those of A2A.
const A2A_ROWS: usize = 13;

/// Runs what goes over the official A2A SDK alone.
///
/// # Errors
/// As [`run`].
pub(crate) fn a2a() -> Result<()> {
    let mut tally = Tally::default();
    over_a2a(&cli::build()?, &mut tally)?;
    tally.close(A2A_ROWS)
}

/// Runs every exchange and prints what was counted.
///
/// # Errors
/// A difference between the two sides, a count below its minimum, or a package that cannot be installed.
pub(crate) fn run(seed: Option<u64>) -> Result<()> {
    let python = Python::prepare()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut tally = Tally::default();
    let judged = differential::run(&python, now, seed.unwrap_or(SEED), &mut tally)?;
    seal::run(&python, seed.unwrap_or(SEED), &mut tally)?;
    let ca2a = cli::build()?;
    cli::run(&python, &ca2a, &judged, &mut tally)?;
    let lineages = live::run(&python, &ca2a, now, &mut tally)?;
    records::run(&python, &ca2a, &lineages, now, &mut tally)?;
    scitt::run(&python, &lineages, now, &mut tally)?;
    manifests::run(&python, now, &mut tally)?;
    handoffs::run(seed.unwrap_or(SEED), &mut tally)?;
    over_a2a(&ca2a, &mut tally)?;
    tally.close(ROWS)
}

fn over_a2a(ca2a: &Path, tally: &mut Tally) -> Result<()> {
    let python = Python::a2a()?;
    a2a::run(&python, tally)?;
    gateways::run(&python, ca2a, tally)
}
