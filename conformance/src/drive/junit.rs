//! A run as JUnit's XML, which build servers read.

use super::{CaseResult, RunReport, Verdict};

/// The run as one test suite: a case is a test case, its requirement the class.
#[must_use]
pub fn junit(report: &RunReport) -> String {
    let name = escaped(&report.name());
    let skipped = report.count(Verdict::Unsupported).saturating_add(report.count(Verdict::Exception));
    let errors = report.count(Verdict::Broken).saturating_add(report.count(Verdict::NotRun));
    let failures = report.count(Verdict::Fail).saturating_add(report.stale.len());
    let tests = report.results.len().saturating_add(report.stale.len());
    let cases: String = report.results.iter().map(case).collect();
    let stale = report.stale.iter().map(|stale| {
        let about = stale.case.as_deref().unwrap_or("no case");
        let what = format!("{about} is not `{}`", stale.observed);
        format!(
            "  <testcase classname=\"{}\" name=\"stale exception\"><failure message=\"{}\"/></testcase>\n",
            escaped(&stale.requirement),
            escaped(&what)
        )
    });
    let stale: String = stale.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{name}\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n{cases}{stale}</testsuite>\n"
    )
}

fn case(result: &CaseResult) -> String {
    let why = escaped(&result.why.join("; "));
    let inside = match result.verdict {
        Verdict::Pass => String::new(),
        Verdict::Unsupported => "<skipped message=\"unsupported\"/>".to_owned(),
        Verdict::Exception => format!(
            "<skipped message=\"exception: {}\"/>",
            escaped(result.exception.as_deref().unwrap_or_default())
        ),
        Verdict::Fail => format!("<failure message=\"{}\">{why}</failure>", escaped(&result.observed)),
        Verdict::Broken => format!("<error message=\"the protocol was broken\">{why}</error>"),
        Verdict::NotRun => "<error message=\"not run\"/>".to_owned(),
    };
    format!(
        "  <testcase classname=\"{}\" name=\"{}\">{inside}</testcase>\n",
        escaped(&result.requirement),
        escaped(&result.case)
    )
}

/// `text` as it may stand in XML and HTML, in an attribute as well. What XML cannot hold is replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            '\t' | '\n' => out.push(character),
            other if other.is_control() => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
    out
}
