//! `keygen`, `issue`, `delegate`, `revoke` and `verify-chain`, through the command.

use ca2a_cli::{ExitCode, FixedClock, MemoryFs, Out, run};
use ca2a_core::SigningKey;
use ca2a_covers::covers;

use crate::support::{NOW, in_color, keygen, on_terminal, piped, scene};

fn verify<'a>(root: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["verify-chain", "--chain", "chain.json", "--trusted-root-issuer", root], more].concat()
}

/// covers CLI-7
#[test]
fn a_key_is_private_loads_again_and_is_not_overwritten() {
    covers!(accept, "CLI-7");
    covers!(refuse, "CLI-7", "CLI-9");
    let files = MemoryFs::new();
    let public = keygen(&files, "key.pem");
    let file = files.get("key.pem").unwrap();
    assert_eq!(file.mode, Some(0o600));
    let key = SigningKey::from_pkcs8_pem(std::str::from_utf8(&file.bytes).unwrap()).unwrap();
    assert_eq!(key.verifying_key().to_hex(), public);

    piped(&files, &["keygen", "--out", "key.pem"]).refused("BAD_REQUEST");
    assert_eq!(files.get("key.pem").unwrap(), file, "refused and still overwritten");
    let other = piped(&files, &["keygen", "--out", "key.pem", "--force"]).accepted().text("public_key");
    assert_ne!(other, public);
}

/// covers CLI-7
#[test]
fn a_key_that_others_may_read_is_refused() {
    covers!(refuse, "CLI-7");
    let made = MemoryFs::new();
    let subject = keygen(&made, "key.pem");
    let files = MemoryFs::new().with("key.pem", made.get("key.pem").unwrap().bytes, false);
    let said = piped(&files, &["issue", "--key", "key.pem", "--subject", &subject, "--scope", "read"]);
    said.refused("CONFIG_ERROR");
    assert!(said.text("help").contains("chmod 600 key.pem"), "{said:?}");
}

#[test]
fn a_key_file_that_is_none_is_refused() {
    let subject = "c9dccd66703268cf2b146dee384b9028637266a8232f8bbfff4f6c0a56626b57";
    for bytes in [&b""[..], b"\xff\xfe", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        let files = MemoryFs::new().with("key.pem", bytes, true);
        let said = piped(&files, &["issue", "--key", "key.pem", "--subject", subject, "--scope", "read"]);
        said.refused("CONFIG_ERROR");
    }
    let said = piped(&MemoryFs::new(), &["issue", "--key", "k", "--subject", subject, "--scope", "read"]);
    assert!(said.refused("CONFIG_ERROR").text("help").contains("keygen --out k"));
}

#[test]
fn a_chain_is_issued_delegated_and_verified() {
    covers!(accept, "CLI-14");
    let scene = scene();
    let said = piped(&scene.files, &verify(&scene.root, &[]));
    said.accepted();
    assert_eq!(
        said.stdout,
        "{\"verified\":true,\"hops\":2,\"leaf_scope\":[\"read\"],\"revocation\":\"not_checked\"}\n"
    );
    piped(&scene.files, &verify(&scene.planner, &[])).refused("UNTRUSTED_DELEGATION_ROOT");
}

#[test]
fn without_out_the_chain_itself_is_the_answer() {
    let scene = scene();
    let issue = ["issue", "--key", "root.pem", "--subject", &scene.planner, "--scope", "read"];
    let said = piped(&scene.files, &issue);
    let files = MemoryFs::new().with("chain.json", said.accepted().stdout.as_bytes(), false);
    piped(&files, &verify(&scene.root, &[])).accepted();
    // Also on a terminal: what a person copies out of it is a chain.
    let said = on_terminal(&scene.files, &issue);
    let files = MemoryFs::new().with("chain.json", said.accepted().stdout.as_bytes(), false);
    piped(&files, &verify(&scene.root, &[])).accepted();
}

