//! How the verify verbs judge: by which clock, in which order, and what they say of what they did not ask.

use std::process::Command;

use ca2a_cli::{ExitCode, FixedClock, MemoryFs, Out, run};
use ca2a_covers::covers;

use crate::support::{
    NOW, Said, Scene,
    evidence::{document, signed, unsigned},
    folder::Folder,
    piped, scene,
};

/// What each document of a scene is called, and what stands in it.
fn documents(scene: &Scene) -> [(&'static str, String); 4] {
    let chain = String::from_utf8(scene.files.get("chain.json").unwrap().bytes).unwrap();
    let records = document(signed(scene).map(|record| record.object().clone().into()));
    [
        ("chain.json", chain),
        ("records.json", records),
        ("dag.json", unsigned(scene)),
        ("snap.json", format!("{{\"as_of\":{NOW},\"revocations\":[]}}")),
    ]
}

/// The documents of a scene, those that `broken` names as no JSON at all.
fn files(scene: &Scene, broken: &[&str]) -> MemoryFs {
    documents(scene).into_iter().fold(MemoryFs::new(), |files, (name, text)| {
        files.with(name, if broken.contains(&name) { "{".to_owned() } else { text }, false)
    })
}

const VERIFY_CHAIN: &[&str] = &["verify-chain", "--chain", "chain.json"];
const VERIFY_DAG: &[&str] =
    &["verify-dag", "--dag", "dag.json", "--structural-only", "--chain", "chain.json"];
const VERIFY_LINEAGE: &[&str] = &["verify-lineage", "--dag", "records.json", "--chain", "chain.json"];

fn asked(files: &MemoryFs, words: &[&str], scene: &Scene, more: &[&str]) -> Said {
    piped(files, &[words, &["--trusted-root-issuer", &scene.root], more].concat())
}

/// CLI-10: of several documents that are broken, the first one in the order of the verb is the answer.
#[test]
fn the_first_refusal_is_the_answer() {
    covers!(accept, "CLI-10");
    covers!(refuse, "CLI-10");
    let scene = scene();
    let (chain, snapshot) = (("chain.json", "INVALID_CREDENTIAL"), ("snap.json", "INVALID_REVOCATION"));
    let (dag, records) = (("dag.json", "PROVENANCE_LINK_BROKEN"), ("records.json", "MALFORMED_LINEAGE"));
    for (words, order) in [
        (VERIFY_CHAIN, &[snapshot, chain][..]),
        (VERIFY_DAG, &[dag, chain, snapshot]),
        (VERIFY_LINEAGE, &[chain, snapshot, records]),
    ] {
        for (first, (_, code)) in order.iter().enumerate() {
            let broken: Vec<_> = order[first..].iter().map(|(name, _)| *name).collect();
            asked(&files(&scene, &broken), words, &scene, &["--revocations", "snap.json"]).refused(code);
        }
        asked(&files(&scene, &[]), words, &scene, &["--revocations", "snap.json"]).accepted();
    }
}

/// CLI-12: whether anything was revoked is said in every answer, and nothing is said to hold that was not asked.
#[test]
fn revocation_is_spoken_of_always() {
    covers!(accept, "CLI-12");
    covers!(refuse, "CLI-12");
    let scene = scene();
    let files = files(&scene, &[]);
    for words in [VERIFY_CHAIN, VERIFY_DAG, VERIFY_LINEAGE] {
        let unasked = asked(&files, words, &scene, &[]);
        assert_eq!(unasked.accepted().text("revocation"), "not_checked", "{words:?}");
        assert!(!unasked.json().as_object().unwrap().contains("revocation_as_of"), "{unasked:?}");
        let asked = asked(&files, words, &scene, &["--revocations", "snap.json"]);
        assert_eq!(asked.accepted().text("revocation"), "not_revoked", "{words:?}");
        assert_eq!(asked.json().as_object().unwrap().uint("revocation_as_of"), Ok(NOW), "{words:?}");
        let words = [words, &["--trusted-root-issuer", &scene.root]].concat();
        let page = crate::support::on_terminal(&files, &words);
        assert!(page.accepted().stdout.contains("not checked"), "{page:?}");
    }
}

/// CLI-13: a key signs for a hop because the chain names it, and the chain counts first.
#[test]
fn delegates_are_trusted_by_their_chain_alone() {
    covers!(accept, "CLI-13");
    covers!(refuse, "CLI-13");
    let (ours, theirs) = (scene(), scene());
    asked(&files(&ours, &[]), VERIFY_LINEAGE, &ours, &[]).accepted();
    // Records that hold under their own chain, and keys that this one does not name.
    let records = documents(&theirs).into_iter().find(|(name, _)| *name == "records.json").unwrap().1;
    let files = files(&ours, &[]).with("records.json", records, false);
    asked(&files, VERIFY_LINEAGE, &ours, &[]).refused("TRACE_RECORD_INVALID");
    // Under a root that nobody trusts no delegate is one, and the records are not even read.
    let untrusted = files.with("records.json", "{", false);
    asked(&untrusted, VERIFY_LINEAGE, &theirs, &[]).refused("UNTRUSTED_DELEGATION_ROOT");
}

/// CLI-3: the clock is the one that the command is given; `--at-time` moves the judgement of credentials and nothing else.
#[test]
fn time_is_the_clocks() {
    covers!(accept, "CLI-3");
    covers!(refuse, "CLI-3");
    let at = |files: &MemoryFs, now: u64, words: &[&str]| {
        let mut out = (Vec::new(), Vec::new());
        run(words, files, &FixedClock(now), &mut Out::new(&mut out.0, &mut out.1))
    };
    let scene = scene();
    let issue = ["issue", "--key", "root.pem", "--subject", &scene.planner, "--scope", "read"];
    piped(&scene.files, &[&issue[..], &["--valid-for", "60", "--out", "minute.json"]].concat()).accepted();
    let verify = ["verify-chain", "--chain", "minute.json", "--trusted-root-issuer", &scene.root];
    assert_eq!(at(&scene.files, NOW + 60, &verify), ExitCode::Success);
    assert_eq!(at(&scene.files, NOW + 61, &verify), ExitCode::Failure);
    let then = NOW.to_string();
    assert_eq!(at(&scene.files, NOW + 61, &[&verify[..], &["--at-time", &then]].concat()), ExitCode::Success);

    // The older record is 9 s old by the clock, whenever the chain is judged.
    let files = files(&scene, &[]);
    for then in [NOW - 8, NOW, NOW + 5_000] {
        let then = then.to_string();
        let words = |age: &'static str| {
            let root = scene.root.as_str();
            let more = ["--trusted-root-issuer", root, "--at-time", &then, "--max-age-seconds", age];
            [VERIFY_LINEAGE, &more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let [old, young] = ["9", "8"].map(words);
        let [old, young] = [&old, &young].map(|words| words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(at(&files, NOW, &old), ExitCode::Success, "{then}");
        assert_eq!(at(&files, NOW, &young), ExitCode::Failure, "{then}");
        assert_eq!(at(&files, NOW + 1, &old), ExitCode::Failure, "{then}");
    }
}

/// CLI-3: for the process the clock is the machine's; no variable that other tools take for the time moves it.
#[test]
fn no_variable_moves_the_clock() {
    covers!(refuse, "CLI-3");
    let (scene, folder) = (scene(), Folder::new());
    let issue = ["issue", "--key", "root.pem", "--subject", &scene.planner, "--scope", "read"];
    let long_ago = ["--not-before", "1", "--not-after", "1000000000", "--out", "old.json"];
    piped(&scene.files, &[&issue[..], &long_ago].concat()).accepted();
    let chain = folder.file("old.json");
    std::fs::write(&chain, scene.files.get("old.json").unwrap().bytes).unwrap();
    let verify = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ca2a"));
        command.args(["verify-chain", "--chain", &chain, "--trusted-root-issuer", &scene.root]).args(more);
        for name in
            ["SOURCE_DATE_EPOCH", "CA2A_NOW", "CA2A_TIME", "CA2A_CLOCK", "CA2A_AT_TIME", "NOW", "FAKETIME"]
        {
            command.env(name, "999999999");
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (exit, said) = verify(&[]);
    assert_eq!((exit, said.contains("CREDENTIAL_EXPIRED")), (Some(1), true), "{said}");
    assert_eq!(verify(&["--at-time", "999999999"]).0, Some(0));
}
