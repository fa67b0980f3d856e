//! `ca2a manifest`: sign, verify, explain.

use ca2a_cli::{ExitCode, Fs as _, MemoryFs, Placement};
use ca2a_core::{SigningKey, json::Node};
use ca2a_covers::covers;
use ca2a_manifest::{HopDraft, PrincipalType, Revocation, ScopeGrant, Timestamp};

use crate::support::{NOW, Said, on_terminal, piped};

const ID: &str = "01926b4c-1234-7abc-9def-000000000001";
const AGENT: &str = "spiffe://example.org/agent/a";
const ISSUER: &str = "spiffe://example.org/authority";

fn document(version: &str, more: &str) -> String {
    let (from, to) = (Timestamp::of_seconds(NOW - 60), Timestamp::of_seconds(NOW + 86_400));
    let (from, to) = (from.to_isoformat(), to.to_isoformat());
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    format!(
        r#"{{"manifest_id":"{ID}","version":"{version}","agent_id":"{AGENT}","issuer":"{ISSUER}","issued_at":"{from}",
        "expires_at":"{to}",{more}"artifacts":{{
        "system_prompt":{{"hash":"sha256:{a}","version":"1","classification":"internal","bound_at":"{from}"}},
        "policy_bundle":{{"hash":"sha256:{b}","policy_language":"cedar","version":"1","enforcement_mode":"enforce","bound_at":"{from}"}},
        "model_identity":{{"provider":"e","model_id":"m","version":"m-1","deployment_type":"api",
            "model_attestation_type":"provider-asserted","bound_at":"{from}"}}}}}}"#
    )
}

fn put(files: &MemoryFs, path: &str, bytes: &[u8]) {
    files.write(path.as_ref(), bytes, Placement { replace: true, private: false }).unwrap();
}

