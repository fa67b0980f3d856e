//! The runner against the reference side, and against implementations that misbehave: never a pass (CONF-8).

use std::{path::PathBuf, time::Duration};

use ca2a_conformance::{
    Exceptions, Limits, RunReport, Suite, VectorFile, Verdict, drive, html, junit, matrix,
};
use ca2a_covers::covers;
use serde_json::{Value, json};

const REFERENCE: &str = concat!(env!("CARGO_BIN_EXE_ca2a-conformance"), " serve");
const FILES: [&str; 3] = ["ca2a-vectors.json", "trace-vectors.json", "cose-vectors.json"];

/// A suite that an honest implementation of `canonicalize` passes.
fn small() -> Suite {
    let case = |id: &str, text: &str, expect: Value| json!({ "id": id, "op": "canonicalize", "requirement": "CORE-9", "input": { "value_json": text }, "expect": expect });
    let file = json!({ "cases": [
        case("one", "1", json!({ "ok": true, "canonical_hex": "31" })),
        case("two", "2", json!({ "ok": true, "canonical_hex": "32" })),
        case("zero", "-0", json!({ "ok": false })),
        case("three", "3", json!({ "ok": true, "canonical_hex": "33" })),
        case("four", "4", json!({ "ok": true, "canonical_hex": "34" })),
    ] });
    Suite::new(vec![VectorFile::read(file.to_string().as_bytes()).unwrap()]).unwrap()
}

/// Limits that make a test of waiting short and leave a busy machine room.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.answer = Duration::from_secs(5);
    limits
}

fn hostile(manner: &str, limits: &Limits) -> RunReport {
    drive(
        &format!("{} {manner}", env!("CARGO_BIN_EXE_hostile-shim")),
        &small(),
        &Exceptions::default(),
        limits,
    )
}

fn impatient() -> Limits {
    let mut limits = Limits::default();
    (limits.hello, limits.answer) = (Duration::from_millis(300), Duration::from_millis(300));
    limits
}

fn all() -> Option<Suite> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    let paths = FILES.map(|name| folder.join(name));
    if let Some(missing) = paths.iter().find(|path| !path.is_file()) {
        println!("SKIPPED: {} is not here", missing.display());
        return None;
    }
    Some(Suite::read(&paths).unwrap())
}

#[test]
fn the_reference_side_conforms() {
    let Some(suite) = all() else { return };
    let report = drive(REFERENCE, &suite, &Exceptions::default(), &limits());
    let mut text = Vec::new();
    report.print(&mut text).unwrap();
    assert!(report.passed, "{}", String::from_utf8_lossy(&text));
    assert_eq!(report.count(Verdict::Pass), suite.len());
}

#[test]
fn the_honest_one_passes() {
    covers!(accept, "CONF-1", "CONF-2", "CONF-4", "CONF-8", "CONF-11");
    let report = hostile("honest", &limits());
    assert!(report.passed, "{report:#?}");
    assert_eq!(report.count(Verdict::Pass), 5);
    assert!(hostile("accepts-all", &limits()).count(Verdict::Broken) == 0);
}

#[test]
fn one_answer_for_everything_is_no_pass() {
    covers!(refuse, "CONF-4", "CONF-11");
    for (manner, failed) in [("accepts-all", 5), ("refuses-all", 4), ("fails", 5)] {
        let report = hostile(manner, &limits());
        assert!(!report.passed, "{manner}");
        assert_eq!(report.count(Verdict::Fail), failed, "{manner}: {report:#?}");
        assert!(!report.aborted, "{manner}");
    }
}

#[test]
fn knowing_nothing_is_no_pass() {
    covers!(refuse, "CONF-11");
    for manner in ["knows-nothing", "supports-nothing"] {
        let report = hostile(manner, &limits());
        assert!(!report.passed, "{manner}");
        assert_eq!(report.count(Verdict::Unsupported), 5, "{manner}");
    }
}

