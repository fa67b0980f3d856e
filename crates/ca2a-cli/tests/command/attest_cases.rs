//! `attest verify --cases`, through the command: the published cases, a shuffled and renamed copy of them, and every verdict
//! turned around.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use ca2a_cli::ExitCode;
use ca2a_covers::covers;
use serde_json::{Value, json};

use crate::support::{Said, for_real};

fn published() -> Option<(PathBuf, Vec<Value>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/evidence/cases-dev.json");
    let Ok(bytes) = fs::read(&path) else {
        println!("SKIPPED: {} is not there", path.display());
        return None;
    };
    Some((path, serde_json::from_slice(&bytes).unwrap()))
}

/// The same cases in a file of our own, their paths made absolute.
fn written(name: &str, folder: &Path, cases: &[Value]) -> PathBuf {
    let absolute = |path: &Value| json!(folder.join(path.as_str().unwrap()));
    let mut cases = cases.to_vec();
    for case in &mut cases {
        for file in case["files"].as_object_mut().unwrap().values_mut() {
            match file {
                Value::Array(paths) => paths.iter_mut().for_each(|path| *path = absolute(path)),
                Value::Null => {}
                path => *path = absolute(path),
            }
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, serde_json::to_vec(&cases).unwrap()).unwrap();
    path
}

fn verify(path: &Path) -> Said {
    for_real(&["attest", "verify", "--cases", path.to_str().unwrap()])
}

/// What came of each case, by its id.
fn outcomes(said: &Said) -> BTreeMap<String, Value> {
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|result| (result["id"].as_str().unwrap().to_owned(), result.clone())).collect()
}

#[test]
fn every_published_case_has_its_verdict() {
    let Some((path, cases)) = published() else { return };
    covers!(accept, "CLI-41");
    let said = verify(&path);
    for (id, outcome) in outcomes(&said) {
        assert_eq!(outcome["disagreement"], Value::Null, "{id}");
    }
    assert_eq!(said.exit, ExitCode::Success);
    assert_eq!(outcomes(&said).len(), cases.len());
}

/// Neither order nor names nor the expected verdict lead to an outcome.
#[test]
fn a_shuffled_renamed_copy_without_verdicts_gives_the_same() {
    let Some((path, cases)) = published() else { return };
    let folder = path.parent().unwrap();
    let renamed = |id: &str| {
        let place = cases.iter().position(|case| case["id"] == json!(id)).unwrap();
        format!("case-{place}")
    };
    let mut copy = cases.clone();
    for case in &mut copy {
        case["id"] = json!(renamed(case["id"].as_str().unwrap()));
        if let Some(prior) = case.get("prior").and_then(Value::as_str).map(str::to_owned) {
            case["prior"] = json!(renamed(&prior));
        }
        case["verdict"] = json!("reject");
        for hint in ["expect", "reason", "origin", "licence", "source_class", "holdout"] {
            case.as_object_mut().unwrap().remove(hint);
        }
    }
    copy.reverse();
    copy.rotate_left(13);
    let before = outcomes(&verify(&path));
    let after = outcomes(&verify(&written("shuffled.json", folder, &copy)));
    assert_eq!(before.len(), after.len());
    for (id, outcome) in before {
        for member in ["signature", "tcb_status", "accepted", "failed", "accepted_when_allowed"] {
            assert_eq!(outcome[member], after[&renamed(&id)][member], "{id} {member}");
        }
    }
}

/// A judge that agrees with everything would not notice.
#[test]
fn a_wrong_verdict_or_claim_is_noticed() {
    let Some((path, cases)) = published() else { return };
    covers!(refuse, "CLI-41");
    let folder = path.parent().unwrap();
    let mut wrong = cases.clone();
    for case in &mut wrong {
        let accepts = case["verdict"].as_str().unwrap().starts_with("accept")
            && !case["verdict"].as_str().unwrap().contains("reject")
            && !case["verdict"].as_str().unwrap().contains("policy");
        case["verdict"] = if accepts { json!("reject") } else { json!("accept") };
    }
    let said = verify(&written("wrong.json", folder, &wrong));
    assert_eq!(said.exit, ExitCode::Failure);
    for (id, outcome) in outcomes(&said) {
        assert_eq!(outcome["agrees"], json!(false), "{id}");
    }

    let mut claims = cases.clone();
    claims.retain(|case| {
        let compared = !case["verdict"].as_str().unwrap().starts_with("reject");
        compared && case["expect"].as_object().is_some_and(|expect| !expect.is_empty())
    });
    assert!(claims.len() > 20);
    for case in &mut claims {
        let first = case["expect"].as_object().unwrap().keys().next().unwrap().clone();
        case["expect"][first] = json!("something else");
    }
    let said = verify(&written("claims.json", folder, &claims));
    for (id, outcome) in outcomes(&said) {
        assert_eq!(outcome["agrees"], json!(false), "{id}");
    }
}

#[test]
fn what_nobody_knows_fails_the_run() {
    let Some((path, cases)) = published() else { return };
    covers!(refuse, "CLI-41");
    let folder = path.parent().unwrap();
    for verdict in [
        "",
        "accepted",
        "accept Excellent",
        "reject-weather",
        "accept-if-policy-allows-rain",
        "signature ok, ",
    ] {
        let mut one = vec![cases[0].clone()];
        one[0]["verdict"] = json!(verdict);
        verify(&written("unknown.json", folder, &one)).refused("BAD_REQUEST");
    }
    let mut one = vec![cases[0].clone()];
    one[0]["kind"] = json!("sgx");
    verify(&written("kind.json", folder, &one)).refused("BAD_REQUEST");
    let mut one = vec![cases[0].clone()];
    one[0]["files"]["report"] = json!("nowhere.bin");
    verify(&written("file.json", folder, &one)).refused("BAD_REQUEST");
    for bytes in ["{}", "[1]", "", "[{}]"] {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("malformed.json");
        fs::write(&path, bytes).unwrap();
        verify(&path).refused("BAD_REQUEST");
    }
}
