//! `ca2a keygen`: a fresh Ed25519 key, in a file that only its owner may read.

use std::path::PathBuf;

use ca2a_core::{SigningKey, json::Object};

use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    page::{Line, Page},
    session::{Session, random},
};

/// Make a key pair: the private half into a file with mode 0600, the public half onto the screen
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the private key goes (PKCS#8 PEM)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a key that is there; what was signed with it stays signed, but nobody can sign with it again
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let key = SigningKey::from_seed(&*random::<32>()?);
        key_file::store(session.fs, &self.out, &key, self.force)?;
        let public = key.verifying_key().to_hex();
        let place = self.out.display().to_string();
        let page = Page::new()
            .line(Line::new().tick().strong(format!("a new key is in {place}")))
            .blank()
            .fact("public", Line::new().name(public.clone()))
            .fact(
                "private",
                Line::new().plain(place.clone()).faint("  mode 0600, PKCS#8; it leaves no other trace"),
            );
        let json = Object::from([("public_key", public), ("key_file", place)]);
        Ok(Answer::new(json, page))
    }
}
