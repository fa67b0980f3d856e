//! `cargo xtask specs`: the requirement ids of `specs/` are well-formed and unique, every id that a source or a vector
//! cites is a requirement, and the requirements of the layers that `specs/README.md` says so of are shown by tests that
//! ran and passed, from both sides.

mod citation;
mod coverage;
mod page;
mod vectors;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use crate::workspace::root;
use coverage::Coverage;
use page::Requirement;

/// A file: its path from the root of the workspace, and what is in it.
type File = (String, String);

/// Checks this workspace and prints what was checked.
///
/// # Errors
/// Every fault found, in one message.
pub(crate) fn check() -> Result<()> {
    let pages = files(&["specs"], "md")?;
    let sources = files(&["crates", "conformance", "examples"], "rs")?;
    let seen = judge(&pages, &sources)?;
    println!(
        "specs: {} requirements in {} pages, {} citations in {} sources: all well-formed, unique and known",
        seen.requirements, seen.pages, seen.citations, seen.sources
    );
    let vectors = vectors::judge(&pages, &files(&["conformance/vectors"], "json")?)?;
    println!("specs: {vectors} vectors, each about a requirement and refused with a code of it");
    let held = judge_coverage(&pages, &recorded(&sources)?)?;
    println!(
        "specs: {} of {} MUSTs have a test that passed on either side; all {} of {}; {} layers are not held to it yet",
        held.whole,
        held.musts,
        held.held,
        held.layers.join(", "),
        held.others
    );
    Ok(())
}

/// Prints what no test that passed shows of the layer `layer`, which need not be held to it yet.
///
/// # Errors
/// A layer that no page states a requirement of, and records that cannot be read.
pub(crate) fn missing(layer: &str) -> Result<()> {
    let coverage = recorded(&files(&["crates", "conformance", "examples"], "rs")?)?;
    let missing = judge_layer(&files(&["specs"], "md")?, &coverage, layer)?;
    for fault in &missing {
        println!("{fault}");
    }
    println!("specs: {} faults in what tests show of {layer}", missing.len());
    Ok(())
}

/// What the tests of `sources` showed.
fn recorded(sources: &[File]) -> Result<Coverage> {
    let packages: BTreeSet<String> = sources
        .iter()
        .filter(|(path, text)| !path.starts_with("conformance/covers/") && records(text))
        .filter_map(|(path, _)| package(path))
        .collect();
    Coverage::recorded(&packages.into_iter().collect::<Vec<_>>())
}

/// Whether tests of this source leave records.
fn records(source: &str) -> bool {
    source.contains("covers!(") || source.contains("use ca2a_covers::")
}

