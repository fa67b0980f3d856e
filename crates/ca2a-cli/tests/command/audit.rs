//! `lineage` and `verify`, through the command.

use ca2a_cli::{ExitCode, MemoryFs};
use ca2a_core::{
    SigningKey, TraceLink,
    cose::{Claims, Draft, Signer, Value, label},
    json::{Node, Object},
};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, Grant, delegate};
use ca2a_trace::{Delegation, HopContext};

use crate::support::{
    NOW, Said, Scene,
    evidence::{ISSUER, LOG, Logged, document, key, logged, signed, stated},
    on_terminal, piped, scene,
};

fn callee() -> SigningKey {
    SigningKey::from_seed(&[0x33; 32])
}

/// Chain, records, a statement, and a log that holds the records.
fn audited(scene: &Scene) -> MemoryFs {
    let records = signed(scene);
    let Logged { entries, receipts, transparent, checkpoint } =
        logged(&records, &SigningKey::from_seed(&[0x44; 32]), &SigningKey::from_seed(&[0x55; 32]));
    let text = document(records.map(|record| record.object().clone().into()));
    let mut files = scene.files_with("records.json", text.as_bytes());
    files = files.with("statements.jsonl", stated(scene, &callee()).canonical(), false);
    for (at, ((entry, receipt), whole)) in entries.iter().zip(&receipts).zip(&transparent).enumerate() {
        files = files.with(format!("entry{at}"), entry.clone(), false);
        files = files.with(format!("receipt{at}"), receipt.clone(), false);
        files = files.with(format!("whole{at}"), whole.clone(), false);
    }
    files.with("checkpoint", checkpoint, false)
}

fn words<'w>(verb: &'w str, root: &'w str, more: &[&'w str]) -> Vec<&'w str> {
    let common = [verb, "--chain", "chain.json", "--records", "records.json", "--trusted-root-issuer", root];
    [&common[..], more].concat()
}

fn checks(said: &Said) -> Vec<Object<'static>> {
    let json = said.json();
    let checks = json.as_object().unwrap().array("checks").unwrap().to_vec();
    checks.iter().map(|check| check.as_object().unwrap().clone()).collect()
}

/// How the checks of a requirement came out.
fn outcomes(said: &Said, requirement: &str) -> Vec<String> {
    let checks = checks(said).into_iter();
    let own = checks.filter(|check| check.text("requirement").unwrap() == requirement);
    own.map(|check| check.text("outcome").unwrap().to_owned()).collect()
}

fn signer(name: &str, seed: u8) -> String {
    format!("{name}={}", SigningKey::from_seed(&[seed; 32]).verifying_key().to_hex())
}

/// covers CLI-23
#[test]
fn a_lineage_is_explained_in_every_form() {
    covers!(accept, "CLI-23");
    let scene = scene();
    let files = audited(&scene);
    let said = piped(&files, &words("lineage", &scene.root, &[]));
    said.accepted();
    assert_eq!((said.bool("verified"), said.text("verdict")), (Some(true), "verified".into()));
    let json = said.json();
    assert_eq!(json.as_object().unwrap().array("hops").unwrap().len(), 2);
    assert_eq!(json.as_object().unwrap().uint("failed").unwrap(), 0);
    for (format, start) in [
        ("text", "VERIFIED"),
        ("mermaid", "flowchart"),
        ("dot", "digraph"),
        ("svg", "<svg"),
        ("html", "<!doctype html>"),
        ("json", "{\"verified\":true"),
    ] {
        let said = piped(&files, &words("lineage", &scene.root, &["--format", format]));
        let start_at = said.accepted().stdout.find(start);
        assert!(start_at.is_some_and(|at| at < 400), "{format}: {said:?}");
        piped(&files, &words("lineage", &scene.root, &["--format", format, "--out", format])).accepted();
        assert_eq!(files.get(format).unwrap().bytes, said.stdout.as_bytes(), "{format}");
    }
    let again = piped(&files, &words("lineage", &scene.root, &["-o", "svg"]));
    again.refused("BAD_REQUEST");
    piped(&files, &words("lineage", &scene.root, &["-o", "svg", "--force"])).accepted();
    let said = on_terminal(&files, &words("lineage", &scene.root, &["--title", "An afternoon"]));
    for seen in ["VERIFIED", "An afternoon", "✓ its issuer signed it", "ca2a lineage --chain chain.json"] {
        assert!(said.accepted().stdout.contains(seen), "{seen}: {said:?}");
    }
}

