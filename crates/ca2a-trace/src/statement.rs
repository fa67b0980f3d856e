//! Signed statements: what a callee decided about one call, in a form that stands on its own (`specs/statement.md`).
//!
//! A TRACE record is the word of the agent that acted; a statement is the word of the callee that let it or did not.
//! Neither replaces the other: the agent cannot say what was decided about it, and the callee cannot say what ran.
//!
//! ```text
//! Call ──sign──▶ Statement ──StatementVerifier──▶ VerifiedStatement ──cross_check──▶ CrossChecked
//!          bytes ──from_json──▲
//! ```
//!
//! A callee allows a call and says so; an auditor takes its word by the word:
//!
//! ```
//! use ca2a_core::{CallerAssurance, ChannelKey, EvaluationTime, Sha256, SigningKey};
//! use ca2a_delegation::{Chain, ChainVerifier, Grant, TrustedRoots, issue};
//! use ca2a_trace::{
//!     DelegationRecord, ParentLink,
//!     statement::{Call, Compared, Evidence, PayloadDigest, StatementVerifier, Verdict},
//! };
//!
//! let [operator, caller, callee] = [1, 2, 3].map(|seed| SigningKey::from_seed(&[seed; 32]));
//! # let (id, scope) = ("c-0".parse()?, ["web:search".parse()?].into_iter().collect());
//! # let grant = Grant { id, subject: caller.verifying_key(), scope, not_before: None, not_after: None };
//! # let json = format!("[{}]", issue(&operator, grant)?.to_json());
//! # let (roots, at) = (TrustedRoots::from_iter([operator.verifying_key()]), EvaluationTime::At(1_790_000_000));
//! # let chain = ChainVerifier::new(&roots).verify(&Chain::from_json(json.as_bytes())?, at)?;
//! let record = DelegationRecord::allow(chain.leaf(), "rec-1".parse()?, ParentLink::Root, CallerAssurance::NotOffered);
//! let statement = Call {
//!     chain: &chain,
//!     record: &record,
//!     trace_record: None,
//!     capability: &"web:search".parse()?,
//!     effective_scope: chain.scope(),
//!     verdict: Verdict::Allow,
//!     measurement: None,
//!     appraisal: None,
//!     payload: Some(PayloadDigest::of([7; 16], b"sealed payload")),
//!     policy: Sha256::of(b"policy"),
//!     issued_at: 1_790_000_000,
//!     channel_key: ChannelKey([0x51; 32]),
//!     manifest: None,
//! }
//! .sign(&callee)?;
//!
//! // Elsewhere, from bytes and the callee's key.
//! let verified = StatementVerifier::new(callee.verifying_key()).verify_json(&statement.canonical(), at)?;
//! let checked = verified.cross_check(&Evidence::new(&chain).delegation_record(&record))?;
//! assert_eq!(checked.delegation_record, Compared::Matches);
//! assert_eq!(checked.payload, Compared::NotGiven);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call;
mod chain;
mod cross;
mod error;
mod facts;
mod payload;
mod verify;
mod wire;

pub use call::Call;
pub use chain::ChainDigest;
pub use cross::{ActingRecord, Compared, CrossChecked, Evidence};
pub use error::{Mismatch, StatementError};
pub use facts::{CalleeManifest, CallerRuntime, StatementFacts, Verdict};
pub use payload::{PayloadDigest, SALT_LENGTH};
pub use verify::{StatementVerifier, VerifiedStatement};

use ca2a_core::{Signature, SigningKey, TraceLink, VerifyingKey};

/// Sets these signatures apart from every other that the key makes. No JSON text starts with it, so no credential,
/// holder proof or TRACE record is a statement (TRC-101).
const DOMAIN: &[u8] = b"ca2a-statement-v1\0";

/// A statement of the right shape, with a signature that nobody has verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    facts: StatementFacts,
    callee: VerifyingKey,
    signature: Signature,
}

impl Statement {
    /// Signs `facts` with the callee's key (TRC-101). What a verifier would refuse gets no signature.
    ///
    /// # Errors
    /// Facts that contradict one another (TRC-103).
    pub fn sign(facts: StatementFacts, key: &SigningKey) -> Result<Self, StatementError> {
        facts.consistent()?;
        let callee = key.verifying_key();
        let signature = key.sign(&covered(&facts, &callee));
        Ok(Self { facts, callee, signature })
    }

    /// What it says. The callee's word only once the signature is verified.
    #[must_use]
    pub fn facts(&self) -> &StatementFacts {
        &self.facts
    }

    /// The key that it says it is signed with.
    #[must_use]
    pub fn callee(&self) -> &VerifyingKey {
        &self.callee
    }

    /// The signature over [`Self::signing_input`].
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// What the signature covers: `ca2a-statement-v1`, a zero byte, and the canonical form (RFC 8785) of every member
    /// but `signature` (TRC-101).
    #[must_use]
    pub fn signing_input(&self) -> Vec<u8> {
        covered(&self.facts, &self.callee)
    }

    /// SHA-256 of the canonical form of the whole statement, signature included: how others name it (TRC-102).
    #[must_use]
    pub fn digest(&self) -> TraceLink {
        TraceLink::sha256_of(&self.canonical())
    }
}

fn covered(facts: &StatementFacts, callee: &VerifyingKey) -> Vec<u8> {
    [DOMAIN, &wire::canonical_bytes(facts, callee, None)].concat()
}
