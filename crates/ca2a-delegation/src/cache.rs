//! Remembering what was verified, so that a chain seen before costs no signature.

mod generations;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, hash::BuildHasher as _};
use std::{
    collections::hash_map::RandomState,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ca2a_core::Sha256;

use crate::{Chain, Credential};
use generations::Generations;

/// A bounded memory of verified prefixes, for any number of verifiers and threads.
///
/// It holds what no time and no policy can change: that the hops up to some point were signed by their issuers and
/// link to one another. Whether their root is trusted *here*, whether they are valid *now*, too deep, or revoked is
/// judged on every use, in the same order; a verdict with a cache is the verdict without (DEL-42). Only hops of
/// chains whose every signature and link held are remembered, never a refusal.
///
/// A prefix is named by SHA-256 over the name of the prefix before it ‖ the bytes of its last hop as received,
/// signature included (DEL-40). On top, whole documents are known by their bytes, which spares hashing and reading
/// the very same chain again.
pub struct PrefixCache {
    prefixes: Mutex<Generations<Sha256, Credential>>,
    documents: Mutex<Generations<u64, Arc<KnownDocument>>>,
    hasher: RandomState,
}

struct KnownDocument {
    bytes: Box<[u8]>,
    hops: Arc<[Credential]>,
}

impl PrefixCache {
    /// The most bytes a hop may take, on average over its chain, for the chain to be remembered.
    pub const MAX_BYTES_PER_HOP: usize = 8 << 10;

    /// Remembers at most `hops` hops, each once as the end of a prefix and once as part of a document. An ordinary
    /// hop takes about 2 KiB of memory.
    #[must_use]
    pub fn new(hops: usize) -> Self {
        Self {
            prefixes: Mutex::new(Generations::new(hops)),
            documents: Mutex::new(Generations::new(hops)),
            hasher: RandomState::new(),
        }
    }

    /// Whether this very document was verified before and is remembered.
    #[must_use]
    pub fn knows(&self, chain: &Chain) -> bool {
        self.document(chain.document()).is_some()
    }

    /// The hops of a chain document that was verified before, byte for byte.
    pub(crate) fn document(&self, bytes: &[u8]) -> Option<Arc<[Credential]>> {
        let key = self.hasher.hash_one(bytes);
        let document = lock(&self.documents).get(&key)?;
        // The hash only finds the candidate; what decides is that the bytes are the same.
        (*document.bytes == *bytes).then(|| document.hops.clone())
    }

    /// The hops of the longest prefix, out of those `names` name, that was verified before.
    pub(crate) fn longest_prefix(&self, names: &[Sha256]) -> Vec<Credential> {
        let mut prefixes = lock(&self.prefixes);
        names.iter().map_while(|name| prefixes.get(name)).collect()
    }

    /// Remembers every prefix of `chain`, whose signatures and links all hold. `names` are its prefix names and
    /// `hops` its credentials.
    pub(crate) fn remember(&self, chain: &Chain, names: &[Sha256], hops: &Arc<[Credential]>) {
        let bytes = chain.document();
        if bytes.len() > hops.len().saturating_mul(Self::MAX_BYTES_PER_HOP) {
            return;
        }
        // Whoever made the chain of nodes also said which bytes they were read from. What is remembered under bytes
        // has to be what these bytes say, not what somebody says they say (DEL-41).
        if Chain::from_json(bytes).as_ref() != Ok(chain) {
            return;
        }
        let mut prefixes = lock(&self.prefixes);
        for (name, hop) in names.iter().zip(hops.iter()) {
            prefixes.insert(*name, hop.clone(), 1);
        }
        drop(prefixes);
        let document = KnownDocument { bytes: bytes.into(), hops: hops.clone() };
        lock(&self.documents).insert(self.hasher.hash_one(bytes), Arc::new(document), hops.len());
    }
}

/// No code of ours panics while it holds the lock, and a map that another left is whole in any case.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for PrefixCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PrefixCache(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_core::{Capability, CredentialId, EvaluationTime, Scope, SigningKey};
    use ca2a_covers::covers;

    use super::*;
    use crate::{ChainVerifier, Grant, TrustedRoots, issue};

    #[test]
    fn a_bloated_chain_is_not_remembered() {
        covers!(accept, "DEL-43");
        covers!(refuse, "DEL-43");
        let root = SigningKey::from_seed(&[1; 32]);
        let scope = Scope::new([Capability::new("read").unwrap()]);
        let (id, subject) = (CredentialId::new("c").unwrap(), root.verifying_key());
        let hop = issue(&root, Grant { id, subject, scope, not_before: None, not_after: None }).unwrap();
        let lean = Chain::from_iter([hop]).to_json().into_bytes();
        let bloated = [lean.as_slice(), &[b' '; PrefixCache::MAX_BYTES_PER_HOP]].concat();

        let (cache, roots) = (PrefixCache::new(10), TrustedRoots::from_iter([subject]));
        let verifier = ChainVerifier::new(&roots).cache(&cache);
        for (bytes, remembered) in [(bloated, false), (lean, true)] {
            assert!(verifier.verify_json(&bytes, EvaluationTime::Live(0)).is_ok());
            assert_eq!(cache.document(&bytes).is_some(), remembered);
        }
    }
}
