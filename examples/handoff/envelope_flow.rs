//! Three agents hand a task on, each narrower than the one before. `README.md` says what to look at.

use anyhow::{Context as _, Result, ensure};
use ca2a_core::ErrorCode;
use ca2a_handoff::{
    AgentIdentity, DelegationChain, DelegationEnvelope, Executor, Handoff, HandoffVerifier, Permissions,
    Profile, TaskPacket, Timestamp,
};
use ca2a_runtime::store::MemoryReplayStore;

fn main() -> Result<()> {
    let [planner, research, archive] = [1, 2, 3].map(|seed| AgentIdentity::from_seed(&[seed; 32]));
    let issued = Timestamp::parse("2026-01-15T12:00:00Z")?;
    let now = issued.moment();
    let packet = |id: &str, from: &AgentIdentity, to: &AgentIdentity, may: &Permissions| -> Result<_> {
        let expires = issued.plus_seconds(600).context("no such time")?;
        let ids = [id, "task_1", &format!("nonce-{id}")];
        let packet = TaskPacket::new(ids, from.agent_id(), to.agent_id(), issued, expires, "read");
        Ok(packet.permissions(may.clone()).sign(from, Profile::P3)?)
    };

    // The planner hands over to the researcher: a chain of one.
    let wide = Permissions::new(["read", "search"]).max_tool_calls(5);
    let first = DelegationEnvelope::first(packet("pk_1", &planner, &research, &wide)?);
    let store = MemoryReplayStore::default();
    let at_research = HandoffVerifier::new(research.agent_id().clone());
    let accepted = at_research.verify(Handoff::envelope(&first), &store, now)?;
    println!("{} accepts, depth {}", research.agent_id(), first.chain.depth());

    // It may do what was handed over, and counts.
    let mut executor = Executor::begin(accepted, now);
    executor.authorize("search", now)?;
    println!("search: authorized, {} call", executor.calls());
    println!(
        "delete: {}",
        executor
            .authorize("delete", now)
            .map_or_else(|refused| refused.to_string(), |()| "authorized".into())
    );

    // The researcher hands on, narrower, and the chain says so.
    let narrow = Permissions::new(["read"]).max_tool_calls(2);
    let at_archive = HandoffVerifier::new(archive.agent_id().clone());
    let hand_on = |may: &Permissions| -> Result<DelegationEnvelope> {
        let packet = packet("pk_2", &research, &archive, may)?;
        let chain = DelegationChain::first(first.packet.task()).extended(packet.task(), &wide, may);
        Ok(DelegationEnvelope { packet, chain })
    };
    let second = hand_on(&narrow)?;
    at_archive.verify(Handoff::envelope(&second), &store, now)?;
    println!("{} accepts, depth {}", archive.agent_id(), second.chain.depth());

    // The same with an action more than it was given.
    let wider = hand_on(&Permissions::new(["read", "delete"]).max_tool_calls(2))?;
    let refusal = at_archive.verify(Handoff::envelope(&wider), &store, now).map(drop);
    let code = refusal.map_err(|refusal| refusal.code());
    ensure!(code == Err(ErrorCode::HandoffEscalation), "an escalation was accepted");
    println!("a wider one: {}", ErrorCode::HandoffEscalation);
    Ok(())
}
