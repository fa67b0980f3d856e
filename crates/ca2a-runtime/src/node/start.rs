//! A node from its configuration: reads the policy, opens the stores, and refuses what it cannot run (CFG-10).

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use ca2a_attest::{EvidenceVerifier, Role};
#[cfg(feature = "manifest")]
use ca2a_core::EvaluationTime;
use ca2a_core::{ChannelKey, ErrorCode};
use ca2a_policy::{
    AllowSet, Policy, PolicyError,
    bundle::{BundleTrust, PolicyKeys},
    cedar::CedarPolicy,
};

use super::{
    BundleFolder, FolderError, PeerNode, RevocationFile, RevocationSource, RevocationsUnavailable,
    identity::{self, IdentityError},
};
#[cfg(feature = "hardware")]
use crate::attestation::{CounterError, FileCounters, ReloadedJudge};
#[cfg(feature = "manifest")]
use crate::system::{Clock as _, SystemClock};
use crate::{
    attestation::{Attester, AttesterError, Machine, attester},
    config::{Config, ConfigError, PolicyBundleSettings, SnapshotSource, StartError, beside},
    reload::to_standard_error,
    store::{MemoryReplayStore, RecordStore, ReplayLimits, StoreError, SyncPolicy},
    system::RandomError,
};
#[cfg(feature = "http")]
use {
    super::{PulledRevocations, REVOCATIONS_FILE},
    crate::{
        config::PulledSettings,
        http::{HttpClient, Origin},
        tls::{ClientTlsFiles, WatchedTls},
    },
};

/// The node's own key in the folder of state, unless the configuration names another file.
pub const KEY_FILE: &str = "node-key.pem";
/// The counters of TPMs in the folder of state.
#[cfg(feature = "hardware")]
const COUNTERS_FILE: &str = "tpm-counters.redb";
/// The file of records in the folder of state.
pub const RECORDS_FILE: &str = "records.redb";
/// What is said of `on-close` (RUN-48).
const RECORDS_MAY_BE_LOST: &str = "`record_sync: on-close`: records are on the disk once this node has ended, and one \
                                   that is killed before loses those since it started";

