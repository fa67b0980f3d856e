//! The runner itself, on small files made by hand.

use ca2a_conformance::{Mode, Outcome, Report, VectorFile, check, run};
use serde_json::{Value, json};

fn report(cases: &Value) -> Report {
    let file = json!({ "clock": 1_800_000_000, "cases": cases });
    run(&VectorFile::read(file.to_string().as_bytes()).unwrap())
}

fn one(case: Value) -> Outcome {
    let report = report(&json!([case]));
    report.results().next().unwrap().1.clone()
}

fn canonicalize(value: &str, hex: &str) -> Value {
    let expect = json!({ "ok": true, "canonical_hex": hex });
    json!({ "id": "a", "op": "canonicalize", "input": { "value_json": value }, "expect": expect })
}

#[test]
fn a_right_case_passes_and_a_wrong_one_fails() {
    assert_eq!(one(canonicalize("[1]", "5b315d")), Outcome::Passed);
    assert!(matches!(one(canonicalize("[1]", "5b325d")), Outcome::Failed(_)));
    assert!(matches!(one(canonicalize("[1.5]", "5b312e355d")), Outcome::Failed(_)));
}

#[test]
fn an_unknown_operation_is_a_failure() {
    let case = json!({ "id": "a", "op": "divine", "input": {}, "expect": { "ok": false, "uncaught": "X" } });
    assert!(matches!(one(case), Outcome::Failed(_)));
}

#[test]
fn a_case_without_its_input_is_a_failure_even_where_a_refusal_is_wanted() {
    let case =
        json!({ "id": "a", "op": "canonicalize", "input": {}, "expect": { "ok": false, "uncaught": "X" } });
    assert!(matches!(one(case), Outcome::Failed(_)));
}

#[test]
fn strict_mode_wants_a_refusal_where_the_case_recommends_one() {
    let mut case = canonicalize("-0", "30");
    assert!(matches!(one(case.clone()), Outcome::Failed(_)));
    case["recommend"] = json!("reject");
    assert_eq!(one(case), Outcome::Passed);
    let mut accepted = canonicalize("[1]", "5b315d");
    accepted["recommend"] = json!("reject");
    assert!(matches!(one(accepted), Outcome::Failed(_)));
}

#[test]
fn both_formats_run() {
    let flat = json!({ "id": "b", "op": "jcs", "value_json": "[1]", "expect": { "verdict": "bytes", "hex": "5b315d" } });
    assert_eq!(one(flat.clone()), Outcome::Passed);
    let mut wrong = flat;
    wrong["expect"]["hex"] = json!("5b");
    assert!(matches!(one(wrong), Outcome::Failed(_)));
}

#[test]
fn hardware_is_not_skipped() {
    let hardware =
        json!({ "id": "h", "group": "HW", "op": "tdx.verify_quote", "input": {}, "expect": { "ok": true } });
    let caller = json!({ "id": "c", "op": "handle_peer_request", "input": { "caller_verifier": {} }, "expect": { "ok": true } });
    for case in [hardware, caller] {
        assert!(matches!(one(case.clone()), Outcome::Failed(_)), "{case}");
    }
    let other = json!({ "id": "o", "op": "package.audit_bundle", "input": {}, "expect": { "ok": true } });
    assert!(matches!(one(other), Outcome::Skipped(_)));
}

#[test]
fn the_report_names_failures_and_skips_and_ends_with_the_counts() {
    let cases = json!([
        canonicalize("[1]", "5b315d"),
        canonicalize("[1]", "5b325d"),
        { "id": "the-skipped", "op": "package.audit_bundle", "input": {}, "expect": { "ok": true } },
    ]);
    let mut printed = Vec::new();
    report(&cases).print(&mut printed).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert!(
        printed.contains("FAILED a\n  canonicalize, canonical_hex: expected \"5b325d\", got \"5b315d\"\n"),
        "{printed}"
    );
    assert!(printed.contains("the-skipped"), "{printed}");
    assert_eq!(printed.lines().last().unwrap(), "1 passed, 1 failed, 1 skipped");
}

#[test]
fn a_file_that_holds_no_vectors_is_refused() {
    for bytes in ["", "[]", "{}", r#"{"cases": [{}]}"#, r#"{"cases": [{"op": "jcs", "expect": 1}]}"#] {
        assert!(VectorFile::read(bytes.as_bytes()).is_err(), "{bytes}");
    }
}

#[test]
fn a_verdict_that_nobody_knows_is_a_failure() {
    let case = json!({ "id": "a", "op": "jcs", "value_json": "[1]", "expect": { "verdict": "perhaps" } });
    assert!(matches!(one(case), Outcome::Failed(_)));
}

#[test]
fn a_file_that_cannot_be_read_is_a_failure() {
    let mut printed = Vec::new();
    assert!(!check(&["no/such/file.json"], Mode::Strict, &mut printed).unwrap());
    assert!(String::from_utf8(printed).unwrap().ends_with("\n0 passed, 1 failed, 0 skipped\n"));
}
