//! `cargo xtask specs`: the requirement ids of `specs/` are well-formed and unique, and every id that a comment of
//! the code cites is a requirement.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use anyhow::{Context as _, Result, bail};

use ca2a_core::ErrorCode;

use crate::workspace::root;

/// The layers that number requirements. An id under another prefix is refused, and words such as `SHA-256` or
/// `RFC-8785` in a comment are no citation.
const PREFIXES: &[&str] = &[
    "CORE", "DEL", "HOLD", "REV", "POL", "ATT", "SEAL", "TRC", "LOG", "WIRE", "RUN", "CFG", "CLI", "CONF",
    "HAND", "MAN", "A2A",
];

/// Checks this workspace and prints what was checked.
///
/// # Errors
/// Every fault found, in one message.
pub(crate) fn check() -> Result<()> {
    let root = root();
    let mut specs = Vec::new();
    collect(&root.join("specs"), "md", &mut specs)?;
    let mut sources = Vec::new();
    for folder in ["crates", "conformance", "examples"] {
        let folder = root.join(folder);
        if folder.is_dir() {
            collect(&folder, "rs", &mut sources)?;
        }
    }
    let read = |paths: Vec<PathBuf>| -> Result<Vec<(String, String)>> {
        paths
            .into_iter()
            .map(|path| {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
                Ok((path.strip_prefix(&root).unwrap_or(&path).display().to_string(), text))
            })
            .collect()
    };
    let seen = judge(&read(specs)?, &read(sources)?)?;
    println!(
        "specs: {} requirements in {} pages, {} citations in {} sources: all well-formed, unique and known",
        seen.requirements, seen.pages, seen.citations, seen.sources
    );
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    requirements: usize,
    pages: usize,
    citations: usize,
    sources: usize,
}

/// Judges pages of requirements and sources that cite them, each as (path, text).
fn judge(pages: &[(String, String)], sources: &[(String, String)]) -> Result<Seen> {
    let mut places: BTreeMap<String, String> = BTreeMap::new();
    let mut faults = Vec::new();
    for (path, text) in pages {
        for (number, line) in (1..).zip(text.lines()) {
            let Some(requirement) = definition(line) else { continue };
            let place = format!("{path}:{number}");
            if let Some(fault) = shape_fault(&requirement) {
                faults.push(format!("{place}: `{}` {fault}", requirement.id));
            } else if let Some(first) = places.insert(requirement.id.to_owned(), place.clone()) {
                faults.push(format!("{place}: `{}` is allocated already, at {first}", requirement.id));
            }
        }
    }
    let mut citations = 0;
    for (path, text) in sources {
        for (number, line) in (1..).zip(text.lines()) {
            let Some((_, comment)) = line.split_once("//") else { continue };
            for id in cited(comment) {
                citations += 1;
                if !places.contains_key(id) {
                    faults.push(format!("{path}:{number}: cites `{id}`, which no page of specs/ states"));
                }
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

/// A line that states a requirement: `**DEL-7** (MUST, code SCOPE_ESCALATION): ...`.
struct Requirement<'a> {
    id: &'a str,
    /// What stands between the parentheses after the id, if they are there.
    terms: Option<&'a str>,
}

/// A definition is bold text at the start of a line or list item that looks like an id.
fn definition(line: &str) -> Option<Requirement<'_>> {
    let (id, rest) = line.trim_start_matches(['-', ' ', '|']).strip_prefix("**")?.split_once("**")?;
    let (prefix, number) = id.split_once('-')?;
    let looks = !prefix.is_empty()
        && prefix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && number.starts_with(|first: char| first.is_ascii_digit());
    let terms =
        rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(terms, _)| terms);
    looks.then_some(Requirement { id, terms })
}

/// What is wrong with the shape of a requirement, if anything.
fn shape_fault(requirement: &Requirement<'_>) -> Option<String> {
    form_fault(requirement).map(str::to_owned).or_else(|| {
        let words = requirement.terms.unwrap_or_default().split([' ', ',', ';']);
        let code = |word: &&str| {
            word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        };
        let mut codes = words.filter(code);
        let unknown = codes.find(|code| ErrorCode::from_str(code).is_err())?;
        Some(format!("names `{unknown}`, which is no error code"))
    })
}

fn form_fault(requirement: &Requirement<'_>) -> Option<&'static str> {
    let (prefix, number) = requirement.id.split_once('-')?;
    if !PREFIXES.contains(&prefix) {
        return Some("has a prefix that no layer owns");
    }
    if number.starts_with('0') || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("is not numbered in plain decimal from 1");
    }
    let terms = requirement.terms.unwrap_or_default();
    let level = terms.split([',', ';']).next().unwrap_or_default().trim();
    (!["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"].contains(&level))
        .then_some("does not say (MUST), (MUST NOT), (SHOULD), (SHOULD NOT) or (MAY) after its id")
}

/// The ids that a comment cites, in order. `SEAL-001` with its leading zero is the conformance suite's, not ours.
fn cited(comment: &str) -> impl Iterator<Item = &str> {
    comment
        .split(|character: char| !(character.is_ascii_alphanumeric() || character == '-' || character == '_'))
        .filter(|word| {
            word.split_once('-').is_some_and(|(prefix, number)| {
                PREFIXES.contains(&prefix)
                    && number.starts_with(|first: char| matches!(first, '1'..='9'))
                    && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
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
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Vec<(String, String)> {
        vec![(path.to_owned(), text.to_owned())]
    }

    const PAGE: &str =
        "# Chains\n\n**DEL-1** (MUST, code INVALID_CREDENTIAL): closed.\n- **DEL-2** (SHOULD): short.\n";

    fn refusal(page: &str, source: &str) -> String {
        judge(&file("specs/d.md", page), &file("a.rs", source)).unwrap_err().to_string()
    }

    #[test]
    fn what_is_stated_may_be_cited() {
        let source = "/// A hop (DEL-1, DEL-2). SHA-256 and RFC-8785 are no requirements.\nlet n = DEL-9;";
        let seen = judge(&file("specs/d.md", PAGE), &file("a.rs", source)).unwrap();
        assert_eq!(seen, Seen { requirements: 2, pages: 1, citations: 2, sources: 1 });
    }

    #[test]
    fn a_citation_without_a_requirement_is_named() {
        assert!(refusal(PAGE, "x; // DEL-3 says so").contains("a.rs:1: cites `DEL-3`"));
    }

    #[test]
    fn an_id_is_allocated_once() {
        let twice = format!("{PAGE}**DEL-1** (MUST): again.\n");
        assert!(refusal(&twice, "").contains("specs/d.md:5: `DEL-1` is allocated already, at specs/d.md:3"));
    }

    #[test]
    fn an_id_has_one_shape() {
        for (line, fault) in [
            ("**FOO-1** (MUST): x", "a prefix that no layer owns"),
            ("**DEL-01** (MUST): x", "plain decimal"),
            ("**DEL-1a** (MUST): x", "plain decimal"),
            ("**DEL-1**: x", "does not say (MUST)"),
            ("**DEL-1** (must): x", "does not say (MUST)"),
            ("**DEL-1** (MUST, code SCOPE_ESCALATED): x", "no error code"),
        ] {
            let said = refusal(line, "");
            assert!(said.contains(fault), "{line}: {said}");
        }
    }

    #[test]
    fn an_empty_folder_proves_nothing() {
        assert!(refusal("# Chains", "").contains("nothing was checked"));
    }
}
