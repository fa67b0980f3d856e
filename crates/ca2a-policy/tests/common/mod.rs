//! Callers and policies that several tests share.

#![allow(dead_code, clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use ca2a_core::{CallerAssurance, Capability, Scope, Sha256, SigningKey, VerifyingKey};
use ca2a_policy::{Decision, Facts, Policy};

pub(crate) const ASSURANCES: [CallerAssurance; 4] = [
    CallerAssurance::NotOffered,
    CallerAssurance::Failed,
    CallerAssurance::SoftwareOnly,
    CallerAssurance::Hardware,
];

pub(crate) fn key(seed: u8) -> VerifyingKey {
    SigningKey::from_seed(&[seed; 32]).verifying_key()
}

pub(crate) fn capability(text: &str) -> Capability {
    Capability::new(text).unwrap()
}

pub(crate) fn scope(texts: &[&str]) -> Scope {
    texts.iter().map(|text| capability(text)).collect()
}

/// What [`Facts`] borrow from.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) subject: VerifyingKey,
    pub(crate) capability: Capability,
    pub(crate) depth: u64,
    pub(crate) root_issuer: VerifyingKey,
    pub(crate) assurance: CallerAssurance,
    pub(crate) measurement: Option<String>,
}

impl Caller {
    pub(crate) fn asking(text: &str) -> Self {
        Self {
            subject: key(2),
            capability: capability(text),
            depth: 1,
            root_issuer: key(1),
            assurance: CallerAssurance::SoftwareOnly,
            measurement: None,
        }
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts::new(
            &self.subject,
            &self.capability,
            self.depth,
            &self.root_issuer,
            self.assurance,
            self.measurement.as_deref(),
        )
    }
}

/// A policy that counts how often it is asked.
#[derive(Debug)]
pub(crate) struct Counted<P> {
    pub(crate) inner: P,
    pub(crate) asked: AtomicUsize,
}

impl<P> Counted<P> {
    pub(crate) fn new(inner: P) -> Self {
        Self { inner, asked: AtomicUsize::new(0) }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl<P: Policy> Policy for Counted<P> {
    fn decide(&self, facts: &Facts<'_>) -> Decision {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.inner.decide(facts)
    }

    fn digest(&self) -> Sha256 {
        self.inner.digest()
    }
}
