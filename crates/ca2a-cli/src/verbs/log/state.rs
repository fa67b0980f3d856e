//! `ca2a log state`: a statement about a record, a callee's statement or a file, ready to be registered.

use std::path::{Path, PathBuf};

use ca2a_core::{
    ErrorCode, SigningKey,
    cose::{Claims, Signer},
    json::Object,
};
use ca2a_runtime::log::EntryId;
use ca2a_trace::{
    TrustRecord,
    scitt::{SignedStatement, Stated},
    statement::Statement,
};

use super::asked::Output;
use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    page::{Line, Page},
    session::Session,
};

/// Make an entry for a log: a signed statement about a TRACE record, about what a callee signed, or about a file
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("about").required(true))]
pub(crate) struct Args {
    /// The TRACE record
    #[arg(long, value_name = "FILE", group = "about")]
    record: Option<PathBuf>,
    /// The callee's statement
    #[arg(long, value_name = "FILE", group = "about")]
    statement: Option<PathBuf>,
    /// Any other file, of which the hash alone is stated
    #[arg(long, value_name = "FILE", group = "about", requires = "subject")]
    file: Option<PathBuf>,
    /// What the file is called
    #[arg(long, value_name = "NAME", requires = "file")]
    subject: Option<String>,
    /// The media type of the file
    #[arg(long, value_name = "TYPE", requires = "file", default_value = "application/octet-stream")]
    media_type: String,
    /// The private key of whoever states it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Who states it, an address by which others know them
    #[arg(long, value_name = "NAME")]
    issuer: String,
    /// State the hash alone, so that nothing else of it is on the log
    #[arg(long)]
    hash: bool,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let key = key_file::load(session.fs, &self.key)?;
        let statement = match (&self.record, &self.statement, &self.file) {
            (Some(path), _, _) => {
                let bytes = session.document("record", path, ErrorCode::TraceRecordInvalid)?;
                self.state(&TrustRecord::from_json(&bytes)?, &key, session)?
            }
            (None, Some(path), _) => {
                let bytes = session.document("statement", path, ErrorCode::StatementInvalid)?;
                self.state(&Statement::from_json(&bytes)?, &key, session)?
            }
            (None, None, Some(path)) => self.state_file(path, &key, session)?,
            (None, None, None) => {
                return Err(Failure::argument("give --record, --statement or --file"));
            }
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

    fn state_file(
        &self,
        path: &Path,
        key: &SigningKey,
        session: &Session<'_, '_>,
    ) -> Result<SignedStatement, Failure> {
        let bytes = session.document("stated", path, ErrorCode::BadRequest)?;
        let claims = Claims {
            issuer: self.issuer.clone(),
            subject: self.subject.clone().unwrap_or_default(),
            issued_at: Some(session.clock.now()),
        };
        Ok(SignedStatement::of_file(&claims, &self.media_type, &bytes, &Signer::eddsa(key))?)
    }

    fn state<'t>(
        &self,
        about: impl Into<Stated<'t>>,
        key: &SigningKey,
        session: &Session<'_, '_>,
    ) -> Result<SignedStatement, Failure> {
        let (now, signer) = (session.clock.now(), Signer::eddsa(key));
        Ok(match self.hash {
            true => SignedStatement::of_hash(about, &self.issuer, now, &signer)?,
            false => SignedStatement::of(about, &self.issuer, now, &signer)?,
        })
    }
}
