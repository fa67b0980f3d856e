//! The kit's own vectors beside the pages: each is about a requirement, is refused with a code of it, and a page that names
//! one names one that is there.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{File, page::Requirement};

/// Judges the vector files `files` beside `pages`, and counts the vectors.
///
/// # Errors
/// Every fault found, in one message.
pub(super) fn judge(pages: &[File], files: &[File]) -> Result<usize> {
    let stated: BTreeMap<&str, Requirement<'_>> = pages
        .iter()
        .flat_map(|(_, text)| text.lines().filter_map(Requirement::stated))
        .map(|requirement| (requirement.id, requirement))
        .collect();
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with(".schema.json")) {
        let file: Value = serde_json::from_str(text).with_context(|| format!("reading {path}"))?;
        for case in file["cases"].as_array().into_iter().flatten() {
            let text = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
            let (name, id) = (text("id"), text("requirement"));
            match (stated.get(id.as_str()), case["expect"]["error"].as_str()) {
                (None, _) => faults.push(format!("{path}: `{name}` is about `{id}`, which no page states")),
                (Some(requirement), Some(code)) if !requirement.codes().any(|known| known == code) => {
                    faults.push(format!("{path}: `{name}` is refused as {code}, which `{id}` does not name"));
                }
                _ => {}
            }
            names.insert(name);
        }
    }
    for (path, text) in pages {
        for named in text.split('`').skip(1).step_by(2).filter(|words| is_name(words)) {
            if !names.contains(named) {
                faults.push(format!("{path}: names the vector `{named}`, which is not there"));
            }
        }
    }
    if !faults.is_empty() {
        bail!("the vectors do not hold:\n  {}", faults.join("\n  "));
    }
    Ok(names.len())
}

/// Whether `words` name a vector: `DEL-28/refuse-more`.
fn is_name(words: &str) -> bool {
    words.split_once('/').is_some_and(|(id, case)| {
        let number = id.split_once('-').map(|(_, number)| number).unwrap_or_default();
        number.parse::<u32>().is_ok() && (case.starts_with("accept-") || case.starts_with("refuse-"))
    })
}
