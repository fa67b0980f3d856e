//! The quickstart of the TrustHandoff page, in Rust. `README.md` says what to look at.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use ca2a_handoff::{
    AgentIdentity, Handoff, HandoffError, HandoffVerifier, PacketDecision, Permissions, Profile,
    SignedTaskPacket, TaskPacket, Timestamp,
};
use ca2a_runtime::store::MemoryReplayStore;

fn main() -> Result<()> {
    let planner = generate()?;
    let research = generate()?;

    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let issued_at = Timestamp::from_seconds(now).context("the clock is beyond the calendar")?;
    let expires_at = issued_at.plus_seconds(600).context("ten minutes on is beyond the calendar")?;

    let packet = TaskPacket::new(
        ["pk_example", "task_example", "nonce-example"],
        planner.agent_id(),
        research.agent_id(),
        issued_at,
        expires_at,
        "Research company background",
    )
    .context([("company", "Example Corp")])
    .permissions(Permissions::new(["read", "search"]).max_tool_calls(5));
    let wire = packet.sign(&planner, Profile::P3)?.to_json(Profile::P3);

    let verifier = HandoffVerifier::new(research.agent_id().clone());
    let store = MemoryReplayStore::default();
    let decide = |wire: &str| -> Result<PacketDecision, HandoffError> {
        let packet = SignedTaskPacket::from_json(wire.as_bytes())?;
        let verdict = verifier.verify(Handoff::packet(&packet), &store, issued_at.moment());
        Ok(verdict.as_ref().map_or_else(PacketDecision::from, PacketDecision::from))
    };

    for wire in [wire.clone(), wire.replacen("Example Corp", "Fxample Corp", 1)] {
        let decision = decide(&wire)?;
        println!("{}", decision.decision);
        println!("{}", decision.reason.unwrap_or_default());
    }
    Ok(())
}

/// An agent with a fresh key.
fn generate() -> Result<AgentIdentity> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(AgentIdentity::from_seed(&seed))
}