/// covers CLI-24, LOG-38: what a callee signed is on a log as well as what an agent signed.
#[test]
fn a_callees_statement_is_stated_and_found_again() {
    let scene = scene();
    let files = audited(&scene).with("one.json", stated(&scene, &callee()).canonical(), false);
    piped(&files, &["keygen", "--out", "operator.pem"]).accepted();
    let state = ["log", "state", "--key", "operator.pem", "--issuer", ISSUER, "--out", "entry"];
    for form in [&[][..], &["--hash"]] {
        let said = piped(&files, &[&state[..], &["--statement", "one.json", "--force"], form].concat());
        let pin = said.accepted().text("issuer_key");
        let more = ["--statements", "statements.jsonl", "--entry", "entry", "--issuer-key", &pin];
        let said = piped(&files, &words("verify", &scene.root, &more));
        assert_eq!(said.accepted().text("verdict"), "verified");
        assert_eq!(outcomes(&said, "LOG-33"), ["passed"], "{said:?}");
        let said = piped(&files, &words("verify", &scene.root, &more[2..]));
        assert_eq!(outcomes(&said, "LOG-33"), ["failed"], "about nothing that was given: {said:?}");
    }
    piped(&files, &state).usage();
    piped(&files, &[&state[..], &["--statement", "one.json", "--record", "one.json"]].concat()).usage();
    piped(&files, &[&state[..], &["--statement", "chain.json", "--force"]].concat())
        .refused("STATEMENT_INVALID");
}

/// covers CLI-23
#[test]
fn records_come_from_several_files_and_forms() {
    covers!(accept, "CLI-23");
    let scene = scene();
    let [first, second] =
        signed(&scene).map(|record| String::from_utf8(record.canonical().to_vec()).unwrap());
    let files = scene.files_with("planner.jsonl", format!("{first}\n").as_bytes());
    // The researcher was handed the planner's record with the call, and exports both.
    let files = files.with("researcher.jsonl", format!("{first}\n{second}\n"), false);
    let common = ["lineage", "--chain", "chain.json", "--trusted-root-issuer", &scene.root];
    let both = ["--records", "planner.jsonl", "--records", "researcher.jsonl"];
    piped(&files, &[&common[..], &both].concat()).accepted();
    let said = piped(&files, &[&common[..], &both[..2]].concat());
    assert_eq!((said.exit, said.text("verdict")), (ExitCode::Failure, "refused".into()));
}

/// covers CLI-23
#[test]
fn there_are_three_verdicts_and_three_exit_codes() {
    covers!(accept, "CLI-1", "CLI-23");
    covers!(refuse, "CLI-1", "CLI-23");
    let scene = scene();
    let files = audited(&scene);
    let revoke = ["revoke", "--key", "root.pem", "--chain", "chain.json", "--snapshot", "snap.json"];
    piped(&files, &revoke).accepted();
    for verb in ["lineage", "verify"] {
        piped(&files, &words(verb, &scene.root, &[])).accepted();
        let said = piped(&files, &words(verb, &scene.planner, &[]));
        assert_eq!((said.exit, said.text("code")), (ExitCode::Failure, "UNTRUSTED_DELEGATION_ROOT".into()));
        let chain = [verb, "--chain", "chain.json", "--trusted-root-issuer", &scene.root];
        let said = piped(&files, &chain);
        assert_eq!((said.exit, said.text("verdict")), (ExitCode::Unverifiable, "unverifiable".into()));
        assert_eq!((said.exit.code(), said.bool("verified")), (3, Some(false)));
        let said = piped(&files, &chain[..3]);
        assert_eq!(said.exit, ExitCode::Unverifiable, "{said:?}");
        piped(&files, &[verb]).usage();
        piped(&files, &[verb, "--records", "records.json", "--revocations", "s"]).usage();
        piped(&files, &words(verb, &scene.root, &["--at-time", "-1"])).refused("BAD_REQUEST");
        piped(&files, &[verb, "--chain", "none"]).refused("INVALID_CREDENTIAL");

        let text = String::from_utf8(files.get("records.json").unwrap().bytes).unwrap();
        let edited = text.replace("example.org/researcher", "example.org/somebody");
        let edited = scene.files_with("records.json", edited.as_bytes());
        let said = piped(&edited, &words(verb, &scene.root, &[]));
        assert_eq!((said.exit, said.text("code")), (ExitCode::Failure, "TRACE_RECORD_INVALID".into()));
        let said = piped(&files, &words(verb, &scene.root, &["--revocations", "snap.json"]));
        assert_eq!((said.exit, said.text("code")), (ExitCode::Failure, "CREDENTIAL_REVOKED".into()));
    }
}

