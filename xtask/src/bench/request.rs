//! Chains, and complete requests under them, as an honest caller makes them.

use anyhow::Result;
use ca2a_core::{
    Capability, Challenge, ChannelKey, CredentialId, RecordId, Scope, Sha256, SigningKey,
    json::{Object, to_text},
};
use ca2a_delegation::{Chain, Credential, Grant, delegate, issue};
use ca2a_runtime::peer::{PeerRequest, message};
use ca2a_seal::v1::{SealRandomness, seal};
use ca2a_trace::ParentLink;

/// What every request here asks for, and every node permits.
pub(super) const CAPABILITY: &str = "tool:search";

/// The key of party `party` in the world numbered `world`. Party 0 is the root.
pub(super) fn key(world: u32, party: u8) -> SigningKey {
    SigningKey::from_seed(&Sha256::of_parts(&[b"bench", &world.to_le_bytes(), &[party]]).0)
}

/// A chain of `hops` hops in which party 0 of `world` is the root and party `hops` the leaf. Its scopes are as a
/// deployment has them: four capabilities, handed down.
pub(super) fn chain_of(hops: u8, world: u32) -> Result<Vec<Credential>> {
    let scope = [CAPABILITY, "tool:read", "calendar:write", "mail:send"];
    let scope: Scope = scope.into_iter().map(Capability::new).collect::<Result<_, _>>()?;
    let mut chain: Vec<Credential> = Vec::new();
    for depth in 0..hops {
        let grant = Grant {
            id: CredentialId::new(format!("grant-{world}-{depth}"))?,
            subject: key(world, depth + 1).verifying_key(),
            scope: scope.clone(),
            not_before: Some(1_700_000_000),
            not_after: Some(9_000_000_000),
        };
        let signer = key(world, depth);
        chain.push(match chain.last() {
            None => issue(&signer, grant)?,
            Some(parent) => delegate(parent, &signer, grant)?,
        });
    }
    Ok(chain)
}

/// A caller: a chain and the key of its leaf.
pub(super) struct Caller {
    chain: Chain,
    leaf: Credential,
    key: SigningKey,
}

impl Caller {
    /// The leaf of `chain_of(hops, world)`. Every world has the root of world 0 here, so that one node serves all.
    pub(super) fn new(hops: u8, world: u32) -> Result<Self> {
        let mut chain = chain_of(hops, world)?;
        if world > 0 {
            let first = Grant {
                id: chain[0].id().clone(),
                subject: *chain[0].subject(),
                scope: chain[0].scope().clone(),
                not_before: chain[0].not_before(),
                not_after: chain[0].not_after(),
            };
            chain[0] = issue(&key(0, 0), first)?;
        }
        let leaf = chain[chain.len() - 1].clone();
        Ok(Self { chain: chain.into_iter().collect(), leaf, key: key(world, hops) })
    }

    /// The body of a task for the callee that has `channel` and minted `challenge`: `payload` sealed, the proof made.
    pub(super) fn task(
        &self,
        channel: ChannelKey,
        challenge: &Challenge,
        record: String,
        payload: &[u8],
    ) -> Result<Vec<u8>> {
        let mut request = PeerRequest {
            chain: self.chain.clone(),
            requested_capability: Capability::new(CAPABILITY)?,
            record_id: RecordId::new(record)?,
            parent_record_hash: ParentLink::from_text(None)?,
            sealed_payload: Some(seal(&channel, payload, &[], randomness()?)?),
            caller_offer: None,
            caller_seals: ca2a_seal::SealVersion::V1,
            caller_possession: None,
            holder_proof: None,
        };
        let proof =
            request.holder_statement(channel, None).prove(&self.leaf, challenge.clone(), &self.key)?;
        request.holder_proof = Some(proof);
        let mut body = Object::new();
        message::attach(&mut body, &request)?;
        Ok(to_text(&body.into()).into_bytes())
    }
}

/// Fresh randomness for one blob.
pub(super) fn randomness() -> Result<SealRandomness> {
    let mut randomness = SealRandomness { ephemeral: [0; 32], nonce: [0; 12] };
    getrandom::fill(&mut randomness.ephemeral)?;
    getrandom::fill(&mut randomness.nonce)?;
    Ok(randomness)
}