#[test]
fn what_no_verifier_would_accept_is_not_made() {
    covers!(refuse, "CLI-14");
    let scene = scene();
    let delegate = ["delegate", "--chain", "chain.json", "--key", "researcher.pem", "--subject", &scene.root];
    let said = piped(&scene.files, &[&delegate[..], &["--scope", "read", "write"]].concat());
    said.refused("SCOPE_ESCALATION");
    let wrong = ["delegate", "--chain", "chain.json", "--key", "planner.pem", "--subject", &scene.root];
    piped(&scene.files, &[&wrong[..], &["--scope", "read"]].concat()).refused("INVALID_CREDENTIAL");
    piped(&scene.files, &[&delegate[..], &["--scope", "read", "--id", "c-1"]].concat())
        .refused("CREDENTIAL_REPLAY");
    let inverted = ["--scope", "read", "--not-before", "9", "--not-after", "8"];
    piped(&scene.files, &[&delegate[..], &inverted].concat()).refused("INVALID_CREDENTIAL");
    piped(&scene.files, &[&delegate[..], &["--scope", ""]].concat()).refused("BAD_REQUEST");
    piped(&scene.files, &[&delegate[..], &["--scope", "read", "--not-after", "-1"]].concat())
        .refused("BAD_REQUEST");
    piped(&scene.files, &[&delegate[..], &["--scope", "read", "--id", ""]].concat()).refused("BAD_REQUEST");
    piped(&scene.files, &delegate).usage();
    let zero = "0".repeat(64);
    let issue = ["issue", "--key", "root.pem", "--subject", &zero, "--scope", "read"];
    piped(&scene.files, &issue).refused("BAD_REQUEST");
}

#[test]
fn windows_bound_what_is_granted() {
    covers!(refuse, "CLI-14");
    let scene = scene();
    let issue =
        ["issue", "--key", "root.pem", "--subject", &scene.planner, "--scope", "read", "--out", "w.json"];
    piped(&scene.files, &[&issue[..], &["--valid-for", "60"]].concat()).accepted();
    let at = |then: u64| {
        let then = then.to_string();
        let words =
            ["verify-chain", "--chain", "w.json", "--trusted-root-issuer", &scene.root, "--at-time", &then];
        piped(&scene.files, &words)
    };
    at(NOW + 60).accepted();
    let said = at(NOW + 61);
    said.refused("CREDENTIAL_EXPIRED");
    assert_eq!(said.text("requirement"), "DEL-23");
    piped(&scene.files, &[&issue[..], &["--force", "--not-before", "1800000001"]].concat()).accepted();
    at(NOW).refused("CREDENTIAL_NOT_YET_VALID");
    let expired = ["delegate", "--chain", "w.json", "--key", "planner.pem", "--subject", &scene.root];
    piped(&scene.files, &[&expired[..], &["--scope", "read"]].concat()).refused("CREDENTIAL_NOT_YET_VALID");
}

