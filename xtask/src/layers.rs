//! `cargo xtask layers`: the dependency direction of the workspace, as `ARCHITECTURE.md` draws it.
//!
//! Read from `cargo metadata` as declared, so that an edge hidden behind a feature counts as well. Normal and build
//! edges must stand in the [`TABLE`]; dev-dependencies may only point down. Nobody but tests of the kit turns on that checks
//! can be switched off. And `ca2a-runtime` without its features
//! is the pipeline alone: `cargo tree` shows no socket, no HTTP and no store in it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::workspace::{cargo, output_of, root};

/// A package of the workspace and what it may use of the others.
struct Room {
    name: &'static str,
    /// How far up it stands: a dev-dependency must stand lower.
    level: u8,
    uses: &'static [&'static str],
    /// Edges that exist only as the optional dependency of one feature: (package, feature).
    by_feature: &'static [(&'static str, &'static str)],
}

const fn room(name: &'static str, level: u8, uses: &'static [&'static str]) -> Room {
    Room { name, level, uses, by_feature: &[] }
}

const QUESTIONS: &[&str] = &[
    "ca2a-core",
    "ca2a-delegation",
    "ca2a-policy",
    "ca2a-attest",
    "ca2a-seal",
    "ca2a-manifest",
    "ca2a-trace",
    "ca2a-handoff",
];

const RUNTIME_AND_BELOW: &[&str] = &[
    "ca2a-core",
    "ca2a-delegation",
    "ca2a-policy",
    "ca2a-attest",
    "ca2a-seal",
    "ca2a-manifest",
    "ca2a-trace",
    "ca2a-handoff",
    "ca2a-runtime",
];

const ALL: &[&str] = &[
    "ca2a-core",
    "ca2a-delegation",
    "ca2a-policy",
    "ca2a-attest",
    "ca2a-seal",
    "ca2a-manifest",
    "ca2a-trace",
    "ca2a-handoff",
    "ca2a-runtime",
    "ca2a-cli",
];

const TABLE: &[Room] = &[
    // Records of tests, for the tests of all others.
    room("ca2a-covers", 0, &[]),
    room("ca2a-core", 1, &[]),
    room("ca2a-delegation", 2, &["ca2a-core"]),
    room("ca2a-policy", 2, &["ca2a-core"]),
    room("ca2a-attest", 2, &["ca2a-core"]),
    room("ca2a-seal", 2, &["ca2a-core"]),
    room("ca2a-manifest", 2, &["ca2a-core"]),
    room("ca2a-trace", 3, &["ca2a-core", "ca2a-delegation"]),
    Room { name: "ca2a-handoff", level: 3, uses: &["ca2a-core"], by_feature: &[("ca2a-delegation", "hop")] },
    room("ca2a-runtime", 4, QUESTIONS),
    room("ca2a-cli", 5, RUNTIME_AND_BELOW),
    room("ca2a-conformance", 6, ALL),
    room("ca2a-conformance-oracle", 1, &[]),
    room(
        "ca2a-conformance-differential",
        6,
        &["ca2a-core", "ca2a-delegation", "ca2a-trace", "ca2a-conformance-oracle"],
    ),
    room("ca2a-examples", 6, RUNTIME_AND_BELOW),
    room("xtask", 6, ALL),
];

/// What must not be in a runtime that was built without features.
const BARRED_FROM_THE_PIPELINE: &[&str] =
    &["axum", "http", "hyper", "hyper-util", "mio", "redb", "rustls", "socket2", "tokio", "tower"];

/// How a clock is read.
const CLOCKS: [&str; 3] = ["SystemTime::now", "Instant::now", "Utc::now"];

/// What is meant for machines without an operating system: nothing below it may bring one in.
const WITHOUT_STD: [&str; 3] = ["ca2a-core", "ca2a-delegation", "ca2a-seal"];

/// The feature of `ca2a-core` with which checks can be switched off (CONF-15).
const BREAKABLE: &str = "breakable";

/// What was seen, for the reader of the log.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    packages: usize,
    normal: usize,
    dev: usize,
}

