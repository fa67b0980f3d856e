//! How the hardware of a peer is judged that is called, and by what this machine attests to it.

use std::{path::PathBuf, sync::Arc};

use ca2a_core::ErrorCode;
use ca2a_runtime::{
    attestation::{HardwareJudge, Machine, MemoryCounters, attester},
    client::PeerClient,
    config::Config,
};

use crate::{failure::Failure, session::Session};

/// The flags of a verb that calls a peer.
#[derive(Debug, clap::Args)]
pub(crate) struct Judging {
    /// The configuration (YAML) whose `attestation` section says how a peer's hardware is judged: by `callee_verifier`, or
    /// by the policy at `appraisal_policy_path`
    #[arg(long, value_name = "FILE")]
    judge: Option<PathBuf>,
    /// Send nothing to a peer whose hardware is not affirmed
    #[arg(long, requires = "judge")]
    require_hardware: bool,
    /// Make the offer of the call under this machine's own hardware, as `attestation.provider` of that configuration says
    #[arg(long, requires_all = ["judge", "caller_offer"])]
    attest: bool,
}

impl Judging {
    /// `client`, with the judge that is asked for. The counters of TPMs last as long as the call.
    pub(crate) fn client(
        &self,
        client: PeerClient,
        session: &Session<'_, '_>,
    ) -> Result<PeerClient, Failure> {
        let Some(path) = &self.judge else { return Ok(client) };
        let refused =
            |why: String| Failure::new(ErrorCode::ConfigError, format!("{}: {why}", path.display()));
        let bytes = session.document("configuration", path, ErrorCode::ConfigError)?;
        let config = Config::from_yaml(&bytes).map_err(|error| refused(error.to_string()))?;
        let judge = HardwareJudge::of_callees(&config, path, Arc::new(MemoryCounters::default()));
        let judge = judge.map_err(|error| Failure::new(error.code(), error.to_string()))?;
        let judge = judge.ok_or_else(|| {
            refused(
                "neither `attestation.callee_verifier` nor `attestation.appraisal_policy_path` is there"
                    .into(),
            )
        })?;
        let mut client = client.with_verifier(Arc::new(judge));
        if self.attest {
            let attester = attester(&config, path, &Machine::look_for(&config));
            client = client
                .with_attester(attester.map_err(|error| Failure::new(error.code(), error.to_string()))?);
        }
        Ok(if self.require_hardware { client.require_hardware() } else { client })
    }
}
