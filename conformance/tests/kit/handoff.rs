//! The published vectors of TrustHandoff, in both modes, whatever the cases are called.

use std::fs;

use ca2a_conformance::{Mode, check};

use crate::published;

const NAME: &str = "trusthandoff-vectors.json";

/// Passed, failed, skipped, as printed for a file of this text.
fn counts(text: &str, mode: Mode, name: &str) -> (bool, [usize; 3]) {
    let path = std::env::temp_dir().join(format!("ca2a-handoff-{}-{name}.json", std::process::id()));
    fs::write(&path, text).unwrap();
    let mut printed = Vec::new();
    let passed = check(&[&path], mode, &mut printed).unwrap();
    fs::remove_file(&path).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    let last = printed.lines().last().unwrap();
    let numbers: Vec<usize> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
    (passed, numbers.try_into().unwrap())
}

/// HAND-90: strict and compat both hold.
#[test]
fn every_published_case_passes_in_both_modes() {
    let Some(text) = published::text(NAME) else { return };
    for (mode, name) in [(Mode::Strict, "strict"), (Mode::Compat, "compat")] {
        let (passed, [right, failed, skipped]) = counts(&text, mode, name);
        assert!(passed && failed == 0 && right > 200 && skipped < 10, "{name}: {right} {failed} {skipped}");
    }
}

#[test]
fn what_cases_are_called_changes_nothing() {
    let Some(text) = published::text(NAME) else { return };
    let renamed: String = text
        .lines()
        .map(|line| match line.trim_start().strip_prefix("\"id\": \"") {
            Some(_) => String::from("\"id\": \"x\",\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let expected = counts(&text, Mode::Strict, "named");
    assert_eq!(counts(&renamed.replace("\"note\"", "\"remark\""), Mode::Strict, "renamed"), expected);
}

#[test]
fn a_wrong_expectation_shows() {
    let Some(text) = published::text(NAME) else { return };
    let before = counts(&text, Mode::Strict, "right").1;
    let wrong = text.replacen("\"signing_input_sha256\": \"", "\"signing_input_sha256\": \"0", 1);
    assert_eq!(counts(&wrong, Mode::Strict, "wrong"), (false, [before[0] - 1, 1, before[2]]));
    let turned = text.replace("\"decision\": \"ACCEPT\"", "\"decision\": \"REJECT\"");
    assert!(counts(&turned, Mode::Strict, "turned").1[1] > 30);
}
