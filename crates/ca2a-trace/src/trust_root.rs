//! Record sets under a trusted root: the draft A2A delegation profile of TRACE, rules D-1 to D-10.
//!
//! [`crate::TrustEveryKey`] trusts every key by name and reads a list. A [`TrustRoot`] trusts the keys of roots and
//! lets credentials carry the rest; it reads a **set**, in no order, with as many branches as there are, and walks from
//! a leaf that the caller names up to its root. Four verdicts: verified, not what happened (provenance), not allowed
//! (authorization), and cannot be told (unverifiable).
//!
//! ```
//! use ca2a_core::{EvaluationTime, SigningKey, TraceLink};
//! use ca2a_trace::{HopContext, trust_root::{Credentials, RecordSet, TrustRoot, Verdict}};
//!
//! let planner = SigningKey::from_seed(&[1; 32]);
//! let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
//! let record = context.sign("spiffe://acme.example/planner", 1_790_000_000, None, &planner)?;
//!
//! let set = RecordSet::new([record]);
//! let root = TrustRoot::of_keys([planner.verifying_key()], Credentials::new());
//! for leaf in set.tips() {
//!     let report = root.assess(leaf, EvaluationTime::At(1_790_000_100));
//!     assert_eq!(report.verdict(), Verdict::Verified);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod credentials;
mod fault;
mod lattice;
mod report;
mod set;
mod walk;

pub use credentials::{Credentials, KnownCredential, Principal, Window};
pub use fault::{FaultClass, PathFault};
pub use lattice::DataClassLattice;
pub use report::{CredentialEvidence, HopEvidence, PathReport, RootedPath, Verdict};
pub use set::{Leaf, RecordSet};

use std::collections::BTreeMap;

use ca2a_core::{EvaluationTime, TraceLink, VerifyingKey, requirement::is_off};
use ca2a_delegation::VerifiedChain;

use crate::trust_record::CLOCK_SKEW;

/// Links that are followed unless the verifier says otherwise.
const DEFAULT_MAX_DEPTH: u64 = 8;

/// Assesses paths of records: what is trusted, and what the verifier knows that no record can tell it.
#[derive(Debug, Clone)]
pub struct TrustRoot {
    roots: BTreeMap<VerifyingKey, Vec<Window>>,
    credentials: Credentials,
    lattice: Option<DataClassLattice>,
    max_depth: u64,
    sha384: bool,
    max_future_skew: u64,
    max_backdating: Option<u64>,
}

impl TrustRoot {
    /// Trusts a first record under one of `keys`, and every later one under `credentials`. Follows 8 links; takes
    /// records up to five minutes ahead of now and up to five minutes before their parent, which is what clocks may
    /// differ.
    pub fn of_keys(keys: impl IntoIterator<Item = VerifyingKey>, credentials: Credentials) -> Self {
        Self {
            roots: keys.into_iter().map(|key| (key, vec![Window::ALWAYS])).collect(),
            credentials,
            lattice: None,
            max_depth: DEFAULT_MAX_DEPTH,
            sha384: true,
            max_future_skew: CLOCK_SKEW,
            max_backdating: Some(CLOCK_SKEW),
        }
    }

    /// Trusts what verified chains delegate: a first record by the subject of a chain's first credential while that
    /// credential holds, and every later one under a later credential of the chains. All of it hangs on the roots that
    /// the chains were verified under.
    pub fn of_chains<'c>(chains: impl IntoIterator<Item = &'c VerifiedChain>) -> Self {
        let mut trust = Self::of_keys([], Credentials::new());
        for chain in chains {
            if let Some((first, later)) = chain.hops().split_first() {
                let window = if is_off("TRC-157") { Window::ALWAYS } else { Window::of(first) };
                trust.roots.entry(*first.subject()).or_default().push(window);
                trust.credentials.extend(later);
            }
        }
        trust
    }

    /// The order of data classes; without one, data classes are not compared, and the evidence says so.
    #[must_use]
    pub fn lattice(mut self, lattice: DataClassLattice) -> Self {
        self.lattice = Some(lattice);
        self
    }

    /// The most links that a walk follows.
    #[must_use]
    pub fn max_depth(mut self, links: u64) -> Self {
        self.max_depth = links;
        self
    }

    /// Reads SHA-256 links alone: a SHA-384 link makes a path unverifiable. For a verifier that has to show what one
    /// without SHA-384 would say.
    #[must_use]
    pub fn sha256_only(mut self) -> Self {
        self.sha384 = false;
        self
    }

    /// Seconds that a record may be dated ahead of now.
    #[must_use]
    pub fn max_future_skew(mut self, seconds: u64) -> Self {
        self.max_future_skew = seconds;
        self
    }

    /// Seconds that a record may be dated before its parent; `None` leaves the order of times unchecked, as the draft
    /// does.
    #[must_use]
    pub fn max_backdating(mut self, seconds: Option<u64>) -> Self {
        self.max_backdating = seconds;
        self
    }

    /// Walks from `leaf` to its root and notes at every hop what holds and what does not. `at` bounds how far ahead of
    /// its time a record may be dated; no other rule reads it.
    #[must_use]
    pub fn assess<'s>(&self, leaf: Leaf<'s>, at: EvaluationTime) -> PathReport<'s> {
        walk::walk(self, leaf, at)
    }

    fn reads(&self, link: &TraceLink) -> bool {
        self.sha384 || matches!(link, TraceLink::Sha256(_))
    }
}
