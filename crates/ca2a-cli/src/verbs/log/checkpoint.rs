//! `ca2a log checkpoint`: a log's signed head.

use ca2a_core::json::Object;

use super::asked::{Asked, Output, state, wait};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    render::time,
    session::Session,
};

/// Fetch and verify a log's signed head
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let source = self.asked.open(&[], session)?;
        let checkpoint = wait(source.checkpoint())?;
        let bytes = checkpoint.to_vec()?;
        let verified = checkpoint.verify(&source.trusted, source.at())?;
        let (head, claims) = (verified.head(), verified.claims());
        let mut json = Object::from([("log", claims.issuer.clone())]);
        state(&head, &mut json);
        json.insert("issued_at", claims.issued_at);
        if let Some(pin) = source.pin() {
            json.insert("log_key", pin);
        }
        let place = self.output.put("checkpoint", &bytes, &mut json, session)?;
        let page = Page::new()
            .line(Line::new().tick().strong(format!("{} has {} entries", claims.issuer, head.size)))
            .blank()
            .fact("root", Line::new().name(head.root.to_hex()))
            .fact("signed", claims.issued_at.map_or_else(|| "undated".to_owned(), time::utc))
            .fact("checkpoint", place);
        Ok(Answer::new(json, page))
    }
}
