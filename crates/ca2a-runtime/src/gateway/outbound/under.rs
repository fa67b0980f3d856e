//! Under what a call of the local agent's goes out, and what it grants the peer (GATE-63 to GATE-66).

use a2a_server::ServiceParams;
use ca2a_core::{Capability, CredentialId, Scope, SigningKey, encoding::hex};
use ca2a_delegation::{Chain, Credential, Grant, delegate};
use ca2a_trace::ParentLink;

use super::{
    super::{
        at_hand::{CallAtHand, CallsAtHand},
        headers::values,
    },
    Child, OutboundError, Route,
};
use crate::{
    a2a::client::Authority,
    system::{Clock, Random, random_bytes},
};

/// The header by which an agent chooses among the capabilities of a route.
const CAPABILITY: &str = "ca2a-capability";

/// By how many seconds the peer's clock may be behind ours.
const SKEW: u64 = 60;

/// Whose key signs: who owns the tasks at the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// That of the route's chain.
    Standing,
    /// That of this node, to which a caller handed authority down.
    Node,
}

/// What a call goes out under.
#[derive(Debug)]
pub(super) struct Under {
    pub(super) authority: Authority,
    pub(super) grant: Option<Credential>,
    pub(super) holder: Holder,
}

/// A chain, the key behind it, and whose that is.
struct Source<'r> {
    chain: &'r Chain,
    key: &'r SigningKey,
    holder: Holder,
}

/// What this machine has to say.
pub(super) struct Means<'n> {
    pub(super) at_hand: &'n CallsAtHand,
    /// The node's own key; without one nothing can be handed down to it.
    pub(super) key: Option<&'n SigningKey>,
    pub(super) clock: &'n dyn Clock,
    pub(super) random: &'n dyn Random,
}

impl Route {
    /// Who asks in a request that is no message: whose tasks it is about.
    pub(super) fn holder(&self, params: &ServiceParams, means: &Means<'_>) -> Result<Holder, OutboundError> {
        let call = means.at_hand.of(params)?;
        self.source(call.as_ref(), means).map(|source| source.holder)
    }

    /// Under what a message with `params` goes out; one to a task that is known here, under the key that `made` it (GATE-67).
    ///
    /// # Errors
    /// `NO_AUTHORITY` where there is not exactly one answer.
    pub(super) fn under(
        &self,
        params: &ServiceParams,
        made: Option<Holder>,
        means: &Means<'_>,
    ) -> Result<Under, OutboundError> {
        let capability = self.capability(params)?;
        let call = means.at_hand.of(params)?;
        let Source { chain, key, holder } = match made {
            Some(Holder::Standing) => self.source(None, means)?,
            Some(Holder::Node) | None => self.source(call.as_ref(), means)?,
        };
        if made.is_some_and(|made| made != holder) {
            return Err(OutboundError::NotItsMaker);
        }
        let hops = chain.credentials()?;
        let leaf = hops.last().filter(|leaf| leaf.scope().contains(&capability));
        let leaf = leaf.ok_or_else(|| OutboundError::NotHandedDown(capability.clone()))?;
        let grant = match &self.child {
            Some(child) => child.of(leaf, key, means)?,
            None => None,
        };
        let follows = call.as_ref().map_or(ParentLink::Root, |call| call.record);
        let authority = Authority::new(chain.clone(), key.clone(), capability).after(follows);
        Ok(Under { authority, grant, holder })
    }

    /// What was handed down with the call, else what stands on the route.
    fn source<'r>(
        &'r self,
        call: Option<&'r CallAtHand>,
        means: &Means<'r>,
    ) -> Result<Source<'r>, OutboundError> {
        if let (Some(chain), Some(key)) = (call.and_then(|call| call.grant.as_ref()), means.key) {
            return Ok(Source { chain, key, holder: Holder::Node });
        }
        let standing = self.standing.as_ref().ok_or_else(|| OutboundError::NoStanding(self.name.clone()))?;
        Ok(Source { chain: &standing.chain, key: &standing.key, holder: Holder::Standing })
    }

    /// What is asked for: what the route says, or what the agent chooses of it.
    fn capability(&self, params: &ServiceParams) -> Result<Capability, OutboundError> {
        let refused = |asked: &str| OutboundError::NotAllowed {
            name: self.name.clone(),
            asked: asked.chars().take(128).collect(),
        };
        let found = match values(params, CAPABILITY).as_slice() {
            [] => self.allowed.unless_chosen(),
            [asked] => {
                let found = self.allowed.iter().find(|capability| capability.as_str() == *asked);
                Some(found.ok_or_else(|| refused(asked))?)
            }
            _ => None,
        };
        found.cloned().ok_or_else(|| OutboundError::NotChosen(self.name.clone()))
    }
}

impl Child {
    /// A credential for the peer below `leaf`: never more than the holder of `key` has, and never for longer. `None` where
    /// nothing is left to grant.
    fn of(
        &self,
        leaf: &Credential,
        key: &SigningKey,
        means: &Means<'_>,
    ) -> Result<Option<Credential>, OutboundError> {
        let scope = Scope::new(self.scope.iter().filter(|held| leaf.scope().contains(held)).cloned());
        if scope.is_empty() {
            return Ok(None);
        }
        let now = means.clock.now();
        let end = now.saturating_add(self.ttl_seconds);
        let grant = Grant {
            id: CredentialId::new(format!("c-{}", hex(&random_bytes::<16>(means.random)?)))?,
            subject: self.subject,
            scope,
            not_before: Some(leaf.not_before().unwrap_or(0).max(now.saturating_sub(SKEW))),
            not_after: Some(leaf.not_after().map_or(end, |last| last.min(end))),
        };
        Ok(Some(delegate(leaf, key, grant)?))
    }
}
