//! `ca2a log register`: a statement onto a log.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, json::Object};
use ca2a_runtime::log::EntryId;
use ca2a_trace::scitt::{SignedStatement, TransparentStatement};

use super::asked::{Asked, Output, wait};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    pin::Pin,
    session::Session,
};

/// Put a statement on a log, and keep its receipt
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// The statement (COSE)
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    /// An issuer whose statements are taken in and its key, with `--dir`; may be given several times
    #[arg(long = "issuer-key", value_name = "ISSUER=KEY")]
    issuers: Vec<Pin>,
    /// Where the statement goes with the receipt in it, which is what an auditor wants
    #[arg(long, value_name = "FILE")]
    transparent: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let bytes = session.document("statement", &self.statement, ErrorCode::StatementInvalid)?;
        let statement = SignedStatement::read(&bytes)?;
        let leaf = statement.leaf()?;
        let source = self.asked.open(&self.issuers, session)?;
        let receipt = wait(source.register(&statement))?;
        let id = EntryId(leaf).to_string();
        let mut json = Object::from([("id", id.clone())]);
        json.insert("pending", receipt.is_none());
        let page = Page::new().line(Line::new().tick().strong("on the log")).blank();
        let page = page.fact("id", Line::new().name(id));
        let Some(receipt) = receipt else {
            let later = "none yet: a log of one statement has no receipt; it comes with the next statement";
            return Ok(Answer::new(json, page.fact("receipt", later)));
        };
        let bytes = receipt.to_vec()?;
        let verified = receipt.clone().verify(leaf, &source.trusted, source.at())?;
        json.insert("stated_size", verified.stated_size());
        json.insert("stated_index", verified.stated_index());
        json.insert("root", verified.root().to_hex());
        let place = self.output.put("receipt", &bytes, &mut json, session)?;
        let page = page.fact("receipt", place).fact("root", Line::new().name(verified.root().to_hex()));
        let Some(path) = &self.transparent else { return Ok(Answer::new(json, page)) };
        let transparent = TransparentStatement::new(statement, vec![receipt])?.to_vec()?;
        session.write(path, &transparent, false)?;
        json.insert("transparent_file", path.display().to_string());
        Ok(Answer::new(json, page.fact("transparent", Line::from(path.display().to_string()))))
    }
}
