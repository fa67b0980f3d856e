//! `trace check`, through the command.

use ca2a_cli::{ExitCode, MemoryFs};
use ca2a_core::{
    SigningKey,
    json::{Node, read},
};
use ca2a_covers::covers;

use crate::support::{NOW, Said, evidence::signed, on_terminal, piped, scene};

fn record() -> (MemoryFs, SigningKey) {
    let scene = scene();
    let [first, _] = signed(&scene);
    let key = crate::support::evidence::key(&scene.files, "planner.pem");
    (scene.files_with("record.json", first.canonical()), key)
}

fn check(files: &MemoryFs, level: &str, more: &[&str]) -> Said {
    let words = ["trace", "check", "--record", "record.json", "--level", level];
    piped(files, &[&words[..], more].concat())
}

fn statuses(said: &Said) -> Vec<(String, String)> {
    let json = said.json();
    let findings = json.as_object().unwrap().array("findings").unwrap().to_vec();
    let text = |finding: &Node<'_>, name: &str| finding.as_object().unwrap().text(name).unwrap().to_owned();
    findings.iter().map(|finding| (text(finding, "id"), text(finding, "status"))).collect()
}

fn status(said: &Said, id: &str) -> String {
    let found = statuses(said).into_iter().find(|(found, _)| found == id);
    found.unwrap_or_else(|| panic!("no {id} in {said:?}")).1
}

/// covers CLI-22
#[test]
fn a_level_is_answered_with_the_ids_of_the_suite() {
    covers!(accept, "CLI-22");
    let (files, _) = record();
    let said = check(&files, "0", &[]);
    said.accepted();
    assert_eq!(
        (said.bool("passed"), said.text("verdict"), said.text("mode")),
        (Some(true), "pass".into(), "package".into())
    );
    let ids: Vec<_> = statuses(&said).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 15, "{ids:?}");
    assert!(ids.iter().all(|id| id.starts_with("TR-")), "{ids:?}");

    let said = check(&files, "1", &["--expected-nonce", "n"]);
    assert_eq!(
        (said.exit, said.bool("passed"), said.text("verdict")),
        (ExitCode::Failure, Some(false), "fail".into())
    );
    assert_eq!(status(&said, "TR-RTE-001"), "fail");
    for usage in [&["--level", "3"][..], &["--level", "one"], &["--max-age", "x"], &["--trusted-key", "00"]] {
        piped(&files, &[&["trace", "check", "--record", "record.json"][..], usage].concat()).usage();
    }
    piped(&files, &["trace"]).usage();
}

/// covers CLI-22
#[test]
fn strict_mode_asks_whose_key_it_is() {
    covers!(accept, "CLI-22");
    covers!(refuse, "CLI-22");
    let (files, key) = record();
    assert_eq!(status(check(&files, "0", &["--strict"]).accepted(), "CA2A-KEY-001"), "skip");
    let own = key.verifying_key().to_hex();
    let said = check(&files, "0", &["--strict", "--trusted-key", &own]);
    assert_eq!(status(said.accepted(), "CA2A-KEY-001"), "pass");
    let other = SigningKey::from_seed(&[9; 32]).verifying_key().to_hex();
    let said = check(&files, "0", &["--strict", "--trusted-key", &other]);
    assert_eq!((said.exit, status(&said, "CA2A-KEY-001")), (ExitCode::Failure, "fail".into()));
    check(&files, "0", &["--trusted-key", &own]).usage();
}

#[test]
fn age_and_time_are_the_callers() {
    let (files, _) = record();
    assert_eq!(check(&files, "0", &["--max-age", "8"]).exit, ExitCode::Failure);
    check(&files, "0", &["--max-age", "9"]).accepted();
    let then = (NOW + 90_000).to_string();
    assert_eq!(check(&files, "0", &["--at-time", &then]).exit, ExitCode::Failure);
    check(&files, "0", &["--at-time", "-1"]).refused("BAD_REQUEST");
}

