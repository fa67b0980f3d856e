//! `verify-dag`, `verify-lineage` and `inspect`, through the command.

use ca2a_cli::{ExitCode, MemoryFs};
use ca2a_core::json::Node;
use ca2a_covers::covers;

use crate::support::{
    Said, Scene,
    evidence::{self, chain, document, key, signed},
    on_terminal, piped, scene,
};

fn lineage(scene: &Scene) -> MemoryFs {
    let records = signed(scene).map(|record| record.object().clone().into());
    scene.files_with("records.json", document(records).as_bytes())
}

fn verify_lineage(files: &MemoryFs, root: &str, more: &[&str]) -> Said {
    let words =
        ["verify-lineage", "--dag", "records.json", "--chain", "chain.json", "--trusted-root-issuer", root];
    piped(files, &[&words[..], more].concat())
}

/// The unsigned records of a scene, in a file.
fn unsigned(scene: &Scene) -> MemoryFs {
    scene.files_with("dag.json", evidence::unsigned(scene).as_bytes())
}

#[test]
fn a_lineage_that_holds_verifies() {
    let scene = scene();
    let files = lineage(&scene);
    let said = verify_lineage(&files, &scene.root, &[]);
    assert_eq!(
        said.accepted().stdout,
        "{\"verified\":true,\"verification\":\"authenticated_lineage\",\"records\":2,\"cross_checked\":true,\
         \"revocation\":\"not_checked\"}\n"
    );
    let words = ["verify-lineage", "--dag", "records.json", "--chain", "chain.json"];
    let said = on_terminal(&files, &[&words[..], &["--trusted-root-issuer", &scene.root]].concat());
    for seen in ["every hop signed for what it did", "spiffe://example.org/planner", "✓ hop 1  c-1", "may do"]
    {
        assert!(said.accepted().stdout.contains(seen), "{seen}: {said:?}");
    }
    piped(&files, &words).usage();
}

#[test]
fn an_edited_record_is_named() {
    let scene = scene();
    let files = lineage(&scene);
    let text = String::from_utf8(files.get("records.json").unwrap().bytes).unwrap();
    let edited = text.replace("example.org/researcher", "example.org/somebody");
    assert_ne!(text, edited);
    let files = scene.files_with("records.json", edited.as_bytes());
    let said = verify_lineage(&files, &scene.root, &[]);
    assert_eq!(said.refused("TRACE_RECORD_INVALID").json().as_object().unwrap().uint("record").unwrap(), 1);
    let words = ["verify-lineage", "--dag", "records.json", "--chain", "chain.json"];
    let said = on_terminal(&files, &[&words[..], &["--trusted-root-issuer", &scene.root]].concat());
    assert_eq!(said.exit, ExitCode::Failure);
    for seen in ["✗ TRACE_RECORD_INVALID", "✓ record 0", "✗ record 1", "TRC-15", "get the original"] {
        assert!(said.stdout.contains(seen), "{seen}: {said:?}");
    }
}

#[test]
fn a_lineage_stands_and_falls_with_its_chain() {
    let scene = scene();
    let files = lineage(&scene);
    verify_lineage(&files, &scene.planner, &[]).refused("UNTRUSTED_DELEGATION_ROOT");
    let snapshot = ["--snapshot", "snap.json"];
    piped(&files, &[&["revoke", "--key", "root.pem", "--chain", "chain.json"][..], &snapshot].concat())
        .accepted();
    verify_lineage(&files, &scene.root, &["--revocations", "snap.json"]).refused("CREDENTIAL_REVOKED");
    verify_lineage(&files, &scene.root, &["--max-depth", "0"]).refused("DELEGATION_DEPTH_EXCEEDED");
    let [first, second] = signed(&scene).map(|record| Node::from(record.object().clone()));
    for (records, code) in [
        (vec![first.clone()], "PROVENANCE_LINK_BROKEN"),
        (vec![second.clone(), first.clone()], "PROVENANCE_LINK_BROKEN"),
        (vec![], "PROVENANCE_LINK_BROKEN"),
        (vec![Node::from(1_u64)], "PROVENANCE_LINK_BROKEN"),
        (vec![first.clone(), first], "PROVENANCE_LINK_BROKEN"),
    ] {
        let files = scene.files_with("records.json", document(records).as_bytes());
        verify_lineage(&files, &scene.root, &[]).refused(code);
    }
}

