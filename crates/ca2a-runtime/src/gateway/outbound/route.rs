//! A route: what the local agent may ask of one peer, and under what.

use std::collections::BTreeSet;

use ca2a_core::{Capability, ErrorCode, Scope, SigningKey, VerifyingKey};
use ca2a_delegation::{Chain, DelegationError};

use crate::{a2a::card::PinnedKey, config::is_peer_name, http::Origin, tls::Trust};

/// The way to one peer (GATE-60).
#[derive(Debug, Clone)]
pub struct Route {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) card_key: PinnedKey,
    pub(super) allowed: Allowed,
    pub(super) standing: Option<Standing>,
    pub(super) child: Option<Child>,
    pub(super) tls: Option<Trust>,
}

/// What may be asked for (GATE-65).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// This, always.
    Only(Capability),
    /// One of these, which the agent names in `Ca2a-Capability`.
    OneOf(BTreeSet<Capability>),
}

impl Allowed {
    /// Everything that may be.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Capability> {
        let (only, list) = match self {
            Self::Only(capability) => (Some(capability), None),
            Self::OneOf(list) => (None, Some(list)),
        };
        only.into_iter().chain(list.into_iter().flatten())
    }

    /// What is asked for where the agent names nothing.
    pub(super) fn unless_chosen(&self) -> Option<&Capability> {
        match self {
            Self::Only(capability) => Some(capability),
            Self::OneOf(_) => None,
        }
    }
}

/// The authority of calls that belong to no inbound one.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The chain.
    pub chain: Chain,
    /// The key that its leaf was granted to.
    pub key: SigningKey,
}

/// What the peer is granted with each call (GATE-66).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Whom it is for: the peer's key.
    pub subject: VerifyingKey,
    /// What it allows, as far as the caller holds it.
    pub scope: Scope,
    /// For how many seconds.
    pub ttl_seconds: u64,
}

/// A route that no call can be made on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// A name that is no segment of a path.
    #[error("the peer `{0}` needs a name of 1 to 64 characters from `a` to `z`, `0` to `9` and `-`")]
    Name(String),
    /// A name that stands twice.
    #[error("the peer `{0}` is listed twice")]
    Twice(String),
    /// A name that no route has.
    #[error("there is no route to `{0}` that could have a port of its own")]
    Unknown(String),
    /// This build speaks no gRPC.
    #[error("the peer `{0}` has a port for gRPC, and this build has no feature `grpc`")]
    NoGrpc(String),
    /// A port that others than this machine reach.
    #[error(
        "the port of the peer `{0}` must be on a loopback address: peers are for the agent on this machine"
    )]
    NotLocal(String),
    /// Nothing may be asked for.
    #[error("the route to `{0}` lists no capability")]
    NoCapability(String),
    /// The chain of the route.
    #[error("the chain of the route to `{name}`: {source}")]
    Chain {
        /// The peer.
        name: String,
        /// Why.
        source: DelegationError,
    },
    /// The chain is somebody else's.
    #[error("the chain of the route to `{0}` was granted to another key than the one beside it")]
    Holder(String),
    /// The chain allows nothing that the route does, or grants less than the route hands on.
    #[error("the chain of the route to `{name}` does not hold `{capability}`")]
    Beyond {
        /// The peer.
        name: String,
        /// What it does not hold.
        capability: Capability,
    },
}

impl RouteError {
    /// Always `CONFIG_ERROR`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ConfigError
    }
}

impl Route {
    /// The way to the peer `name` at `origin`, whose card one of the keys behind `card_key` signs. Calls ask for what is
    /// `allowed`. Without [`Self::standing`] they are made on behalf of inbound calls alone.
    ///
    /// # Errors
    /// A name that is no segment of a path, or nothing that is allowed.
    pub fn new(
        name: &str,
        origin: Origin,
        card_key: PinnedKey,
        allowed: Allowed,
    ) -> Result<Self, RouteError> {
        if !is_peer_name(name) {
            return Err(RouteError::Name(name.chars().take(64).collect()));
        }
        if allowed.iter().next().is_none() {
            return Err(RouteError::NoCapability(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), origin, card_key, allowed, standing: None, child: None, tls: None })
    }

    /// Calls that belong to no inbound one go out under `standing`.
    ///
    /// # Errors
    /// A chain that does not parse, is empty, is another's, or does not hold what the route allows.
    pub fn standing(mut self, standing: Standing) -> Result<Self, RouteError> {
        let name = || self.name.clone();
        let hops = standing.chain.credentials();
        let hops = hops.map_err(|source| RouteError::Chain { name: name(), source })?;
        let leaf = hops.last().filter(|leaf| *leaf.subject() == standing.key.verifying_key());
        let leaf = leaf.ok_or_else(|| RouteError::Holder(name()))?;
        if let Some(beyond) = self.allowed.iter().find(|capability| !leaf.scope().contains(capability)) {
            return Err(RouteError::Beyond { name: name(), capability: beyond.clone() });
        }
        self.standing = Some(standing);
        Ok(self)
    }

    /// Grants the peer `child` with each call.
    #[must_use]
    pub fn granting(mut self, child: Child) -> Self {
        self.child = Some(child);
        self
    }

    /// Trusts, and shows of itself, as `tls` says where the peer is at an `https` origin; the public roots unless this is said.
    #[must_use]
    pub fn trusting(mut self, tls: impl Into<Trust>) -> Self {
        self.tls = Some(tls.into());
        self
    }

    /// What the peer is called here.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