#[test]
fn a_broken_protocol_is_never_an_answer() {
    covers!(refuse, "CONF-1", "CONF-4", "CONF-8", "CONF-11");
    let mut small_lines = limits();
    small_lines.line = 64 * 1024;
    for (manner, limits, why) in [
        ("echoes", limits(), "not of the protocol"),
        ("refuses-without-code", limits(), "not of the protocol"),
        ("swaps", limits(), "it answered to id"),
        ("crashes", limits(), "it ended"),
        ("half-a-line", limits(), "it ended"),
        ("floods-stderr", limits(), "standard error"),
        ("endless-line", small_lines, "too long"),
        ("hangs", impatient(), "no line within"),
    ] {
        let report = hostile(manner, &limits);
        assert!(!report.passed && report.aborted, "{manner}: {report:#?}");
        assert_eq!(report.count(Verdict::Pass), 0, "{manner}: {report:#?}");
        assert_eq!(report.count(Verdict::Broken), 3, "{manner}: {report:#?}");
        assert_eq!(report.count(Verdict::NotRun), 2, "{manner}");
        assert!(report.results[0].why[0].contains(why), "{manner}: {:?}", report.results[0].why);
    }
}

#[test]
fn more_lines_than_requests_are_noticed_whenever_they_come() {
    covers!(refuse, "CONF-8");
    for manner in ["answers-twice", "floods-stdout", "last-word"] {
        let report = hostile(manner, &limits());
        assert!(!report.passed, "{manner}");
        assert!(report.count(Verdict::Broken) > 0, "{manner}: {report:#?}");
    }
}

#[test]
fn a_hello_that_is_none_is_no_start() {
    covers!(refuse, "CONF-1", "CONF-2");
    for (manner, limits) in [
        ("dies-at-once", limits()),
        ("other-protocol", limits()),
        ("no-hello", limits()),
        ("not-utf8", limits()),
        ("mute", impatient()),
    ] {
        let report = hostile(manner, &limits);
        assert!(!report.passed && report.aborted, "{manner}: {report:#?}");
        assert_eq!(report.implementation, None, "{manner}");
    }
    let missing = drive("no-such-program-anywhere", &small(), &Exceptions::default(), &limits());
    assert!(missing.aborted && missing.results[0].why[0].contains("cannot be started"));
    assert!(drive("", &small(), &Exceptions::default(), &limits()).aborted);
}

#[test]
fn a_restarted_implementation_is_the_same_one() {
    covers!(refuse, "CONF-2");
    let report = hostile("never-the-same", &limits());
    assert!(report.results.iter().any(|result| result.why.iter().any(|why| why.contains("another one"))));
}

#[test]
fn what_is_sent_names_no_case_and_no_expectation() {
    let Some(suite) = all() else { return };
    let report = drive(REFERENCE, &suite, &Exceptions::default(), &limits());
    for result in &report.results {
        let members = result.request.as_object().unwrap();
        assert!(members.len() == 2 && members.contains_key("op"), "{}", result.case);
        for talk in ["expect", "verdict", "recommend", "recommended", "note", "about", "id", "requirement"] {
            assert!(members["input"].get(talk).is_none(), "{}: {talk}", result.case);
        }
        if members["op"].as_str().unwrap().starts_with("cose.") {
            // What stands in a message is for the implementation to find.
            let given = ["given", "hex", "old_root_hex", "entry", "statement", "receipts"];
            let named = members["input"].as_object().unwrap().keys();
            assert!(named.clone().all(|name| given.contains(&name.as_str())), "{}: {named:?}", result.case);
        }
    }
}

/// CONF-3, of cases that are always here: what is sent is the operation and its input, and nothing of the case.
#[test]
fn a_request_is_its_question_alone() {
    covers!(accept, "CONF-3");
    covers!(refuse, "CONF-3");
    let report = hostile("honest", &limits());
    assert_eq!(report.results.len(), 5);
    for (result, value) in report.results.iter().zip(["1", "2", "-0", "3", "4"]) {
        let expected = json!({ "op": "canonicalize", "input": { "value_json": value } });
        assert_eq!(result.request, expected, "{}", result.case);
        let sent = result.request.to_string();
        for told in [result.case.as_str(), "canonical_hex", "CORE-9", "expect"] {
            assert!(!sent.contains(told), "{told} in {sent}");
        }
    }
}

