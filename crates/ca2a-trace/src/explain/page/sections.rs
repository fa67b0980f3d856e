//! The parts of the page, from top to bottom.

use super::{checks, hop, markup::Markup};
use crate::{
    explain::{
        explanation::{Explanation, Verdict},
        report, sketch,
    },
    picture::label::instant,
};

/// The verdict, why, and where it broke.
pub(super) fn header(page: &mut Markup, explanation: &Explanation) {
    let (standing, word) = sketch::seal(explanation);
    page.raw("<header>\n<div class=\"frame\">\n<p class=\"stamp\" role=\"status\">");
    page.raw("<span aria-hidden=\"true\">").raw(standing.mark()).raw("</span> ").raw(word).raw("</p>\n");
    page.element("h1", "", &explanation.title);
    page.open("p", "summary").text(&report::summary(explanation)).raw(".").close("p");
    page.raw("<dl class=\"numbers\">\n");
    page.fact("Judged at", "", &instant(explanation.at().seconds()));
    page.fact("Hops", "", &explanation.hops().len().to_string());
    if let branches @ 2.. = explanation.branches.len() {
        page.fact("Branches", "", &branches.to_string());
    }
    let tally = explanation.tally();
    page.fact("Checks passed", "", &tally.passed.to_string());
    page.fact("Failed", "", &tally.failed.to_string());
    page.fact("Not checked", "", &tally.not_checked.to_string()).close("dl");
    if matches!(explanation.verdict(), Verdict::Refused) {
        checks::breaks(page, explanation);
    }
    page.raw("<p class=\"again\"><a href=\"#again\">How to check this yourself</a></p>\n");
    page.raw("</div>\n</header>\n");
}

pub(super) fn picture(page: &mut Markup, explanation: &Explanation) {
    if explanation.hops().is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"picture-heading\">\n");
    page.raw("<h2 id=\"picture-heading\">Who granted what to whom</h2>\n<figure tabindex=\"0\">\n");
    page.raw(&explanation.picture().to_inline_svg());
    page.raw("</figure>\n").close("section");
}

pub(super) fn hops(page: &mut Markup, explanation: &Explanation) {
    page.raw("<section id=\"hops\" aria-labelledby=\"hops-heading\">\n<div class=\"row\">");
    page.raw("<h2 id=\"hops-heading\">Hop by hop</h2>");
    page.raw("<button type=\"button\" id=\"all\" hidden>Open all</button></div>\n");
    if explanation.hops().is_empty() {
        page.raw("<p class=\"lead\">There is no hop to show.</p>\n");
    }
    page.raw("<ol class=\"hops\">\n");
    let lanes = explanation.picture().lanes();
    for ((index, hop), lane) in explanation.hops().iter().enumerate().zip(lanes) {
        hop::draw(page, explanation, (index, lane), hop);
    }
    page.raw("</ol>\n").close("section");
}

/// Evidence that belongs to no hop.
pub(super) fn loose(page: &mut Markup, explanation: &Explanation) {
    let loose = &explanation.loose;
    if loose.records.is_empty() && loose.decisions.is_empty() && loose.statements.is_empty() {
        return;
    }
    page.raw("<section id=\"loose\" aria-labelledby=\"loose-heading\">\n");
    page.raw("<h2 id=\"loose-heading\">Belongs to no hop</h2>\n");
    page.raw("<p class=\"lead\">This was given too, and no hop of the chain is what it is about.</p>\n");
    for record in &loose.records {
        hop::record(page, record);
    }
    for decision in &loose.decisions {
        hop::decision(page, decision);
    }
    for statement in &loose.statements {
        hop::statement(page, explanation, statement);
    }
    page.close("section");
}

/// How a reader comes to the same answer without this page.
pub(super) fn recheck(page: &mut Markup, explanation: &Explanation) {
    page.raw("<section id=\"again\" aria-labelledby=\"again-heading\">\n");
    page.raw("<h2 id=\"again-heading\">Check it yourself</h2>\n");
    page.raw(
        "<p class=\"lead\">This page is a picture of a verdict and proves nothing: anybody can draw one. ",
    );
    page.raw("The files below prove it, with any verifier.</p>\n");
    if let Some(command) = &explanation.recheck {
        page.raw("<pre class=\"command\" tabindex=\"0\">").block(command).raw("</pre>\n");
    }
    page.raw(
        "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Bytes</th>",
    );
    page.raw("<th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n");
    for source in explanation.sources() {
        page.raw("<tr><th scope=\"row\">").text(source.name).raw("</th><td>").text(&source.bytes.to_string());
        page.raw("</td><td class=\"mono\">").text(&source.sha256.to_hex()).raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n").close("section");
}
