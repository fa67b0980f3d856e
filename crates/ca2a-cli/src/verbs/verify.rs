//! `ca2a verify`: everything that an auditor can ask of files, in one answer.

mod log;

use std::{collections::HashMap, path::PathBuf};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};
use ca2a_trace::explain::{Explanation, Outcome, Source, Verdict};

use crate::{
    answer::Answer,
    evidence::Evidence,
    exit::ExitCode,
    failure::Failure,
    finding::{self, Finding},
    page::{Line, Page, Tint},
    pin::Pin,
    render::{explained, time},
    session::Session,
};
use log::Log;

/// Verify everything that is given: chain, records, statements, revocations, entries and receipts of a log
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    evidence: Evidence,
    /// An entry of a log: a SCITT statement about a record, with its receipts in it or beside it; may be given several times
    #[arg(long = "entry", value_name = "FILE")]
    entries: Vec<PathBuf>,
    /// A receipt beside an entry; may be given several times
    #[arg(long = "receipt", value_name = "FILE", requires = "entries")]
    receipts: Vec<PathBuf>,
    /// A checkpoint of a log, to hold receipts against; may be given several times
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// A log to trust and its key, `https://log.example=<64 hex>`, for P-256 66 or 130 hex, and `@` and its `kid` in
    /// base64url where that is no thumbprint; every TRACE record has to be in one then; may be given several times
    #[arg(long = "log-key", value_name = "LOG=KEY")]
    logs: Vec<Pin>,
    /// An issuer of entries to trust and its key, likewise; may be given several times
    #[arg(long = "issuer-key", value_name = "ISSUER=KEY")]
    issuers: Vec<Pin>,
}

impl Args {
    pub(crate) fn conflict(&self) -> Option<&'static str> {
        self.evidence.conflict()
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let gathered = self.evidence.gather(session)?;
        let entries = read("entry", &self.entries, ErrorCode::StatementInvalid, session)?;
        let receipts = read("receipt", &self.receipts, ErrorCode::ReceiptInvalid, session)?;
        let checkpoints = read("checkpoint", &self.checkpoints, ErrorCode::StatementInvalid, session)?;
        let explanation = self.evidence.explain(&gathered, session)?;

        let mut findings = finding::of(&explanation);
        if !self.evidence.has_statements() {
            let asked = ("TRC-106", "callees signed what they decided");
            let why = Outcome::NotChecked { why: "no statements were given".into() };
            findings.push(Finding::new("documents", asked, why).optional());
        }
        let log = Log::new(&self.issuers, &self.logs, gathered.at);
        findings.extend(log.examine(&entries, &receipts, &checkpoints, &explanation));
        group(&mut findings);

        let named = [("log entry", &entries), ("receipt", &receipts), ("checkpoint", &checkpoints)];
        let beside =
            named.into_iter().flat_map(|(name, files)| files.iter().map(move |file| file.source(name)));
        let sources: Vec<_> = explanation.sources().iter().cloned().chain(beside).collect();
        Ok(answer(&explanation, &findings, &sources))
    }
}

/// Puts what was found out about one thing together, in the order in which things first came up.
fn group(findings: &mut [Finding]) {
    let mut ranks = HashMap::new();
    for finding in findings.iter() {
        let next = ranks.len();
        ranks.entry(finding.place.clone()).or_insert(next);
    }
    findings.sort_by_key(|finding| ranks.get(&finding.place).copied());
}

/// A file and where it was.
struct File {
    name: String,
    bytes: Vec<u8>,
}

impl File {
    fn source(&self, name: &'static str) -> Source {
        Source { name, bytes: self.bytes.len(), sha256: ca2a_core::Sha256::of(&self.bytes) }
    }
}

fn read(
    what: &str,
    paths: &[PathBuf],
    code: ErrorCode,
    session: &Session<'_, '_>,
) -> Result<Vec<File>, Failure> {
    let read = |path: &PathBuf| {
        Ok(File { name: path.display().to_string(), bytes: session.document(what, path, code)? })
    };
    paths.iter().map(read).collect()
}

fn answer(explanation: &Explanation, findings: &[Finding], sources: &[Source]) -> Answer {
    let count = |outcome: &str| findings.iter().filter(|finding| finding.outcome.as_str() == outcome).count();
    let [passed, failed, not_checked] = ["passed", "failed", "not checked"].map(count);
    // That an entry or a receipt cannot be judged says more than that a record has none.
    let missing = || findings.iter().filter(|finding| finding.is_missing());
    let missing = missing().find(|finding| finding.hop.is_none()).or(missing().next());
    let broken = findings.iter().find(|finding| finding.failed());
    let (exit, word) = match (broken, missing, explanation.verdict()) {
        (Some(_), _, _) | (_, _, Verdict::Refused) => (ExitCode::Failure, "refused"),
        (None, None, Verdict::Verified(_)) => (ExitCode::Success, "verified"),
        _ => (ExitCode::Unverifiable, "unverifiable"),
    };
    let summary = summary(explanation, broken, missing);

    let mut json =
        Object::from([("verified", Node::from(exit == ExitCode::Success)), ("verdict", word.into())]);
    if let Some(Outcome::Failed { code, .. }) = broken.map(|finding| &finding.outcome) {
        json.insert("code", code.as_str());
    }
    json.insert("summary", summary.clone());
    json.insert("judged_at", explanation.at().seconds());
    for (name, count) in [("passed", passed), ("failed", failed), ("not_checked", not_checked)] {
        json.insert(name, count);
    }
    json.insert("checks", findings.iter().map(Finding::to_node).collect::<Node<'_>>());
    json.insert("sources", explained::sources(sources));

    let heading = match exit {
        ExitCode::Success => Line::new().tick().strong(word),
        ExitCode::Failure => Line::new().cross().tint(Tint::Bad, word),
        _ => Line::new().tint(Tint::Warn, format!("? {word}")),
    };
    let page = Page::new()
        .line(heading.plain(format!("  {summary}")))
        .then(finding::page(findings))
        .blank()
        .fact("judged at", time::utc(explanation.at().seconds()))
        .fact("checks", format!("{passed} passed, {failed} failed, {not_checked} not checked"));
    Answer::new(json, page).exit(exit)
}

/// Why the answer is what it is. An explanation that is content has nothing to say about the log.
fn summary(explanation: &Explanation, broken: Option<&Finding>, missing: Option<&Finding>) -> String {
    match (explanation.verdict(), broken, missing) {
        (Verdict::Refused, _, _) => explanation.summary(),
        (_, Some(Finding { place, outcome: Outcome::Failed { code, message }, .. }), _) => {
            format!("{place} ({code}): {message}")
        }
        (Verdict::Verified(_), _, Some(Finding { place, outcome: Outcome::NotChecked { why }, .. })) => {
            format!("nothing here is refused, and not all is proven: {place}: {why}")
        }
        _ => explanation.summary(),
    }
}
