//! One self-contained page. Nothing is fetched, nothing needs a script, and every text of others is escaped (TRC-305).

mod checks;
mod hop;
mod markup;
mod sections;

use ca2a_core::{Sha256, encoding::base64url};

use super::explanation::Explanation;
use markup::Markup;

const STYLE: &str = include_str!("page/style.css");
/// Opens the hop that a link leads to, opens all before printing. The page says everything without it.
const SCRIPT: &str = include_str!("page/script.js");

pub(super) fn draw(explanation: &Explanation) -> String {
    let word = explanation.verdict().as_str();
    let mut page = Markup::new();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", policy()));
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    page.text(&format!("{}: {word}", explanation.title));
    page.raw("</title>\n<style>\n").raw(STYLE).raw("</style>\n</head>\n");
    page.open("body", &format!("is-{word}"));
    page.raw("<a class=\"skip\" href=\"#hops\">Skip to the hops</a>\n");
    sections::header(&mut page, explanation);
    page.raw("<main>\n");
    sections::picture(&mut page, explanation);
    sections::hops(&mut page, explanation);
    sections::loose(&mut page, explanation);
    checks::all(&mut page, explanation);
    sections::recheck(&mut page, explanation);
    page.raw("</main>\n<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    page.finish()
}

/// Even markup that slipped through could load nothing, and run nothing but our script.
fn policy() -> String {
    let digest = base64url(&Sha256::of(SCRIPT.as_bytes()).0).replace('-', "+").replace('_', "/");
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}='; base-uri 'none'; form-action 'none'"
    )
}
