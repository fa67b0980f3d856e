//! A judge whose policy, reference values and roots are files that somebody else replaces (RUN-72).

use std::{path::Path, sync::Arc};

use ca2a_attest::{Accepted, AttestError, AttestationReport, EvidenceVerifier, Platform, Role};

use super::{CounterStore, HardwareJudge};
use crate::{
    config::{Config, PeerVerifier, StartError, beside},
    node::NodeError,
    reload::{Reloaded, Report},
};

/// A [`HardwareJudge`] that is made anew when its files change. The memory of counters is one for all of them.
#[derive(Debug)]
pub struct ReloadedJudge(Reloaded<HardwareJudge, NodeError>);

impl ReloadedJudge {
    /// Who judges the hardware of those that call a node; `None` where the configuration names nobody.
    ///
    /// # Errors
    /// Files that cannot be read or used.
    pub fn of_callers(
        config: &Config,
        config_file: &Path,
        counters: Arc<dyn CounterStore>,
        report: Report,
    ) -> Result<Option<Self>, NodeError> {
        Self::of(config, config_file, config.caller_verifier.as_ref(), report, move |config, file| {
            HardwareJudge::of_callers(config, file, Arc::clone(&counters))
        })
    }

    /// Who judges the hardware of those that a node calls; `None` where the configuration names nobody.
    ///
    /// # Errors
    /// Files that cannot be read or used.
    pub fn of_callees(
        config: &Config,
        config_file: &Path,
        counters: Arc<dyn CounterStore>,
        report: Report,
    ) -> Result<Option<Self>, NodeError> {
        Self::of(config, config_file, config.callee_verifier.as_ref(), report, move |config, file| {
            HardwareJudge::of_callees(config, file, Arc::clone(&counters))
        })
    }

    fn of(
        config: &Config,
        config_file: &Path,
        verifier: Option<&PeerVerifier>,
        report: Report,
        make: impl Fn(&Config, &Path) -> Result<Option<HardwareJudge>, NodeError> + Send + Sync + 'static,
    ) -> Result<Option<Self>, NodeError> {
        let verifier = verifier.map(|verifier| &verifier.trusted_roots_path);
        let roots = config.trusted_roots.iter().map(|(_, path)| path);
        let files: Vec<_> = config.appraisal_policy_path.iter().chain(verifier).chain(roots).collect();
        if files.is_empty() {
            return Ok(None);
        }
        let files = files.into_iter().map(|path| beside(config_file, path)).collect();
        let (config, file) = (config.clone(), config_file.to_owned());
        let load = move |_: Option<&HardwareJudge>| {
            make(&config, &file)?.ok_or_else(|| StartError::NoHardwareJudge.into())
        };
        Ok(Some(Self(Reloaded::open("the appraisal policy", files, load, report)?)))
    }
}

impl EvidenceVerifier for ReloadedJudge {
    fn covers(&self, platform: Platform) -> bool {
        self.0.current().covers(platform)
    }

    fn verify(
        &self,
        platform: Platform,
        report: &AttestationReport,
        nonce: &str,
        role: Role,
    ) -> Result<Accepted, AttestError> {
        self.0.current().verify(platform, report, nonce, role)
    }
}