#[test]
fn a_revoked_hop_is_refused_by_whoever_has_the_snapshot() {
    covers!(accept, "CLI-15");
    covers!(refuse, "CLI-15");
    let scene = scene();
    let words =
        ["revoke", "--key", "root.pem", "--chain", "chain.json", "--hop", "1", "--snapshot", "snap.json"];
    let said = piped(&scene.files, &words);
    assert_eq!(said.accepted().text("revoker"), scene.root);
    let said = piped(&scene.files, &verify(&scene.root, &["--revocations", "snap.json"]));
    said.refused("CREDENTIAL_REVOKED");
    assert_eq!(said.json().as_object().unwrap().uint("hop").unwrap(), 1);

    // Appended to, and told once: nothing is forgotten and nothing doubles.
    let words = ["revoke", "--key", "root.pem", "--chain", "c0.json", "--snapshot", "snap.json"];
    piped(&scene.files, &words).accepted();
    let said = piped(&scene.files, &words);
    assert_eq!(said.accepted().json().as_object().unwrap().uint("revocations").unwrap(), 2);

    // What it adds to is verified first, and stays as it is where it does not hold.
    let kept = String::from_utf8(scene.files.get("snap.json").unwrap().bytes).unwrap();
    let (head, signature) = kept.rsplit_once("\"signature\": \"").unwrap();
    let first = if signature.starts_with('0') { '1' } else { '0' };
    let forged = format!("{head}\"signature\": \"{first}{}", signature.get(1..).unwrap());
    let files = scene.files_with("snap.json", forged.as_bytes());
    piped(&files, &words).refused("INVALID_REVOCATION");
    assert_eq!(files.get("snap.json").unwrap().bytes, forged.as_bytes());

    // A delegate has no say over its own credential, and is told so.
    let words = ["revoke", "--key", "researcher.pem", "--chain", "chain.json", "--snapshot", "vain.json"];
    let said = piped(&scene.files, &words);
    assert!(said.accepted().stderr.contains("no verifier will heed it"), "{said:?}");
    let said = piped(&scene.files, &verify(&scene.root, &["--revocations", "vain.json"]));
    assert_eq!(said.accepted().text("revocation"), "not_revoked");

    let words =
        ["revoke", "--key", "root.pem", "--chain", "chain.json", "--hop", "2", "--snapshot", "snap.json"];
    piped(&scene.files, &words).refused("BAD_REQUEST");
    piped(&scene.files, &["revoke", "--key", "root.pem", "--snapshot", "snap.json"]).usage();
    let words = ["revoke", "--key", "root.pem", "--digest", "sha256:00", "--snapshot", "snap.json"];
    piped(&scene.files, &words).refused("BAD_REQUEST");
    let words = ["revoke", "--key", "root.pem", "--chain", "c0.json", "--snapshot", "chain.json"];
    piped(&scene.files, &words).refused("INVALID_REVOCATION");
}

#[test]
fn staleness_wants_a_snapshot_and_a_fresh_one() {
    let scene = scene();
    piped(&scene.files, &verify(&scene.root, &["--max-revocation-staleness", "5"]))
        .refused("REVOCATION_STATUS_UNKNOWN");
    let snapshot = format!("{{\"as_of\":{},\"revocations\":[]}}", NOW - 6);
    let files = scene.files.with("old.json", snapshot, false);
    let old = ["--revocations", "old.json", "--max-revocation-staleness"];
    piped(&files, &verify(&scene.root, &[&old[..], &["5"]].concat())).refused("REVOCATION_STATUS_UNKNOWN");
    let said = piped(&files, &verify(&scene.root, &[&old[..], &["6"]].concat()));
    assert_eq!(said.accepted().json().as_object().unwrap().uint("revocation_as_of").unwrap(), NOW - 6);
}

/// covers CLI-8
#[test]
fn a_root_that_is_no_key_matches_nothing_and_is_named() {
    covers!(accept, "CLI-8");
    covers!(refuse, "CLI-8");
    let scene = scene();
    for root in ["hello", &"0".repeat(64), &scene.root.to_uppercase(), &format!("{}\n", scene.root)] {
        let said = piped(&scene.files, &verify(root, &[]));
        said.refused("UNTRUSTED_DELEGATION_ROOT");
        assert!(said.stderr.contains("matches nothing"), "{said:?}");
        let said = piped(&scene.files, &verify(root, &["--trusted-root-issuer", &scene.root]));
        assert!(said.accepted().stderr.contains("matches nothing"), "{said:?}");
    }
    piped(&scene.files, &["verify-chain", "--chain", "chain.json"]).usage();
}

