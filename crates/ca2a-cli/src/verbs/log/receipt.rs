//! `ca2a log receipt`: the proof that a statement is on a log.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, json::Object};
use ca2a_runtime::log::EntryId;
use ca2a_trace::scitt::SignedStatement;

use super::asked::{Asked, Output, wait};
use crate::{
    answer::Answer,
    failure::Failure,
    number::Integer,
    page::{Line, Page},
    session::Session,
};

/// Fetch and verify the receipt of a statement
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// The statement (COSE)
    #[arg(long, value_name = "FILE")]
    statement: PathBuf,
    /// The size of a checkpoint: a receipt that can be held against it. The first receipt unless given
    #[arg(long, value_name = "ENTRIES", allow_hyphen_values = true)]
    size: Option<Integer>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let bytes = session.document("statement", &self.statement, ErrorCode::StatementInvalid)?;
        let leaf = SignedStatement::read(&bytes)?.leaf()?;
        let size = self.size.map(|size| size.uint("--size")).transpose()?;
        let source = self.asked.open(&[], session)?;
        let receipt = wait(source.receipt(EntryId(leaf), size))?;
        let bytes = receipt.to_vec()?;
        let verified = receipt.verify(leaf, &source.trusted, source.at())?;
        let mut json = Object::from([("id", EntryId(leaf).to_string())]);
        json.insert("log", verified.claims().issuer.clone());
        json.insert("stated_size", verified.stated_size());
        json.insert("stated_index", verified.stated_index());
        json.insert("root", verified.root().to_hex());
        let place = self.output.put("receipt", &bytes, &mut json, session)?;
        let stated = format!("{} of {}", verified.stated_index(), verified.stated_size());
        let page = Page::new()
            .line(Line::new().tick().strong(format!("{} has it", verified.claims().issuer)))
            .blank()
            .fact("root", Line::new().name(verified.root().to_hex()))
            .fact("entry", Line::from(stated).faint("  as the receipt states; a checkpoint makes it certain"))
            .fact("receipt", place);
        Ok(Answer::new(json, page))
    }
}
