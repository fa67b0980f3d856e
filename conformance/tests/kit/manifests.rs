//! Agent manifests and policy bundles: nothing fails in either mode, what is kept is counted, and a wrong expectation shows.

use ca2a_conformance::{Mode, Outcome, VectorFile, run_in};
use serde_json::{Value, json};

use crate::published;

const FILES: [&str; 2] = ["manifest-vectors.json", "cmcp-vectors.json"];
const MODES: [Mode; 2] = [Mode::Strict, Mode::Compat];

fn outcomes(file: &Value, mode: Mode) -> Vec<(String, Outcome)> {
    let file = VectorFile::read(file.to_string().as_bytes()).unwrap();
    run_in(&file, mode).results().map(|(label, outcome)| (label.to_string(), outcome.clone())).collect()
}

#[test]
fn nothing_fails_in_either_mode() {
    for file in FILES.into_iter().filter_map(published::json) {
        for mode in MODES {
            let outcomes = outcomes(&file, mode);
            let failed: Vec<_> =
                outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).collect();
            assert!(failed.is_empty(), "{mode:?}: {failed:#?}");
        }
    }
}

/// What strict mode cannot tell is exactly what `strict.md` lists, and no way around a case that is called unsafe.
#[test]
fn what_no_rule_can_tell_is_what_is_known_to_be_so() {
    let Some(file) = published::json("manifest-vectors.json") else { return };
    let kept: Vec<_> = outcomes(&file, Mode::Strict)
        .into_iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Kept(_)))
        .map(|(label, _)| label)
        .collect();
    assert_eq!(kept, ["v01-087", "del-046"]);
}

#[test]
fn what_cases_are_called_changes_nothing() {
    let Some(mut file) = published::json("manifest-vectors.json") else { return };
    let plain = |outcomes: Vec<(String, Outcome)>| {
        outcomes.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>()
    };
    let before = MODES.map(|mode| plain(outcomes(&file, mode)));
    for (at, case) in file["cases"].as_array_mut().unwrap().iter_mut().enumerate() {
        case["id"] = json!(format!("case {at}"));
        case["title"] = json!("something else");
        case["notes"] = json!("something else");
    }
    assert_eq!(before, MODES.map(|mode| plain(outcomes(&file, mode))));
}

/// Every expectation turned around: a runner that cannot fail would not notice.
#[test]
fn a_wrong_expectation_is_noticed() {
    for mut file in FILES.into_iter().filter_map(published::json) {
        let turn = |word: &str| {
            if ["VALID", "BOUND", "LOADED", "APPLIED"].contains(&word) { "REFUSED" } else { "VALID" }
                .to_owned()
        };
        for case in file["cases"].as_array_mut().unwrap() {
            case.as_object_mut().unwrap().remove("safer");
            let verdict = case["verdict"].as_object_mut().unwrap();
            for (name, value) in verdict.iter_mut() {
                match name.as_str() {
                    "result" | "outcome" => *value = turn(value.as_str().unwrap_or_default()).into(),
                    "error" | "raised" => {}
                    _ => *value = json!("turned around"),
                }
            }
        }
        for (label, outcome) in outcomes(&file, Mode::Strict) {
            let skipped = matches!(outcome, Outcome::Skipped(_));
            let crashed = file["cases"].as_array().unwrap().iter().any(|case| {
                case["id"] == label.as_str()
                    && (case["verdict"].get("error").is_some() || case["verdict"].get("raised").is_some())
            });
            assert!(skipped || crashed || matches!(outcome, Outcome::Failed(_)), "{label}: {outcome:?}");
        }
    }
}