/// CONF-5, CONF-6: what a refusal is called counts, and a server says it in a status.
#[test]
fn a_refusal_has_its_code_and_a_server_its_status() {
    covers!(accept, "CONF-5", "CONF-6");
    covers!(refuse, "CONF-5", "CONF-6");
    let case = |id: &str, op: &str, expect: Value| json!({ "id": id, "op": op, "requirement": "CORE-9", "input": { "value_json": "1" }, "expect": expect });
    let refused = |code: &str| json!({ "ok": false, "error": code });
    let verdicts = |cases: Value| {
        let file = VectorFile::read(json!({ "cases": cases }).to_string().as_bytes()).unwrap();
        let command = format!("{} refuses-all", env!("CARGO_BIN_EXE_hostile-shim"));
        let report = drive(&command, &Suite::new(vec![file]).unwrap(), &Exceptions::default(), &limits());
        report.results.into_iter().map(|result| result.verdict).collect::<Vec<_>>()
    };
    let cases = json!([
        case("its own", "verify_chain", refused("INVALID_CREDENTIAL")),
        case("another", "verify_chain", refused("SCOPE_ESCALATION")),
    ]);
    assert_eq!(verdicts(cases), [Verdict::Pass, Verdict::Fail]);

    // The reference side answers a request that it turns away with a status; a status that is expected to be another fails.
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/wire.json");
    let mut file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let drop_others = |file: &mut Value| {
        let cases = file["cases"].as_array_mut().unwrap();
        cases.retain(|case| case["id"] == "WIRE-40/refuse-path");
        assert_eq!(cases.len(), 1);
    };
    drop_others(&mut file);
    let passes = |file: &Value| {
        let file = VectorFile::read(file.to_string().as_bytes()).unwrap();
        let report = drive(REFERENCE, &Suite::new(vec![file]).unwrap(), &Exceptions::default(), &limits());
        report.passed
    };
    assert!(passes(&file));
    file["cases"][0]["expect"]["status"] = json!(400);
    assert!(!passes(&file));
}

/// CONF-9: words are arguments, whatever a shell would make of them.
#[test]
fn no_shell_sees_the_command() {
    covers!(accept, "CONF-9");
    covers!(refuse, "CONF-9");
    let made = std::env::temp_dir().join(format!("ca2a-no-shell-{}", std::process::id()));
    let shim = env!("CARGO_BIN_EXE_hostile-shim");
    for tail in [
        format!("&& touch {}", made.display()),
        format!("; touch {}", made.display()),
        format!("$(touch {})", made.display()),
        format!("> {}", made.display()),
    ] {
        let report = drive(&format!("{shim}   honest {tail}"), &small(), &Exceptions::default(), &limits());
        assert!(report.passed, "{tail}: blanks part words, and the rest are words: {report:#?}");
        assert!(!made.exists(), "{tail}");
    }
    // A quote is a character like any other.
    let quoted = drive(&format!("\"{shim}\" honest"), &small(), &Exceptions::default(), &limits());
    assert!(quoted.aborted);
}

fn exceptions(entries: Value) -> Exceptions {
    Exceptions::read(json!({ "exceptions": entries }).to_string().as_bytes()).unwrap()
}

