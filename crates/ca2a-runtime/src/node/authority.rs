//! The roots and the policy of a configuration file that somebody else replaces (RUN-71).

use std::{path::Path, sync::Arc};

use ca2a_delegation::TrustedRoots;
use ca2a_policy::Policy;

use super::{NodeError, PeerNode, PolicySource, RootSource, in_force::Together, start::load_policy};
use crate::{
    config::{Config, StartError, beside},
    reload::{Reloaded, Report},
};

/// Who may originate chains and what is allowed, as the configuration file says it now. Of everything else in the file a node
/// takes note when it starts.
pub struct ConfiguredAuthority {
    read: Reloaded<Authority, NodeError>,
    /// Whether the policy is this file's too, and not that of a signed bundle.
    has_policy: bool,
}

struct Authority {
    roots: Arc<TrustedRoots>,
    policy: Arc<dyn Policy>,
}

impl std::fmt::Debug for ConfiguredAuthority {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ConfiguredAuthority").field("read", &self.read).finish_non_exhaustive()
    }
}

impl ConfiguredAuthority {
    /// What `config_file` says, of which `config` is what the node starts with; from then on what it says whenever it or its
    /// policy changes. `report` is told what becomes of a change.
    ///
    /// # Errors
    /// A file that cannot be read or from which no node would start.
    pub fn open(config: &Config, config_file: &Path, report: Report) -> Result<Self, NodeError> {
        let mut files = vec![config_file.to_owned()];
        files.extend(config.policy_bundle_path.as_deref().map(|path| beside(config_file, path)));
        let (file, bundle) = (config_file.to_owned(), config.policy_bundle.clone());
        let (has_policy, policy_path) = (bundle.is_none(), config.policy_bundle_path.clone());
        let load = move |_: Option<&Authority>| {
            let bytes =
                std::fs::read(&file).map_err(|source| NodeError::File { path: file.clone(), source })?;
            let config = Config::from_yaml(&bytes)?;
            config.validate_for_start()?;
            if config.policy_bundle != bundle {
                return Err(StartError::Restart("ca2a.policy_bundle").into());
            }
            // The file there would not be watched.
            if config.policy_bundle_path != policy_path {
                return Err(StartError::Restart("policy_bundle_path").into());
            }
            let roots = Arc::new(config.trusted_root_issuers.iter().copied().collect());
            Ok(Authority { roots, policy: load_policy(&config, &file)?.0 })
        };
        let read = Reloaded::open("the configuration of roots and policy", files, load, report)?;
        Ok(Self { read, has_policy })
    }

    /// `node`, which from here on goes by what the file says.
    #[must_use]
    pub fn govern(self, node: PeerNode) -> PeerNode {
        let authority = Arc::new(self);
        let mut node = node.with_root_source(authority.clone());
        if authority.has_policy {
            node = node.with_policy_source(authority.clone());
            node.in_force.together = Some(authority);
        }
        node
    }
}

impl RootSource for ConfiguredAuthority {
    fn current(&self) -> Arc<TrustedRoots> {
        Arc::clone(&self.read.current().roots)
    }
}

impl Together for ConfiguredAuthority {
    fn current(&self) -> (Arc<TrustedRoots>, Arc<dyn Policy>) {
        let authority = self.read.current();
        (Arc::clone(&authority.roots), Arc::clone(&authority.policy))
    }
}

impl PolicySource for ConfiguredAuthority {
    fn current(&self) -> Arc<dyn Policy> {
        Arc::clone(&self.read.current().policy)
    }
}
