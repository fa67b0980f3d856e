//! Ed25519 signatures by AWS-LC, whose assembly makes the same bytes in about half the time.
//!
//! Verification knows nothing of it: there is one predicate for what a signature is (CORE-14).

use alloc::sync::Arc;

use aws_lc_rs::signature::Ed25519KeyPair;

/// A private key where AWS-LC keeps it, which wipes it when the last of its clones is dropped.
#[derive(Clone)]
pub(super) struct Assembly(Option<Arc<Ed25519KeyPair>>);

impl Assembly {
    /// The key whose seed is `seed`, if AWS-LC takes it.
    pub(super) fn of(seed: &[u8; 32]) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Arc::new))
    }

    /// The signature over `message`; nothing where AWS-LC makes none, for want of memory.
    pub(super) fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        self.0.as_ref()?.try_sign(message).ok()?.as_ref().try_into().ok()
    }
}
