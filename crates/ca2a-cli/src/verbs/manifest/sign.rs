//! `ca2a manifest sign`: a document becomes a manifest.

use std::path::PathBuf;

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};
use ca2a_manifest::{Manifest, Signer, Timestamp};

use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    number::Integer,
    page::{Line, Page},
    session::Session,
    verbs::manifest::trust::unread,
};

/// Sign a document as a manifest: JSON for version 0.1, an envelope for version 0.2
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The document, whose `version` says in which form it is signed
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The private key of the issuer
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the manifest goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace what is there
    #[arg(long)]
    force: bool,
    /// The Unix time that version 0.1 states as its time of signing; now unless given
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    at_time: Option<Integer>,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let at = match self.at_time {
            Some(then) => then.uint("--at-time")?,
            None => session.clock.now(),
        };
        let document = session.document("manifest", &self.manifest, ErrorCode::ManifestInvalid)?;
        let key = key_file::load(session.fs, &self.key)?;
        let signer = Signer::Ed25519(&key);
        let bytes = signer.sign(&document, Timestamp::of_seconds(at)).map_err(|error| unread(&error))?;
        let manifest = Manifest::read(&bytes).map_err(|error| unread(&error))?;
        let digest = manifest.digest().map_err(|error| unread(&error))?;
        session.write(&self.out, &bytes, self.force)?;

        let key_id = signer.key().id().to_hex();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let json = Object::from([
            ("signed", Node::from(true)),
            ("manifest_id", text(manifest.id()).into()),
            ("agent_id", text(manifest.agent_id()).into()),
            ("version", text(manifest.version()).into()),
            ("digest", format!("sha256:{}", digest.to_hex()).into()),
            ("key_id", key_id.clone().into()),
            ("manifest_file", self.out.display().to_string().into()),
        ]);
        let page = Page::new()
            .line(Line::new().tick().strong("signed"))
            .blank()
            .fact("manifest", Line::new().name(text(manifest.id())))
            .fact("agent", text(manifest.agent_id()))
            .fact("key", Line::new().name(key_id))
            .fact("file", self.out.display().to_string());
        Ok(Answer::new(json, page))
    }
}
