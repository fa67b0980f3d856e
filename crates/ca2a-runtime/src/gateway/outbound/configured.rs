//! The routes that a configuration describes (GATE-60, GATE-68).

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use ca2a_attest::EvidenceVerifier;
use ca2a_core::ErrorCode;
use ca2a_delegation::{Chain, DelegationError};

use super::{super::at_hand::CallsAtHand, Allowed, Child, Outbound, Route, RouteError, Standing};
use crate::{
    a2a::card::{CardPublicKey, PinnedKey},
    attestation::{AttesterError, Machine, attester},
    client::PeerClient,
    config::{Config, OutboundSettings, PeerSettings, StandingSettings, beside},
    files,
    http::{ClientError, Origin},
    node::{IdentityError, NodeError, PeerNode, load_key},
    reload::to_standard_error,
    tls::{ClientTlsFiles, TlsError, WatchedTls},
};

/// A file with more bytes than this is no chain.
const MAX_FILE: u64 = 1 << 20;

/// A configuration of peers that cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboundStartError {
    /// A route on which no call can be made.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// An origin that is none.
    #[error(transparent)]
    Origin(#[from] ClientError),
    /// A key that cannot be used.
    #[error(transparent)]
    Key(#[from] IdentityError),
    /// A file that cannot be read.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A chain that is none.
    #[error("the chain `{}`: {source}", path.display())]
    Chain {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DelegationError,
    },
    /// Roots, or a certificate and its key, that are none.
    #[error("the TLS of the peer `{name}`: {source}")]
    Tls {
        /// The peer.
        name: String,
        /// Why.
        source: TlsError,
    },
    /// Nobody judges the hardware that must be there.
    #[error(
        "`ca2a.gateway.outbound.require_hardware` needs somebody who judges it: `attestation.callee_verifier` or \
         `attestation.appraisal_policy_path`"
    )]
    NoJudge,
    /// The judge of peers.
    #[error(transparent)]
    Judge(#[from] NodeError),
    /// This machine attests nothing.
    #[error(transparent)]
    Attester(#[from] AttesterError),
}

impl OutboundStartError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Judge(error) => error.code(),
            _ => ErrorCode::ConfigError,
        }
    }
}

impl Outbound {
    /// The peers that `settings` list, for the agent behind `node` that works on the calls `at_hand`. Relative paths start at
    /// the folder of `config_file`; hardware is judged and shown as `config` says.
    ///
    /// # Errors
    /// A file that cannot be used, a route on which no call can be made, or hardware that nobody judges.
    pub fn from_config(
        config: &Config,
        settings: &OutboundSettings,
        config_file: &Path,
        node: Arc<PeerNode>,
        at_hand: Arc<CallsAtHand>,
    ) -> Result<Self, OutboundStartError> {
        let routes = settings.peers.iter().map(|peer| route(peer, config_file));
        let routes = routes.collect::<Result<Vec<_>, _>>()?;
        let judge = judge(config, config_file)?;
        let required = settings.require_hardware;
        if required && judge.is_none() {
            return Err(OutboundStartError::NoJudge);
        }
        let attester = attester(config, config_file, &Machine::look_for(config))?;
        let appraising = move |peer: PeerClient| {
            let peer =
                peer.with_attester(Arc::clone(&attester)).with_seal_minimum(ca2a_seal::SealVersion::V2);
            let peer = match &judge {
                Some(judge) => peer.with_verifier(Arc::clone(judge)),
                None => peer,
            };
            if required { peer.require_hardware() } else { peer }
        };
        Ok(Self::new(routes, node, at_hand)?.appraising(appraising).with_patience(settings.answer))
    }
}

#[cfg(feature = "hardware")]
fn judge(config: &Config, config_file: &Path) -> Result<Option<Arc<dyn EvidenceVerifier>>, NodeError> {
    use crate::attestation::{MemoryCounters, ReloadedJudge};

    let counters = Arc::new(MemoryCounters::default());
    let judge = ReloadedJudge::of_callees(config, config_file, counters, to_standard_error())?;
    Ok(judge.map(|judge| Arc::new(judge) as Arc<dyn EvidenceVerifier>))
}

#[cfg(not(feature = "hardware"))]
fn judge(config: &Config, _: &Path) -> Result<Option<Arc<dyn EvidenceVerifier>>, NodeError> {
    match (&config.callee_verifier, &config.appraisal_policy_path) {
        (None, None) => Ok(None),
        _ => Err(crate::config::StartError::NoHardwareJudge.into()),
    }
}

fn route(peer: &PeerSettings, config_file: &Path) -> Result<Route, OutboundStartError> {
    let mut capabilities = peer.allowed.iter();
    let allowed = match (capabilities.next(), peer.chosen) {
        (Some(capability), false) => Allowed::Only(capability.clone()),
        _ => Allowed::OneOf(peer.allowed.clone()),
    };
    let key = PinnedKey::from(CardPublicKey::Ed25519(peer.card_key));
    let route = Route::new(&peer.name, Origin::parse(&peer.url)?, key, allowed)?;
    let route = match &peer.standing {
        Some(settings) => route.standing(standing(settings, config_file)?)?,
        None => route,
    };
    let files = peer.tls_files(config_file);
    let route = match files == ClientTlsFiles::default() {
        true => route,
        false => {
            let tls = WatchedTls::open(files, to_standard_error());
            route.trusting(tls.map_err(|source| OutboundStartError::Tls { name: peer.name.clone(), source })?)
        }
    };
    Ok(match &peer.grant {
        Some(grant) => {
            let (subject, scope) = (grant.subject, grant.scope.clone());
            route.granting(Child { subject, scope, ttl_seconds: grant.ttl_seconds })
        }
        None => route,
    })
}

fn standing(settings: &StandingSettings, config_file: &Path) -> Result<Standing, OutboundStartError> {
    let path = beside(config_file, &settings.chain_path);
    let chain =
        Chain::from_json(&contents(&path)?).map_err(|source| OutboundStartError::Chain { path, source })?;
    Ok(Standing { chain, key: load_key(&beside(config_file, &settings.key_path))? })
}

fn contents(path: &Path) -> Result<Vec<u8>, OutboundStartError> {
    files::read(path, MAX_FILE).map_err(|source| OutboundStartError::File { path: path.to_owned(), source })
}