/// The planner hands work to a researcher and to a writer: covers CLI-23, TRC-307.
#[test]
fn branches_are_one_answer() {
    covers!(accept, "CLI-23");
    let scene = scene();
    let files = audited(&scene);
    piped(&files, &["keygen", "--out", "writer.pem"]).accepted();
    let writer = key(&files, "writer.pem");
    let root =
        Chain::from_json(&files.get("chain.json").unwrap().bytes).unwrap().credentials().unwrap().remove(0);
    let grant = Grant {
        id: "c-w".parse().unwrap(),
        subject: writer.verifying_key(),
        scope: root.scope().clone(),
        not_before: None,
        not_after: None,
    };
    let credential = delegate(&root, &key(&files, "planner.pem"), grant).unwrap();
    let context = HopContext::software("maker", "model", "image", TraceLink::sha256_of(b"policy"));
    let place = Delegation::continuing(&signed(&scene)[0], credential.id().clone());
    let record = context.sign("spiffe://example.org/writer", NOW - 8, Some(&place), &writer).unwrap();
    let chain: Chain = [root, credential].into_iter().collect();
    let files = files
        .with("writers-chain.json", chain.to_json(), false)
        .with("writers.json", record.canonical(), false)
        .with(
            "edited.json",
            String::from_utf8_lossy(record.canonical()).replace("/writer", "/wr1ter"),
            false,
        );

    let more = ["--chain", "writers-chain.json", "--records", "writers.json"];
    let said = piped(&files, &words("lineage", &scene.root, &more));
    assert!(said.accepted().text("summary").starts_with("3 hops in 2 branches"), "{said:?}");
    let json = said.json();
    let hops = json.as_object().unwrap().array("hops").unwrap();
    let parent = |hop: &Node<'_>| hop.as_object().unwrap().get("parent").and_then(Node::as_uint);
    assert_eq!(hops.iter().map(parent).collect::<Vec<_>>(), [None, Some(0), Some(0)]);
    let said = on_terminal(&files, &words("lineage", &scene.root, &more));
    for seen in ["├─ researcher", "└─ writer", "branch to hop 1", "branch to hop 2"] {
        assert!(said.accepted().stdout.contains(seen), "{seen}: {said:?}");
    }
    for (format, seen) in
        [("mermaid", "hop0 -->"), ("dot", "hop0 -> hop2"), ("svg", "translate("), ("html", "--lane:1")]
    {
        let said =
            piped(&files, &words("lineage", &scene.root, &[&more[..], &["--format", format]].concat()));
        assert!(said.accepted().stdout.contains(seen), "{format}: {said:?}");
    }
    piped(&files, &words("verify", &scene.root, &more)).accepted();

    // One branch breaks; the other is shown to hold.
    let edited = ["--chain", "writers-chain.json", "--records", "edited.json"];
    let said = piped(&files, &words("lineage", &scene.root, &edited));
    assert_eq!((said.exit, said.text("code")), (ExitCode::Failure, "TRACE_RECORD_INVALID".into()));
    let broken = said.json();
    let broken = broken.as_object().unwrap().array("broken_hops").unwrap();
    assert_eq!(broken.iter().filter_map(Node::as_uint).collect::<Vec<_>>(), [2]);
    let said = on_terminal(&files, &words("lineage", &scene.root, &edited));
    assert!(
        said.stdout.contains("✓ signed") && said.stdout.contains("✗ the TRACE record's signature is broken")
    );
    // Without the writer's record nobody can tell what it did.
    let said = piped(&files, &words("verify", &scene.root, &["--chain", "writers-chain.json"]));
    assert_eq!((said.exit, said.text("code")), (ExitCode::Failure, "PROVENANCE_LINK_BROKEN".into()));
}