/// covers CLI-5
#[test]
fn lineages_that_cannot_be_read_are_malformed() {
    covers!(refuse, "CLI-5");
    let scene = scene();
    let files = lineage(&scene);
    for bad in ["-1", &"9".repeat(5000)] {
        for flag in ["--at-time", "--max-revocation-staleness"] {
            verify_lineage(&files, &scene.root, &[flag, bad]).refused("MALFORMED_LINEAGE");
        }
        verify_lineage(&files, &scene.root, &["--max-age-seconds", bad]).refused("TRACE_RECORD_INVALID");
    }
    verify_lineage(&files, &scene.root, &["--max-age-seconds", "8"]).refused("TRACE_RECORD_INVALID");
    verify_lineage(&files, &scene.root, &["--max-age-seconds", "9"]).accepted();
    verify_lineage(&scene.files, &scene.root, &[]).refused("MALFORMED_LINEAGE");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for bytes in
        [&b""[..], b"{", b"\xff", b"\xef\xbb\xbf[]", deep.as_bytes(), b"[{\"a\":1,\"a\":1}]", b"[1.5]"]
    {
        let files = scene.files_with("records.json", bytes);
        verify_lineage(&files, &scene.root, &[]).refused("MALFORMED_LINEAGE");
    }
    let files = scene.files_with("records.json", b"{\"rows\":[]}");
    verify_lineage(&files, &scene.root, &[]).refused("PROVENANCE_LINK_BROKEN");
}

#[test]
fn unsigned_records_are_never_verified() {
    covers!(accept, "CLI-11");
    covers!(refuse, "CLI-11");
    let scene = scene();
    let files = unsigned(&scene);
    let said = piped(&files, &["verify-dag", "--dag", "dag.json"]);
    assert_eq!((said.exit, said.bool("verified")), (ExitCode::Failure, Some(false)));
    assert_eq!(
        (said.text("code"), said.text("outcome")),
        ("UNAUTHENTICATED_LINEAGE".into(), "denied".into())
    );
    let words = ["verify-dag", "--dag", "dag.json", "--structural-only", "--chain", "chain.json"];
    let said = piped(&files, &[&words[..], &["--trusted-root-issuer", &scene.root]].concat());
    said.accepted();
    assert_eq!((said.bool("verified"), said.bool("cross_checked")), (Some(false), Some(true)));
    let said = on_terminal(&files, &[&words[..], &["--trusted-root-issuer", &scene.root]].concat());
    for seen in ["nobody signed it", "refused write", "✓ hop 1", "verify-lineage"] {
        assert!(said.accepted().stdout.contains(seen), "{seen}: {said:?}");
    }

    piped(&files, &words).usage();
    piped(&files, &["verify-dag", "--dag", "dag.json", "--revocations", "s"]).usage();
    piped(&files, &["verify-dag", "--dag", "dag.json", "--max-revocation-staleness", "5"]).usage();
    piped(&files, &["verify-dag"]).usage();

    let text = String::from_utf8(files.get("dag.json").unwrap().bytes).unwrap();
    let hash = text.split("\"record_hash\":\"").nth(1).unwrap().get(..64).unwrap();
    let other = text.replace(hash, &"0".repeat(64));
    let files = scene.files_with("dag.json", other.as_bytes());
    let said = piped(&files, &["verify-dag", "--dag", "dag.json"]);
    said.refused("PROVENANCE_LINK_BROKEN");
    for bytes in [&b"{"[..], b"\xff", b"{}", b"[{}]", b"[]"] {
        let files = scene.files_with("dag.json", bytes);
        piped(&files, &["verify-dag", "--dag", "dag.json"]).refused("PROVENANCE_LINK_BROKEN");
    }
    piped(&scene.files, &["verify-dag", "--dag", "none"]).refused("PROVENANCE_LINK_BROKEN");
}

