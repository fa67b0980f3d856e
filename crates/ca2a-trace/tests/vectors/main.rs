//! The published package's verdicts, through the public API. A case is judged on its input and what is recommended for
//! it; its id only names it when it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod files;
mod records;
mod trace;

use files::{Outcome, Vectors};

/// Runs every case that `op` knows and reports all failures at once. At least `least` cases must have run.
fn run(file: &str, least: usize, op: impl Fn(&Vectors, &serde_json::Value) -> Option<Outcome>) {
    let Some(vectors) = Vectors::load(file) else { return };
    let mut ran = 0;
    let mut failures = Vec::new();
    for case in vectors.cases() {
        let Some(outcome) = op(&vectors, case) else { continue };
        ran += 1;
        if let Err(difference) = files::judge(case, &outcome) {
            failures.push(format!("{}: {difference}", case["id"].as_str().unwrap_or("?")));
        }
    }
    assert!(failures.is_empty(), "{} of {ran} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(ran >= least, "only {ran} cases ran");
}

/// covers TRC-1, TRC-2, TRC-3, TRC-6, TRC-7
#[test]
fn delegation_records() {
    run("ca2a-vectors.json", 20, records::run);
}

/// covers TRC-15, TRC-16, TRC-40, TRC-41, TRC-45
#[test]
fn trace_records_of_the_ca2a_package() {
    run("ca2a-vectors.json", 30, trace::run_ca2a);
}

/// covers TRC-10 to TRC-52
#[test]
fn trace_records() {
    run("trace-vectors.json", 140, trace::run_trace);
}