/// covers CLI-24
#[test]
fn an_auditor_gets_every_check_and_what_was_not_checked() {
    covers!(accept, "CLI-24");
    let scene = scene();
    let files = audited(&scene);
    let said = piped(&files, &words("verify", &scene.root, &[]));
    said.accepted();
    assert_eq!(outcomes(&said, "REV-6"), ["not checked", "not checked"]);
    assert_eq!(outcomes(&said, "TRC-106"), ["not checked"]);
    assert_eq!(outcomes(&said, "LOG-37"), ["not checked"]);
    assert_eq!(outcomes(&said, "TRC-15"), ["passed", "passed"]);

    let (issuer, log) = (signer(ISSUER, 0x44), signer(LOG, 0x55));
    let callee = callee().verifying_key().to_hex();
    let all =
        ["--statements", "statements.jsonl", "--callee", &callee, "--issuer-key", &issuer, "--log-key", &log];
    let whole =
        [&all[..], &["--entry", "whole0", "--entry", "whole1", "--checkpoint", "checkpoint"]].concat();
    let said = piped(&files, &words("verify", &scene.root, &whole));
    said.accepted();
    for (requirement, expected) in [
        ("LOG-30", &["passed"; 2][..]),
        ("LOG-33", &["passed"; 2]),
        ("LOG-35", &["passed"; 2]),
        ("LOG-44", &["passed"]),
        ("LOG-46", &["passed"; 2]),
        ("TRC-106", &["passed"; 2]),
        ("TRC-107", &["passed"]),
    ] {
        assert_eq!(outcomes(&said, requirement), expected, "{requirement}: {said:?}");
    }
    let apart = ["--entry", "entry0", "--entry", "entry1", "--receipt", "receipt1", "--receipt", "receipt0"];
    let said = piped(&files, &words("verify", &scene.root, &[&all[..], &apart].concat()));
    said.accepted();
    assert_eq!(outcomes(&said, "LOG-41"), ["passed"; 2]);
    assert_eq!(outcomes(&said, "LOG-46"), ["not checked"; 2]);
    let said = on_terminal(&files, &words("verify", &scene.root, &[&all[..], &apart].concat()));
    for seen in
        ["✓ verified", "✓ a trusted log holds it", "not checked: nobody who may has revoked it", "[LOG-41]"]
    {
        assert!(said.accepted().stdout.contains(seen), "{seen}: {said:?}");
    }
}

/// covers CLI-24
#[test]
fn two_statements_at_a_hop_are_told_apart() {
    covers!(accept, "CLI-24");
    let scene = scene();
    let files = audited(&scene);
    let other = stated(&scene, &SigningKey::from_seed(&[0x34; 32]));
    let both = [stated(&scene, &callee()).canonical(), other.canonical()].join(&b'\n');
    let files = files.with("statements.jsonl", both, false);
    let log = signer(LOG, 0x55);
    let said = piped(
        &files,
        &words("verify", &scene.root, &["--statements", "statements.jsonl", "--log-key", &log]),
    );
    let places: Vec<_> = checks(&said).iter().map(|check| check.text("place").unwrap().to_owned()).collect();
    for (place, count) in [("hop 1, signed statement", 5), ("hop 1, signed statement 2", 5)] {
        assert_eq!(places.iter().filter(|found| *found == place).count(), count, "{place}: {places:?}");
    }
    assert_eq!(places.iter().filter(|place| *place == "hop 1, credential").count(), 8);
}

/// covers CLI-24
#[test]
fn whoever_names_a_log_wants_every_record_in_it() {
    covers!(refuse, "CLI-24");
    let scene = scene();
    let files = audited(&scene);
    let (issuer, log) = (signer(ISSUER, 0x44), signer(LOG, 0x55));
    for (more, missing) in [
        (&["--log-key", &log][..], "no receipt of a trusted log"),
        (&["--log-key", &log, "--issuer-key", &issuer, "--entry", "whole0"], "no receipt of a trusted log"),
        (
            &["--log-key", &log, "--issuer-key", &issuer, "--entry", "entry0", "--entry", "whole1"],
            "no receipt",
        ),
        (&["--log-key", &log, "--entry", "whole0", "--entry", "whole1"], "not trusted"),
        (&["--issuer-key", &issuer, "--entry", "whole0", "--entry", "whole1"], "trusted"),
        (&["--issuer-key", &issuer, "--entry", "entry0", "--receipt", "receipt0"], "not trusted"),
    ] {
        let said = piped(&files, &words("verify", &scene.root, more));
        assert_eq!(
            (said.exit, said.text("verdict")),
            (ExitCode::Unverifiable, "unverifiable".into()),
            "{said:?}"
        );
        assert!(said.text("summary").contains(missing), "{missing}: {said:?}");
    }
    piped(&files, &words("verify", &scene.root, &["--receipt", "receipt0"])).usage();
    for key in ["x", "=00", "https://log.example=00"] {
        piped(&files, &words("verify", &scene.root, &["--log-key", key])).usage();
    }
}

