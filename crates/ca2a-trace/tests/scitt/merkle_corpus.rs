//! Proofs that others made, good and bad: the transparency-dev cases.

use std::{fs, path::Path};

use ca2a_core::{Sha256, encoding::from_base64url};
use ca2a_trace::merkle::{ConsistencyProof, InclusionProof, LeafHash, Subtree, TreeHead};
use serde_json::Value;

/// Cases that we judge otherwise, each with its reason. A case of this list that we judge as the corpus does is a failure
/// too, so the list cannot outlive its reasons.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("consistency/additional/sizes-are-equal-one-and-proof-is-empty.json", NO_HASH),
    ("subtreeconsistency/additional/sizes-are-equal-one-and-proof-is-empty.json", NO_HASH),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-one-subtree-root-valid-proof-is-empty.json",
        EMPTY,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-one-subtree-root-valid-tree-root-random-proof-is-empty.json",
        EMPTY,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-proof-is-empty.json",
        EMPTY,
    ),
    (
        "subtreeconsistency/additional/subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random-proof-is-empty.json",
        EMPTY,
    ),
    ("subtreeconsistency/additional/subtree-is-empty-subtree-root-valid-proof-is-empty.json", EMPTY),
    (
        "subtreeconsistency/additional/subtree-is-empty-subtree-root-valid-tree-root-random-proof-is-empty.json",
        EMPTY,
    ),
];

const NO_HASH: &str =
    "both roots are the text `don't care`, which is no SHA-256 hash; equal hashes are accepted";
const EMPTY: &str = "part of no leaves is consistent with every root, so it proves nothing, and we refuse it";

/// Refused for a reason that the verifier or its types give.
struct Refused;

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_default().replace('+', "-").replace('/', "_");
    from_base64url(text.trim_end_matches('=')).unwrap()
}

fn hash(value: &Value) -> Result<Sha256, Refused> {
    bytes(value).try_into().map(Sha256).map_err(|_| Refused)
}

fn path(case: &Value) -> Result<Vec<Sha256>, Refused> {
    case["proof"].as_array().map_or(Ok(Vec::new()), |path| path.iter().map(hash).collect())
}

fn number(case: &Value, name: &str) -> Result<u64, Refused> {
    case[name].as_u64().ok_or(Refused)
}

fn head(case: &Value, size: &str, root: &str) -> Result<TreeHead, Refused> {
    Ok(TreeHead { size: number(case, size)?, root: hash(&case[root])? })
}

fn inclusion(case: &Value) -> Result<(), Refused> {
    let head = head(case, "treeSize", "root")?;
    let proof = InclusionProof::new(number(case, "leafIdx")?, head.size, path(case)?).map_err(|_| Refused)?;
    proof.verify(LeafHash(hash(&case["leafHash"])?), &head).map_err(|_| Refused)
}

fn consistency(case: &Value) -> Result<(), Refused> {
    let (old, new) = (head(case, "size1", "root1")?, head(case, "size2", "root2")?);
    let proof = ConsistencyProof::new(old.size, new.size, path(case)?).map_err(|_| Refused)?;
    proof.verify(&old, &new).map_err(|_| Refused)
}

fn subtree(case: &Value) -> Result<Subtree, Refused> {
    Subtree::new(number(case, "start")?, number(case, "end")?).map_err(|_| Refused)
}

fn subtree_inclusion(case: &Value) -> Result<(), Refused> {
    let leaf = LeafHash(hash(&case["leafHash"])?);
    let (index, root) = (number(case, "leafIdx")?, hash(&case["root"])?);
    subtree(case)?.verify_inclusion(leaf, index, path(case)?, root).map_err(|_| Refused)
}

fn subtree_consistency(case: &Value) -> Result<(), Refused> {
    let head = TreeHead { size: number(case, "size")?, root: hash(&case["root2"])? };
    subtree(case)?.verify_consistency(hash(&case["root1"])?, &head, &path(case)?).map_err(|_| Refused)
}

fn collect(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}

fn run(kind: &str, least: usize, judge: fn(&Value) -> Result<(), Refused>) {
    let root = format!("{}/../../../shared/corpora/merkle/{kind}", env!("CARGO_MANIFEST_DIR"));
    let root = Path::new(&root);
    if !root.is_dir() {
        println!("SKIPPED: the corpus of {kind} proofs is not here");
        return;
    }
    let mut files = Vec::new();
    collect(root, &mut files);
    let mut failures = Vec::new();
    for file in &files {
        let case: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let name = format!("{kind}/{}", file.strip_prefix(root).unwrap().display());
        let exception = EXCEPTIONS.iter().find(|(exception, _)| *exception == name);
        let agrees = judge(&case).is_err() == case["wantErr"].as_bool().unwrap();
        match exception {
            Some((_, reason)) if !agrees => println!("EXCEPTION {name}: {reason}"),
            None if agrees => {}
            _ => failures.push(format!("{name}: {}", case["desc"])),
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), files.len(), failures.join("\n"));
    assert!(files.len() >= least, "only {} cases", files.len());
    println!("{} {kind} proofs judged as their makers do", files.len());
}

/// covers LOG-11
#[test]
fn inclusion_proofs() {
    run("inclusion", 98, inclusion);
}

/// covers LOG-12
#[test]
fn consistency_proofs() {
    run("consistency", 98, consistency);
}

/// covers LOG-11
#[test]
fn inclusion_in_subtrees() {
    run("subtreeinclusion", 204, subtree_inclusion);
}

/// covers LOG-12
#[test]
fn consistency_of_subtrees() {
    run("subtreeconsistency", 118, subtree_consistency);
}
