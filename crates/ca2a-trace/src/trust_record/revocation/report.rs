//! What a revocation check reports, in the words of TRACE section 3.2.3.

use ca2a_core::{
    TraceLink,
    json::{Node, Object},
};

/// What is known about the revocation of the key that signed a record. Handle every case: two of the three mean that
/// nobody can say that the key is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationCheck {
    /// Nobody asked.
    NotPerformed,
    /// A store was asked and does not list the key.
    Store,
    /// A bundle was read.
    Bundle {
        /// What it was worth.
        report: BundleReport,
        /// Whether a store was asked too, and did not list the key.
        store_consulted: bool,
    },
}

/// What a revocation bundle was worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleReport {
    pub(super) facts: Option<BundleFacts>,
    pub(super) statements: usize,
    pub(super) problem: Option<BundleProblem>,
}

impl BundleReport {
    /// Why the bundle's silence about the key means nothing; `None` where it means that the key was good.
    #[must_use]
    pub fn problem(&self) -> Option<&BundleProblem> {
        self.problem.as_ref()
    }
}

/// The facts with which a second verifier comes to the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BundleFacts {
    pub(super) digest: TraceLink,
    pub(super) log_id: String,
    pub(super) issued_at: u64,
    pub(super) valid_until: u64,
    pub(super) now: u64,
    pub(super) max_age: u64,
}

/// Why a bundle's silence means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleProblem {
    /// Not a bundle.
    Malformed {
        /// Where, member names joined by `/`.
        path: String,
        /// What is wrong there.
        error: String,
    },
    /// Signed with an algorithm that is not verified here.
    SignatureUnsupported {
        /// The algorithm.
        algorithm: String,
    },
    /// Signed by a key that is not trusted for it.
    KeyUntrusted {
        /// What the bundle calls its key.
        key_id: String,
    },
    /// The signature does not verify.
    SignatureInvalid {
        /// What the bundle calls its key.
        key_id: String,
    },
    /// Issued later than now and the clock skew.
    IssuedInFuture {
        /// Seconds of clock skew that were allowed.
        max_future_skew: u64,
    },
    /// Too old.
    Expired(Bound),
}

/// Whose bound on a bundle's age was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The issuer's `valid_until`.
    Issuer,
    /// The verifier's maximum age.
    Deployment,
    /// Both.
    Both,
}

impl Bound {
    pub(super) fn tripped(issuer: bool, deployment: bool) -> Option<Self> {
        match (issuer, deployment) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Issuer),
            (false, true) => Some(Self::Deployment),
            (false, false) => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Deployment => "deployment",
            Self::Both => "both",
        }
    }
}

impl BundleProblem {
    /// The name that other implementations report.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "bundle_malformed",
            Self::SignatureUnsupported { .. } => "bundle_signature_unsupported",
            Self::KeyUntrusted { .. } => "bundle_key_untrusted",
            Self::SignatureInvalid { .. } => "bundle_signature_invalid",
            Self::IssuedInFuture { .. } => "bundle_issued_in_future",
            Self::Expired(_) => "bundle_expired",
        }
    }

    fn evidence(&self, evidence: &mut Object<'static>) {
        match self {
            Self::Malformed { path, error } => {
                evidence.insert("path", path.clone());
                evidence.insert("error", error.clone());
            }
            Self::SignatureUnsupported { algorithm } => evidence.insert("alg", algorithm.clone()),
            Self::KeyUntrusted { key_id } | Self::SignatureInvalid { key_id } => {
                evidence.insert("bundle_key_id", key_id.clone());
            }
            Self::IssuedInFuture { max_future_skew } => {
                evidence.insert("max_future_skew_seconds", *max_future_skew);
            }
            Self::Expired(bound) => evidence.insert("bound_tripped", bound.as_str()),
        }
    }
}

impl RevocationCheck {
    /// `verified`, `unverified_for_revocation` or `no_check_performed`.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::NotPerformed => "no_check_performed",
            Self::Bundle { report: BundleReport { problem: Some(_), .. }, .. } => "unverified_for_revocation",
            Self::Store | Self::Bundle { .. } => "verified",
        }
    }

    /// The report as other implementations write it: `outcome`, `cause` (or null) and `evidence`.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let mut evidence: Object<'static> = Object::new();
        let mut cause = None;
        match self {
            Self::NotPerformed => {}
            Self::Store => evidence.insert("source", "store"),
            Self::Bundle { report, store_consulted } => {
                if let Some(facts) = &report.facts {
                    evidence.insert("bundle_digest", facts.digest.to_string());
                    evidence.insert("log_id", facts.log_id.clone());
                    evidence.insert("issued_at", facts.issued_at);
                    evidence.insert("valid_until", facts.valid_until);
                    evidence.insert("now", facts.now);
                    evidence.insert("max_bundle_age_seconds", facts.max_age);
                }
                match &report.problem {
                    Some(problem) => {
                        cause = Some(problem.cause());
                        problem.evidence(&mut evidence);
                    }
                    None => evidence.insert("statements_count", report.statements),
                }
                if *store_consulted {
                    evidence.insert("store", "consulted");
                }
            }
        }
        Object::from([
            ("outcome", Node::from(self.outcome())),
            ("cause", Node::from(cause)),
            ("evidence", evidence.into()),
        ])
        .into()
    }
}