/// A digest that nobody here reads is no forgery: covers CLI-24, LOG-33.
#[test]
fn an_unknown_digest_is_unverifiable() {
    covers!(refuse, "CLI-24");
    let scene = scene();
    let files = audited(&scene);
    let (issuer, log) = (signer(ISSUER, 0x44), signer(LOG, 0x55));
    let issuer_key = SigningKey::from_seed(&[0x44; 32]);
    let own = Signer::eddsa(&issuer_key);
    let claims = Claims { issuer: ISSUER.into(), subject: "a record".into(), issued_at: Some(NOW - 6) };
    // SHA-512, which this profile does not name.
    let entry = Draft::new()
        .protect(label::KEY_ID, Value::Bytes(b"somebody".to_vec()))
        .protect(label::CLAIMS, claims.to_value())
        .protect(label::PAYLOAD_HASH, -44_i64)
        .payload(&[7; 64])
        .sign(&own)
        .unwrap();
    let files = files.with("sha512", entry.to_vec().unwrap(), false);
    let given = ["--issuer-key", &issuer, "--entry", "sha512"];
    let said = piped(&files, &words("verify", &scene.root, &given));
    assert_eq!(
        (said.exit, said.text("verdict")),
        (ExitCode::Unverifiable, "unverifiable".into()),
        "{said:?}"
    );
    assert_eq!(outcomes(&said, "LOG-30"), ["not checked"]);
    assert_eq!(said.json().as_object().unwrap().uint("failed").unwrap(), 0);
    // Beside it, what can be judged is judged; and a failure outweighs what nobody can tell.
    let all = ["--log-key", &log, "--entry", "whole0", "--entry", "whole1"];
    let said = piped(&files, &words("verify", &scene.root, &[&given[..], &all].concat()));
    assert_eq!(said.exit, ExitCode::Unverifiable, "{said:?}");
    assert_eq!(outcomes(&said, "LOG-35"), ["passed", "passed"]);
    let broken = files.with("records.json", b"[]".to_vec(), false);
    assert_eq!(piped(&broken, &words("verify", &scene.root, &given)).exit, ExitCode::Failure);
}

/// Every byte of an entry, a receipt and a checkpoint counts.
///
/// covers CLI-24
#[test]
fn what_was_changed_is_never_verified() {
    covers!(accept, "CLI-24");
    covers!(refuse, "CLI-24");
    let scene = scene();
    let mut files = audited(&scene);
    let (issuer, log) = (signer(ISSUER, 0x44), signer(LOG, 0x55));
    let more = [
        "--log-key",
        &log,
        "--issuer-key",
        &issuer,
        "--entry",
        "whole0",
        "--entry",
        "entry1",
        "--receipt",
        "receipt1",
        "--checkpoint",
        "checkpoint",
    ];
    piped(&files, &words("verify", &scene.root, &more)).accepted();
    for name in ["whole0", "entry1", "receipt1", "checkpoint"] {
        let bytes = files.get(name).unwrap().bytes;
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            files = files.with(name, changed, false);
            let said = piped(&files, &words("verify", &scene.root, &more));
            assert!(
                matches!(said.exit, ExitCode::Failure | ExitCode::Unverifiable),
                "{name}, byte {at}: {said:?}"
            );
            assert_eq!(said.bool("verified"), Some(false));
        }
        files = files.with(name, bytes, false);
    }
    piped(&files, &words("verify", &scene.root, &more)).accepted();
    // An entry about a record that is not among those given.
    let strange = signed(&crate::support::scene());
    let other = logged(&strange, &SigningKey::from_seed(&[0x44; 32]), &SigningKey::from_seed(&[0x55; 32]));
    let files = files.with("whole0", other.transparent[0].clone(), false);
    let said = piped(&files, &words("verify", &scene.root, &more));
    assert_eq!((said.exit, said.text("code")), (ExitCode::Failure, "STATEMENT_INVALID".into()));
}

/// covers CLI-6, CLI-24
#[test]
fn text_of_evidence_cannot_steer_a_terminal() {
    covers!(refuse, "CLI-6");
    let scene = scene();
    let text = b"[{\"credential_id\":\"\\u001b[2J\\u202e\"}, \"\x1b[31m\"]";
    let files = scene.files_with("chain.json", text);
    for words in [&["lineage", "--chain", "chain.json"][..], &["verify", "--chain", "chain.json"]] {
        for format in [&[][..], &["--format", "text"], &["--format", "dot"], &["--format", "html"]] {
            if words[0] == "verify" && !format.is_empty() {
                continue;
            }
            let said = on_terminal(&files, &[words, format].concat());
            assert!(!said.stdout.contains(['\u{1b}', '\u{202e}']), "{said:?}");
            assert_eq!(said.exit, ExitCode::Failure);
        }
    }
}

#[test]
fn the_time_is_said() {
    covers!(accept, "CLI-3");
    let scene = scene();
    let files = audited(&scene);
    let then = (NOW - 60).to_string();
    let said = piped(&files, &words("verify", &scene.root, &["--at-time", &then]));
    let at = said.json().as_object().unwrap().get("judged_at").and_then(Node::as_uint);
    assert_eq!(at, Some(NOW - 60));
}
