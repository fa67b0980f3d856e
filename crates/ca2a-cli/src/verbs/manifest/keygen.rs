//! `ca2a manifest keygen`: a fresh ML-DSA-65 key, in a file that only its owner may read.

use std::path::PathBuf;

use ca2a_core::json::Object;
use ca2a_manifest::{ManifestKey, pq};

use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    page::{Line, Page},
    session::{Session, random},
};

/// Make an ML-DSA-65 key pair for manifests; `ca2a keygen` makes Ed25519 keys
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the private key goes (PKCS#8 PEM, RFC 9881)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a key that is there; what was signed with it stays signed, but nobody can sign with it again
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let key = pq::SigningKey::from_seed(&*random::<32>()?);
        key_file::store_pq(session.fs, &self.out, &key, self.force)?;
        let key_id = ManifestKey::MlDsa65(key.verifying_key()).id().to_hex();
        let place = self.out.display().to_string();
        let page = Page::new()
            .line(Line::new().tick().strong(format!("a new key is in {place}")))
            .blank()
            .fact("key id", Line::new().name(key_id.clone()))
            .fact(
                "private",
                Line::new().plain(place.clone()).faint("  mode 0600, PKCS#8; it leaves no other trace"),
            );
        let json =
            Object::from([("algorithm", "ML-DSA-65".to_owned()), ("key_id", key_id), ("key_file", place)]);
        Ok(Answer::new(json, page))
    }
}
