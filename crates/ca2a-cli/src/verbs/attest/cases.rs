//! `ca2a attest verify --cases`: a file of evidence whose verdicts are known, judged case by case.
//!
//! Every verdict is reached before the expected one is looked at, from the files of the case alone.

mod azure;
mod base;
mod expected;
mod files;
mod outcome;
mod pcrs;
mod snp;
mod tdx;
mod tpm;

use std::path::Path;

use ca2a_core::{
    ErrorCode,
    json::{Limits, Node, NumberPolicy, Object, Reader},
};

use self::{expected::Expected, files::Case, outcome::Outcome};
use crate::{
    answer::Answer,
    exit::ExitCode,
    failure::Failure,
    page::{Line, Page, Tint},
    render::counted,
    session::{LARGEST_DOCUMENT, Session},
};

/// Judges every case of the file.
pub(super) fn run(path: &Path, session: &Session<'_, '_>) -> Result<Answer, Failure> {
    let bytes = session.document("case", path, ErrorCode::BadRequest)?;
    let limits = Limits { max_bytes: LARGEST_DOCUMENT, max_depth: 16 };
    let file = Reader::new(NumberPolicy::Lexical).limits(limits).read(&bytes);
    let file = file.map_err(|error| refused(path, &error.to_string()))?;
    let list = file.as_array().ok_or_else(|| refused(path, "must be an array of cases"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut cases = Vec::new();
    for node in list {
        let object = node.as_object().ok_or_else(|| refused(path, "a case must be an object"))?;
        cases.push((Case::read(object, folder).map_err(|why| refused(path, &why))?, object));
    }
    let all: Vec<&Case> = cases.iter().map(|(case, _)| case).collect();
    let mut outcomes = Vec::new();
    for case in &all {
        outcomes.push(
            Outcome::of(case, &all, session).map_err(|why| refused(path, &format!("{}: {why}", case.id)))?,
        );
    }
    let mut judged = Vec::new();
    for ((case, object), outcome) in cases.iter().zip(&outcomes) {
        judged.push(Judged::new(case, object, outcome).map_err(|why| refused(path, &why))?);
    }
    Ok(answer(&judged))
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::new(ErrorCode::BadRequest, format!("{}: {why}", path.display()))
}

/// A case, what came of it, and whether that is what was expected.
struct Judged<'c> {
    case: &'c Case,
    outcome: &'c Outcome,
    expected: String,
    disagreement: Option<String>,
}

impl<'c> Judged<'c> {
    /// Reads what the case expects, now that its outcome is known.
    fn new(case: &'c Case, object: &Object<'_>, outcome: &'c Outcome) -> Result<Self, String> {
        let text = object.text("verdict").map_err(|error| format!("{}: {error}", case.id))?;
        let expected =
            Expected::parse(text).ok_or_else(|| format!("{}: unknown verdict `{text}`", case.id))?;
        let claims = object.get("expect").and_then(Node::as_object);
        let disagreement = expected.judge(outcome, claims).err();
        Ok(Self { case, outcome, expected: text.to_owned(), disagreement })
    }

    fn node(&self) -> Node<'static> {
        let mut object = self.outcome.to_object();
        object.insert("id", self.case.id.clone());
        object.insert("kind", self.case.kind.clone());
        object.insert("expected", self.expected.clone());
        object.insert("agrees", self.disagreement.is_none());
        object.insert("disagreement", self.disagreement.clone());
        object.into()
    }

    fn row(&self) -> Vec<Line> {
        let mark = if self.disagreement.is_none() { Line::new().tick() } else { Line::new().cross() };
        let tint = if self.disagreement.is_none() { Tint::Plain } else { Tint::Bad };
        let why = self.disagreement.clone().unwrap_or_else(|| self.outcome.failed.join(" "));
        vec![
            mark.strong(self.case.id.as_str()),
            Line::new().plain(self.outcome.verdict()),
            Line::new().tint(tint, why),
        ]
    }
}

fn answer(judged: &[Judged<'_>]) -> Answer {
    let wrong = judged.iter().filter(|case| case.disagreement.is_some()).count();
    let json = Object::from([
        ("verified", Node::from(wrong == 0)),
        ("cases", judged.len().into()),
        ("disagreements", wrong.into()),
        ("results", judged.iter().map(Judged::node).collect()),
    ]);
    let tally = counted(judged.len(), "case");
    let heading = if wrong == 0 {
        Line::new().tick().strong(format!("{tally}, each with its expected verdict"))
    } else {
        Line::new().cross().tint(Tint::Bad, format!("{wrong} of {tally} have another verdict than expected"))
    };
    let page = Page::new().line(heading).blank().table(judged.iter().map(Judged::row).collect());
    Answer::new(json, page).exit(if wrong == 0 { ExitCode::Success } else { ExitCode::Failure })
}
