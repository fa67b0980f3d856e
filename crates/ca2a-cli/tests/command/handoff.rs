//! `ca2a handoff`, through the command.

use ca2a_cli::{ExitCode, MemoryFs};
use ca2a_covers::covers;

use crate::support::{NOW, folder::Folder, on_terminal, piped};

/// Two agents, and an envelope from one to the other.
fn scene() -> (MemoryFs, String) {
    let files = MemoryFs::new();
    piped(&files, &["handoff", "keygen", "--out", "alice.pem"]).accepted();
    let bob = piped(&files, &["handoff", "keygen", "--out", "bob.pem"]).accepted().text("agent_id");
    let words =
        ["handoff", "sign", "--key", "alice.pem", "--to", &bob, "--intent", "read", "--action", "read"];
    piped(&files, &[&words[..], &["--envelope", "--out", "e.json"]].concat()).accepted();
    (files, bob)
}

/// HAND-33: a verdict with a code, check by check.
#[test]
fn a_verdict_is_explained_check_by_check() {
    let (files, bob) = scene();
    let said = piped(&files, &["handoff", "verify", "e.json", "--self", &bob]);
    assert_eq!(said.accepted().text("decision"), "ACCEPT");
    assert_eq!(said.text("reason"), "Packet verified and valid");
    assert_eq!((said.text("profile").as_str(), said.text("chain").as_str()), ("P3", "unsigned"));
    assert!(
        said.stdout.contains("\"check\":\"replay\",\"requirement\":\"HAND-31\",\"outcome\":\"not_checked\"")
    );

    let other = piped(&files, &["handoff", "verify", "e.json", "--self", "agent:other"]);
    other.refused("HANDOFF_WRONG_RECIPIENT");
    assert_eq!(other.text("decision"), "REJECT");
    let late = (NOW + 601).to_string();
    let late = piped(&files, &["handoff", "verify", "e.json", "--self", &bob, "--at-time", &late]);
    late.refused("HANDOFF_EXPIRED");
    let named = piped(&files, &["handoff", "verify", "e.json", "--self", &bob, "--profile", "P1"]);
    named.refused("HANDOFF_SIGNATURE_INVALID");

    let page = on_terminal(&files, &["handoff", "verify", "e.json", "--self", &bob]).stdout;
    assert!(page.contains("ACCEPT") && page.contains("[HAND-20]"), "{page}");
}

/// HAND-1: what cannot be read is a verdict too.
#[test]
fn what_cannot_be_read_is_rejected() {
    for bytes in [&b""[..], b"{}", b"{\"packet\": 1}", b"{\"a\": 1, \"a\": 1}", b"\xff"] {
        let files = MemoryFs::new().with("p.json", bytes, false);
        let said = piped(&files, &["handoff", "verify", "p.json", "--self", "agent:me"]);
        said.refused("HANDOFF_MALFORMED");
        assert_eq!(said.text("decision"), "REJECT");
        piped(&files, &["handoff", "explain", "p.json"]).refused("HANDOFF_MALFORMED");
    }
    piped(&MemoryFs::new(), &["handoff", "verify", "no.json", "--self", "a"]).refused("HANDOFF_MALFORMED");
}

/// CLI-1: a command line that is none is exit 2.
#[test]
fn a_command_line_that_is_none_is_a_usage_error() {
    covers!(refuse, "CLI-1");
    let files = MemoryFs::new();
    for words in [
        &["handoff", "verify", "p.json"][..],
        &["handoff", "verify", "p.json", "--self", "a", "--profile", "P4"],
        &["handoff", "verify", "p.json", "--self", "a", "--compat", "strict"],
        &["handoff", "verify", "p.json", "--self", "a", "--root", "00"],
        &["handoff", "serve", "--key", "k.pem"],
    ] {
        assert_eq!(piped(&files, words).exit, ExitCode::Usage, "{words:?}");
    }
}

/// HAND-31: with a store the second time is a replay.
#[test]
fn a_store_remembers() {
    let (files, bob) = scene();
    let folder = Folder::new();
    let store = folder.file("spent");
    let words = ["handoff", "verify", "e.json", "--self", &bob, "--store", &store];
    piped(&files, &words).accepted();
    let again = piped(&files, &words);
    again.refused("HANDOFF_REPLAY");
    assert_eq!(again.text("reason"), "Replay detected");
}

/// HAND-20: a registry decides, and a revoked agent is refused.
#[test]
fn a_registry_decides() {
    let (files, bob) = scene();
    let said = piped(&files, &["handoff", "explain", "e.json"]);
    let alice = said.accepted().text("from_agent");
    let key =
        piped(&files, &["handoff", "keygen", "--out", "other.pem"]).text("public_key").replace('\n', "\\n");
    let with = |registry: String| {
        let envelope = files.get("e.json").unwrap().bytes;
        let files =
            MemoryFs::new().with("e.json", envelope, false).with("r.json", registry.as_bytes(), false);
        piped(&files, &["handoff", "verify", "e.json", "--self", &bob, "--registry", "r.json"])
    };
    with("{\"agents\": {}}".to_owned()).refused("HANDOFF_UNKNOWN_AGENT");
    with(format!("{{\"agents\": {{\"{alice}\": \"{key}\"}}}}")).refused("HANDOFF_IDENTITY_MISMATCH");
    with(format!("{{\"agents\": {{}}, \"revoked\": [\"{alice}\"]}}")).refused("HANDOFF_AGENT_REVOKED");
    with("[]".to_owned()).refused("HANDOFF_MALFORMED");
}

/// HAND-50, HAND-51.
#[test]
fn an_outcome_is_attested() {
    let (files, _) = scene();
    let files = files.with("r.json", b"{\"answer\": 42}", false).with("f.json", b"{\"x\": 0.5}", false);
    let words = |result| ["handoff", "attest", "--key", "bob.pem", "--packet-id", "pk", "--result", result];
    let said = piped(&files, &words("r.json"));
    assert_eq!(said.accepted().exit, ExitCode::Success);
    assert!(said.stdout.contains("\"status\":\"OK\""), "{said:?}");
    piped(&files, &words("f.json")).refused("HANDOFF_ATTESTATION_INVALID");
}
