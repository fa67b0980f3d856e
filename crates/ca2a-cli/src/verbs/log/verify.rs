//! `ca2a log verify`: an entry with its receipts, and the file that it is about, from files alone.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, EvaluationTime, Sha256, json::Object};
use ca2a_runtime::log::EntryId;
use ca2a_trace::scitt::TransparentStatement;

use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    pin::{Pin, trusted},
    session::Session,
};

/// Verify offline that an entry is on a log, who stated it, and that it is about a file
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The entry with its receipts in it, as `log register --transparent` wrote it
    #[arg(long, value_name = "FILE")]
    entry: PathBuf,
    /// The file
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// A log to trust and its key, `https://log.example=<64 hex>`; may be given several times
    #[arg(long = "log-key", value_name = "LOG=KEY", required = true)]
    logs: Vec<Pin>,
    /// An issuer to trust and its key, likewise; may be given several times
    #[arg(long = "issuer-key", value_name = "ISSUER=KEY", required = true)]
    issuers: Vec<Pin>,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let entry = session.document("entry", &self.entry, ErrorCode::StatementInvalid)?;
        let file = session.document("stated", &self.file, ErrorCode::BadRequest)?;
        let (issuers, logs) = (trusted(&self.issuers), trusted(&self.logs));
        let entry = TransparentStatement::read(&entry)?;
        let id = EntryId(entry.statement().leaf()?).to_string();
        let verified = entry.verify(&issuers, &logs, EvaluationTime::Live(session.clock.now()))?;
        let statement = verified.statement();
        statement.is_of_bytes(&file)?;

        let claims = statement.claims();
        let logs: Vec<_> =
            verified.receipts().iter().map(|receipt| receipt.claims().issuer.clone()).collect();
        let digest = Sha256::of(&file).to_hex();
        let mut json = Object::from([
            ("id", id.clone()),
            ("subject", claims.subject.clone()),
            ("issuer", claims.issuer.clone()),
            ("sha256", digest.clone()),
        ]);
        json.insert("logs", logs.iter().cloned().collect::<ca2a_core::json::Node<'_>>());
        json.insert("unverifiable_receipts", verified.unverifiable().len());
        let page = Page::new()
            .line(Line::new().tick().strong(format!("{} has it", logs.join(", "))))
            .blank()
            .fact("about", Line::new().name(claims.subject.clone()))
            .fact("by", Line::new().name(claims.issuer.clone()))
            .fact("file", Line::new().name(digest))
            .fact("id", Line::new().name(id));
        Ok(Answer::new(json, page))
    }
}
