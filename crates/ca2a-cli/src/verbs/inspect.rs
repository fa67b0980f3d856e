//! `ca2a inspect`: what is in this file?

mod config;
mod delegation;
mod key;
mod kind;
mod records;

use std::path::PathBuf;

use ca2a_core::{
    ErrorCode,
    json::{Node, NumberPolicy, Object, Reader},
};
use zeroize::Zeroizing;

use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    session::{LARGEST_DOCUMENT, Session},
};
use kind::Kind;

/// Say what is in a file of ours: a chain, records, a snapshot, a configuration, the public half of a key
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What was found in a file. To look is not to judge, so it says how to have it judged.
struct Finding {
    /// What the document is, as JSON calls it.
    kind: &'static str,
    /// What it is, in words.
    words: String,
    members: Object<'static>,
    page: Page,
    /// Who judges such a document.
    judge: &'static str,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let place = self.file.display().to_string();
        let contents = session.fs.read(&self.file, LARGEST_DOCUMENT).map_err(|error| {
            Failure::argument(format!("{place} cannot be read: {error}")).help("check the path")
        })?;
        // It may turn out to be a private key.
        let bytes = Zeroizing::new(contents.bytes);
        let finding = if bytes.starts_with(b"-----BEGIN") {
            key::inspect(&self.file, session)?
        } else {
            document(&bytes, session)?
        };
        let mut json = Object::from([("kind", Node::from(finding.kind)), ("file", place.clone().into())]);
        for (name, node) in finding.members.iter() {
            json.insert(name.to_owned(), node.clone());
        }
        let page = Page::new()
            .line(Line::new().strong(format!("{place} is {}", finding.words)))
            .blank()
            .then(finding.page)
            .blank()
            .fact("judged by", Line::new().faint(finding.judge));
        Ok(Answer::new(json, page))
    }
}

fn document(bytes: &[u8], session: &Session<'_, '_>) -> Result<Finding, Failure> {
    let read = Reader::new(NumberPolicy::Lexical).read(bytes);
    let node = match &read {
        Ok(node) => node,
        // What is no JSON and does not start like it may be the one document of ours that is YAML.
        Err(_) if config::may_be(bytes) => return config::inspect(bytes),
        Err(error) => return Err(Failure::argument(format!("this is no document of ours: {error}"))),
    };
    match Kind::of(node) {
        Some(Kind::Chain) => delegation::chain(bytes),
        Some(Kind::Credential) => delegation::credential(bytes),
        Some(Kind::Snapshot) => delegation::snapshot(bytes),
        Some(Kind::Statement) => delegation::statement(bytes),
        Some(Kind::DelegationRecords) => records::delegation(bytes),
        Some(Kind::DelegationRecord) => records::delegation_record(bytes),
        Some(Kind::TraceRecords) => records::trace(bytes, session.clock.now()),
        Some(Kind::TraceRecord) => records::trace_record(bytes, session.clock.now()),
        None => Err(Failure::new(ErrorCode::BadRequest, "this is JSON, but no document of ours")
            .help("it may be a task, a payload or an answer: those have no form that this command knows")),
    }
}
