//! `ca2a log state`: a statement about a record, ready to be registered.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, cose::Signer, json::Object};
use ca2a_runtime::log::EntryId;
use ca2a_trace::{TrustRecord, scitt::SignedStatement};

use super::asked::Output;
use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    page::{Line, Page},
    session::Session,
};

/// Make a signed statement about a TRACE record
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The record
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
    /// The private key of whoever states it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Who states it, an address by which others know them
    #[arg(long, value_name = "NAME")]
    issuer: String,
    /// State the record's hash alone, so that nothing else of it is on the log
    #[arg(long)]
    hash: bool,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let bytes = session.document("record", &self.record, ErrorCode::TraceRecordInvalid)?;
        let record = TrustRecord::from_json(&bytes)?;
        let key = key_file::load(session.fs, &self.key)?;
        let (now, signer) = (session.clock.now(), Signer::eddsa(&key));
        let statement = if self.hash {
            SignedStatement::of_record_hash(&record, &self.issuer, now, &signer)?
        } else {
            SignedStatement::of_record(&record, &self.issuer, now, &signer)?
        };
        let id = EntryId(statement.leaf()?).to_string();
        let public = key.verifying_key().to_hex();
        let mut json = Object::from([
            ("id", id.clone()),
            ("subject", statement.claims().subject.clone()),
            ("issuer_key", format!("{}={public}", self.issuer)),
        ]);
        let place = self.output.put("statement", &statement.to_vec()?, &mut json, session)?;
        let page = Page::new()
            .line(Line::new().tick().strong("stated"))
            .blank()
            .fact("about", Line::new().name(statement.claims().subject.clone()))
            .fact("by", Line::new().name(self.issuer.clone()))
            .fact("id", Line::new().name(id))
            .fact("statement", place)
            .fact("next", "`ca2a log register --statement FILE`");
        Ok(Answer::new(json, page))
    }
}
