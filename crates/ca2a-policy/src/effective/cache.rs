//! Effective scopes, each evaluated once.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use ca2a_core::{CallerAssurance, CredentialDigest, Scope, Sha256, VerifyingKey};

use super::effective_scope;
use crate::{Facts, Policy};

/// Everything that an effective scope depends on. The digest of the leaf stands for the delegated scope.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    policy: Sha256,
    leaf: CredentialDigest,
    subject: VerifyingKey,
    depth: u64,
    root_issuer: VerifyingKey,
    assurance: CallerAssurance,
    measurement: Option<Box<str>>,
    /// Digest and approvers: the digest stands for the agent as well.
    manifest: Option<(Sha256, Box<[Box<str>]>)>,
}

impl Key {
    fn new(policy: Sha256, leaf: CredentialDigest, facts: &Facts<'_>) -> Self {
        // No `..` here: a fact that is added must enter the key.
        let Facts { subject, capability: _, depth, root_issuer, assurance, measurement, manifest } = *facts;
        let measurement = measurement.map(Into::into);
        let manifest = manifest.map(|manifest| (manifest.digest, manifest.approvers.into()));
        Self {
            policy,
            leaf,
            subject: *subject,
            depth,
            root_issuer: *root_issuer,
            assurance,
            measurement,
            manifest,
        }
    }
}

/// Filled by whoever asks first; who asks meanwhile waits for it.
type Slot = Arc<OnceLock<Arc<Scope>>>;

/// A bounded memory of effective scopes, evaluated once per policy, leaf credential and facts. (POL-12)
///
/// Bounded in bytes, not in entries, because callers choose how long their scopes are. It keeps a young and an old
/// generation; when the young one is full it becomes the old one, and what nobody asked for since is forgotten.
/// Nothing expires: an entry is a function of its key.
#[derive(Debug)]
pub struct EffectiveScopes {
    generation_bytes: usize,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Key, (Slot, usize)>,
    young_bytes: usize,
    old: HashMap<Key, (Slot, usize)>,
}

impl core::fmt::Debug for Generations {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "Generations({} young, {} old)", self.young.len(), self.old.len())
    }
}

impl Default for EffectiveScopes {
    /// At most 4 MiB, some thousands of usual scopes.
    fn default() -> Self {
        Self::new(4 << 20)
    }
}

impl EffectiveScopes {
    /// A memory of about `max_bytes`. A scope that is larger than half of it is evaluated and not kept.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self { generation_bytes: max_bytes / 2, generations: Mutex::default() }
    }

    /// The effective scope of `facts` under `policy`. `leaf` is the digest of the credential whose scope `delegated`
    /// is; see [`effective_scope`].
    #[must_use]
    pub fn effective(
        &self,
        policy: &dyn Policy,
        leaf: CredentialDigest,
        delegated: &Scope,
        facts: &Facts<'_>,
    ) -> Arc<Scope> {
        let evaluate = || Arc::new(effective_scope(policy, delegated, facts));
        let key = Key::new(policy.digest(), leaf, facts);
        let bytes = weight(delegated, facts);
        if bytes > self.generation_bytes {
            return evaluate();
        }
        // The lock covers the maps alone: evaluating under it would make every caller wait for the slowest policy.
        let slot = self.generations.lock().unwrap_or_else(PoisonError::into_inner).slot(
            key,
            bytes,
            self.generation_bytes,
        );
        Arc::clone(slot.get_or_init(evaluate))
    }
}

impl Generations {
    fn slot(&mut self, key: Key, bytes: usize, generation_bytes: usize) -> Slot {
        if let Some((slot, _)) = self.young.get(&key) {
            return Arc::clone(slot);
        }
        let (slot, bytes) = self.old.remove(&key).unwrap_or_else(|| (Slot::default(), bytes));
        if self.young_bytes.saturating_add(bytes) > generation_bytes {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes = self.young_bytes.saturating_add(bytes);
        self.young.insert(key, (Arc::clone(&slot), bytes));
        slot
    }
}

/// What an entry takes up at most: its key, its places in map and allocator, and the delegated scope whole.
fn weight(delegated: &Scope, facts: &Facts<'_>) -> usize {
    const ENTRY: usize = mem::size_of::<(Key, Slot, usize)>().saturating_mul(2).saturating_add(128);
    const CAPABILITY: usize = 32;
    let texts = delegated.texts().map(|text| text.len().saturating_add(CAPABILITY));
    let approvers = facts.manifest.into_iter().flat_map(|manifest| manifest.approvers);
    let approvers = approvers.map(|approver| approver.len().saturating_add(CAPABILITY));
    texts.chain(facts.measurement.map(str::len)).chain(approvers).fold(ENTRY, usize::saturating_add)
}
