//! Making a node: what it starts with, and everything that can be put in its place.

use std::sync::Arc;

use ca2a_attest::EvidenceVerifier;
use ca2a_core::{ChallengeKey, ReplayStore, SigningKey};
use ca2a_delegation::{PrefixCache, TrustedRoots};
use ca2a_policy::{EffectiveScopes, Policy};
use ca2a_seal::{ChannelSecret, SealVersion};

use super::{
    FixedPolicy, FixedRevocations, FixedRoots, InForce, NoTask, Observer, PeerNode, PolicySource,
    RevocationSource, RootSource, TaskHandler, handshake::milliseconds,
};
use crate::{
    attestation::{Attester, QuotaLimits, QuoteQuota, SoftwareAttester},
    peer::CallerRequirement,
    sink::RecordSink,
    system::{Clock, OsRandom, Random, RandomError, SystemClock, random_bytes},
};

/// Verified hops that a node remembers, at up to 8 KiB each.
const CACHED_HOPS: usize = 4096;

impl PeerNode {
    /// A node with fresh keys, the system clock, no revocation source, and a handler that does nothing. The
    /// challenge secret lives as long as the process, and so may the replay store that remembers its proofs.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn new(
        roots: TrustedRoots,
        policy: Arc<dyn Policy>,
        replay: Arc<dyn ReplayStore>,
        records: Arc<dyn RecordSink>,
    ) -> Result<Self, RandomError> {
        Ok(Self {
            in_force: InForce {
                roots: Arc::new(FixedRoots(Arc::new(roots))),
                policy: Arc::new(FixedPolicy(policy)),
                together: None,
            },
            scopes: EffectiveScopes::default(),
            cache: PrefixCache::new(CACHED_HOPS),
            max_depth: 8,
            revocations: Arc::new(FixedRevocations::default()),
            max_revocation_staleness: None,
            requirement: CallerRequirement::None,
            caller_verifier: None,
            challenges: ChallengeKey::new(random_bytes(&OsRandom)?),
            challenge_ttl_seconds: 60,
            secret: ChannelSecret::from_bytes(random_bytes(&OsRandom)?),
            seal_minimum: SealVersion::V1,
            replay,
            records,
            handler: Arc::new(NoTask),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            identity: None,
            attester: Arc::new(SoftwareAttester),
            quotes: QuoteQuota::new(QuotaLimits::default(), milliseconds(&SystemClock)),
            observer: None,
            #[cfg(feature = "store-redb")]
            calls: None,
            #[cfg(feature = "manifest")]
            manifest: None,
            #[cfg(feature = "handoff")]
            hops: None,
        })
    }

    /// The deepest credential that is accepted, the root's depth being 0.
    #[must_use]
    pub fn with_max_depth(mut self, depth: u64) -> Self {
        self.max_depth = depth;
        self
    }

    /// Where the policy comes from, call by call, in place of the one that the node was made with.
    #[must_use]
    pub fn with_policy_source(mut self, source: Arc<dyn PolicySource>) -> Self {
        self.in_force = InForce { policy: source, together: None, ..self.in_force };
        self
    }

    /// Where the trusted roots come from, call by call, in place of those that the node was made with.
    #[must_use]
    pub fn with_root_source(mut self, source: Arc<dyn RootSource>) -> Self {
        self.in_force = InForce { roots: source, together: None, ..self.in_force };
        self
    }

    /// Where revocation snapshots come from, and how old, in seconds, one may be at most.
    #[must_use]
    pub fn with_revocations(mut self, source: Arc<dyn RevocationSource>, max_staleness: Option<u64>) -> Self {
        self.revocations = source;
        self.max_revocation_staleness = max_staleness;
        self
    }

    /// What a caller must show about its runtime, and who judges hardware evidence.
    #[must_use]
    pub fn with_caller_requirement(
        mut self,
        requirement: CallerRequirement,
        verifier: Option<Arc<dyn EvidenceVerifier>>,
    ) -> Self {
        self.requirement = requirement;
        self.caller_verifier = verifier;
        self
    }

    /// The secret behind challenges, and for how many seconds one lives.
    #[must_use]
    pub fn with_challenges(mut self, key: ChallengeKey, ttl_seconds: u64) -> Self {
        self.challenges = key;
        self.challenge_ttl_seconds = ttl_seconds;
        self
    }

    /// For how many seconds a challenge lives.
    #[must_use]
    pub fn with_challenge_ttl(mut self, seconds: u64) -> Self {
        self.challenge_ttl_seconds = seconds;
        self
    }

    /// The channel secret.
    #[must_use]
    pub fn with_channel_secret(mut self, secret: ChannelSecret) -> Self {
        self.secret = secret;
        self
    }

    /// The weakest version of sealed payloads that this node opens, and of sealed results that it makes (SEAL-23).
    #[must_use]
    pub fn with_seal_minimum(mut self, minimum: SealVersion) -> Self {
        self.seal_minimum = minimum;
        self
    }

    /// The key that signs this node's statements, its delegation subject key. Without one its records are unsigned.
    #[must_use]
    pub fn with_identity(mut self, key: SigningKey) -> Self {
        self.identity = Some(key);
        self
    }

    /// The manifest of the agent that runs here: a fact for the policy, and a member of every signed statement, as long
    /// as it counts (RUN-70).
    #[cfg(feature = "manifest")]
    #[must_use]
    pub fn with_manifest(mut self, manifest: crate::manifest::RunningManifest) -> Self {
        self.manifest = Some(manifest);
        self
    }

    /// Takes over the packets that signed hops bring inside payloads, and refuses the calls whose hop does not hold
    /// (HAND-76). Without a gate a hop is a payload like any other. A node that keeps its calls spends the packet as the call is
    /// begun, for all nodes of its store (GATE-71); another one spends it in the store of the gate, before the record.
    #[cfg(feature = "handoff")]
    #[must_use]
    pub fn with_hops(mut self, gate: crate::handoff::HopGate) -> Self {
        self.hops = Some(gate);
        self
    }

    /// Who makes this node's reports, and how many quotes it mints for those who ask (ATT-510, ATT-520).
    #[must_use]
    pub fn with_attester(mut self, attester: Arc<dyn Attester>, quotes: QuotaLimits) -> Self {
        self.attester = attester;
        self.quotes = QuoteQuota::new(quotes, milliseconds(&*self.clock));
        self
    }

    /// Who is told what this node decides, to count it.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// What does the work.
    #[must_use]
    pub fn with_handler(mut self, handler: Arc<dyn TaskHandler>) -> Self {
        self.handler = handler;
        self
    }

    /// The clock and the randomness, for a replay of recorded input.
    #[must_use]
    pub fn with_system(mut self, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        self.clock = clock;
        self.random = random;
        self
    }
}
