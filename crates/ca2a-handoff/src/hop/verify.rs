//! What a hop is worth, with everything it names in hand. (HAND-71 to HAND-76)

use alloc::{string::ToString as _, vec::Vec};

use ca2a_core::{
    ReplayStore, VerifyingKey,
    requirement::{enforce, holds},
};
use ca2a_delegation::{Credential, VerifiedChain};

use super::{HopError, SignedHop, chain_digest};
use crate::{
    AcceptedHandoff, AgentId, AgentRegistry, Authority, CheckedHandoff, PacketDigest, ProfileChoice, Refusal,
    SignatureMatch, SignedTaskPacket, UnixMicros,
};

/// The most hops before the one that is judged.
const MAX_PARENTS: usize = 16;

/// A hop that lies before the one that is judged, with the packet that it carried. The first one comes first.
#[derive(Debug, Clone, Copy)]
pub struct ParentHop<'a> {
    /// The hop as sent.
    pub hop: &'a SignedHop,
    /// Its packet.
    pub packet: &'a SignedTaskPacket,
}

/// Judges hops to the holder of one key.
#[derive(Debug, Clone, Copy)]
pub struct HopVerifier<'a> {
    me: VerifyingKey,
    registry: Option<&'a AgentRegistry>,
}

/// A packet and its hop, of which everything holds but that nothing is spent yet.
#[derive(Debug)]
pub struct CheckedHop<'a> {
    handoff: CheckedHandoff<'a>,
    hop: &'a SignedHop,
}

/// A packet that was taken over by a signed hop, once.
#[derive(Debug)]
pub struct AcceptedHop<'a> {
    /// The packet.
    pub handoff: AcceptedHandoff<'a>,
    /// The hop.
    pub hop: &'a SignedHop,
}

impl<'a> CheckedHop<'a> {
    /// The packet.
    #[must_use]
    pub fn handoff(&self) -> &CheckedHandoff<'a> {
        &self.handoff
    }

    /// The hop.
    #[must_use]
    pub fn hop(&self) -> &'a SignedHop {
        self.hop
    }

    /// Spends the packet's nonce: a packet is taken over once, whether a hop carries it or not (HAND-75).
    ///
    /// # Errors
    /// A nonce that is spent, or a store that does not answer.
    pub fn spend(self, store: &dyn ReplayStore, now: UnixMicros) -> Result<AcceptedHop<'a>, Refusal> {
        Ok(AcceptedHop { handoff: self.handoff.spend(store, now)?, hop: self.hop })
    }
}

impl<'a> HopVerifier<'a> {
    /// A verifier for hops to `me`, where agents go by the ids that are derived from their keys.
    #[must_use]
    pub fn new(me: VerifyingKey) -> Self {
        Self { me, registry: None }
    }

    /// Resolves ids by `registry` instead.
    #[must_use]
    pub fn registry(mut self, registry: Option<&'a AgentRegistry>) -> Self {
        self.registry = registry;
        self
    }

    /// Judges `hop`, which carries `handoff` under `chain`, with every hop before it in `parents`. The packet was checked
    /// and the chain was verified before: neither can be had otherwise. A policy decides last, and is the caller's.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn check<'h>(
        &self,
        handoff: CheckedHandoff<'h>,
        hop: &'h SignedHop,
        parents: &[ParentHop<'_>],
        chain: &VerifiedChain,
        now: UnixMicros,
    ) -> Result<CheckedHop<'h>, HopError> {
        self.check_self(&handoff, hop)?;
        let packet = Carried {
            signed_by: *handoff.sender(),
            profile: handoff.profile().name(),
            digest: handoff.digest(),
            authority: handoff.authority().clone(),
            window: (handoff.task().issued_at.moment(), handoff.task().expires_at.moment()),
        };
        check_link(hop, &packet, chain.hops())?;
        let beyond = |action: &&str| !holds("HAND-73", grants(chain, action));
        if let Some(action) = packet.authority.actions().find(beyond) {
            return Err(HopError::BeyondScope { action: action.into() });
        }
        let draft = hop.draft();
        if !holds("HAND-73", (draft.not_before..=draft.not_after).contains(&now.seconds())) {
            return Err(HopError::OutOfTime { not_before: draft.not_before, not_after: draft.not_after });
        }
        self.check_parents(hop, &packet, parents, chain)?;
        Ok(CheckedHop { handoff, hop })
    }

    /// HAND-72: the hop is for this agent, and so is the packet.
    fn check_self(&self, handoff: &CheckedHandoff<'_>, hop: &SignedHop) -> Result<(), HopError> {
        let to_agent = &handoff.task().to_agent;
        let recipient = &hop.draft().recipient;
        if !holds("HAND-72", *recipient == self.me && self.is_key_of(to_agent, recipient)) {
            return Err(HopError::OtherRecipient { to_agent: to_agent.clone() });
        }
        Ok(())
    }

    fn is_key_of(&self, agent: &AgentId, key: &VerifyingKey) -> bool {
        match self.registry {
            Some(registry) => registry.resolve(agent) == Some(key) && !registry.is_revoked(agent),
            None => AgentId::derived(key) == *agent,
        }
    }

    /// HAND-74: the parents are all there, each holds by itself, and each is continued by the next.
    fn check_parents(
        &self,
        hop: &SignedHop,
        packet: &Carried,
        parents: &[ParentHop<'_>],
        chain: &VerifiedChain,
    ) -> Result<(), HopError> {
        let depth = u64::try_from(parents.len()).unwrap_or(u64::MAX);
        if parents.len() > MAX_PARENTS || !holds("HAND-74", hop.draft().depth == depth) {
            return Err(HopError::BrokenLink);
        }
        let mut above: Option<(&SignedHop, Carried, usize)> = None;
        for (index, parent) in parents.iter().enumerate() {
            let fault = |problem: HopError| HopError::Parent { parent: index, problem: problem.to_string() };
            let carried = Carried::read(parent.packet).map_err(fault)?;
            let credentials = prefix(chain.hops(), parent.hop).map_err(fault)?;
            check_link(parent.hop, &carried, credentials).map_err(fault)?;
            if !self.is_key_of(&parent.packet.task().to_agent, &parent.hop.draft().recipient) {
                let to_agent = parent.packet.task().to_agent.clone();
                return Err(fault(HopError::OtherRecipient { to_agent }));
            }
            continues(parent.hop, &carried, credentials.len(), above.as_ref()).map_err(fault)?;
            above = Some((parent.hop, carried, credentials.len()));
        }
        continues(hop, packet, chain.hops().len(), above.as_ref())
    }
}