#[test]
fn inspect_tells_what_a_file_is_and_who_judges_it() {
    covers!(accept, "CLI-16");
    covers!(refuse, "CLI-16");
    let scene = scene();
    let files = lineage(&scene);
    piped(&files, &["revoke", "--key", "root.pem", "--chain", "chain.json", "--snapshot", "snap.json"])
        .accepted();
    let hops = chain(&files).credentials().unwrap();
    let [record, _] = signed(&scene);
    let dag = unsigned(&scene).get("dag.json").unwrap().bytes;
    let files = files
        .with("dag.json", dag, false)
        .with("config.yaml", &b"local_policy: [read]\n"[..], false)
        .with("credential.json", hops[0].to_json(), false)
        .with("record.json", record.canonical(), false);
    for (file, kind, seen) in [
        ("root.pem", "private_key", "the `x` of TRACE records"),
        ("chain.json", "chain", "ca2a verify-chain"),
        ("credential.json", "credential", "signed by its issuer"),
        ("snap.json", "revocation_snapshot", "as of"),
        ("dag.json", "delegation_records", "ca2a verify-dag"),
        ("records.json", "trace_records", "ca2a verify-lineage"),
        ("config.yaml", "config", "ca2a validate-config"),
        ("record.json", "trace_record", "intact under the key that it carries"),
    ] {
        assert_eq!(piped(&files, &["inspect", file]).accepted().text("kind"), kind);
        let said = on_terminal(&files, &["inspect", file]);
        assert!(said.accepted().stdout.contains(seen), "{seen}: {said:?}");
    }
    // A chain that no verifier takes is looked at like any other, and what does not hold is said.
    let chain = String::from_utf8(files.get("chain.json").unwrap().bytes).unwrap();
    let files = files.with("edited.json", chain.replace("\"c-1\"", "\"c-2\""), false);
    let said = piped(&files, &["inspect", "edited.json"]);
    let json = said.accepted().json();
    let hops = json.as_object().unwrap().array("hops").unwrap();
    let signed =
        hops.iter().map(|hop| hop.as_object().unwrap().get("signed_by_issuer").and_then(Node::as_bool));
    assert_eq!(signed.collect::<Vec<_>>(), [Some(true), Some(false)]);
    let said = on_terminal(&files, &["inspect", "edited.json"]);
    for seen in ["NOT signed by its issuer", "ca2a verify-chain"] {
        assert!(said.accepted().stdout.contains(seen), "{seen}: {said:?}");
    }
    let words = ["verify-chain", "--chain", "edited.json", "--trusted-root-issuer", &scene.root];
    piped(&files, &words).refused("INVALID_CREDENTIAL");

    let secret = key(&files, "root.pem").to_pkcs8_pem().unwrap();
    let said = on_terminal(&files, &["inspect", "root.pem"]);
    assert!(!said.stdout.contains(secret.lines().nth(1).unwrap()), "the private half was shown");
    assert!(said.stdout.contains(&scene.root));
}

/// covers CLI-5
#[test]
fn inspect_of_anything_else_is_a_coded_refusal() {
    covers!(refuse, "CLI-5");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for bytes in [&b"[]"[..], b"{}", b"null", b"[1]", deep.as_bytes(), b"\xff\xfe", b"{\"as_of\":{}"] {
        let files = MemoryFs::new().with("file", bytes, false);
        let said = piped(&files, &["inspect", "file"]);
        assert_eq!(said.exit, ExitCode::Failure, "{said:?}");
        assert!(!said.text("code").is_empty());
    }
    piped(&MemoryFs::new(), &["inspect", "none"]).refused("BAD_REQUEST");
    piped(&MemoryFs::new(), &["inspect"]).usage();
    let files = MemoryFs::new().with("file", &b"{\"credential_id\":1}"[..], false);
    piped(&files, &["inspect", "file"]).refused("INVALID_CREDENTIAL");
    let files = MemoryFs::new().with("file", &b"{\"revocations\":1}"[..], false);
    piped(&files, &["inspect", "file"]).refused("INVALID_REVOCATION");
    let files = MemoryFs::new().with("file", &b"-----BEGIN CERTIFICATE-----"[..], true);
    piped(&files, &["inspect", "file"]).refused("CONFIG_ERROR");
}
