//! `ca2a manifest sign`: a document becomes a manifest.

use std::path::PathBuf;

use ca2a_core::{
    ErrorCode,
    json::{self, Node, Object},
};
use ca2a_manifest::{Manifest, ManifestKey, Signer, Timestamp};

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
    /// The issuer's private Ed25519 key
    #[arg(long, value_name = "FILE", required_unless_present = "pq_key")]
    key: Option<PathBuf>,
    /// The issuer's private ML-DSA-65 key, by itself or, with `--key`, for a hybrid signature
    #[arg(long, value_name = "FILE")]
    pq_key: Option<PathBuf>,
    /// Where the manifest goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write the public half to this file too, as the trust anchor that verifiers take
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
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
        let key = self.key.as_ref().map(|path| key_file::load(session.fs, path)).transpose()?;
        let pq = self.pq_key.as_ref().map(|path| key_file::load_pq(session.fs, path)).transpose()?;
        let signer = match (&key, &pq) {
            (Some(key), None) => Signer::Ed25519(key),
            (None, Some(pq)) => Signer::MlDsa65(pq),
            (Some(key), Some(pq)) => Signer::Hybrid(key, pq),
            (None, None) => return Err(Failure::argument("`--key` or `--pq-key` must be given")),
        };
        let bytes = signer.sign(&document, Timestamp::of_seconds(at)).map_err(|error| unread(&error))?;
        let manifest = Manifest::read(&bytes).map_err(|error| unread(&error))?;
        let digest = manifest.digest().map_err(|error| unread(&error))?;
        session.write(&self.out, &bytes, self.force)?;

        let key_id = signer.key().id().to_hex();
        if let Some(path) = &self.anchor {
            let anchors = json::to_pretty(&anchors(&signer.key()).into());
            session.write(path, anchors.as_bytes(), self.force)?;
        }
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

/// The anchor file of `key`. Each half of a hybrid signature in an envelope names its own key, so that both halves are in
/// it beside the whole.
fn anchors(key: &ManifestKey) -> Object<'static> {
    let anchor = |key: ManifestKey| -> Node<'static> {
        Object::from([
            ("key_id", Node::from(key.id().to_hex())),
            ("public_key_base64url", key.to_base64url().into()),
        ])
        .into()
    };
    let keys = match key {
        ManifestKey::Hybrid(classical, pq) => {
            vec![key.clone(), (*classical).into(), ManifestKey::MlDsa65(pq.clone())]
        }
        one => vec![one.clone()],
    };
    Object::from([("keys", keys.into_iter().map(anchor).collect::<Node<'_>>())])
}