/// covers CLI-22
#[test]
fn what_no_check_runs_on_is_refused_with_its_reason() {
    covers!(refuse, "CLI-22");
    for (bytes, reason) in [
        (&b"{"[..], "not-json"),
        (b"[]", "not-an-object"),
        (b"{\"a\":1,\"a\":1}", "duplicate-member"),
        (b"{\"trace\":{}}", "partial-envelope"),
    ] {
        let files = MemoryFs::new().with("record.json", bytes, false);
        let said = check(&files, "0", &[]);
        said.refused("TRACE_RECORD_INVALID");
        assert_eq!((said.text("reason"), said.bool("passed")), (reason.into(), Some(false)));
    }
    check(&MemoryFs::new(), "0", &[]).refused("TRACE_RECORD_INVALID");
    let (files, _) = record();
    check(&files, "2", &["--receipt", "none"]).refused("RECEIPT_INVALID");
    check(&files.with("r.json", &b"[]"[..], false), "2", &["--receipt", "r.json"]).refused("RECEIPT_INVALID");
}

/// The published cases of level 2 name their policy by a URI; a folder holds the bundle.
///
/// covers CLI-22
#[test]
fn a_folder_of_policies_is_followed_and_not_left() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/trace-vectors.json");
    let Ok(vectors) = std::fs::read(path) else {
        return println!("SKIPPED: trace-vectors.json is not here");
    };
    covers!(accept, "CLI-22");
    covers!(refuse, "CLI-22");
    let vectors =
        ca2a_core::json::Reader::new(ca2a_core::json::NumberPolicy::Lexical).read(&vectors).unwrap();
    let mut seen = Vec::new();
    for case in vectors.as_object().unwrap().array("cases").unwrap() {
        let case = case.as_object().unwrap();
        let Some(bundles) = case.get("policy_bundles_b64u").and_then(Node::as_object) else { continue };
        let record = case.text("record_json").unwrap();
        let record_node = read(record.as_bytes()).unwrap();
        let policy = record_node.as_object().unwrap().object("policy").unwrap();
        let Ok(uri) = policy.text("policy_uri") else { continue };
        let mut files = MemoryFs::new().with("record.json", record, false);
        if let Ok(bundle) = bundles.text(uri) {
            let bytes = ca2a_core::encoding::from_base64url(bundle).unwrap();
            files = files.with("policies/a/bundle.bin", bytes, false);
        }
        let manifest = format!("{{\"{uri}\":\"a/bundle.bin\"}}");
        let files = files.with("policies/resolutions.json", manifest, false);
        let more = ["--policy-dir", "policies", "--at-time", "1790000000", "--expected-nonce", "bm9uY2U"];
        let said = check(&files, "2", &more);
        let findings = case.object("expect").unwrap().array("findings").unwrap();
        let expected =
            findings.iter().filter_map(Node::as_array).find(|pair| pair[0].as_str() == Some("TR-POL-003"));
        let expected = expected.unwrap()[1].as_str().unwrap();
        assert_eq!(status(&said, "TR-POL-003"), expected, "{said:?}");
        seen.push(expected.to_owned());

        for outside in ["../bundle.bin", "/etc/bundle.bin", "", "a/../../b", "."] {
            let manifest = format!("{{\"{uri}\":\"{outside}\"}}");
            let files = MemoryFs::new().with("record.json", record, false);
            let files = files.with("policies/resolutions.json", manifest, false);
            check(&files, "2", &more).refused("CONFIG_ERROR");
        }
    }
    for status in ["pass", "fail", "unverified"] {
        assert!(seen.iter().any(|seen| seen == status), "no case with {status}: {seen:?}");
    }
}

#[test]
fn a_person_reads_every_finding() {
    let (files, _) = record();
    let said = on_terminal(&files, &["trace", "check", "--record", "record.json", "--level", "1"]);
    assert_eq!(said.exit, ExitCode::Failure);
    for seen in ["✗ level 1 (TEE-attested)", "✓ TR-ENV-001", "✗ TR-RTE-001", "· TR-POL-003", "21 checks"]
    {
        assert!(said.stdout.contains(seen), "{seen}: {said:?}");
    }
}
