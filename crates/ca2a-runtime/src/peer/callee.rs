//! What a callee brings to a request: whom it trusts, what it allows, what it holds.

use ca2a_attest::{EvidenceVerifier, software};
use ca2a_core::{ChallengeKey, ChannelKey, requirement::is_off};
use ca2a_delegation::{ChainVerifier, PrefixCache, RevocationSnapshot, TrustedRoots};
use ca2a_policy::{EffectiveScopes, Policy};
use ca2a_seal::{ChannelSecret, SealVersion};
use ca2a_trace::statement::CalleeManifest;

/// What a caller must show about its runtime before it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallerRequirement {
    /// Nothing; but an offer that is made must appraise.
    #[default]
    None,
    /// Any offer that appraises. An unsigned software report satisfies this and is no assurance.
    Any,
    /// Evidence signed by hardware.
    Hardware,
}

/// Everything that the pipeline judges a request by. The channel secret can be put in and not taken out: the only
/// way to a plaintext is `Authorized::open`.
pub struct Callee<'c> {
    pub(super) roots: &'c TrustedRoots,
    pub(super) policy: &'c dyn Policy,
    pub(super) scopes: &'c EffectiveScopes,
    pub(super) max_depth: u64,
    pub(super) revocations: Option<&'c RevocationSnapshot>,
    pub(super) max_revocation_staleness: Option<u64>,
    pub(super) cache: Option<&'c PrefixCache>,
    pub(super) challenges: Option<&'c ChallengeKey>,
    pub(super) audience: Option<ChannelKey>,
    pub(super) others: &'c [ChannelKey],
    pub(super) secret: Option<&'c ChannelSecret>,
    pub(super) measurement: &'c str,
    pub(super) manifest: Option<&'c CalleeManifest>,
    pub(super) seal_minimum: SealVersion,
    pub(super) requirement: CallerRequirement,
    pub(super) caller_verifier: Option<&'c dyn EvidenceVerifier>,
    #[cfg(feature = "handoff")]
    pub(super) hops: Option<Hops<'c>>,
}

/// Who judges hops, where their packets are spent, and when.
#[cfg(feature = "handoff")]
pub(super) struct Hops<'c> {
    pub(super) gate: &'c crate::handoff::HopGate,
    pub(super) spent: &'c dyn ca2a_core::ReplayStore,
    pub(super) now: u64,
}

impl<'c> Callee<'c> {
    /// A callee that trusts `roots` and allows what `policy` does; depth at most 8, no revocation, no keys.
    #[must_use]
    pub fn new(roots: &'c TrustedRoots, policy: &'c dyn Policy, scopes: &'c EffectiveScopes) -> Self {
        Self {
            roots,
            policy,
            scopes,
            max_depth: 8,
            revocations: None,
            max_revocation_staleness: None,
            cache: None,
            challenges: None,
            audience: None,
            others: &[],
            secret: None,
            measurement: software::MEASUREMENT,
            manifest: None,
            seal_minimum: SealVersion::V1,
            requirement: CallerRequirement::None,
            caller_verifier: None,
            #[cfg(feature = "handoff")]
            hops: None,
        }
    }

    /// The deepest credential that is accepted, the root's depth being 0.
    #[must_use]
    pub fn max_depth(mut self, depth: u64) -> Self {
        self.max_depth = depth;
        self
    }

    /// The current revocation snapshot.
    #[must_use]
    pub fn revocations(mut self, snapshot: Option<&'c RevocationSnapshot>) -> Self {
        self.revocations = snapshot;
        self
    }

    /// Makes a snapshot of at most this age, in seconds, mandatory.
    #[must_use]
    pub fn max_revocation_staleness(mut self, seconds: Option<u64>) -> Self {
        self.max_revocation_staleness = seconds;
        self
    }

    /// Where verified prefixes are remembered.
    #[must_use]
    pub fn cache(mut self, cache: &'c PrefixCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The secret behind the challenges that this callee minted.
    #[must_use]
    pub fn challenges(mut self, key: &'c ChallengeKey) -> Self {
        self.challenges = Some(key);
        self
    }

    /// The channel key that names this callee, where its secret is not here.
    #[must_use]
    pub fn audience(mut self, key: ChannelKey) -> Self {
        self.audience = Some(key);
        self
    }

    /// The channel keys of other nodes that this callee speaks for where nothing was sealed to them (GATE-50).
    #[must_use]
    pub fn others(mut self, keys: &'c [ChannelKey]) -> Self {
        self.others = keys;
        self
    }

    /// The channel secret, which also names this callee.
    #[must_use]
    pub fn channel(mut self, secret: &'c ChannelSecret) -> Self {
        self.secret = Some(secret);
        self.audience = Some(secret.public());
        self
    }

    /// What runs here, as the report states it that this callee serves in its handshake. A payload of version 2 was
    /// sealed to it (SEAL-26).
    #[must_use]
    pub fn measurement(mut self, stated: &'c str) -> Self {
        self.measurement = stated;
        self
    }

    /// The verified manifest of the agent that runs here: a fact for its policy (POL-13).
    #[must_use]
    pub fn manifest(mut self, manifest: Option<&'c CalleeManifest>) -> Self {
        self.manifest = manifest;
        self
    }

    /// The weakest version of sealed payloads that this callee opens, and of sealed results that it makes (SEAL-23).
    #[must_use]
    pub fn seal_minimum(mut self, minimum: SealVersion) -> Self {
        self.seal_minimum = minimum;
        self
    }

    /// What a caller must show, and who judges hardware evidence.
    #[must_use]
    pub fn require_caller(
        mut self,
        requirement: CallerRequirement,
        verifier: Option<&'c dyn EvidenceVerifier>,
    ) -> Self {
        self.requirement = requirement;
        self.caller_verifier = verifier;
        self
    }

    /// Who judges the signed hops that payloads bring, and when (HAND-76). Packets are spent in `spent`, or else where the gate
    /// spends them.
    #[cfg(feature = "handoff")]
    #[must_use]
    pub fn hops(
        mut self,
        gate: Option<&'c crate::handoff::HopGate>,
        spent: Option<&'c dyn ca2a_core::ReplayStore>,
        now: u64,
    ) -> Self {
        self.hops = gate.map(|gate| Hops { gate, spent: spent.unwrap_or_else(|| gate.spent()), now });
        self
    }

    pub(super) fn chain_verifier(&self) -> ChainVerifier<'c> {
        let mut verifier = ChainVerifier::new(self.roots).max_depth(self.max_depth);
        if let Some(snapshot) = self.revocations {
            verifier = verifier.revocations(snapshot);
        }
        if let Some(seconds) = self.max_revocation_staleness.filter(|_| !is_off("RUN-13")) {
            verifier = verifier.max_revocation_staleness(seconds);
        }
        if let Some(cache) = self.cache {
            verifier = verifier.cache(cache);
        }
        verifier
    }
}