/// covers CLI-5
#[test]
fn bad_numbers_are_coded_and_non_numbers_are_usage() {
    covers!(accept, "CLI-5");
    covers!(refuse, "CLI-5");
    let scene = scene();
    let huge = "9".repeat(5000);
    for bad in ["-1", "9007199254740992", "18446744073709551616", &huge] {
        for flag in ["--at-time", "--max-revocation-staleness"] {
            piped(&scene.files, &verify(&scene.root, &[flag, bad])).refused("BAD_REQUEST");
        }
    }
    piped(&scene.files, &verify(&scene.root, &["--max-depth", "-1"])).refused("DELEGATION_DEPTH_EXCEEDED");
    piped(&scene.files, &verify(&scene.root, &["--max-depth", "0"])).refused("DELEGATION_DEPTH_EXCEEDED");
    piped(&scene.files, &verify(&scene.root, &["--max-depth", "1"])).accepted();
    piped(&scene.files, &verify(&scene.root, &["--max-depth", &huge])).accepted();
    for bad in ["x", "1.0", "", "1e3"] {
        piped(&scene.files, &verify(&scene.root, &["--at-time", bad])).usage();
    }
}

/// covers CLI-5
#[test]
fn files_that_are_no_documents_are_coded() {
    covers!(refuse, "CLI-5");
    let scene = scene();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("[{{\"depth\":{}}}]", "9".repeat(5000));
    let bad: [&[u8]; 9] = [
        b"",
        b"{",
        b"\xff\xfe[\x00]\x00",
        b"\xef\xbb\xbf[]",
        deep.as_bytes(),
        long.as_bytes(),
        b"{}",
        b"[{\"a\":1,\"a\":2}]",
        b"[\"\\ud800\"]",
    ];
    for bytes in bad {
        let files = MemoryFs::new().with("chain.json", bytes, false);
        piped(&files, &verify(&scene.root, &[])).refused("INVALID_CREDENTIAL");
        let files = scene.files_with("snap.json", bytes);
        piped(&files, &verify(&scene.root, &["--revocations", "snap.json"])).refused("INVALID_REVOCATION");
    }
    piped(&MemoryFs::new(), &verify(&scene.root, &[])).refused("INVALID_CREDENTIAL");
    piped(&scene.files, &verify(&scene.root, &["--revocations", "none"])).refused("INVALID_REVOCATION");
    let large = MemoryFs::new().with("chain.json", vec![b' '; 17 << 20], false);
    piped(&large, &verify(&scene.root, &[])).refused("INVALID_CREDENTIAL");
}

