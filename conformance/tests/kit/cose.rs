//! The published COSE vectors: all of them, under other names and in another order, and so that a wrong expectation shows.

use ca2a_conformance::{Outcome, VectorFile, run};
use serde_json::{Value, json};

use crate::published;

const NAME: &str = "cose-vectors.json";

fn outcomes(file: &Value) -> Vec<Outcome> {
    let file = VectorFile::read(file.to_string().as_bytes()).unwrap();
    run(&file).results().map(|(_, outcome)| outcome.clone()).collect()
}

fn all_pass(file: &Value) {
    let outcomes = outcomes(file);
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Passed), "{outcomes:#?}");
    assert!(outcomes.len() >= 15);
}

#[test]
fn every_published_case_passes() {
    if let Some(file) = published::json(NAME) {
        all_pass(&file);
    }
}

#[test]
fn names_and_order_change_nothing() {
    let Some(mut file) = published::json(NAME) else { return };
    let cases = file["cases"].as_array_mut().unwrap();
    cases.reverse();
    let name = |id: &Value| json!(id.as_str().unwrap().chars().rev().collect::<String>());
    for case in cases {
        for member in ["id", "entry", "statement"] {
            if let Some(id) = case.get(member).filter(|id| id.is_string()).cloned() {
                case[member] = name(&id);
            }
        }
        if let Some(ids) = case.get("receipts").and_then(Value::as_array).cloned() {
            case["receipts"] = ids.iter().map(name).collect();
        }
    }
    all_pass(&file);
}

/// Every member of every case that says what must come out, one at a time.
#[test]
fn a_wrong_expectation_fails() {
    const NOT_COMPARED: [&str; 7] = ["id", "kind", "note", "payload_is", "entry", "statement", "receipts"];
    let Some(file) = published::json(NAME) else { return };
    let (mut wrong, mut cases) = (file.clone(), Vec::new());
    for case in file["cases"].as_array().unwrap() {
        for (member, value) in case.as_object().unwrap() {
            if NOT_COMPARED.contains(&member.as_str()) {
                continue;
            }
            let mut case = case.clone();
            case["id"] = json!(cases.len().to_string());
            case[member] = match value {
                Value::Bool(truth) => json!(!truth),
                Value::Number(number) => json!(number.as_i64().unwrap() + 1),
                // The last digit: of a signature, a root, a digest.
                Value::String(digits) => {
                    let last = if digits.ends_with('0') { "1" } else { "0" };
                    json!(digits[..digits.len() - 1].to_owned() + last)
                }
                other => panic!("{member}: {other}"),
            };
            cases.push((member, case));
        }
    }
    assert!(cases.len() > 60);
    // Beside the good ones, which they mention.
    let mut all = file["cases"].as_array().unwrap().clone();
    let good = all.len();
    all.extend(cases.iter().map(|(_, case)| case.clone()));
    wrong["cases"] = json!(all);
    for ((name, case), outcome) in cases.iter().zip(&outcomes(&wrong)[good..]) {
        assert!(matches!(outcome, Outcome::Failed(_)), "{name}: {case}");
    }
}

/// A message with any one of its bytes changed is refused.
#[test]
fn a_changed_byte_is_refused() {
    let Some(file) = published::json(NAME) else { return };
    let mut all = file["cases"].as_array().unwrap().clone();
    let good = all.len();
    for case in file["cases"].as_array().unwrap() {
        let digits = case["hex"].as_str().unwrap();
        for at in (0..digits.len()).step_by(74) {
            let mut changed = case.clone();
            let byte = u8::from_str_radix(&digits[at..at + 2], 16).unwrap() ^ 0x10;
            changed["hex"] = json!(format!("{}{byte:02x}{}", &digits[..at], &digits[at + 2..]));
            changed["id"] = json!(all.len().to_string());
            changed["verify_ok"] = json!(false);
            all.push(changed);
        }
    }
    assert!(all.len() > good + 150);
    let mut wrong = file.clone();
    wrong["cases"] = json!(all);
    let outcomes = outcomes(&wrong);
    for (case, outcome) in all.iter().zip(&outcomes) {
        assert_eq!(*outcome, Outcome::Passed, "{case}");
    }
}