/// Checks this workspace and prints what was checked.
///
/// # Errors
/// Every edge that the table does not allow, in one message.
pub(crate) fn check() -> Result<()> {
    let text = output_of(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata printed no JSON")?;
    let seen = judge(&metadata)?;
    println!(
        "layers: {} packages, {} normal and build edges, {} dev edges: all as drawn",
        seen.packages, seen.normal, seen.dev
    );

    let tree =
        output_of(cargo().args(["tree", "--package", "ca2a-runtime", "--no-default-features"]).args([
            "--edges",
            "normal,build",
            "--target",
            "all",
            "--prefix",
            "none",
        ]))?;
    let count = judge_pipeline(&tree)?;
    println!(
        "layers: ca2a-runtime without features: {count} packages, none of {}",
        BARRED_FROM_THE_PIPELINE.join(", ")
    );
    for name in WITHOUT_STD {
        let tree = output_of(
            cargo()
                .args(["tree", "--package", name, "--no-default-features", "--prefix", "none"])
                .args(["--edges", "features,no-dev,no-build,no-proc-macro"]),
        )?;
        let count = judge_features(name, &tree)?;
        judge_library(name, &std::fs::read_to_string(root().join("crates").join(name).join("src/lib.rs"))?)?;
        println!("layers: {name}: without std, and {count} packages below it, none with its feature `std`");
    }
    let sources = clockless()?;
    println!("layers: {sources} sources below the runtime, none of which reads a clock (CORE-24)");
    Ok(())
}

/// Reads the sources below the runtime for clocks, and counts them. Collecting evidence waits for devices.
fn clockless() -> Result<usize> {
    let mut seen = 0;
    for name in QUESTIONS {
        for path in files(&root().join("crates").join(name).join("src"))? {
            let collects = path.components().any(|part| part.as_os_str() == "collect");
            let text = std::fs::read_to_string(&path)?;
            if let Some(clock) = CLOCKS.iter().find(|clock| text.contains(**clock)).filter(|_| !collects) {
                bail!("{} reads a clock: `{clock}`", path.display());
            }
            seen += 1;
        }
    }
    if seen == 0 {
        bail!("no sources: nothing was checked");
    }
    Ok(seen)
}

/// The Rust sources under a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Judges what `cargo metadata` says about the members of a workspace.
fn judge(metadata: &Value) -> Result<Seen> {
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("metadata without `packages`")?;
    let rooms: BTreeMap<&str, &Room> = TABLE.iter().map(|room| (room.name, room)).collect();
    let mut seen = Seen::default();
    let mut faults = Vec::new();
    for package in packages {
        let name = text(package, "name")?;
        let Some(room) = rooms.get(name) else {
            faults.push(format!("`{name}` has no place in the table of xtask/src/layers.rs"));
            continue;
        };
        seen.packages += 1;
        for edge in package.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
            let Some(other) = rooms.get(text(edge, "name")?) else { continue };
            let dev = edge.get("kind").and_then(Value::as_str) == Some("dev");
            if dev {
                seen.dev += 1;
            } else {
                seen.normal += 1;
            }
            faults.extend(fault(room, other, dev, edge, package));
            faults.extend(breakable(room, dev, edge));
        }
        faults.extend(enablers_of_breakable(package).map(|feature| {
            format!("feature `{feature}` of `{name}` turns `{BREAKABLE}` on, which only tests of the kit may")
        }));
    }
    if !faults.is_empty() {
        bail!("the layers do not hold:\n  {}", faults.join("\n  "));
    }
    if seen.packages == 0 {
        bail!("cargo metadata named no package: nothing was checked");
    }
    Ok(seen)
}

/// Switching checks off is for tests of the kit: its dev-dependency alone asks for it.
fn breakable(from: &Room, dev: bool, edge: &Value) -> Option<String> {
    let features = edge.get("features").and_then(Value::as_array);
    let asked = features.is_some_and(|features| features.iter().any(|feature| feature == BREAKABLE));
    (asked && !(dev && from.name == "ca2a-conformance")).then(|| {
        format!("`{}` turns `{BREAKABLE}` on, which only a dev-dependency of the kit may", from.name)
    })
}

/// The features of `package` that pass on to that of its dependency.
fn enablers_of_breakable(package: &Value) -> impl Iterator<Item = &str> {
    let features = package.get("features").and_then(Value::as_object).into_iter().flatten();
    let passes_on = |item: &Value| {
        item.as_str().and_then(|item| item.split_once('/')).is_some_and(|(_, feature)| feature == BREAKABLE)
    };
    features
        .filter(move |(_, items)| items.as_array().is_some_and(|items| items.iter().any(passes_on)))
        .map(|(feature, _)| feature.as_str())
}

/// What is wrong with one edge, if anything.
fn fault(from: &Room, to: &Room, dev: bool, edge: &Value, package: &Value) -> Option<String> {
    let (name, other) = (from.name, to.name);
    if dev {
        return (to.level >= from.level)
            .then(|| format!("`{name}` has `{other}` as a dev-dependency, which does not stand below it"));
    }
    if from.uses.contains(&other) {
        return None;
    }
    let Some((_, feature)) = from.by_feature.iter().find(|(package, _)| *package == other) else {
        return Some(format!("`{name}` uses `{other}`; it may use: {}", list(from)));
    };
    let optional = edge.get("optional").and_then(Value::as_bool) == Some(true);
    let enablers = enablers(package, other);
    (!optional || enablers != [*feature]).then(|| {
        format!(
            "`{name}` may use `{other}` only as the optional dependency of feature `{feature}`; found {}",
            if optional { format!("features {enablers:?}") } else { "no `optional`".to_owned() }
        )
    })
}

