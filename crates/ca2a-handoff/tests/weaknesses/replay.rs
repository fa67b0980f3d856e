//! A packet is accepted once, by a store that forgets nothing too early.

use super::*;

/// W10, HAND-31: the store is the caller's, and outlives the verifier.
#[test]
fn w10_a_packet_is_accepted_once() {
    covers!(accept, "HAND-31");
    covers!(refuse, "HAND-31");
    let (packet, store) = (signed(task()), Store::new());
    let again =
        || verifier().verify(Handoff::packet(&packet), &store, now()).map(drop).map_err(|it| it.code());
    assert_eq!(again(), Ok(()));
    assert_eq!(again(), Err(ErrorCode::HandoffReplay));
}

/// W11, HAND-32.
#[test]
fn w11_a_refused_packet_spends_nothing() {
    covers!(accept, "HAND-32");
    covers!(refuse, "HAND-32");
    let (honest, store) = (signed(task()), Store::new());
    let forged = edited(&honest, |value| value["intent"] = json!("delete")).unwrap();
    assert!(verifier().verify(Handoff::packet(&forged), &store, now()).is_err());
    let deep = DelegationChain {
        packet_ids: vec![String::new(); 6],
        agents: vec![AgentId::from("a"); 6],
        hops: vec![],
    };
    let deep = DelegationEnvelope { packet: honest.clone(), chain: deep };
    assert!(verifier().verify(Handoff::envelope(&deep), &store, now()).is_err());
    assert_eq!(store.len(), 0);
    assert!(verifier().verify(Handoff::packet(&honest), &store, now()).is_ok());
}

/// W12, HAND-31.
#[test]
fn w12_two_senders_may_use_one_nonce() {
    covers!(accept, "HAND-31");
    let store = Store::new();
    for sender in [alice(), carol()] {
        let packet = from_to(&sender, &bob()).sign(&sender, Profile::P3).unwrap();
        assert!(verifier().verify(Handoff::packet(&packet), &store, now()).is_ok());
    }
}

/// W22, HAND-31.
#[test]
fn w22_a_full_store_refuses_and_forgets_nothing() {
    covers!(refuse, "HAND-31");
    let store = Store::of(1);
    let first = signed(task());
    let verify = |packet: &SignedTaskPacket| {
        verifier().verify(Handoff::packet(packet), &store, now()).map(drop).map_err(|it| it.code())
    };
    assert_eq!(verify(&first), Ok(()));
    let mut second = task();
    second.nonce = "nonce-2".into();
    assert_eq!(verify(&signed(second)), Err(ErrorCode::Overloaded));
    assert_eq!(verify(&first), Err(ErrorCode::HandoffReplay));
}
