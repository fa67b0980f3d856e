//! A kit that does not notice a missing check is no kit: each requirement that our vectors test is broken in turn, for
//! real, and the run has to fail and to cite it (CONF-15).

use std::{collections::BTreeSet, fs, process::Command, sync::Mutex, thread};

use ca2a_conformance::{
    CaseResult, Exceptions, Limits, RunReport, Suite, Verdict, drive, kit_vectors, tested_requirements,
};
use ca2a_covers::covers;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ca2a-conformance");

/// What defines bytes or words that other requirements' cases compare as well, and what a whole layer stands on. With one of
/// them broken, honest documents of others are refused or answered wrongly, too. Every other one is a check: without it more
/// is accepted, and nothing else changes.
const SHARED: &[&str] =
    &["CORE-9", "CORE-11", "DEL-10", "DEL-14", "LOG-10", "MAN-41", "POL-21", "REV-10", "WIRE-2"];

/// The requirements that the files name.
fn named() -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for path in kit_vectors() {
        let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let cases = file.get("cases").and_then(Value::as_array).unwrap();
        named.extend(
            cases.iter().map(|case| case.get("requirement").and_then(Value::as_str).unwrap().to_owned()),
        );
    }
    named
}

fn run(suite: &Suite, broken: &str) -> RunReport {
    let command = format!("{PROGRAM} serve --break {broken}");
    drive(&command, suite, &Exceptions::default(), &Limits::default())
}

/// What is wrong with a run without the check of `id`; what it shows is printed.
fn judge(id: &str, report: &RunReport) -> Vec<String> {
    let mut wrong = Vec::new();
    let own = || report.results.iter().filter(|result| result.requirement == id);
    let failed = |result: &&CaseResult| result.verdict == Verdict::Fail;
    let others = report.results.iter().filter(failed).filter(|result| result.requirement != id);
    let others: Vec<&str> = others.map(|result| result.case.as_str()).collect();
    println!("{id}: {} of {} cases fail; of others: {others:?}", own().filter(failed).count(), own().count());

    if report.passed {
        wrong.push(format!("{id} is broken and the run passes"));
    }
    if own().filter(failed).count() == 0 {
        wrong.push(format!("{id} is broken and no case of it fails"));
    }
    if report
        .results
        .iter()
        .any(|result| result.verdict > Verdict::Fail || result.observed == "failed by itself")
    {
        wrong.push(format!("{id} is broken, and the reference side with it"));
    }
    let honest: Vec<_> = others.iter().filter(|case| case.contains("/accept-")).collect();
    if !SHARED.contains(&id) && !honest.is_empty() {
        wrong.push(format!("{id} is broken, and {honest:?} are refused"));
    }
    wrong
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build keeps all its checks")]
fn a_missing_check_fails_the_requirement_that_it_is_for() {
    assert!(!kit_vectors().is_empty());
    let suite = Suite::read(&kit_vectors()).unwrap();
    let left = Mutex::new(named().into_iter());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap().next();
                    let Some(id) = next else { return };
                    wrong.lock().unwrap().extend(judge(&id, &run(&suite, &id)));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    covers!(accept, "CONF-15");
}

#[test]
fn what_can_be_broken_is_what_the_files_name() {
    assert_eq!(tested_requirements(), named());
}

#[test]
fn what_no_vector_tests_cannot_be_broken() {
    covers!(refuse, "CONF-15");
    for id in ["DEL-0", "del-28", "", "DEL-28, DEL-27", "CORE-25"] {
        let said = Command::new(PROGRAM).args(["serve", "--break", id]).output().unwrap();
        assert_eq!(said.status.code(), Some(2), "{id}");
        assert!(said.stdout.is_empty(), "{id}");
        assert!(String::from_utf8_lossy(&said.stderr).contains("no vector is about"), "{id}");
    }
}