/// The features of `package` that switch `dependency` on.
fn enablers<'a>(package: &'a Value, dependency: &str) -> Vec<&'a str> {
    let features = package.get("features").and_then(Value::as_object);
    let switches = |value: &Value| {
        let item = value.as_str().unwrap_or_default();
        item.strip_prefix("dep:").unwrap_or(item).split('/').next() == Some(dependency)
    };
    features
        .into_iter()
        .flatten()
        .filter(|(_, items)| items.as_array().is_some_and(|items| items.iter().any(switches)))
        .map(|(feature, _)| feature.as_str())
        .collect()
}

fn list(room: &Room) -> String {
    if room.uses.is_empty() { "nothing of ours".to_owned() } else { room.uses.join(", ") }
}

/// Judges the packages that `cargo tree --prefix none` listed for the bare runtime, and counts them.
fn judge_pipeline(tree: &str) -> Result<usize> {
    let mut packages: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    packages.sort_unstable();
    packages.dedup();
    if !packages.contains(&"ca2a-runtime") {
        bail!("cargo tree did not list ca2a-runtime: nothing was checked");
    }
    let barred: Vec<&str> =
        packages.iter().copied().filter(|name| BARRED_FROM_THE_PIPELINE.contains(name)).collect();
    if !barred.is_empty() {
        bail!("ca2a-runtime without features still contains {}", barred.join(", "));
    }
    Ok(packages.len())
}

/// Judges the features that `cargo tree` listed below `name`, and counts the packages.
fn judge_features(name: &str, tree: &str) -> Result<usize> {
    let mut packages: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let Some(package) = line.split_whitespace().next() else { continue };
        if line.contains(" feature \"std\"") {
            bail!("`{name}` switches the feature `std` of `{package}` on");
        }
        packages.push(package);
    }
    packages.sort_unstable();
    packages.dedup();
    if packages.len() < 2 || !packages.contains(&name) {
        bail!("cargo tree did not list what is below {name}: nothing was checked");
    }
    Ok(packages.len() - 1)
}

/// Judges the library of `name`: with its packages it is without std as well.
fn judge_library(name: &str, library: &str) -> Result<()> {
    if !library.lines().any(|line| line == "#![no_std]") {
        bail!("`{name}` itself is not `no_std`");
    }
    Ok(())
}

