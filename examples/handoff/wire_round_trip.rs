//! An envelope over the wire, in every profile. `README.md` says what to look at.

use anyhow::{Result, ensure};
use ca2a_core::{ErrorCode, json::Node};
use ca2a_handoff::{
    AgentIdentity, DelegationEnvelope, Handoff, HandoffVerifier, Profile, ProfileChoice, Pydantic,
    TaskPacket, Timestamp,
};
use ca2a_runtime::store::MemoryReplayStore;

fn main() -> Result<()> {
    let (alice, bob) = (AgentIdentity::from_seed(&[1; 32]), AgentIdentity::from_seed(&[2; 32]));
    let issued = Timestamp::parse("2026-01-15T12:00:00Z")?;
    let expires = Timestamp::parse("2026-01-15T12:10:00Z")?;
    let verifier = HandoffVerifier::new(bob.agent_id().clone());
    let store = MemoryReplayStore::default();

    for profile in [Profile::P3, Profile::P2(Pydantic::New), Profile::P1(Pydantic::New)] {
        let ids = ["pk_1", "task_1", &format!("nonce-{profile}")];
        let task = TaskPacket::new(ids, alice.agent_id(), bob.agent_id(), issued, expires, "Résumé")
            .context([("z", Node::from("last")), ("a", Node::from("first"))]);
        let sent = DelegationEnvelope::first(task.sign(&alice, profile)?).to_json(profile);

        let received = DelegationEnvelope::from_json(sent.as_bytes())?;
        ensure!(received.to_json(profile) == sent, "the envelope came out otherwise than it went in");
        let matched = received.packet.verify_signature(ProfileChoice::Auto)?.profile;
        let accepted = verifier.verify(Handoff::envelope(&received), &store, issued.moment())?;
        println!(
            "{profile}: {} bytes, matched {matched}, chain {}",
            sent.len(),
            accepted.chain_status().as_str()
        );

        // Twice is once too often.
        let again = verifier.verify(Handoff::envelope(&received), &store, issued.moment()).map(drop);
        ensure!(again.map_err(|refusal| refusal.code()) == Err(ErrorCode::HandoffReplay), "accepted twice");
    }
    println!("each accepted once");
    Ok(())
}
