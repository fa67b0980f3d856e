//! Several runs as one page of HTML that needs nothing else: a cell opens its cases, requests and answers.

use std::fmt::Write as _;

use super::{
    CaseResult, RunReport, Verdict,
    junit::escaped,
    matrix::{Cell, rows, told},
};

const STYLE: &str = "body{font:14px/1.4 sans-serif;margin:2em}table{border-collapse:collapse}\
    td,th{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}\
    pre{max-width:60em;white-space:pre-wrap;overflow-wrap:anywhere}\
    .pass{background:#e6f4e6}.exception{background:#fff6d6}.unsupported{background:#eee}.fail{background:#fbdcdc}";

/// The page of these runs.
#[must_use]
pub fn html(reports: &[RunReport]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Conformance</title>\
         <style>{STYLE}</style>\n<h1>Conformance</h1>\n<table>\n<tr><th>requirement</th>"
    );
    for report in reports {
        let verdict = if report.passed { "conforms" } else { "does not conform" };
        let _ = write!(page, "<th>{}<br>{verdict}</th>", escaped(&report.name()));
    }
    page.push_str("</tr>\n");
    for (requirement, cells) in rows(reports) {
        let _ = write!(page, "<tr><th>{}</th>", escaped(requirement));
        cells.iter().for_each(|cell| opened(cell, &mut page));
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n</html>\n");
    page
}

fn opened(cell: &Cell<'_>, page: &mut String) {
    let class = match cell.iter().map(|result| result.verdict).max() {
        Some(Verdict::Pass) => "pass",
        Some(Verdict::Exception) => "exception",
        Some(Verdict::Unsupported) | None => "unsupported",
        Some(_) => "fail",
    };
    let words = told(cell).replace("**", "");
    let _ = write!(page, "<td class=\"{class}\"><details><summary>{words}</summary>");
    cell.iter().for_each(|result| case(result, page));
    page.push_str("</details></td>");
}

fn case(result: &CaseResult, page: &mut String) {
    let mut why = result.why.clone();
    why.extend(result.exception.iter().map(|reason| format!("exception: {reason}")));
    let _ = write!(
        page,
        "<details><summary>{}: {}</summary><p>{}</p><pre>{}</pre><pre>{}</pre></details>",
        escaped(&result.case),
        escaped(&result.observed),
        escaped(&why.join("; ")),
        escaped(&result.request.to_string()),
        escaped(&result.answer.to_string()),
    );
}