fn text<'a>(value: &'a Value, member: &str) -> Result<&'a str> {
    value.get(member).and_then(Value::as_str).with_context(|| format!("metadata without a text `{member}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, dependencies: &Value) -> Value {
        json!({ "name": name, "dependencies": dependencies, "features": {} })
    }

    fn edge(name: &str, kind: &Value) -> Value {
        json!({ "name": name, "kind": kind, "optional": false })
    }

    fn refusal(packages: &Value) -> String {
        judge(&json!({ "packages": packages })).unwrap_err().to_string()
    }

    #[test]
    fn a_library_says_that_it_is_without_std() {
        assert!(judge_library("a", "#![doc = \"a\"]\n#![no_std]\n").is_ok());
        assert!(judge_library("a", "#![cfg_attr(not(test), no_std)]\n//! #![no_std]\n").is_err());
    }

    #[test]
    fn the_drawing_holds_for_edges_that_point_down() {
        let metadata = json!({ "packages": [
            package("ca2a-core", &json!([edge("serde", &Value::Null)])),
            package("ca2a-trace", &json!([edge("ca2a-core", &Value::Null), edge("ca2a-delegation", &Value::Null)])),
            package("ca2a-runtime", &json!([edge("ca2a-trace", &Value::Null), edge("ca2a-seal", &json!("dev"))])),
        ]});
        assert_eq!(judge(&metadata).unwrap(), Seen { packages: 3, normal: 3, dev: 1 });
    }

    #[test]
    fn an_edge_that_is_not_drawn_is_named() {
        for kind in [Value::Null, json!("build")] {
            let said = refusal(&json!([package("ca2a-seal", &json!([edge("ca2a-delegation", &kind)]))]));
            assert!(said.contains("`ca2a-seal` uses `ca2a-delegation`; it may use: ca2a-core"), "{said}");
        }
        let said = refusal(&json!([package("ca2a-core", &json!([edge("ca2a-seal", &Value::Null)]))]));
        assert!(said.contains("it may use: nothing of ours"), "{said}");
        let said = refusal(&json!([package("ca2a-runtime", &json!([edge("ca2a-cli", &Value::Null)]))]));
        assert!(said.contains("`ca2a-runtime` uses `ca2a-cli`"), "{said}");
    }

    #[test]
    fn an_optional_edge_counts_as_well() {
        let edge = json!({ "name": "ca2a-policy", "kind": null, "optional": true });
        let said = refusal(&json!([package("ca2a-attest", &json!([edge]))]));
        assert!(said.contains("`ca2a-attest` uses `ca2a-policy`"), "{said}");
    }

    #[test]
    fn a_dev_dependency_must_stand_below() {
        for other in ["ca2a-seal", "ca2a-trace", "ca2a-runtime", "ca2a-conformance"] {
            let said = refusal(&json!([package("ca2a-delegation", &json!([edge(other, &json!("dev"))]))]));
            assert!(said.contains("dev-dependency, which does not stand below"), "{said}");
        }
    }

    #[test]
    fn nothing_that_is_shipped_can_do_without_a_check() {
        let kit = |name: &str, kind: Value| {
            let edge =
                json!({ "name": "ca2a-core", "kind": kind, "optional": false, "features": ["breakable"] });
            json!({ "packages": [package(name, &json!([edge]))] })
        };
        assert!(judge(&kit("ca2a-conformance", json!("dev"))).is_ok());
        for wrong in [
            kit("ca2a-conformance", Value::Null),
            kit("ca2a-cli", Value::Null),
            kit("ca2a-runtime", json!("dev")),
            json!({ "packages": [{ "name": "ca2a-cli", "features": { "default": ["ca2a-core/breakable"] } }] }),
            json!({ "packages": [{ "name": "ca2a-cli", "features": { "x": ["ca2a-core?/breakable"] } }] }),
        ] {
            assert!(judge(&wrong).unwrap_err().to_string().contains("turns `breakable` on"));
        }
    }

    #[test]
    fn the_oracle_knows_nothing_of_ours() {
        let oracle = package("ca2a-conformance-oracle", &json!([edge("ca2a-core", &Value::Null)]));
        assert!(refusal(&json!([oracle])).contains("it may use: nothing of ours"));
    }

    #[test]
    fn handoff_reaches_delegation_only_through_its_feature() {
        let handoff = |optional: bool, features: Value| {
            let edge = json!({ "name": "ca2a-delegation", "kind": null, "optional": optional });
            json!({ "packages": [{ "name": "ca2a-handoff", "dependencies": [edge], "features": features }] })
        };
        assert!(judge(&handoff(true, json!({ "default": [], "hop": ["dep:ca2a-delegation"] }))).is_ok());
        for wrong in [
            handoff(false, json!({ "hop": [] })),
            handoff(true, json!({ "ca2a-delegation": ["dep:ca2a-delegation"] })),
            handoff(true, json!({ "hop": ["dep:ca2a-delegation"], "default": ["ca2a-delegation/std"] })),
        ] {
            assert!(judge(&wrong).unwrap_err().to_string().contains("optional dependency of feature `hop`"));
        }
    }

    #[test]
    fn a_package_without_a_place_and_an_empty_answer_are_refused() {
        assert!(refusal(&json!([package("ca2a-extra", &json!([]))])).contains("no place in the table"));
        assert!(refusal(&json!([])).contains("nothing was checked"));
        assert!(judge(&json!({})).is_err());
    }

    #[test]
    fn a_socket_in_the_bare_runtime_is_named() {
        let clean = "ca2a-runtime v0.1.0 (crates/ca2a-runtime)\nca2a-core v0.1.0 (*)\nca2a-core v0.1.0\n";
        assert_eq!(judge_pipeline(clean).unwrap(), 2);
        let said = judge_pipeline(&format!("{clean}redb v4.5.0\ntokio v1.54.0\n")).unwrap_err().to_string();
        assert!(said.contains("redb, tokio"), "{said}");
        assert!(judge_pipeline("ca2a-core v0.1.0\n").is_err());
    }

    #[test]
    fn a_feature_std_below_is_named() {
        let clean = "ca2a-core v0.1.0 (crates/ca2a-core)\nsha2 feature \"default\"\nsha2 v0.11.0\n";
        assert_eq!(judge_features("ca2a-core", clean).unwrap(), 1);
        let dirty = format!("{clean}hex feature \"std\"\n");
        assert!(judge_features("ca2a-core", &dirty).unwrap_err().to_string().contains("of `hex`"));
        assert!(judge_features("ca2a-seal", clean).is_err());
    }
}
