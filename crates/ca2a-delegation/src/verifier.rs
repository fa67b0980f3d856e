//! Who may do what: the verdict on a chain.

mod roots;
mod walk;

use alloc::sync::Arc;

use ca2a_core::{
    EvaluationTime, VerifyingKey,
    encoding::hex,
    requirement::{holds, is_off},
};

pub use roots::TrustedRoots;
use walk::walk;

use crate::{
    Chain, Credential, DelegationError, PrefixCache, RevocationSnapshot, RevocationStatus, VerifiedChain,
    credential::Members,
};

/// The greatest depth that a verifier accepts unless told otherwise. Depth starts at 0, so this admits 9 hops.
pub const DEFAULT_MAX_DEPTH: u64 = 8;

/// The most hops that any chain may have, whatever depth a verifier allows (DEL-25).
pub const MAX_HOPS: u64 = 256;

/// How far, in seconds, the `as_of` of a snapshot may lie ahead of a live verifier that bounds its age (REV-9).
pub const MAX_FUTURE_SECONDS: u64 = 300;

/// Judges chains: against trusted roots, at a time, to a depth, and in the light of what was revoked.
///
/// The order of its checks is fixed (DEL-20), and the first one that fails names the refusal.
///
/// ```
/// # use ca2a_core::{ErrorCode, EvaluationTime, SigningKey};
/// # use ca2a_delegation::{ChainVerifier, TrustedRoots};
/// let roots = TrustedRoots::from_iter([SigningKey::from_seed(&[1; 32]).verifying_key()]);
/// let verifier = ChainVerifier::new(&roots).max_depth(3);
///
/// let refused = verifier.verify_json(b"[]", EvaluationTime::Live(1_800_000_000)).unwrap_err();
/// assert_eq!(refused.code(), ErrorCode::BrokenDelegationLink);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ChainVerifier<'a> {
    roots: &'a TrustedRoots,
    max_depth: u64,
    revocations: Option<&'a RevocationSnapshot>,
    max_revocation_staleness: Option<u64>,
    cache: Option<&'a PrefixCache>,
}

impl<'a> ChainVerifier<'a> {
    /// A verifier that accepts chains from `roots`, to [`DEFAULT_MAX_DEPTH`].
    #[must_use]
    pub fn new(roots: &'a TrustedRoots) -> Self {
        Self {
            roots,
            max_depth: DEFAULT_MAX_DEPTH,
            revocations: None,
            max_revocation_staleness: None,
            cache: None,
        }
    }

    /// The greatest depth of a credential, the root's being 0.
    #[must_use]
    pub fn max_depth(mut self, max_depth: u64) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// Refuses every chain with a hop that `snapshot` revokes.
    #[must_use]
    pub fn revocations(mut self, snapshot: &'a RevocationSnapshot) -> Self {
        self.revocations = Some(snapshot);
        self
    }

    /// Requires a snapshot that is at most `seconds` old.
    #[must_use]
    pub fn max_revocation_staleness(mut self, seconds: u64) -> Self {
        self.max_revocation_staleness = Some(seconds);
        self
    }

    /// Remembers in `cache` what no time and no policy can change: signatures and links. The verdicts stay the same.
    #[must_use]
    pub fn cache(mut self, cache: &'a PrefixCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Reads a chain document and judges it; [`Chain::from_json`] and [`Self::verify`] in one, and the fastest way
    /// for a document that the cache knows.
    ///
    /// # Errors
    /// As those two.
    pub fn verify_json(
        &self,
        document: &[u8],
        time: EvaluationTime,
    ) -> Result<VerifiedChain, DelegationError> {
        match self.recall(document) {
            Some(hops) => self.judge_recalled(hops, time),
            None => self.verify(&Chain::from_json(document)?, time),
        }
    }

    /// Judges `chain` at `time`.
    ///
    /// # Errors
    /// The first check of DEL-20 that fails.
    pub fn verify(&self, chain: &Chain, time: EvaluationTime) -> Result<VerifiedChain, DelegationError> {
        match self.recall(chain.document()) {
            Some(hops) => self.judge_recalled(hops, time),
            None => self.conclude(walk(self, chain, time.seconds())?, time),
        }
    }

    fn recall(&self, document: &[u8]) -> Option<Arc<[Credential]>> {
        self.cache.and_then(|cache| cache.document(document))
    }

    fn judge_recalled(
        &self,
        hops: Arc<[Credential]>,
        time: EvaluationTime,
    ) -> Result<VerifiedChain, DelegationError> {
        if let Some(root) = hops.first() {
            self.check_root(root.members())?;
        }
        self.judge_known(&hops, time.seconds())?;
        self.conclude(hops, time)
    }

    /// What is left to judge of hops whose signatures and links are known to hold.
    fn judge_known(&self, known: &[Credential], now: u64) -> Result<(), DelegationError> {
        for (hop, credential) in known.iter().enumerate() {
            check_window(hop, credential.members(), now)?;
            self.check_depth(hop, credential.members())?;
        }
        Ok(())
    }

    /// DEL-21: the first grant is a trusted root's, or nothing else is looked at.
    fn check_root(&self, root: &Members) -> Result<VerifyingKey, DelegationError> {
        match self.roots.find(&root.issuer) {
            Some(key) => Ok(key),
            None if is_off("DEL-21") => root.issuer_key(),
            None => Err(DelegationError::UntrustedRoot { issuer: hex(&root.issuer) }),
        }
    }

    /// DEL-25.
    fn check_depth(&self, hop: usize, members: &Members) -> Result<(), DelegationError> {
        let max = self.max_depth.min(MAX_HOPS.saturating_sub(1));
        if !holds("DEL-25", members.depth <= max) {
            return Err(DelegationError::TooDeep { hop, depth: members.depth, max });
        }
        Ok(())
    }

    fn conclude(
        &self,
        hops: Arc<[Credential]>,
        time: EvaluationTime,
    ) -> Result<VerifiedChain, DelegationError> {
        let revocation = self.check_revocation(&hops, time)?;
        let (Some(root), Some(leaf)) = (hops.first().cloned(), hops.last().cloned()) else {
            return Err(DelegationError::EmptyChain);
        };
        Ok(VerifiedChain { hops, root, leaf, revocation })
    }

    /// REV-6 to REV-9. A revoked hop is reported before a stale snapshot: no later news could clear it.
    fn check_revocation(
        &self,
        hops: &[Credential],
        time: EvaluationTime,
    ) -> Result<RevocationStatus, DelegationError> {
        let Some(snapshot) = self.revocations else {
            return match self.max_revocation_staleness {
                Some(_) if !is_off("REV-8") => Err(DelegationError::SnapshotMissing),
                _ => Ok(RevocationStatus::NotChecked),
            };
        };
        snapshot.check_hops(hops, time)?;
        if let Some(max) = self.max_revocation_staleness {
            snapshot.check_age(max, time)?;
        }
        Ok(RevocationStatus::NotRevoked { as_of: snapshot.as_of() })
    }
}

/// DEL-23: both bounds are inclusive.
fn check_window(hop: usize, members: &Members, now: u64) -> Result<(), DelegationError> {
    if let Some(not_before) = members.not_before.filter(|not_before| !holds("DEL-23", *not_before <= now)) {
        return Err(DelegationError::NotYetValid { hop, not_before, at: now });
    }
    if let Some(not_after) = members.not_after.filter(|not_after| !holds("DEL-23", now <= *not_after)) {
        return Err(DelegationError::Expired { hop, not_after, at: now });
    }
    Ok(())
}