/// A folder with a key, its trust anchor, and a document.
fn folder(document: &str) -> (MemoryFs, SigningKey) {
    let files = MemoryFs::new();
    piped(&files, &["keygen", "--out", "issuer.pem"]).accepted();
    let key = crate::support::evidence::key(&files, "issuer.pem");
    let anchor = format!(r#"{{"public_key_base64url":"{}"}}"#, key.verifying_key().to_base64url());
    put(&files, "anchor.json", anchor.as_bytes());
    put(&files, "draft.json", document.as_bytes());
    (files, key)
}

fn sign(files: &MemoryFs) -> Said {
    piped(files, &["manifest", "sign", "--manifest", "draft.json", "--key", "issuer.pem", "--out", "m"])
}

fn verify(files: &MemoryFs, more: &[&str]) -> Said {
    piped(
        files,
        &[&["manifest", "verify", "--manifest", "m", "--trust-anchor", "anchor.json"][..], more].concat(),
    )
}

/// covers MAN-25, MAN-44
#[test]
fn what_is_signed_verifies_and_says_every_step() {
    for version in ["0.1", "0.2"] {
        let (files, _) = folder(&document(version, ""));
        let signed = sign(&files);
        let said = verify(&files, &["--subject", AGENT]);
        assert_eq!((said.accepted().text("result"), said.bool("verified")), ("VALID".into(), Some(true)));
        assert_eq!(said.text("digest"), signed.accepted().text("digest"));
        let json = said.json();
        let checks = json.as_object().unwrap().array("checks").unwrap().len();
        assert!(checks >= 10, "{checks}");
        verify(&files, &["--subject", "spiffe://example.org/agent/b"]).refused("MANIFEST_SUBJECT_MISMATCH");

        let page =
            on_terminal(&files, &["manifest", "explain", "--manifest", "m", "--trust-anchor", "anchor.json"]);
        assert_eq!(page.exit, ExitCode::Success, "{page:?}");
        for word in ["VALID", "signature", "system_prompt", AGENT, "not_checked: key_issuer"] {
            assert!(page.stdout.contains(word), "{word}: {}", page.stdout);
        }
    }
}

#[test]
fn what_does_not_hold_is_refused_with_a_code_and_exit_1() {
    covers!(refuse, "CLI-44");
    let (files, key) = folder(&document("0.2", ""));
    sign(&files).accepted();
    let refused = |more: &[&str], code: &str| {
        let said = verify(&files, more);
        assert_eq!((said.exit, said.text("code")), (ExitCode::Failure, code.to_owned()), "{said:?}");
    };
    refused(&["--at-time", "1"], "MANIFEST_MISMATCH");
    refused(&["--at-time", "2000000000"], "MANIFEST_EXPIRED");
    put(&files, "context.json", br#"{"require_delegation":true,"strict_artifact_verification":false}"#);
    refused(&["--context", "context.json"], "MANIFEST_DELEGATION_INVALID");
    put(&files, "context.json", b"{}");
    refused(&["--context", "context.json"], "MANIFEST_INCOMPLETE");
    put(&files, "context.json", br#"{"surprise":1}"#);
    refused(&["--context", "context.json"], "CONFIG_ERROR");

    let revocation = Revocation {
        manifest_id: ID.to_uppercase(),
        revoked_at: Timestamp::of_seconds(NOW),
        reason: "r".to_owned(),
        revoked_by: ISSUER.to_owned(),
    };
    put(&files, "revoked.jsonl", revocation.sign(&key).unwrap().as_bytes());
    let hex = key.verifying_key().to_hex();
    refused(&["--revocations", "revoked.jsonl", "--revocation-key", &hex], "MANIFEST_REVOKED");
    let other = SigningKey::from_seed(&[9; 32]).verifying_key().to_hex();
    refused(&["--revocations", "revoked.jsonl", "--revocation-key", &other], "MANIFEST_REVOCATIONS_INVALID");

    let explained = piped(&files, &["manifest", "explain", "--manifest", "m"]);
    assert_eq!((explained.exit, explained.text("result")), (ExitCode::Failure, "UNVERIFIABLE".into()));

    let mut bytes = files.get("m").unwrap().bytes;
    *bytes.last_mut().unwrap() ^= 1;
    put(&files, "m", &bytes);
    refused(&[], "MANIFEST_MISMATCH");
    put(&files, "m", b"{\"a\":1,\"a\":1}");
    refused(&[], "MANIFEST_INVALID");
    piped(&files, &["manifest", "verify", "--manifest", "m"]).usage();
    piped(&files, &["manifest"]).usage();
    verify(&files, &["--compat", "agent-manifest-9"]).usage();
}

/// covers MAN-33, MAN-36, MAN-40
#[test]
fn a_chain_counts_with_the_keys_of_its_principals_and_the_clock_only_in_strict_mode() {
    let (files, key) = folder("");
    let hop = HopDraft {
        hop: 0,
        principal_type: PrincipalType::System,
        principal_id: ISSUER.to_owned(),
        delegated_at: Timestamp::of_seconds(NOW - 50),
        grant: ScopeGrant { tools: vec!["read".into()], ttl_seconds: Some(40), ..ScopeGrant::default() },
    };
    let chain = ca2a_core::json::to_text(&Node::from(hop.sign(ID, &key).unwrap()));
    put(&files, "draft.json", document("0.1", &format!("\"delegation_chain\":[{chain}],")).as_bytes());
    sign(&files).accepted();
    let keys = format!(r#"{{"{ISSUER}":"{}"}}"#, key.verifying_key().to_base64url());
    put(&files, "keys.json", keys.as_bytes());
    let with_keys = |more: &[&str]| verify(&files, &[&["--delegation-keys", "keys.json"][..], more].concat());
    assert_eq!(verify(&files, &[]).text("code"), "MANIFEST_UNVERIFIABLE");
    assert_eq!(with_keys(&[]).text("code"), "MANIFEST_DELEGATION_INVALID");
    with_keys(&["--at-time", &(NOW - 20).to_string()]).accepted();
    with_keys(&["--compat", "agent-manifest-0.15"]).accepted();
}

/// Ed25519, ML-DSA-65 and both, in either version: covers CLI-44, MAN-46.
#[test]
fn a_manifest_is_signed_with_the_keys_that_are_given() {
    covers!(accept, "CLI-44");
    covers!(refuse, "CLI-44");
    for version in ["0.1", "0.2"] {
        let (files, _) = folder(&document(version, ""));
        let made = piped(&files, &["manifest", "keygen", "--out", "pq.pem"]);
        assert_eq!(made.accepted().text("algorithm"), "ML-DSA-65");
        assert!(!made.stdout.contains("PRIVATE"));
        piped(&files, &["manifest", "keygen", "--out", "pq.pem"]).refused("BAD_REQUEST");
        for keys in [
            &["--key", "issuer.pem"][..],
            &["--pq-key", "pq.pem"],
            &["--key", "issuer.pem", "--pq-key", "pq.pem"],
        ] {
            let words =
                ["manifest", "sign", "--manifest", "draft.json", "--out", "m", "--anchor", "anchor.json"];
            let signed = piped(&files, &[&words[..], keys, &["--force"]].concat());
            let said = verify(&files, &[]);
            assert_eq!(said.exit, ExitCode::Success, "{version} {keys:?}: {signed:?} {said:?}");
            let bytes = files.get("m").unwrap().bytes;
            let mut flipped = bytes.clone();
            let covered = flipped.windows(8).position(|window| window == b"internal").unwrap();
            flipped[covered] ^= 1;
            put(&files, "m", &flipped);
            assert_eq!(verify(&files, &[]).exit, ExitCode::Failure, "{version} {keys:?}");
        }
        // A key of one kind is not one of the other.
        let words = ["manifest", "sign", "--manifest", "draft.json", "--out", "other"];
        piped(&files, &[&words[..], &["--pq-key", "issuer.pem"]].concat()).refused("CONFIG_ERROR");
        piped(&files, &[&words[..], &["--key", "pq.pem"]].concat()).refused("CONFIG_ERROR");
        piped(&files, &words).usage();
    }
}