/// A node that did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The configuration lacks something, or asks for what cannot be had.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file or folder of the configuration cannot be used.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The policy does not load.
    #[error("the policy `{}` does not load: {source}", path.display())]
    Policy {
        /// The path.
        path: PathBuf,
        /// Why.
        source: PolicyError,
    },
    /// The policy bundle of a folder does not count.
    #[error(transparent)]
    Bundle(#[from] FolderError),
    /// The revocation snapshot does not load.
    #[error(transparent)]
    Revocations(#[from] RevocationsUnavailable),
    /// The node's own key cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The agent manifest does not hold.
    #[cfg(feature = "manifest")]
    #[error("the agent manifest {0}")]
    Manifest(#[from] crate::manifest::ManifestStartError),
    /// An appraisal policy or the roots of a verifier cannot be used.
    #[error("`{}`: {problem}", path.display())]
    Appraisal {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Nothing attests this node.
    #[error(transparent)]
    Attester(#[from] AttesterError),
    /// The counters of TPMs cannot be kept.
    #[cfg(feature = "hardware")]
    #[error(transparent)]
    Counters(#[from] CounterError),
    /// The store of records does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness for the keys.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl NodeError {
    /// The stable code: `CONFIG_ERROR`, but for stores and randomness.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Start(_)
            | Self::Config(_)
            | Self::File { .. }
            | Self::Policy { .. }
            | Self::Revocations(_)
            | Self::Appraisal { .. }
            | Self::Attester(_)
            | Self::Identity(_) => ErrorCode::ConfigError,
            #[cfg(feature = "manifest")]
            Self::Manifest(error) => error.code(),
            #[cfg(feature = "hardware")]
            Self::Counters(_) => ErrorCode::StoreUnavailable,
            Self::Store(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Random(_) => ErrorCode::Ca2aError,
        }
    }
}

/// A node that is ready to serve.
#[derive(Debug)]
#[non_exhaustive]
pub struct Started {
    /// The node.
    pub node: PeerNode,
    /// Its records, to answer who asks for them.
    pub records: Arc<RecordStore>,
    /// The folder of state.
    pub folder: PathBuf,
    /// What the operator should know about the policy, a line each.
    pub notes: Vec<String>,
    /// The revocations that somebody has to start asking for, where they are behind a URL.
    #[cfg(feature = "http")]
    pub pulled: Option<Arc<PulledRevocations>>,
}

impl Started {
    /// Makes a node of `config`, whose relative paths start at the folder of `config_file`.
    ///
    /// # Errors
    /// Whatever cannot be run as configured; a node never starts on less than it was told to check.
    pub fn from_config(config: &Config, config_file: &Path) -> Result<Self, NodeError> {
        config.validate_for_start()?;
        let (policy, mut notes) = load_policy(config, config_file)?;
        if config.record_sync == SyncPolicy::OnClose {
            notes.push(RECORDS_MAY_BE_LOST.to_owned());
        }
        let capacity = usize::try_from(config.replay_capacity).unwrap_or(usize::MAX);
        let replay = Arc::new(MemoryReplayStore::new(ReplayLimits::of(capacity)));
        let folder = state_folder(config, config_file)?;
        let records = Arc::new(RecordStore::open(&folder.join(RECORDS_FILE), config.record_sync)?);
        let key_file = config.holder_key_path.as_deref().map(|path| beside(config_file, path));
        let identity = identity::load_or_make(&key_file.unwrap_or_else(|| folder.join(KEY_FILE)))?;
        let roots = config.trusted_root_issuers.iter().copied().collect();
        let mut node = PeerNode::new(roots, policy, replay, records.clone())?
            .with_identity(identity)
            .with_max_depth(config.max_delegation_depth)
            .with_challenge_ttl(config.challenge_ttl_seconds)
            .with_seal_minimum(config.seal_minimum)
            .with_attester(ready(config, config_file)?, config.quotes)
            .with_caller_requirement(config.require_caller_attestation, judge(config, config_file, &folder)?);
        #[cfg(feature = "manifest")]
        if let Some(settings) = &config.agent_manifest {
            let (path, anchor) = (&settings.path, &settings.trust_anchor_path);
            let (path, anchor) = (beside(config_file, path), beside(config_file, anchor));
            let now = EvaluationTime::Live(SystemClock.now());
            let manifest = crate::manifest::load(&path, &anchor, &settings.authenticated_subject, now)?;
            node = node.with_manifest(manifest);
        }
        if let Some(settings) = &config.policy_bundle {
            node = node.with_policy_source(Arc::new(bundle_folder(settings, config_file)?));
        }
        #[cfg(feature = "http")]
        let mut pulled = None;
        if let Some(settings) = &config.revocation {
            let source: Arc<dyn RevocationSource> = match &settings.source {
                SnapshotSource::File(path) => {
                    Arc::new(RevocationFile::open(beside(config_file, path), to_standard_error())?)
                }
                #[cfg(feature = "http")]
                SnapshotSource::Url(settings) => {
                    let source = Arc::new(pulled_revocations(settings, config_file, &folder)?);
                    pulled = Some(Arc::clone(&source));
                    source
                }
                #[cfg(not(feature = "http"))]
                SnapshotSource::Url(_) => return Err(StartError::Pulled.into()),
            };
            node = node.with_revocations(source, settings.max_staleness_seconds);
        }
        Ok(Self {
            node,
            records,
            folder,
            notes,
            #[cfg(feature = "http")]
            pulled,
        })
    }
}

/// The revocations behind a URL, the last of which stand in the folder of state.
#[cfg(feature = "http")]
fn pulled_revocations(
    settings: &PulledSettings,
    config_file: &Path,
    folder: &Path,
) -> Result<PulledRevocations, NodeError> {
    let unavailable = |place: &str, why: String| RevocationsUnavailable(format!("`{place}`: {why}"));
    let origin = Origin::parse(&settings.origin);
    let origin = origin.map_err(|error| unavailable(&settings.origin, error.to_string()))?;
    let mut client = HttpClient::with_limits(origin, PulledRevocations::LIMITS);
    if let Some(path) = &settings.tls_roots_path {
        let path = beside(config_file, path);
        let files = ClientTlsFiles { roots: Some(path.clone()), identity: None };
        let tls = WatchedTls::open(files, to_standard_error());
        client = client
            .trusting(tls.map_err(|error| unavailable(&path.display().to_string(), error.to_string()))?);
    }
    let (kept, target) = (folder.join(REVOCATIONS_FILE), settings.target.clone());
    Ok(PulledRevocations::open(client, target, kept, settings.interval, to_standard_error()))
}

/// Who attests this node. Hardware makes a report first: what cannot now will not when a peer asks (ATT-512).
fn ready(config: &Config, config_file: &Path) -> Result<Arc<dyn Attester>, NodeError> {
    let attester = attester(config, config_file, &Machine::look_for(config))?;
    if attester.is_costly() {
        attester.offer(Role::Callee, &ChannelKey([0; 32]), "the start of a node")?;
    }
    Ok(attester)
}

/// Who judges the hardware of callers, with the counters of their TPMs in the folder of state.
#[cfg(feature = "hardware")]
fn judge(
    config: &Config,
    config_file: &Path,
    folder: &Path,
) -> Result<Option<Arc<dyn EvidenceVerifier>>, NodeError> {
    if config.caller_verifier.is_none() && config.appraisal_policy_path.is_none() {
        return Ok(None);
    }
    let counters = Arc::new(FileCounters::open(&folder.join(COUNTERS_FILE))?);
    let judge = ReloadedJudge::of_callers(config, config_file, counters, to_standard_error())?;
    Ok(judge.map(|judge| Arc::new(judge) as Arc<dyn EvidenceVerifier>))
}

#[cfg(not(feature = "hardware"))]
fn judge(config: &Config, _: &Path, _: &Path) -> Result<Option<Arc<dyn EvidenceVerifier>>, NodeError> {
    match (&config.caller_verifier, &config.appraisal_policy_path) {
        (None, None) => Ok(None),
        _ => Err(StartError::NoHardwareJudge.into()),
    }
}

/// The policy, and what its author should know about it.
pub(super) fn load_policy(
    config: &Config,
    config_file: &Path,
) -> Result<(Arc<dyn Policy>, Vec<String>), NodeError> {
    let Some(bundle) = &config.policy_bundle_path else {
        let allowed = config.local_policy.iter().flatten().cloned();
        return Ok((Arc::new(AllowSet::new(allowed)), Vec::new()));
    };
    let path = beside(config_file, bundle);
    let bytes = std::fs::read(&path).map_err(|source| NodeError::File { path: path.clone(), source })?;
    let policy = CedarPolicy::from_bytes(&bytes).map_err(|source| NodeError::Policy { path, source })?;
    let notes = policy.notes().iter().map(ToString::to_string).collect();
    Ok((Arc::new(policy), notes))
}

/// The signed bundle of a folder. What becomes of a new one is said on standard error.
fn bundle_folder(settings: &PolicyBundleSettings, config_file: &Path) -> Result<BundleFolder, NodeError> {
    let mut trust = BundleTrust::new();
    if let Some(digest) = settings.digest {
        trust = trust.pin(digest);
    }
    if let Some(key) = settings.key {
        trust = trust.keys(PolicyKeys::new(key, settings.successor_key).map_err(FolderError::from)?);
    }
    let say = |note: &str| {
        // There is nobody else to tell where standard error is gone.
        let _ = writeln!(io::stderr(), "ca2a: {note}");
    };
    Ok(BundleFolder::open(beside(config_file, &settings.dir), trust, say)?)
}

/// The folder of state, made for its owner alone where there is none.
///
/// # Errors
/// A folder that cannot be made.
fn state_folder(config: &Config, config_file: &Path) -> Result<PathBuf, NodeError> {
    let folder = beside(config_file, &config.state_dir);
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .recursive(true)
        .create(&folder)
        .map_err(|source| NodeError::File { path: folder.clone(), source })?;
    Ok(folder)
}
