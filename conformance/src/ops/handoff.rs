//! Handoffs: a packet, its chain and its capability, all the way to what may be done under them.

use ca2a_core::{VerifyingKey, encoding::hex, json, requirement::is_off};
use ca2a_handoff::{
    AgentId, AgentRegistry, Approval, CapabilityRevocationRegistry, ChainStatus, DelegationCapability,
    DelegationEnvelope, Executor, Handoff, HandoffError, HandoffVerifier, Profile, ProfileChoice,
    SignedTaskPacket, UnixMicros, replay,
};
use ca2a_runtime::store::MemoryReplayStore;
use serde_json::json;

use super::typed;
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Judges a packet, spends it, and authorizes what is asked for under it.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let now = now(input)?;
    let store = MemoryReplayStore::default();
    let verifier = verifier(input)?;
    for earlier in input.optional_texts("earlier")? {
        present(&verifier, &earlier, &store, now)?;
    }
    let envelope = match input.optional_document("envelope") {
        Some(text) => Some(DelegationEnvelope::from_json(text.as_bytes())?),
        None => None,
    };
    let packet = match &envelope {
        Some(envelope) => envelope.packet.clone(),
        None => SignedTaskPacket::from_json(input.document("packet")?.as_bytes())?,
    };
    let handoff = envelope.as_ref().map_or_else(|| Handoff::packet(&packet), Handoff::envelope);
    let ancestors = grants(input, "ancestors")?;
    let approvals = approvals(input)?;
    let accepted = verifier.verify(handoff.ancestors(&ancestors).approvals(&approvals), &store, now)?;

    let (profile, mut digest) = (accepted.profile(), accepted.digest().0.0);
    let mut signed = packet.signing_input(profile)?;
    // What only defines bytes is made otherwise.
    if is_off(if profile == Profile::P3 { "HAND-8" } else { "HAND-9" }) {
        signed.push(b'\n');
    }
    if is_off("HAND-13") {
        digest = ca2a_core::Sha256::of(&signed).0;
    }
    let chain = match accepted.chain_status() {
        ChainStatus::Absent => "absent",
        ChainStatus::Unsigned => "unsigned",
        ChainStatus::NotChecked => "not checked",
    };
    let answer = Got::accepted(json!({
        "profile": profile.name(),
        "packet_digest": hex(&digest),
        "signing_input_hex": hex(&signed),
        "chain": chain,
        "actions": accepted.authority().actions().collect::<Vec<_>>(),
        "max_tool_calls": accepted.authority().max_tool_calls(),
    }));
    let mut executor = Executor::begin(accepted, now);
    let later = input.optional_uint("actions_at")?.map_or(now, UnixMicros::from_seconds);
    for action in input.optional_texts("do")? {
        executor.authorize(&action, later)?;
    }
    Ok(answer)
}

/// A packet that came before the one that is asked about: whatever is said of it, it may have left a trace.
fn present(
    verifier: &HandoffVerifier,
    packet: &str,
    store: &MemoryReplayStore,
    now: UnixMicros,
) -> Result<(), Stop> {
    let Ok(packet) = SignedTaskPacket::from_json(packet.as_bytes()) else { return Ok(()) };
    let refused = verifier.verify(Handoff::packet(&packet), store, now).is_err();
    if refused && is_off("HAND-32") {
        let task = packet.task();
        let claim = replay::claim(&packet.verifying_key()?, &task.nonce, &task.expires_at);
        // Spent or not, it is spent now.
        let _ = ca2a_core::ReplayStore::consume(store, &claim, now.seconds());
    }
    Ok(())
}

/// The verifier that a case describes.
fn verifier(input: &Input) -> Result<HandoffVerifier, Stop> {
    let profile = input.optional_text("packet_profile")?.unwrap_or_else(|| "auto".to_owned());
    let mut verifier = HandoffVerifier::new(AgentId::new(input.text("me")?))
        .profile(typed::<ProfileChoice>(&profile)?)
        .revoked(revoked(input)?);
    if let Some(registry) = registry(input)? {
        verifier = verifier.registry(registry);
    }
    for root in keys(input, "trusted_root_issuers")? {
        verifier = verifier.root(root);
    }
    for approver in keys(input, "approvers")? {
        verifier = verifier.approver(approver);
    }
    Ok(verifier)
}

/// Now, in Unix seconds.
pub(super) fn now(input: &Input) -> Result<UnixMicros, Stop> {
    Ok(UnixMicros::from_seconds(input.uint("now")?))
}

/// The agents that are registered, where ids do not go by keys.
pub(super) fn registry(input: &Input) -> Result<Option<AgentRegistry>, Stop> {
    let text = input.optional_document("registry");
    Ok(text.map(|text| AgentRegistry::from_json(text.as_bytes())).transpose()?)
}

/// The ids of capabilities that are revoked.
pub(super) fn revoked(input: &Input) -> Result<CapabilityRevocationRegistry, Stop> {
    Ok(input.optional_texts("revoked_capabilities")?.iter().map(String::as_str).collect())
}

/// Public keys in hex. What is no valid key matches nothing.
pub(super) fn keys(input: &Input, name: &str) -> Result<Vec<VerifyingKey>, Stop> {
    let texts = input.optional_texts(name)?;
    Ok(texts.iter().filter_map(|text| VerifyingKey::from_hex(text).ok()).collect())
}

/// Capabilities as tokens.
pub(super) fn grants(input: &Input, name: &str) -> Result<Vec<DelegationCapability>, Stop> {
    let tokens = input.optional_texts(name)?;
    let read = |token: &String| DelegationCapability::from_token(token);
    Ok(tokens.iter().map(read).collect::<Result<_, _>>().map_err(HandoffError::from)?)
}

fn approvals(input: &Input) -> Result<Vec<Approval>, Stop> {
    let Some(text) = input.optional_document("approvals") else { return Ok(Vec::new()) };
    let node = json::read(text.as_bytes()).map_err(|error| Refusal::by_type(error.kind().rule()))?;
    let items = node.as_array().unwrap_or_default();
    Ok(items.iter().map(Approval::from_node).collect::<Result<_, _>>().map_err(HandoffError::from)?)
}
