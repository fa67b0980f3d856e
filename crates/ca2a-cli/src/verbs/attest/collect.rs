//! `ca2a attest collect`: what this machine says about itself, for a key and a nonce.

use std::path::PathBuf;

use ca2a_attest::{
    AttestError, ChannelOffer, Platform, Role,
    collect::{
        tpm::TpmAddress,
        tsm::{OsTsmFs, REPORT_FOLDER},
    },
};
use ca2a_core::{ChannelKey, ErrorCode, json};
use ca2a_runtime::attestation::{Attester as _, AttesterError, Machine, TpmAttester, TpmKey, TsmAttester};

use crate::{answer::Answer, failure::Failure, page::Page, session::Session};

/// Collect this machine's own evidence: an offer of a channel key that its hardware binds to a nonce
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `sev-snp`, `tdx` or `tpm`; without it, whatever hardware there is, and never software
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    platform: Option<Platform>,
    /// The channel key to bind, 64 hex characters
    #[arg(long, value_name = "HEX")]
    channel_key: String,
    /// The nonce to answer
    #[arg(long, value_name = "NONCE")]
    nonce: String,
    /// The role that the report is for
    #[arg(long, value_name = "ROLE", default_value = "callee", value_parser = role)]
    role: Role,
    /// The TPM: `/dev/tpmrm0`, `unix:PATH` or `tcp:HOST:PORT` of a software TPM
    #[arg(long, value_name = "ADDRESS")]
    tpm: Option<TpmAddress>,
    /// Where configfs has the reports of SEV-SNP and TDX
    #[arg(long, value_name = "FOLDER", default_value = REPORT_FOLDER)]
    tsm: PathBuf,
    /// The certificates of the TPM's attestation key, PEM, its own first
    #[arg(long, value_name = "FILE")]
    certificates: Option<PathBuf>,
    /// The event log of the boot, as the firmware left it
    #[arg(long, value_name = "FILE")]
    event_log: Option<PathBuf>,
    /// Write the offer here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace what is there already
    #[arg(long)]
    force: bool,
}

fn platform(text: &str) -> Result<Platform, String> {
    let platform = text.parse().map_err(|error: AttestError| error.to_string())?;
    if platform == Platform::SoftwareOnly {
        return Err("software has no evidence to collect".to_owned());
    }
    Ok(platform)
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error: AttestError| error.to_string())
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let key: ChannelKey = self.channel_key.parse().map_err(|_| {
            Failure::argument(format!(
                "`{}` is no channel key: 64 lower-case hex characters",
                self.channel_key
            ))
        })?;
        let offer = match self.platform()? {
            Platform::Tpm => self.quote(&key, session)?,
            platform => {
                let attester = TsmAttester::new(platform, OsTsmFs::at(&self.tsm));
                attester.offer(self.role, &key, &self.nonce).map_err(|error| no_evidence(&error))?
            }
        };
        let node = offer.to_node();
        let mut page = Page::new()
            .fact("platform", &*offer.report.platform)
            .fact("measurement", &*offer.report.measurement)
            .fact("nonce", &*self.nonce)
            .fact("role", self.role.as_str());
        if let Some(path) = &self.out {
            session.write(path, json::to_text(&node).as_bytes(), self.force)?;
            page = page.fact("written to", path.display().to_string());
        }
        Ok(Answer::new(node.as_object().cloned().unwrap_or_default(), page))
    }

    /// An address of a TPM names the platform too.
    fn platform(&self) -> Result<Platform, Failure> {
        let found = match (self.platform, &self.tpm) {
            (Some(platform), _) => Some(platform),
            (None, Some(_)) => Some(Platform::Tpm),
            (None, None) => Machine::look().best(),
        };
        found.ok_or_else(|| no_evidence(&AttesterError::NoHardware).help("pass --tpm for a software TPM"))
    }

    fn quote(&self, key: &ChannelKey, session: &Session<'_, '_>) -> Result<ChannelOffer, Failure> {
        let read = |what: &str, path: &Option<PathBuf>| {
            let path = path.as_deref();
            path.map(|path| session.document(what, path, ErrorCode::AttestationFailed)).transpose()
        };
        let known = TpmKey {
            certificates: read("certificates", &self.certificates)?,
            event_log: read("event log", &self.event_log)?,
            ..TpmKey::default()
        };
        let attester = TpmAttester::by(self.tpm.clone().unwrap_or_default(), known);
        let offer = attester.offer(self.role, key, &self.nonce);
        offer.map_err(|error| {
            no_evidence(&error)
                .help("pass --tpm with the device or socket of a TPM that has an attestation key")
        })
    }
}

fn no_evidence(error: &AttesterError) -> Failure {
    Failure::new(error.code(), error.to_string())
}
