//! `ca2a manifest verify`: may this manifest be relied on?

use std::path::PathBuf;

use super::{report, trust::Trust};
use crate::{answer::Answer, failure::Failure, page::Page, session::Session};

/// Verify an agent manifest: signature, window, revocation, chain, approvals, and what it binds
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    trust: Trust,
    /// The keys that may sign: one object with `public_key_base64url`, or `keys` with several
    #[arg(long, value_name = "FILE")]
    trust_anchor: PathBuf,
    /// The workload that presents the manifest, by its authenticated SPIFFE ID
    #[arg(long, value_name = "SPIFFE_ID")]
    subject: Option<String>,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let asked = self.trust.ask(Some(&self.trust_anchor), session)?;
        let manifest = asked.manifest.clone();
        let verified = match asked.verifier.verify(asked.manifest, &asked.context, asked.at) {
            Ok(verified) => verified,
            Err(refusal) => {
                let code = refusal.code().as_str();
                return Ok(report::answer(&manifest, &refusal.appraisal, Some(code), Page::new()));
            }
        };
        let found = verified.appraisal().clone();
        if let Some(subject) = &self.subject {
            verified.bind(subject).map_err(|error| Failure::new(error.code(), error.to_string()))?;
        }
        Ok(report::answer(&manifest, &found, None, Page::new()))
    }
}
