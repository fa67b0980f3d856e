//! Several runs side by side: rows requirements, columns implementations.

use std::{cmp::Ordering, collections::BTreeMap, fmt::Write as _};

use super::{CaseResult, RunReport, Verdict};

/// The results of one run for one requirement.
pub(super) type Cell<'r> = Vec<&'r CaseResult>;

/// Every requirement that a case of these runs is about, with the results of each run.
pub(super) fn rows(reports: &[RunReport]) -> Vec<(&str, Vec<Cell<'_>>)> {
    let mut rows: BTreeMap<&str, Vec<Cell<'_>>> = BTreeMap::new();
    for (at, report) in reports.iter().enumerate() {
        for result in &report.results {
            let cells = rows.entry(&result.requirement).or_insert_with(|| vec![Vec::new(); reports.len()]);
            if let Some(cell) = cells.get_mut(at) {
                cell.push(result);
            }
        }
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|(left, _), (right, _)| by_number(left, right));
    rows
}

/// `DEL-9` before `DEL-10`.
fn by_number(left: &str, right: &str) -> Ordering {
    let parts = |id: &str| {
        let (layer, number) = id.rsplit_once('-').unwrap_or((id, ""));
        (layer.to_owned(), number.parse::<u32>().unwrap_or(0), id.to_owned())
    };
    parts(left).cmp(&parts(right))
}

/// The runs as a page in Markdown: the matrix, and below it each exception with what is observed.
#[must_use]
pub fn matrix(reports: &[RunReport]) -> String {
    let mut page = String::from(
        "# Conformance matrix\n\nMade by `ca2a-conformance matrix` from runs of the kit; not to be edited. A cell says how \
         many cases of the\nrequirement passed, and of the others what became of them.\n\n",
    );
    let names: Vec<String> = reports.iter().map(RunReport::name).collect();
    let _ = writeln!(page, "| requirement | {} |", names.join(" | "));
    let _ = writeln!(page, "|---|{}", "---|".repeat(reports.len()));
    for (requirement, cells) in rows(reports) {
        let cells: Vec<String> = cells.iter().map(|cell| told(cell)).collect();
        let _ = writeln!(page, "| {requirement} | {} |", cells.join(" | "));
    }
    for report in reports {
        excused(report, &mut page);
    }
    page
}

/// A cell in words.
pub(super) fn told(cell: &Cell<'_>) -> String {
    let count = |verdict| cell.iter().filter(|result| result.verdict == verdict).count();
    let words = [
        (Verdict::Pass, "pass"),
        (Verdict::Fail, "**fail**"),
        (Verdict::Broken, "**broken**"),
        (Verdict::Exception, "exception"),
        (Verdict::Unsupported, "unsupported"),
        (Verdict::NotRun, "not run"),
    ];
    let words =
        words.into_iter().map(|(verdict, word)| (count(verdict), word)).filter(|(count, _)| *count > 0);
    let words: Vec<String> = words.map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}

/// The exceptions of a run, alike ones together.
fn excused(report: &RunReport, page: &mut String) {
    let mut alike: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for result in &report.results {
        if let Some(reason) = &result.exception {
            let key = (result.requirement.as_str(), result.observed.as_str(), reason.as_str());
            alike.entry(key).or_default().push(&result.case);
        }
    }
    if alike.is_empty() {
        return;
    }
    let mut alike: Vec<_> = alike.into_iter().collect();
    alike.sort_by(|((left, ..), _), ((right, ..), _)| by_number(left, right));
    let _ = writeln!(page, "\n## Exceptions of {}\n", report.name());
    page.push_str("| requirement | observed | why | cases |\n|---|---|---|---|\n");
    for ((requirement, observed, reason), cases) in alike {
        let _ = writeln!(page, "| {requirement} | {observed} | {reason} | {} |", cases.join(" "));
    }
}
