//! Signed hops: a packet under a credential, with the hops before it.

use ca2a_core::{EvaluationTime, VerifyingKey};
use ca2a_delegation::{Chain, ChainVerifier};
use ca2a_handoff::{
    Handoff, HandoffVerifier, ProfileChoice, SignedTaskPacket,
    hop::{HopVerifier, ParentHop, SignedHop},
};
use ca2a_runtime::store::MemoryReplayStore;
use serde_json::{Value, json};

use super::{chain, handoff};
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Judges a hop, its packet and its credentials together, and spends the packet.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let now = handoff::now(input)?;
    let hop = SignedHop::from_json(input.document("hop")?.as_bytes())?;
    let packet = SignedTaskPacket::from_json(input.document("packet")?.as_bytes())?;
    let me = VerifyingKey::from_hex(&input.text("public_key")?).map_err(|_| Refusal::by_type("a key"))?;
    let roots = chain::roots(input)?;
    let document = Chain::from_json(input.document("chain")?.as_bytes())?;
    let credentials = ChainVerifier::new(&roots).verify(&document, EvaluationTime::Live(now.seconds()))?;
    let parents = parents(input)?;
    let parents: Vec<_> = parents.iter().map(|(hop, packet)| ParentHop { hop, packet }).collect();

    let agents = HandoffVerifier::new(packet.task().to_agent.clone()).profile(ProfileChoice::Auto);
    let store = MemoryReplayStore::default();
    for earlier in input.optional_texts("earlier")? {
        let earlier = SignedTaskPacket::from_json(earlier.as_bytes())?;
        agents.verify(Handoff::packet(&earlier), &store, now)?;
    }
    let handoff = agents.check(Handoff::packet(&packet), now)?;
    let checked = HopVerifier::new(me).check(handoff, &hop, &parents, &credentials, now)?;
    let accepted = checked.spend(&store, now)?;
    Ok(Got::accepted(json!({
        "hop_digest": accepted.hop.digest().to_hex(),
        "record_id": accepted.hop.record_id().map(|id| id.as_str().to_owned()),
        "capability": accepted.hop.draft().capability.as_str(),
    })))
}

/// The hops before, with the packets that they carried, the first one first.
fn parents(input: &Input) -> Result<Vec<(SignedHop, SignedTaskPacket)>, Stop> {
    let items = input.get("parents").and_then(Value::as_array).into_iter().flatten();
    let read = |item: &Value| {
        let members = item.as_object().cloned().unwrap_or_default();
        let parent = Input::new(members);
        Ok((
            SignedHop::from_json(parent.document("hop")?.as_bytes())?,
            SignedTaskPacket::from_json(parent.document("packet")?.as_bytes())?,
        ))
    };
    items.map(read).collect()
}
