//! `ca2a lineage`: what happened, hop by hop, drawn from files that are verified on the way.

use std::path::PathBuf;

use ca2a_core::json::{Node, Object};
use ca2a_trace::explain::{Explanation, Verdict};

use crate::{
    answer::{Answer, line_of},
    evidence::Evidence,
    failure::Failure,
    finding::{self, Finding},
    page::{Line, Page, Tint},
    render::explained,
    session::Session,
};

/// Verify chain, records and statements, and explain them: who granted what, what was refused and why, what broke
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    evidence: Evidence,
    /// How to explain it; text for a person, JSON otherwise, unless said here
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write the explanation to this file, and answer with the verdict
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file, should there be one
    #[arg(long, requires = "out")]
    force: bool,
    /// The heading of what is drawn
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A tree, and every check below it
    Text,
    /// A Mermaid flowchart
    Mermaid,
    /// A Graphviz digraph
    Dot,
    /// A picture
    Svg,
    /// One page that needs no network
    Html,
    /// Every check, for machines
    Json,
}

impl Args {
    pub(crate) fn conflict(&self) -> Option<&'static str> {
        self.evidence.conflict()
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let gathered = self.evidence.gather(session)?;
        let explanation = self.evidence.explain(&gathered, session)?;
        let command = [vec!["ca2a".into(), "lineage".into()], self.evidence.again(gathered.at)].concat();
        let command: Vec<_> = command.iter().map(|word| quoted(word)).collect();
        let mut explanation = explanation.recheck(&command.join(" "));
        if let Some(title) = &self.title {
            explanation = explanation.title(title);
        }
        let exit = explained::exit(explanation.verdict());
        match (&self.out, self.format) {
            (Some(out), format) => {
                let drawn = draw(&explanation, format.unwrap_or(Format::Text));
                session.write(out, drawn.as_bytes(), self.force)?;
                let written = out.display().to_string();
                let page = verdict_page(&explanation).fact("written to", written.clone());
                let mut json = verdict_json(&explanation);
                json.insert("written_to", written);
                Ok(Answer::new(json, page).exit(exit))
            }
            (None, None) => {
                let page = Page::new().text(&explanation.to_text());
                Ok(Answer::new(json(&explanation), page).exit(exit))
            }
            (None, Some(format)) => {
                let drawn = draw(&explanation, format);
                // On a terminal a page makes the text of others harmless; elsewhere every byte counts (CLI-6).
                let text = match session.out.is_terminal() {
                    true => Page::new().text(&drawn).print(false),
                    false => drawn,
                };
                session.out.say(&text).map_err(|error| unheard(&error))?;
                Ok(Answer::given().exit(exit))
            }
        }
    }
}

fn unheard(error: &std::io::Error) -> Failure {
    Failure::new(
        ca2a_core::ErrorCode::StoreUnavailable,
        format!("standard output cannot be written: {error}"),
    )
}

fn draw(explanation: &Explanation, format: Format) -> String {
    match format {
        Format::Text => explanation.to_text(),
        Format::Mermaid => explanation.to_mermaid(),
        Format::Dot => explanation.to_dot(),
        Format::Svg => explanation.to_svg(),
        Format::Html => explanation.to_html(),
        Format::Json => line_of(json(explanation)),
    }
}

fn verdict_json(explanation: &Explanation) -> Object<'static> {
    let verdict = explanation.verdict();
    let tally = explanation.tally();
    let broken = explanation.broken_hops().into_iter().map(Node::from);
    let first = explanation.failures().find_map(|(_, check)| check.failure());
    let mut json = Object::from([
        ("verified", Node::from(matches!(verdict, Verdict::Verified(_)))),
        ("verdict", verdict.as_str().into()),
    ]);
    if let Some((code, _)) = first {
        json.insert("code", code.as_str());
    }
    json.insert("summary", explanation.summary());
    json.insert("judged_at", explanation.at().seconds());
    json.insert("passed", tally.passed);
    json.insert("failed", tally.failed);
    json.insert("not_checked", tally.not_checked);
    json.insert("broken_hops", broken.collect::<Node<'_>>());
    json
}

fn json(explanation: &Explanation) -> Object<'static> {
    let mut json = verdict_json(explanation);
    json.insert("hops", explained::hops(explanation));
    json.insert("checks", finding::of(explanation).iter().map(Finding::to_node).collect::<Node<'_>>());
    json.insert("sources", explained::sources(explanation.sources()));
    json
}

fn verdict_page(explanation: &Explanation) -> Page {
    let word = explanation.verdict().as_str();
    let heading = match explanation.verdict() {
        Verdict::Verified(_) => Line::new().tick().strong(word),
        Verdict::Refused => Line::new().cross().tint(Tint::Bad, word),
        Verdict::Unverifiable => Line::new().tint(Tint::Warn, format!("? {word}")),
    };
    Page::new().line(heading.plain(format!("  {}", explanation.summary()))).blank()
}

/// `word` as a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_takes_a_quoted_word_for_one() {
        assert_eq!(quoted("a/b-c_1.json"), "a/b-c_1.json");
        assert_eq!(quoted("a b; rm"), "'a b; rm'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
