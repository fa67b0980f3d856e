//! `ca2a log consistency`: the proof that a log only added to a checkpoint.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, json::Object};

use super::asked::{Asked, Output, state, wait};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    session::Session,
};

/// Fetch and verify the receipt that a log only added to a checkpoint
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// The checkpoint that was kept
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let bytes = session.document("checkpoint", &self.from, ErrorCode::StatementInvalid)?;
        let source = self.asked.open(&[], session)?;
        let kept = source.kept(&bytes)?.head();
        let (now, receipt) = wait(async {
            let now = source.checkpoint().await?.verify(&source.trusted, source.at())?.head();
            Ok((now, source.consistency(kept.size, now.size).await?))
        })?;
        let bytes = receipt.to_vec()?;
        receipt.verify(&kept, &source.trusted, source.at())?.confirm(&now)?;
        let mut json = Object::from([("from", kept.size)]);
        state(&now, &mut json);
        let place = self.output.put("receipt", &bytes, &mut json, session)?;
        let heading = format!("the log only added: {} entries, then {}", kept.size, now.size);
        let page = Page::new()
            .line(Line::new().tick().strong(heading))
            .blank()
            .fact("root", Line::new().name(now.root.to_hex()))
            .fact("receipt", place);
        Ok(Answer::new(json, page))
    }
}
