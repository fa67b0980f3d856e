//! A node: the pipeline with its keys, stores, clock and handler, behind the three calls of the reference transport.

#[cfg(feature = "a2a")]
mod access;
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
mod authority;
#[cfg(feature = "cedar")]
mod bundle_folder;
#[cfg(feature = "store-redb")]
mod calls;
#[cfg(all(feature = "config", feature = "store-postgres", feature = "cedar"))]
mod database;
mod decide;
#[cfg(feature = "http")]
mod endpoints;
mod handler;
mod handshake;
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
mod identity;
mod in_force;
mod make;
mod observer;
mod outcome;
mod policies;
mod revocations;
mod roots;
mod serve;
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
mod start;

use std::{fmt, sync::Arc};

use ca2a_attest::EvidenceVerifier;
use ca2a_core::{ChallengeKey, ChannelKey, ReplayStore, SigningKey, VerifyingKey};
use ca2a_delegation::PrefixCache;
use ca2a_policy::EffectiveScopes;
use ca2a_seal::{ChannelSecret, SealVersion};

#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
pub use authority::ConfiguredAuthority;
#[cfg(feature = "cedar")]
pub use bundle_folder::{BundleFolder, FolderError};
#[cfg(all(feature = "config", feature = "store-postgres", feature = "cedar"))]
pub use database::{DatabaseError, shared_challenges, shared_database};
pub use decide::Decline;
pub use handler::{NoTask, TaskError, TaskHandler, TaskResult};
pub use handshake::SIGNING_KEY;
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
pub use identity::IdentityError;
#[cfg(all(feature = "gateway", feature = "cedar"))]
pub(crate) use identity::load as load_key;
use in_force::InForce;
pub use observer::{Decided, Observer, Observers, Proven};
pub use policies::{FixedPolicy, PolicySource};
pub use revocations::{FixedRevocations, RevocationFile, RevocationSource, RevocationsUnavailable};
#[cfg(feature = "http")]
pub use revocations::{PullError, PulledRevocations, REVOCATIONS_FILE};
pub use roots::{FixedRoots, RootSource};
#[cfg(all(feature = "config", feature = "store-redb", feature = "cedar"))]
pub use start::{KEY_FILE, NodeError, RECORDS_FILE, Started};

use crate::{
    attestation::{Attester, QuoteQuota},
    peer::CallerRequirement,
    sink::RecordSink,
    system::{Clock, Random},
};

/// How a node judges and what it is made of. The secrets go in and do not come out.
pub struct PeerNode {
    in_force: InForce,
    scopes: EffectiveScopes,
    cache: PrefixCache,
    max_depth: u64,
    revocations: Arc<dyn RevocationSource>,
    max_revocation_staleness: Option<u64>,
    requirement: CallerRequirement,
    caller_verifier: Option<Arc<dyn EvidenceVerifier>>,
    challenges: ChallengeKey,
    challenge_ttl_seconds: u64,
    secret: ChannelSecret,
    seal_minimum: SealVersion,
    replay: Arc<dyn ReplayStore>,
    records: Arc<dyn RecordSink>,
    handler: Arc<dyn TaskHandler>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    identity: Option<SigningKey>,
    attester: Arc<dyn Attester>,
    quotes: QuoteQuota,
    observer: Option<Arc<dyn Observer>>,
    #[cfg(feature = "store-redb")]
    calls: Option<Arc<crate::calls::Ledger>>,
    #[cfg(feature = "manifest")]
    manifest: Option<crate::manifest::RunningManifest>,
    #[cfg(feature = "handoff")]
    hops: Option<crate::handoff::HopGate>,
}

impl fmt::Debug for PeerNode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PeerNode").field("channel_key", &self.channel_key()).finish_non_exhaustive()
    }
}

impl PeerNode {
    /// The public half of the channel secret, which names this node to holders.
    #[must_use]
    pub fn channel_key(&self) -> ChannelKey {
        self.secret.public()
    }

    /// The public half of the key that signs this node's statements, where it has one.
    #[must_use]
    pub fn signing_key(&self) -> Option<VerifyingKey> {
        self.identity.as_ref().map(SigningKey::verifying_key)
    }
}
