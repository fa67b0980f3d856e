//! What a check is run with.

use std::collections::BTreeMap;

use ca2a_core::{EvaluationTime, Sha256, TraceLink, VerifyingKey, json::Node};

/// Oldest record that passes unless the caller says otherwise: one day.
const DEFAULT_MAX_AGE: u64 = 86_400;

/// Policy bundles at hand, by the URI that names them.
pub type PolicyBundles = BTreeMap<String, Vec<u8>>;

/// What a verifier of hardware evidence established about the runtime that a record speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EstablishedRuntime<'o> {
    /// The platform, by its name in TRACE.
    pub platform: &'o str,
    /// What the hardware measured.
    pub measurement: TraceLink,
    /// The key that the evidence binds: it signs inside that runtime.
    pub key: VerifyingKey,
}

/// What the caller knows that no record can tell.
#[derive(Debug, Clone, Copy)]
pub struct Options<'o> {
    pub(super) now: u64,
    pub(super) max_age: u64,
    pub(super) expected_nonce: Option<&'o str>,
    pub(super) receipt: Option<&'o Node<'o>>,
    pub(super) policies: Option<&'o PolicyBundles>,
    pub(super) trusted_key: Option<&'o VerifyingKey>,
    pub(super) evidence: Option<EstablishedRuntime<'o>>,
    pub(super) log_roots: &'o [Sha256],
}

impl<'o> Options<'o> {
    /// Records of the day before `at`; nothing else is known.
    #[must_use]
    pub fn at(at: EvaluationTime) -> Self {
        Self {
            now: at.seconds(),
            max_age: DEFAULT_MAX_AGE,
            expected_nonce: None,
            receipt: None,
            policies: None,
            trusted_key: None,
            evidence: None,
            log_roots: &[],
        }
    }

    /// Seconds that a record may be old.
    #[must_use]
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = seconds;
        self
    }

    /// The nonce that the verifier sent; level 1 needs one.
    #[must_use]
    pub fn expected_nonce(mut self, nonce: &'o str) -> Self {
        self.expected_nonce = Some(nonce);
        self
    }

    /// The inclusion receipt of the record; level 2 needs one.
    #[must_use]
    pub fn receipt(mut self, receipt: &'o Node<'o>) -> Self {
        self.receipt = Some(receipt);
        self
    }

    /// The policy bundles at hand. Without any, a `policy_uri` is not followed.
    #[must_use]
    pub fn policies(mut self, bundles: &'o PolicyBundles) -> Self {
        self.policies = Some(bundles);
        self
    }

    /// The key that the record must be signed with; read in strict mode (TRC-126).
    #[must_use]
    pub fn trusted_key(mut self, key: &'o VerifyingKey) -> Self {
        self.trusted_key = Some(key);
        self
    }

    /// What was established about the runtime; read in strict mode (TRC-127).
    #[must_use]
    pub fn evidence(mut self, runtime: EstablishedRuntime<'o>) -> Self {
        self.evidence = Some(runtime);
        self
    }

    /// Tree heads that a log signed, under a key that the caller pinned; read in strict mode (TRC-128).
    #[must_use]
    pub fn log_roots(mut self, roots: &'o [Sha256]) -> Self {
        self.log_roots = roots;
        self
    }
}