/// covers CLI-1
#[test]
fn an_answer_that_nobody_hears_is_no_success() {
    covers!(refuse, "CLI-1");
    struct Deaf;
    impl std::io::Write for Deaf {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let scene = scene();
    for words in [verify(&scene.root, &[]), vec!["--version"], vec!["--version", "--json"], vec!["--help"]] {
        let mut out = Out::new(Deaf, Deaf);
        assert_eq!(run(words, &scene.files, &FixedClock(NOW), &mut out), ExitCode::Failure);
    }
}

/// covers CLI-1
#[test]
fn every_verb_without_what_it_needs_is_a_usage_error() {
    covers!(refuse, "CLI-1");
    let verbs = [
        "keygen",
        "issue",
        "delegate",
        "revoke",
        "verify-chain",
        "verify-dag",
        "verify-lineage",
        "inspect",
        "validate-config",
        "start",
        "gateway",
        "send",
    ];
    for verb in verbs {
        piped(&MemoryFs::new(), &[verb]).usage();
        piped(&MemoryFs::new(), &[verb, "--json"]).usage();
        assert!(piped(&MemoryFs::new(), &[verb, "--help"]).accepted().stdout.contains("Usage:"));
    }
}

/// covers CLI-2
#[test]
fn the_version_is_text_unless_json_is_asked_for() {
    covers!(accept, "CLI-2");
    let files = MemoryFs::new();
    assert!(piped(&files, &["--version"]).accepted().stdout.starts_with("ca2a "));
    for words in [["--json", "--version"], ["--version", "--json"]] {
        assert_eq!(piped(&files, &words).accepted().text("version"), env!("CARGO_PKG_VERSION"));
    }
}

/// covers CLI-4, CLI-6
#[test]
fn a_person_sees_each_hop_and_on_a_refusal_which_rule_and_what_to_do() {
    covers!(accept, "CLI-4");
    covers!(refuse, "CLI-6");
    let scene = scene();
    let said = on_terminal(&scene.files, &verify(&scene.root, &[]));
    said.accepted();
    for seen in
        ["✓ chain.json holds: 2 hops", "✓ hop 0  c-0", "✓ hop 1  c-1", "gives up write", "not checked"]
    {
        assert!(said.stdout.contains(seen), "{seen}: {said:?}");
    }
    assert!(!said.stdout.contains('\u{1b}'));

    let late = scene.files.get("chain.json").unwrap().bytes;
    let edited = String::from_utf8(late).unwrap().replacen("\"c-1\"", "\"c-\\u001b[2J\"", 1);
    let files = scene.files_with("chain.json", edited.as_bytes());
    let said = on_terminal(&files, &verify(&scene.root, &[]));
    assert_eq!(said.exit, ExitCode::Failure);
    for seen in ["✗ INVALID_CREDENTIAL", "✓ hop 0", "✗ hop 1", "DEL-22", "what to do"] {
        assert!(said.stdout.contains(seen), "{seen}: {said:?}");
    }
    assert!(!said.stdout.contains('\u{1b}'), "an id steered the terminal: {said:?}");

    let said = in_color(&scene.files, &verify(&scene.root, &[]));
    assert!(said.stdout.contains("\u{1b}[32m✓ \u{1b}[0m"), "{said:?}");
    let said = in_color(&scene.files, &verify(&scene.root, &["--json"]));
    assert!(said.bool("verified").unwrap());
}

/// CLI-4: who wants no colour has none, and a file or a pipe never does.
#[cfg(target_os = "linux")]
#[test]
fn colour_is_for_those_who_want_it() {
    use std::process::{Command, Stdio};

    let folder = crate::support::folder::Folder::new();
    let chain = folder.file("chain.json");
    std::fs::write(&chain, include_str!("../../../../examples/minimal/chain.json")).unwrap();
    let command = format!("{} inspect {chain}", env!("CARGO_BIN_EXE_ca2a"));
    // A terminal of its own, which `script` opens.
    let on_a_terminal = |no_color: Option<&str>| {
        let mut script = Command::new("script");
        script.args(["-q", "-e", "-c", &command, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
        script.envs(no_color.map(|value| ("NO_COLOR", value))).stdin(Stdio::null());
        let output = script.output().ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8(output.stdout).unwrap())
    };
    let Some(coloured) = on_a_terminal(None) else {
        println!("SKIPPED: no `script` here, which opens a terminal");
        return;
    };
    covers!(accept, "CLI-4");
    covers!(refuse, "CLI-4");
    assert!(coloured.contains("\u{1b}[") && coloured.contains("signed by its issuer"), "{coloured}");
    let plain = on_a_terminal(Some("1")).unwrap();
    assert!(!plain.contains('\u{1b}') && plain.contains("signed by its issuer"), "{plain}");
    let piped = Command::new("sh").args(["-c", &command]).env("TERM", "xterm").output().unwrap();
    let piped = String::from_utf8(piped.stdout).unwrap();
    assert!(!piped.contains('\u{1b}') && piped.starts_with('{'), "{piped}");
}

/// The page of the smallest example: its line, as it stands there, says what stands under it, and not of an edited chain.
#[test]
fn the_smallest_example_does_what_its_page_says() {
    let page = include_str!("../../../../examples/minimal/README.md");
    let chain = include_str!("../../../../examples/minimal/chain.json");
    let (_, line) = page.split_once("$ cargo run --quiet -p ca2a-cli -- ").unwrap();
    let mut lines = line.lines();
    let words: Vec<&str> = lines.next().unwrap().split(' ').collect();
    let said = |chain: &str| {
        let files = MemoryFs::new().with("examples/minimal/chain.json", chain.as_bytes(), false);
        piped(&files, &words)
    };
    assert_eq!(said(chain).accepted().stdout.trim_end(), lines.next().unwrap());

    let (granted, passed) = chain.rsplit_once("\"fetch\",").unwrap();
    said(&format!("{granted}\"fetch\", \"purchase\",{passed}")).refused("INVALID_CREDENTIAL");
}