#[test]
fn an_exception_excuses_what_it_names_and_nothing_else() {
    covers!(accept, "CONF-10");
    covers!(refuse, "CONF-10", "CONF-11");
    let command = format!("{} refuses-all", env!("CARGO_BIN_EXE_hostile-shim"));
    let entry = |observed: &str, cases: &[&str]| json!({ "requirement": "CORE-9", "observed": observed, "reason": "a test", "cases": cases });
    let run = |entries: Value| drive(&command, &small(), &exceptions(entries), &limits());

    let excused = run(json!([entry("refused INVALID_CREDENTIAL", &[])]));
    assert!(excused.passed && excused.count(Verdict::Exception) == 4, "{excused:#?}");
    let some = run(json!([entry("refused INVALID_CREDENTIAL", &["one", "two"])]));
    assert!(!some.passed && some.count(Verdict::Exception) == 2);
    let other = run(json!([entry("accepted", &[])]));
    assert!(!other.passed && other.stale.len() == 1 && other.count(Verdict::Exception) == 0);
    // The third case passes, so there is nothing to excuse.
    let stale = run(json!([entry("refused INVALID_CREDENTIAL", &["one", "two", "zero", "three", "four"])]));
    assert!(!stale.passed && stale.stale.len() == 1 && stale.count(Verdict::Exception) == 4, "{stale:#?}");
}

#[test]
fn a_broken_protocol_cannot_be_excused() {
    covers!(refuse, "CONF-8");
    let command = format!("{} crashes", env!("CARGO_BIN_EXE_hostile-shim"));
    let entry = json!([{ "requirement": "CORE-9", "observed": "broken", "reason": "a test" }]);
    let report = drive(&command, &small(), &exceptions(entry), &limits());
    assert!(!report.passed && report.count(Verdict::Exception) == 0 && report.stale.len() == 1);
}

#[test]
fn an_exception_file_is_read_strictly() {
    covers!(refuse, "CONF-10");
    for text in [
        "",
        "[]",
        "{}",
        r#"{"exceptions":[{}]}"#,
        r#"{"exceptions":[{"requirement":"CORE-9","observed":"accepted","reason":" "}]}"#,
        r#"{"exceptions":[{"requirement":"","observed":"accepted","reason":"r"}]}"#,
        r#"{"exceptions":[{"requirement":"CORE-9","observed":"accepted","reason":"r","case":"one"}]}"#,
    ] {
        assert!(Exceptions::read(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_suite_needs_cases_with_names_of_their_own() {
    let file = |cases: Value| VectorFile::read(json!({ "cases": cases }).to_string().as_bytes()).unwrap();
    assert!(Suite::new(vec![]).is_err());
    assert!(Suite::new(vec![file(json!([]))]).is_err());
    let case = json!({ "id": "a", "op": "canonicalize", "input": {}, "expect": { "ok": true } });
    let twice = Suite::new(vec![file(json!([case])), file(json!([case]))]);
    assert!(twice.unwrap_err().to_string().contains("`a`"));
    assert!(Suite::read(&["no-such-file.json"]).is_err());
}

#[test]
fn a_report_says_the_same_in_every_form() {
    let reports = [hostile("honest", &limits()), hostile("refuses-all", &limits())];
    let page = matrix(&reports);
    assert!(page.contains("| CORE-9 | 5 pass | 1 pass, 4 **fail** |"), "{page}");
    let read: RunReport = serde_json::from_str(&serde_json::to_string(&reports[1]).unwrap()).unwrap();
    assert_eq!(read, reports[1]);
    let xml = junit(&reports[1]);
    assert_eq!(xml.matches("<testcase").count(), 5);
    assert_eq!(xml.matches("<failure").count(), 4);
    assert!(xml.contains(r#"tests="5" failures="4" errors="0" skipped="0""#), "{xml}");
    let html = html(&reports);
    assert!(html.contains("conforms") && html.contains("canonical_hex"));
}

/// Text of an implementation is text, wherever it is shown.
#[test]
fn an_implementation_cannot_write_into_a_page() {
    let mut report = hostile("refuses-all", &limits());
    report.results[0].observed = "<script>\u{1b}[2J&\"'".to_owned();
    for page in [junit(&report), html(std::slice::from_ref(&report))] {
        assert!(!page.contains("<script>") && !page.contains('\u{1b}'));
        assert!(page.contains("&lt;script&gt;"));
    }
}
