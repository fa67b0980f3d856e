//! The acting agent: a TRACE record for every call that it makes, durable before the call leaves (TRC-110 to TRC-112).
//!
//! A callee states what it decided; only the agent that acts can say what it runs and whose work it continues. An
//! [`Agent`] signs that with the key that its credential names, links it to the record of the agent that called, and
//! keeps it. The [`Act`] that comes back is the proof: it becomes the parent of the call, so that the callee's statement
//! covers its digest.
//!
//! ```
//! use ca2a_core::{SigningKey, TraceLink};
//! use ca2a_delegation::{Chain, Grant, issue};
//! use ca2a_runtime::{agent::Agent, store::MemoryRecordStore};
//! use ca2a_trace::{HopContext, ParentLink};
//!
//! # let (operator, planner) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
//! # let scope = ["read".parse()?].into_iter().collect();
//! # let (id, subject) = ("c-0".parse()?, planner.verifying_key());
//! # let credential = issue(&operator, Grant { id, subject, scope, not_before: None, not_after: None })?;
//! # let chain = Chain::from_iter([credential]);
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let records = MemoryRecordStore::default();
//! let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
//! let agent = Agent::new(planner, "spiffe://acme.example/planner", context, &records);
//!
//! // At the start of a lineage; what an inbound call asks for follows `*granted.record.parent()`.
//! let act = agent.act(&chain, ParentLink::Root).await?;
//! assert_eq!(records.trace_records(), [act.record().clone()]);
//!
//! // `Call::new(&chain, agent.key(), …).after(&act)` then goes out under it.
//! let parent = ParentLink::from(&act);
//! # assert_eq!(parent, ParentLink::Trace(act.record().hash()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{fmt, sync::Arc};

use ca2a_core::{CredentialId, ErrorCode, SigningKey, encoding::base64url};
use ca2a_delegation::{Chain, DelegationError};
use ca2a_trace::{Delegation, HopContext, ParentLink, TraceError, TrustRecord};

use crate::{
    sink::{SinkError, TraceSink},
    system::{Clock, OsRandom, Random, RandomError, SystemClock, random_bytes},
};

/// An agent that acts: its key, what it runs, and where the records of its acts are kept.
pub struct Agent<S> {
    key: SigningKey,
    subject: String,
    context: HopContext,
    sink: S,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl<S> fmt::Debug for Agent<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Agent").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Why an agent did not act. Nothing was kept then that a call could go out under.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// The chain does not parse.
    #[error(transparent)]
    Delegation(#[from] DelegationError),
    /// There is nothing to act under.
    #[error("the chain is empty; there is no credential to act under")]
    EmptyChain,
    /// The credential is somebody else's.
    #[error(
        "credential `{0}` was granted to another key than the one at hand; its subject alone acts under it"
    )]
    NotTheSubject(CredentialId),
    /// A record below the first hop continues another one, and none was given.
    #[error(
        "a chain of {0} hops is acted under on somebody's behalf: the record continues the TRACE record of the hop \
         before, whose digest is missing"
    )]
    NothingToFollow(usize),
    /// A first hop follows nobody.
    #[error("a chain of one hop starts a lineage, and its record continues none; one was named")]
    FollowsAtTheRoot,
    /// What was to be followed is no TRACE record.
    #[error("`{0}` names an unsigned delegation record, which no TRACE record can continue")]
    FollowsUnsigned(ParentLink),
    /// What the agent says about itself makes no TRACE record.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The record could not be made durable.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl ActError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Delegation(error) => error.code(),
            Self::EmptyChain => ErrorCode::BrokenDelegationLink,
            Self::NotTheSubject(_) => ErrorCode::HolderProofInvalid,
            Self::NothingToFollow(_) | Self::FollowsAtTheRoot | Self::FollowsUnsigned(_) => {
                ErrorCode::ProvenanceLinkBroken
            }
            Self::Trace(error) => error.code(),
            Self::Random(_) => ErrorCode::Ca2aError,
            Self::Sink(error) => error.code(),
        }
    }
}

impl<S: TraceSink> Agent<S> {
    /// An agent that holds `key`, goes by the SPIFFE id or DID `subject`, runs `context`, and keeps its records in
    /// `sink`. Clock and randomness are the machine's.
    #[must_use]
    pub fn new(key: SigningKey, subject: impl Into<String>, context: HopContext, sink: S) -> Self {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        Self { key, subject: subject.into(), context, sink, clock, random }
    }

    /// The clock and the randomness, for a replay of recorded input.
    #[must_use]
    pub fn with_system(mut self, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        self.clock = clock;
        self.random = random;
        self
    }

    /// The key that it acts with, for the call that follows.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The SPIFFE id or DID that it goes by.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Signs for acting under `chain`, in continuation of `following`, and keeps that. `following` is the record of the
    /// agent that called, as the inbound call names it (`*granted.record.parent()`), and [`ParentLink::Root`] at the
    /// start of a lineage. Make one act for each call: the callee names it in its statement. The nonce of the context is
    /// kept; a context without one gets a fresh one for each act.
    ///
    /// # Errors
    /// A chain that this agent cannot act under, a place in the lineage that an auditor would refuse, a subject or context
    /// that makes no TRACE record, or a sink that keeps nothing.
    pub async fn act(&self, chain: &Chain, following: ParentLink) -> Result<Act, ActError> {
        let record = self.sign(chain, following)?;
        self.sink.keep(&record).await?;
        Ok(Act { record })
    }

    fn sign(&self, chain: &Chain, following: ParentLink) -> Result<TrustRecord<'static>, ActError> {
        let hops = chain.credentials()?;
        let leaf = hops.last().ok_or(ActError::EmptyChain)?;
        if *leaf.subject() != self.key.verifying_key() {
            return Err(ActError::NotTheSubject(leaf.id().clone()));
        }
        let place = match (following, hops.len()) {
            (ParentLink::Root, 1) => None,
            (ParentLink::Root, hops) => return Err(ActError::NothingToFollow(hops)),
            (ParentLink::Record(_), _) => return Err(ActError::FollowsUnsigned(following)),
            (ParentLink::Trace(_), 1) => return Err(ActError::FollowsAtTheRoot),
            (ParentLink::Trace(parent), _) => Some(Delegation { parent, credential_id: leaf.id().clone() }),
        };
        let mut context = self.context.clone();
        if context.nonce.is_none() {
            // Two acts within one second would be one record otherwise, and a list refuses to hold a record twice.
            context.nonce = Some(base64url(&random_bytes::<16>(&*self.random)?));
        }
        Ok(context.sign(&self.subject, self.clock.now(), place.as_ref(), &self.key)?)
    }
}

/// An act that its agent signed for and that is durable. Only [`Agent::act`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    record: TrustRecord<'static>,
}

impl Act {
    /// The record.
    #[must_use]
    pub fn record(&self) -> &TrustRecord<'static> {
        &self.record
    }

    /// The record, by itself.
    #[must_use]
    pub fn into_record(self) -> TrustRecord<'static> {
        self.record
    }
}

/// What the call goes out under (`Call::after`): the digest of the record.
impl From<&Act> for ParentLink {
    fn from(act: &Act) -> Self {
        Self::Trace(act.record.hash())
    }
}
