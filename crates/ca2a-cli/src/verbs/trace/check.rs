//! `ca2a trace check`: does this record have that level?

use std::path::{Component, Path, PathBuf};

use ca2a_core::{
    ErrorCode, EvaluationTime, Sha256, VerifyingKey,
    json::{self, Node, Value},
};
use ca2a_trace::levels::{self, Finding, Level, Mode, Options, PolicyBundles, Report, Status, Verdict};

use crate::{
    answer::Answer,
    exit::ExitCode,
    failure::Failure,
    number::Integer,
    page::{Line, Page, Tint},
    render::counted,
    session::Session,
};

/// Check a TRACE record against a level, as the published suite does, or stricter
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The record: a TRACE record, or a cMCP envelope around one
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
    /// 0 software-only, 1 TEE-attested, 2 transparency-anchored
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Level,
    /// Ask also what the published suite leaves open
    #[arg(long)]
    strict: bool,
    /// The most seconds that the record may be old
    #[arg(long, value_name = "SECONDS", default_value = "86400", allow_negative_numbers = true)]
    max_age: Integer,
    /// The nonce that you sent to the runtime; from level 1
    #[arg(long, value_name = "NONCE")]
    expected_nonce: Option<String>,
    /// The inclusion receipt of the record; at level 2
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// A folder of policy bundles, whose `resolutions.json` maps each URI to a file in it
    #[arg(long, value_name = "DIR")]
    policy_dir: Option<PathBuf>,
    /// The key that must have signed the record, 64 lower-case hex characters
    #[arg(long, value_name = "HEX", requires = "strict", value_parser = VerifyingKey::from_hex)]
    trusted_key: Option<VerifyingKey>,
    /// A root that you know a log to have signed, 64 lower-case hex characters; may be given several times
    #[arg(long = "log-root", value_name = "HEX", requires = "strict", value_parser = Sha256::from_hex)]
    log_roots: Vec<Sha256>,
    /// Judge as of this Unix time; it reads no clock then
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    at_time: Option<Integer>,
}

fn level(text: &str) -> Result<Level, String> {
    let number: u64 = text.parse().map_err(|_| "a level is 0, 1 or 2")?;
    Level::try_from(number).map_err(|error| error.to_string())
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let at = match self.at_time {
            Some(then) => EvaluationTime::At(then.uint("--at-time")?),
            None => EvaluationTime::Live(session.clock.now()),
        };
        let record = session.document("record", &self.record, ErrorCode::TraceRecordInvalid)?;
        let receipt = self.receipt(session)?;
        let receipt = receipt.as_deref().map(|bytes| object("receipt", bytes)).transpose()?;
        let policies = self.policy_dir.as_deref().map(|folder| bundles(folder, session)).transpose()?;

        let mut options = Options::at(at).max_age(self.max_age.uint("--max-age")?).log_roots(&self.log_roots);
        if let Some(nonce) = &self.expected_nonce {
            options = options.expected_nonce(nonce);
        }
        if let Some(receipt) = &receipt {
            options = options.receipt(receipt);
        }
        if let Some(policies) = &policies {
            options = options.policies(policies);
        }
        if let Some(key) = &self.trusted_key {
            options = options.trusted_key(key);
        }
        let mode = if self.strict { Mode::Strict } else { Mode::Package };
        let report = levels::check(&record, self.level, &options, mode).map_err(|error| {
            Failure::new(error.code(), error.to_string())
                .rule("TRC-121")
                .member("verdict", "load-error")
                .member("reason", error.reason())
        })?;
        Ok(answer(&report))
    }

    fn receipt(&self, session: &Session<'_, '_>) -> Result<Option<Vec<u8>>, Failure> {
        let read = |path: &PathBuf| session.document("receipt", path, ErrorCode::ReceiptInvalid);
        self.receipt.as_ref().map(read).transpose()
    }
}

/// A document that has to be an object.
fn object<'b>(what: &str, bytes: &'b [u8]) -> Result<Node<'b>, Failure> {
    match json::read(bytes) {
        Ok(node) if node.as_object().is_some() => Ok(node),
        Ok(_) => Err(Failure::new(ErrorCode::ReceiptInvalid, format!("the {what} is no JSON object"))),
        Err(error) => {
            Err(Failure::new(ErrorCode::ReceiptInvalid, format!("the {what} cannot be read: {error}")))
        }
    }
}

/// The bundles that a folder's `resolutions.json` names. One that is not there stays out, which is for the check to
/// say; a path that leads out of the folder is refused.
fn bundles(folder: &Path, session: &Session<'_, '_>) -> Result<PolicyBundles, Failure> {
    let path = folder.join("resolutions.json");
    let bytes = session.document("policy manifest", &path, ErrorCode::ConfigError)?;
    let refused = |why: String| Failure::new(ErrorCode::ConfigError, format!("{}: {why}", path.display()));
    let manifest = json::read(&bytes).map_err(|error| refused(error.to_string()))?;
    let entries = manifest.as_object().ok_or_else(|| refused("must be a JSON object".into()))?;
    let mut bundles = PolicyBundles::new();
    for (uri, file) in entries.iter() {
        let inside =
            |file: &&str| Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        let file =
            file.as_str().filter(inside).filter(|file| !file.is_empty()).ok_or_else(|| {
                refused(format!("`{uri}` must map to a path inside the folder, without `..`"))
            })?;
        if let Ok(contents) = session.fs.read(&folder.join(file), crate::session::LARGEST_DOCUMENT) {
            bundles.insert(uri.to_owned(), contents.bytes);
        }
    }
    Ok(bundles)
}

fn answer(report: &Report) -> Answer {
    let verdict = report.verdict();
    let mut json = ca2a_core::json::Object::from([("passed", Node::from(verdict == Verdict::Pass))]);
    if let Value::Object(members) = report.to_node().into_owned().value {
        for (name, member) in members.iter() {
            json.insert(name.to_owned(), member.clone());
        }
    }
    let exit = match verdict {
        Verdict::Pass => ExitCode::Success,
        Verdict::Fail => ExitCode::Failure,
        Verdict::Unverified => ExitCode::Unverifiable,
    };
    Answer::new(json, page(report)).exit(exit)
}

fn page(report: &Report) -> Page {
    let level = format!("level {} ({})", report.level().number(), report.level().name());
    let heading = match report.verdict() {
        Verdict::Pass => Line::new().tick().strong(format!("{level}: the record has it")),
        Verdict::Fail => Line::new().cross().tint(Tint::Bad, format!("{level}: the record has it not")),
        Verdict::Unverified => {
            Line::new().tint(Tint::Warn, format!("? {level}: nothing is wrong, and not all could be checked"))
        }
    };
    let rows = report.findings().iter().map(|finding| row(finding, report.level()));
    let counting = report.failing().count();
    let tally = format!("{}, {counting} against it", counted(report.findings().len(), "check"));
    Page::new().line(heading).blank().table(rows.collect()).blank().fact("checked", tally)
}

fn row(finding: &Finding, level: Level) -> Vec<Line> {
    let mark = match finding.status() {
        Status::Pass => Line::new().tick(),
        Status::Fail => Line::new().cross(),
        Status::Skip => Line::new().dot(),
        Status::Unverified => Line::new().tint(Tint::Warn, "? "),
    };
    let tint = if finding.counts(level) { Tint::Bad } else { Tint::Plain };
    vec![
        mark.strong(finding.id()),
        Line::new().faint(finding.status().as_str()),
        Line::new().tint(tint, finding.message()),
    ]
}
