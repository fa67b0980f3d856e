//! Who sent it and whom it is for: keys, recipients, the registry.

use super::*;

/// W1, HAND-20.
#[test]
fn w1_a_sender_is_bound_to_its_key() {
    covers!(accept, "HAND-20");
    covers!(refuse, "HAND-20");
    let mut named = AgentIdentity::named(alice().agent_id().clone(), SigningKey::from_seed(&[0x42; 32]));
    let forged = task().sign(&named, Profile::P3).unwrap();
    assert!(forged.verify_signature(ProfileChoice::Auto).is_ok());
    assert_eq!(verdict(Handoff::packet(&forged)), Err(ErrorCode::HandoffIdentityMismatch));
    // A name that is derived from no key needs a registry.
    named = AgentIdentity::named(AgentId::from("agent:planner:alpha"), SigningKey::from_seed(&[1; 32]));
    let packet = from_to(&named, &bob()).sign(&named, Profile::P3).unwrap();
    assert_eq!(verdict(Handoff::packet(&packet)), Err(ErrorCode::HandoffIdentityMismatch));
    let registry: AgentRegistry = [(named.agent_id().clone(), named.verifying_key())].into_iter().collect();
    assert!(verifier().registry(registry).check(Handoff::packet(&packet), now()).is_ok());
}

/// W17, HAND-21.
#[test]
fn w17_a_packet_for_somebody_else_is_refused() {
    covers!(refuse, "HAND-21");
    assert_eq!(verdict_of(from_to(&alice(), &carol())), Err(ErrorCode::HandoffWrongRecipient));
}

/// W28, HAND-20.
#[test]
fn w28_a_registry_keeps_its_word() {
    covers!(accept, "HAND-20");
    covers!(refuse, "HAND-20");
    let mut registry = AgentRegistry::default();
    let id = alice().agent_id().clone();
    registry.register(id.clone(), alice().verifying_key()).unwrap();
    registry.register(id.clone(), alice().verifying_key()).unwrap();
    assert!(registry.register(id.clone(), mallory().verifying_key()).is_err());
    // Another spelling of the same key is the same key; what is signed is the spelling, so that it is signed again.
    let packet = signed(task());
    assert!(verifier().registry(registry.clone()).check(Handoff::packet(&packet), now()).is_ok());
    registry.revoke(id);
    let refused = verifier().registry(registry.clone()).check(Handoff::packet(&packet), now());
    assert_eq!(refused.unwrap_err().code(), ErrorCode::HandoffAgentRevoked);
    let roots = BTreeSet::from([alice().verifying_key()]);
    let chain = CapabilityVerifier::new(&roots).registry(Some(&registry)).verify(&[capability()], now());
    assert_eq!(chain.unwrap_err().code(), ErrorCode::HandoffAgentRevoked);
}
