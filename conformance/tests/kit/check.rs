//! The published vectors: all of them, whatever the cases are called, and so that a wrong expectation shows.

use ca2a_conformance::{Outcome, VectorFile, run};
use serde_json::{Value, json};

use crate::published;

const FILES: [&str; 2] = ["ca2a-vectors.json", "trace-vectors.json"];

fn outcomes(file: &Value) -> Vec<Outcome> {
    let file = VectorFile::read(file.to_string().as_bytes()).unwrap();
    run(&file).results().map(|(_, outcome)| outcome.clone()).collect()
}

fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(_))
}

#[test]
fn every_published_case_passes_or_is_skipped_with_a_reason() {
    for file in FILES.into_iter().filter_map(published::json) {
        let outcomes = outcomes(&file);
        let failed: Vec<_> = outcomes.iter().filter(|outcome| is_failure(outcome)).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        assert!(outcomes.iter().filter(|outcome| **outcome == Outcome::Passed).count() > outcomes.len() / 2);
    }
}

#[test]
fn what_cases_are_called_and_in_which_order_they_run_changes_nothing() {
    for mut file in FILES.into_iter().filter_map(published::json) {
        let before = outcomes(&file);
        let cases = file["cases"].as_array_mut().unwrap();
        let count = cases.len();
        for (at, case) in cases.iter_mut().enumerate() {
            case["id"] = json!(format!("case {}", count - at));
            for talk in ["note", "about", "why"] {
                if case.get(talk).is_some() {
                    case[talk] = json!("something else");
                }
            }
        }
        // A fixed shuffle: multiplying by a number without a common factor visits every place once.
        let step = (7..).find(|step| gcd(*step, count) == 1).unwrap();
        let order: Vec<usize> = (0..count).map(|at| at * step % count).collect();
        *cases = order.iter().map(|at| cases[*at].clone()).collect();
        let after = outcomes(&file);
        for (place, at) in order.into_iter().enumerate() {
            assert_eq!(before[at], after[place]);
        }
    }
}

fn gcd(left: usize, right: usize) -> usize {
    if right == 0 { left } else { gcd(right, left % right) }
}

/// Every expectation turned around: a runner that cannot fail would not notice.
#[test]
fn a_wrong_expectation_fails() {
    for mut file in FILES.into_iter().filter_map(published::json) {
        let skipped: Vec<bool> =
            outcomes(&file).iter().map(|outcome| matches!(outcome, Outcome::Skipped(_))).collect();
        for case in file["cases"].as_array_mut().unwrap() {
            corrupt(case);
        }
        for (at, outcome) in outcomes(&file).iter().enumerate().filter(|(at, _)| !skipped[*at]) {
            assert!(is_failure(outcome), "{}", file["cases"][at]);
        }
    }
}

/// Every member that an accepted case names, one at a time: none is passed over but those for people.
#[test]
fn a_wrong_member_fails() {
    const FOR_PEOPLE: [&str; 2] = ["content_type", "message"];
    for file in FILES.into_iter().filter_map(published::json) {
        let mut wrong = file.clone();
        let mut cases = Vec::new();
        for case in file["cases"].as_array().unwrap() {
            let peer = ["recommend", "recommended"].iter().all(|advice| case.get(advice).is_none());
            let ok = case["expect"]["ok"] == json!(true) || accepts(&case["expect"]["verdict"]);
            if !peer || !ok {
                continue;
            }
            for (member, value) in case["expect"].as_object().unwrap() {
                let named =
                    !["ok", "verdict"].contains(&member.as_str()) && !FOR_PEOPLE.contains(&member.as_str());
                // The body of an answer that is no JSON is not compared.
                if named && !(member == "body" && value.is_null()) {
                    let mut case = case.clone();
                    case["expect"][member] = json!("something else");
                    cases.push(case);
                }
            }
        }
        assert!(cases.len() > 100);
        wrong["cases"] = json!(cases);
        for (at, outcome) in outcomes(&wrong).iter().enumerate() {
            assert!(is_failure(outcome), "{}", cases[at]);
        }
    }
}

/// The published suite is held to every finding, and strict mode to what is advised.
#[test]
fn a_wrong_finding_fails() {
    let Some(mut file) = published::json("trace-vectors.json") else { return };
    let mut cases = Vec::new();
    for case in file["cases"].as_array().unwrap().iter().filter(|case| case["op"] == "trace_tests") {
        let mut wrong = |change: &dyn Fn(&mut Value)| {
            let mut case = case.clone();
            change(&mut case);
            cases.push(case);
        };
        for member in case["expect"].as_object().unwrap().keys() {
            // A cause is compared where it has one name.
            let other = if member == "reason" { "stale" } else { "something else" };
            wrong(&|case| case["expect"][member] = json!(other));
        }
        for at in 0..case["expect"]["findings"].as_array().map_or(0, Vec::len) {
            wrong(&|case| case["expect"]["findings"][at][1] = json!("something else"));
        }
        if case.get("recommended").is_some() {
            wrong(&|case| case["recommended"] = json!("something else"));
        }
    }
    assert!(cases.len() > 500);
    file["cases"] = json!(cases);
    for (at, outcome) in outcomes(&file).iter().enumerate() {
        assert!(is_failure(outcome), "{}", file["cases"][at]);
    }
}

/// Of the records, nothing waits for hardware.
#[test]
fn nothing_of_trace_is_skipped() {
    let Some(file) = published::json("trace-vectors.json") else { return };
    assert!(outcomes(&file).iter().all(|outcome| *outcome == Outcome::Passed));
}

/// Makes the case demand what it must not get.
fn corrupt(case: &mut Value) {
    let expect = case["expect"].take();
    let members = case.as_object_mut().unwrap();
    let advice = members.remove("recommend").or_else(|| members.remove("recommended"));
    let advice = advice.as_ref().and_then(Value::as_str);
    let refused = matches!(advice, Some("reject" | "error")) || expect.get("uncaught").is_some();
    let accepted = advice == Some("accept") || expect["ok"] == json!(true) || accepts(&expect["verdict"]);
    case["expect"] = match case["op"].as_str() {
        // An answer is judged by what it says, an operation by whether it accepts.
        Some("http") => json!({ "ok": true, "status": if refused { json!(200) } else { json!(299) } }),
        Some("cli") => json!({ "ok": true, "exit": if refused { 0 } else { 9 } }),
        _ if case.get("input").is_some() => json!({ "ok": refused || !accepted }),
        _ if accepted && !refused => json!({ "verdict": "reject" }),
        _ => json!({ "verdict": "accept" }),
    };
}

fn accepts(verdict: &Value) -> bool {
    ["accept", "valid", "signed", "bytes", "thumbprint", "included", "pass"]
        .iter()
        .any(|accepted| verdict == accepted)
}