/// What a hop carries, as far as a hop is compared with it.
struct Carried {
    signed_by: VerifyingKey,
    profile: &'static str,
    digest: PacketDigest,
    authority: Authority,
    window: (UnixMicros, UnixMicros),
}

impl Carried {
    /// A parent's packet. Its window is over for nobody whose own window lies within it.
    fn read(packet: &SignedTaskPacket) -> Result<Self, HopError> {
        let signed: SignatureMatch =
            packet.verify_signature(ProfileChoice::Auto).map_err(|_| HopError::OtherPacket)?;
        let task = packet.task();
        let window = (task.issued_at.moment(), task.expires_at.moment());
        let authority = Authority::new(&task.permissions, task.constraints.as_ref())?;
        Ok(Self {
            signed_by: signed.key,
            profile: signed.profile.name(),
            digest: PacketDigest::of(&signed),
            authority: authority.during(window.0, window.1),
            window,
        })
    }
}

/// HAND-71, HAND-73: a hop, its packet and its credentials are one.
fn check_link(hop: &SignedHop, packet: &Carried, credentials: &[Credential]) -> Result<(), HopError> {
    let draft = hop.draft();
    let verified = hop.sender.verify(&hop.signing_input(), &hop.signature);
    enforce("HAND-70", verified.map_err(|_| HopError::Signature))?;
    if !holds("HAND-71", draft.packet_digest == packet.digest && draft.profile == packet.profile) {
        return Err(HopError::OtherPacket);
    }
    let digest = chain_digest(credentials.iter().map(Credential::digest));
    if !holds("HAND-71", draft.chain_digest == digest) {
        return Err(HopError::OtherChain);
    }
    let leaf = credentials.last().ok_or(HopError::OtherChain)?;
    if !holds("HAND-71", hop.sender == packet.signed_by && hop.sender == *leaf.subject()) {
        return Err(HopError::OtherSender);
    }
    if !holds("HAND-73", packet.authority.allows(draft.capability.as_str())) {
        return Err(HopError::NotAllowed { capability: draft.capability.clone() });
    }
    let (start, end) =
        (UnixMicros::from_seconds(draft.not_before), UnixMicros::from_seconds(draft.not_after));
    if !holds("HAND-73", start <= end && start >= packet.window.0 && end <= packet.window.1) {
        return Err(HopError::Window("its packet's"));
    }
    let within = |credential: &Credential| {
        credential.not_before().is_none_or(|bound| draft.not_before >= bound)
            && credential.not_after().is_none_or(|bound| draft.not_after <= bound)
    };
    if !holds("HAND-73", credentials.iter().all(within)) {
        return Err(HopError::Window("a credential's"));
    }
    Ok(())
}

/// The credentials that a parent was made under: the beginning of the chain presented, up to its sender.
fn prefix<'c>(credentials: &'c [Credential], parent: &SignedHop) -> Result<&'c [Credential], HopError> {
    let digests: Vec<_> = credentials.iter().map(Credential::digest).collect();
    let is_it = |length: &usize| {
        digests
            .get(..*length)
            .is_some_and(|some| chain_digest(some.iter().copied()) == parent.draft().chain_digest)
    };
    let length = (1..=credentials.len()).find(is_it).ok_or(HopError::OtherChain)?;
    credentials.get(..length).ok_or(HopError::OtherChain)
}

/// HAND-74: `hop` comes after `above`, or is the first.
fn continues(
    hop: &SignedHop,
    packet: &Carried,
    credentials: usize,
    above: Option<&(&SignedHop, Carried, usize)>,
) -> Result<(), HopError> {
    let draft = hop.draft();
    let Some((parent, carried, before)) = above else {
        let is_first = draft.previous.is_none() && draft.depth == 0;
        return if holds("HAND-74", is_first) { Ok(()) } else { Err(HopError::BrokenLink) };
    };
    let linked = draft.previous == Some(parent.digest())
        && draft.depth == parent.draft().depth.saturating_add(1)
        && hop.sender == parent.draft().recipient
        && credentials > *before;
    if !holds("HAND-74", linked) {
        return Err(HopError::BrokenLink);
    }
    let within = draft.not_before >= parent.draft().not_before && draft.not_after <= parent.draft().not_after;
    if !holds("HAND-74", within) {
        return Err(HopError::Window("the hop before it"));
    }
    Ok(enforce("HAND-74", packet.authority.within(&carried.authority))?)
}

fn grants(chain: &VerifiedChain, action: &str) -> bool {
    chain.scope().texts().any(|granted| granted == action)
}