/// The package that a source belongs to: `crates/NAME/...`, or the kit.
fn package(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    match parts.next()? {
        "crates" => parts.next().map(str::to_owned),
        "conformance" => Some("ca2a-conformance".to_owned()),
        _ => None,
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    requirements: usize,
    pages: usize,
    citations: usize,
    sources: usize,
}

/// Judges pages of requirements and sources that cite them.
fn judge(pages: &[File], sources: &[File]) -> Result<Seen> {
    let mut places: BTreeMap<&str, String> = BTreeMap::new();
    let mut faults = Vec::new();
    for (path, text) in pages {
        for (number, line) in (1..).zip(text.lines()) {
            let Some(requirement) = Requirement::stated(line) else { continue };
            let place = format!("{path}:{number}");
            if let Some(fault) = requirement.fault() {
                faults.push(format!("{place}: `{}` {fault}", requirement.id));
            } else if let Some(first) = places.insert(requirement.id, place.clone()) {
                faults.push(format!("{place}: `{}` is allocated already, at {first}", requirement.id));
            }
        }
    }
    let mut citations = 0;
    for (path, text) in sources {
        for (number, line) in (1..).zip(text.lines()) {
            let Some((_, comment)) = line.split_once("//") else { continue };
            for id in citation::in_comment(comment) {
                citations += 1;
                if !places.contains_key(id) {
                    faults.push(format!("{path}:{number}: cites `{id}`, which no page of specs/ states"));
                }
            }
        }
        for id in citation::in_checks(text) {
            citations += 1;
            if !places.contains_key(id) {
                faults.push(format!("{path}: checks `{id}`, which no page of specs/ states"));
            }
        }
        for id in citation::in_covers(text).filter(|_| !path.starts_with("conformance/covers/")) {
            citations += 1;
            if !places.contains_key(id) {
                faults.push(format!("{path}: covers `{id}`, which no page of specs/ states"));
            }
        }
    }
    if !faults.is_empty() {
        bail!("the requirement ids do not hold:\n  {}", faults.join("\n  "));
    }
    if places.is_empty() {
        bail!("specs/ states no requirement: nothing was checked");
    }
    Ok(Seen { requirements: places.len(), pages: pages.len(), citations, sources: sources.len() })
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Held {
    /// Requirements that MUST be met and be shown by tests, and those of them that tests stand on both sides of.
    musts: usize,
    whole: usize,
    /// The layers that are held against their tests, and how many of the `musts` are theirs.
    layers: Vec<String>,
    held: usize,
    /// How many layers are not.
    others: usize,
}

/// Holds the requirements of `pages` against what tests showed.
fn judge_coverage(pages: &[File], coverage: &Coverage) -> Result<Held> {
    let lines = || pages.iter().flat_map(|(_, text)| text.lines());
    let layers: Vec<String> = lines().filter_map(page::held).flatten().map(str::to_owned).collect();
    let stated: Vec<Requirement<'_>> = lines().filter_map(Requirement::stated).collect();
    let mut faults: Vec<String> = coverage
        .ids()
        .filter(|id| !stated.iter().any(|requirement| requirement.id == *id))
        .map(|id| format!("`{id}`: a test is about it, and no page states it"))
        .collect();
    let mut held = Held { layers, ..Held::default() };
    for requirement in stated.iter().filter(|requirement| requirement.by_tests()) {
        held.musts += 1;
        held.whole += usize::from(coverage.is_whole(requirement.id));
        if held.layers.iter().any(|layer| layer == requirement.prefix()) {
            held.held += 1;
            faults.extend(coverage.faults(requirement));
        }
    }
    if !faults.is_empty() {
        bail!("the requirements are not shown by tests:\n  {}", faults.join("\n  "));
    }
    if held.held == 0 {
        bail!("specs/README.md names no layer that is held against its tests: nothing was checked");
    }
    let all: BTreeSet<&str> = stated.iter().map(Requirement::prefix).collect();
    held.others = all.len().saturating_sub(held.layers.len());
    Ok(held)
}

/// What tests do not show of the requirements of one layer.
fn judge_layer(pages: &[File], coverage: &Coverage, layer: &str) -> Result<Vec<String>> {
    let lines = pages.iter().flat_map(|(_, text)| text.lines());
    let stated = lines.filter_map(Requirement::stated).filter(|requirement| requirement.prefix() == layer);
    let stated: Vec<Requirement<'_>> = stated.collect();
    if stated.is_empty() {
        bail!("specs/ states no requirement of `{layer}`");
    }
    let by_tests = stated.iter().filter(|requirement| requirement.by_tests());
    Ok(by_tests.flat_map(|requirement| coverage.faults(requirement)).collect())
}

/// The files under `folders` that end in `.extension`, in order of their paths.
fn files(folders: &[&str], extension: &str) -> Result<Vec<File>> {
    let root = root();
    let mut paths = Vec::new();
    for folder in folders {
        collect(&root.join(folder), extension, &mut paths)?;
    }
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            Ok((path.strip_prefix(&root).unwrap_or(&path).display().to_string(), text))
        })
        .collect()
}

/// Adds the files under `folder` that end in `.extension`, in order of their paths.
fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, extension, found)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
