//! The walk along a chain, hop by hop, in the order of DEL-20.

use alloc::{sync::Arc, vec::Vec};

use ca2a_core::{
    VerifyingKey,
    encoding::hex,
    requirement::{enforce, holds, is_off},
};

use super::{ChainVerifier, check_window};
use crate::{Chain, Credential, DelegationError, credential::Members};

/// Verifies signatures and links, and judges windows and depth on the way.
pub(super) fn walk(
    verifier: &ChainVerifier<'_>,
    chain: &Chain,
    now: u64,
) -> Result<Arc<[Credential]>, DelegationError> {
    let root = chain.members().next().ok_or(DelegationError::EmptyChain)?;
    let root_key = verifier.check_root(root)?;
    let names = if verifier.cache.is_some() { chain.prefix_names() } else { Vec::new() };
    let known = verifier.cache.map(|cache| cache.longest_prefix(&names)).unwrap_or_default();
    verifier.judge_known(&known, now)?;

    let mut previous = known.last().map(Credential::members);
    let mut expected = Some(known.last().map_or(root_key, |last| *last.subject()));
    let mut keys = Vec::with_capacity(chain.len().saturating_sub(known.len()).saturating_add(1));
    for (hop, members) in chain.members().enumerate().skip(known.len()) {
        // A key that was decoded before is not decoded again.
        let issuer = match expected.take().filter(|key| *key.as_bytes() == members.issuer) {
            Some(issuer) => issuer,
            None => members.issuer_key().map_err(DelegationError::in_hop(hop))?,
        };
        enforce("DEL-22", members.verify_signature(&issuer).map_err(DelegationError::in_hop(hop)))?;
        check_window(hop, members, now)?;
        check_id(hop, members, chain)?;
        verifier.check_depth(hop, members)?;
        match previous {
            None => check_start(members)?,
            Some(previous) => check_link(hop, members, previous)?,
        }
        keys.push(issuer);
        previous = Some(members);
    }
    let hops = extend(known, chain, keys)?;
    if let Some(cache) = verifier.cache {
        cache.remember(chain, &names, &hops);
    }
    Ok(hops)
}

/// Makes credentials of the hops behind `known`. `issuers` are their issuers' keys; by DEL-27 each is the subject
/// of the hop before, and only the leaf's subject is left to decode.
fn extend(
    mut known: Vec<Credential>,
    chain: &Chain,
    mut issuers: Vec<VerifyingKey>,
) -> Result<Arc<[Credential]>, DelegationError> {
    let fresh = chain.members().skip(known.len());
    if let Some(leaf) = fresh.clone().last() {
        let hop = chain.len().saturating_sub(1);
        issuers.push(leaf.subject_key().map_err(DelegationError::in_hop(hop))?);
    }
    known.reserve_exact(fresh.len());
    for (members, (issuer, subject)) in fresh.zip(issuers.iter().zip(issuers.iter().skip(1))) {
        known.push(Credential::with_keys(members.clone(), *issuer, *subject));
    }
    Ok(known.into())
}

/// DEL-24: an id names one credential of a chain.
fn check_id(hop: usize, members: &Members, chain: &Chain) -> Result<(), DelegationError> {
    // At most MAX_HOPS hops come here, each behind a signature that holds: comparing them all costs little.
    if !holds("DEL-24", chain.members().take(hop).all(|earlier| earlier.id != members.id)) {
        return Err(DelegationError::RepeatedId { hop, id: members.id.clone() });
    }
    Ok(())
}

/// DEL-26: a root's grant derives from nothing.
fn check_start(root: &Members) -> Result<(), DelegationError> {
    if let Some(parent) = root.parent_id.clone().filter(|_| !is_off("DEL-26")) {
        return Err(DelegationError::RootWithParent { parent });
    }
    if !holds("DEL-26", root.depth == 0) {
        return Err(DelegationError::DepthMismatch { hop: 0, expected: 0, found: root.depth });
    }
    Ok(())
}

/// DEL-27 and DEL-28: a grant continues the one before it, and grants no more.
fn check_link(hop: usize, members: &Members, previous: &Members) -> Result<(), DelegationError> {
    if !holds("DEL-27", members.parent_id.as_ref() == Some(&previous.id)) {
        let (expected, found) = (previous.id.clone(), members.parent_id.clone());
        return Err(DelegationError::ParentMismatch { hop, expected, found });
    }
    if !holds("DEL-27", members.issuer == previous.subject) {
        let (expected, found) = (hex(&previous.subject), hex(&members.issuer));
        return Err(DelegationError::IssuerMismatch { hop, expected, found });
    }
    let expected = previous.depth.saturating_add(1);
    if !holds("DEL-27", members.depth == expected) {
        return Err(DelegationError::DepthMismatch { hop, expected, found: members.depth });
    }
    let within = match members.scope.first_beyond(&previous.scope) {
        Some(capability) => Err(DelegationError::Escalation { hop, capability: capability.clone() }),
        None => Ok(()),
    };
    enforce("DEL-28", within)
}
