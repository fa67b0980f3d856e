//! `ca2a log monitor`: whether a log still says what it said.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, encoding::base64url, json::Object};
use ca2a_runtime::log::{Sighting, Watch, watch};
use ca2a_trace::scitt::VerifiedCheckpoint;

use super::asked::{Asked, Source, state, wait};
use crate::{
    answer::Answer,
    failure::Failure,
    page::{Line, Page},
    session::{LARGEST_DOCUMENT, Session},
};

/// Look at a log again: keep its head, and refuse one that does not add to the head that was kept
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// Where the last checkpoint is kept; made at the first look
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let source = self.asked.open(&[], session)?;
        let kept = self.kept(&source, session)?;
        let (bytes, seen) = wait(async {
            let checkpoint = source.checkpoint().await?;
            let bytes = checkpoint.to_vec()?;
            Ok((bytes, checkpoint.verify(&source.trusted, source.at())?))
        })?;
        let head = seen.head();
        // What refuses is evidence: both checkpoints bear the log's signature.
        let judged =
            judge(kept, seen, &source).map_err(|failure| failure.member("seen", base64url(&bytes)))?;
        session
            .fs
            .write(&self.state, &bytes, crate::fs::Placement { replace: true, private: false })
            .map_err(|error| crate::session::unwritten(&self.state, &error))?;
        let (word, said) = match judged {
            Sighting::First => ("first", "the first look".to_owned()),
            Sighting::Unchanged => ("unchanged", "as it was".to_owned()),
            Sighting::Grown { from } => {
                ("grown", format!("it only added: {from} entries, then {}", head.size))
            }
        };
        let mut json = Object::from([("consistent", true)]);
        json.insert("sighting", word);
        if let Sighting::Grown { from } = judged {
            json.insert("from", from);
        }
        state(&head, &mut json);
        json.insert("state_file", self.state.display().to_string());
        let page = Page::new()
            .line(Line::new().tick().strong(said))
            .blank()
            .fact("entries", head.size.to_string())
            .fact("root", Line::new().name(head.root.to_hex()))
            .fact("kept in", self.state.display().to_string());
        Ok(Answer::new(json, page))
    }

    /// The checkpoint of the last look, if there was one.
    fn kept(
        &self,
        source: &Source,
        session: &Session<'_, '_>,
    ) -> Result<Option<VerifiedCheckpoint>, Failure> {
        match session.fs.read(&self.state, LARGEST_DOCUMENT) {
            Ok(contents) => source.kept(&contents.bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let place = self.state.display();
                let message = format!("the kept checkpoint {place} cannot be read: {error}");
                Err(Failure::new(ErrorCode::StatementInvalid, message))
            }
        }
    }
}

fn judge(
    kept: Option<VerifiedCheckpoint>,
    seen: VerifiedCheckpoint,
    source: &Source,
) -> Result<Sighting, Failure> {
    match watch(kept, seen)? {
        Watch::Settled(sighting) => Ok(sighting),
        Watch::Growth(growth) => {
            let (old, new) = growth.sizes();
            let receipt = wait(source.consistency(old, new))?;
            Ok(growth.settle(receipt, &source.trusted, source.at())?)
        }
    }
}
