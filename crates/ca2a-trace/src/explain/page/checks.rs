//! Checks, as lists at their hop and as one table of all.

use super::markup::Markup;
use crate::{
    explain::{
        check::{Check, Outcome, Place},
        explanation::Explanation,
        report,
    },
    picture::Standing,
};

/// The checks of one thing.
pub(super) fn list(page: &mut Markup, checks: &[Check]) {
    page.open("ul", "checks");
    for check in checks {
        let (class, mark) = shown(&check.outcome);
        page.open("li", class);
        page.raw("<span class=\"sign\" aria-hidden=\"true\">").raw(mark).raw("</span><span class=\"said\">");
        page.raw("<span class=\"unseen\">").raw(check.outcome.as_str()).raw(": </span>");
        page.text(check.words());
        reason(page, &check.outcome);
        page.raw("</span>").element("span", "requirement", check.rule.requirement()).close("li");
    }
    page.close("ul");
}

fn reason(page: &mut Markup, outcome: &Outcome) {
    match outcome {
        Outcome::Passed => {}
        Outcome::Failed { code, message } => {
            page.raw("<span class=\"reason\"><code>").raw(code.as_str()).raw("</code> ");
            page.text(message).raw("</span>");
        }
        Outcome::NotChecked { why } => {
            page.open("span", "reason").text(why).raw("</span>");
        }
    }
}

fn shown(outcome: &Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Passed => ("passed", Standing::Holds.mark()),
        Outcome::Failed { .. } => ("failed", Standing::Broken.mark()),
        Outcome::NotChecked { .. } => ("open", Standing::Unknown.mark()),
    }
}

/// Every check, in one table.
pub(super) fn all(page: &mut Markup, explanation: &Explanation) {
    page.raw("<section id=\"checks\" aria-labelledby=\"checks-heading\">\n");
    page.raw("<h2 id=\"checks-heading\">Every check</h2>\n");
    page.open("p", "lead").text(&report::tally(explanation.tally()));
    page.raw(". What was not checked is said here, and proves nothing.</p>\n<div class=\"scroll\"><table>\n");
    page.raw(
        "<thead><tr><th scope=\"col\">Of</th><th scope=\"col\">Check</th><th scope=\"col\">Outcome</th>",
    );
    page.raw("<th scope=\"col\">Requirement</th></tr></thead>\n");
    let all: Vec<_> = explanation.checks().collect();
    for group in all.chunk_by(|(before, _), (after, _)| before == after) {
        page.raw("<tbody>\n");
        for (row, (place, check)) in group.iter().enumerate() {
            let (class, mark) = shown(&check.outcome);
            page.open("tr", class);
            if row == 0 {
                of(page, *place, group.len());
            }
            page.raw("<td>").text(check.words());
            reason(page, &check.outcome);
            page.raw("</td><td class=\"outcome\">").raw(mark).raw(" ").raw(check.outcome.as_str());
            page.raw("</td><td class=\"requirement\">").raw(check.rule.requirement()).raw("</td></tr>\n");
        }
        page.raw("</tbody>\n");
    }
    page.raw("</table></div>\n").close("section");
}

fn of(page: &mut Markup, place: Place, rows: usize) {
    page.raw(&format!("<th scope=\"rowgroup\" rowspan=\"{rows}\">"));
    match place.hop() {
        Some(hop) => page.raw(&format!("<a href=\"#hop-{hop}\">")).text(&place.to_string()).raw("</a>"),
        None => page.text(&place.to_string()),
    };
    page.raw("</th>");
}

/// What broke, as links to where it broke.
pub(super) fn breaks(page: &mut Markup, explanation: &Explanation) {
    page.raw("<ul class=\"breaks\" aria-label=\"What broke\">\n");
    for (place, check) in explanation.failures().take(12) {
        let Some((code, message)) = check.failure() else { continue };
        let target = match place {
            Place::Documents | Place::NoHop => "#checks".to_owned(),
            Place::Branch(hop) => format!("#hop-{hop}"),
            _ => place.hop().map(|hop| format!("#hop-{hop}")).unwrap_or_default(),
        };
        page.raw(&format!("<li><a href=\"{target}\">")).text(&place.to_string()).raw("</a> <strong>");
        page.text(check.rule.fault()).raw("</strong> <code>").raw(code.as_str()).raw("</code> ");
        page.element("span", "why", message).close("li");
    }
    page.close("ul");
}
