//! `ca2a handoff keygen`: a fresh agent.

use std::path::PathBuf;

use ca2a_core::json::Object;
use ca2a_handoff::AgentIdentity;

use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    page::{Line, Page},
    session::{Session, random},
};

/// Make an agent: a key file with mode 0600, and the id that is derived from the key
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the private key goes (PKCS#8 PEM)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a key that is there
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let agent = AgentIdentity::from_seed(&*random::<32>()?);
        key_file::store(session.fs, &self.out, agent.signing_key(), self.force)?;
        let place = self.out.display().to_string();
        let json = Object::from([
            ("agent_id", agent.agent_id().to_string()),
            ("public_key", agent.public_key_pem().to_owned()),
            ("public_key_hex", agent.verifying_key().to_hex()),
            ("key_file", place.clone()),
        ]);
        let page = Page::new()
            .line(Line::new().tick().strong(format!("a new agent is in {place}")))
            .blank()
            .fact("agent", Line::new().name(agent.agent_id().as_str()))
            .fact("public", Line::new().name(agent.verifying_key().to_hex()))
            .fact("private", Line::new().plain(place).faint("  mode 0600, PKCS#8; it leaves no other trace"));
        Ok(Answer::new(json, page))
    }
}
