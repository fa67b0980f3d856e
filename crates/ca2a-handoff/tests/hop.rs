//! A packet under a cA2A credential, hop by hop.
#![cfg(feature = "hop")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/world.rs"]
mod world;

use ca2a_core::{Capability, CredentialId, ErrorCode, EvaluationTime, Scope, Sha256};
use ca2a_covers::covers;
use ca2a_delegation::{
    Chain, ChainVerifier, Credential, Grant, TrustedRoots, VerifiedChain, delegate, issue,
};
use ca2a_handoff::{
    AgentIdentity, Handoff, HandoffVerifier, Permissions, Profile, ProfileChoice, SignedTaskPacket,
    hop::{HopDraft, HopError, HopVerifier, ParentHop, SignedHop, chain_digest},
};
use world::*;

fn operator() -> AgentIdentity {
    agent(7)
}

fn scope(actions: &[&str]) -> Scope {
    Scope::new(actions.iter().map(|action| Capability::new(*action).unwrap()))
}

fn grant(id: &str, to: &AgentIdentity, actions: &[&str]) -> Grant {
    Grant {
        id: CredentialId::new(id).unwrap(),
        subject: to.verifying_key(),
        scope: scope(actions),
        not_before: None,
        not_after: Some(now().seconds() + 3_600),
    }
}

/// The operator grants alice, and alice bob, as many as are asked for.
fn credentials(length: usize) -> Vec<Credential> {
    let root = issue(operator().signing_key(), grant("root", &alice(), &["read", "search"])).unwrap();
    let leaf = delegate(&root, alice().signing_key(), grant("leaf", &bob(), &["read", "search"])).unwrap();
    [root, leaf].into_iter().take(length).collect()
}

fn verified(credentials: &[Credential]) -> VerifiedChain {
    let roots = TrustedRoots::from_iter([operator().verifying_key()]);
    let chain: Chain = credentials.iter().cloned().collect();
    ChainVerifier::new(&roots).verify(&chain, EvaluationTime::Live(now().seconds())).unwrap()
}

fn packet(from: &AgentIdentity, to: &AgentIdentity, actions: &[&str]) -> SignedTaskPacket {
    from_to(from, to)
        .permissions(Permissions::new(actions.iter().copied()).max_tool_calls(5))
        .sign(from, Profile::P3)
        .unwrap()
}

fn draft(
    packet: &SignedTaskPacket,
    credentials: &[Credential],
    to: &AgentIdentity,
    parent: Option<&SignedHop>,
) -> HopDraft {
    HopDraft {
        profile: "P3".into(),
        packet_digest: packet.digest(ProfileChoice::Auto).unwrap(),
        chain_digest: chain_digest(credentials.iter().map(Credential::digest)),
        recipient: to.verifying_key(),
        capability: Capability::new("read").unwrap(),
        previous: parent.map(SignedHop::digest),
        depth: parent.map_or(0, |parent| parent.draft().depth + 1),
        not_before: now().seconds() - 30,
        not_after: now().seconds() + 60,
    }
}

/// The verdict on a hop from alice to bob.
fn first(hop: &SignedHop, packet: &SignedTaskPacket, chain: &VerifiedChain) -> Result<(), HopError> {
    let handoff = verifier().check(Handoff::packet(packet), now()).unwrap();
    HopVerifier::new(bob().verifying_key()).check(handoff, hop, &[], chain, now()).map(drop)
}

/// HAND-70 to HAND-73: it holds, and every change to it does not.
#[test]
fn a_hop_holds_and_every_change_to_it_does_not() {
    covers!(accept, "HAND-70", "HAND-71", "HAND-72", "HAND-73");
    covers!(refuse, "HAND-70", "HAND-71", "HAND-72");
    let credentials = credentials(1);
    let chain = verified(&credentials);
    let packet = packet(&alice(), &bob(), &["read", "search"]);
    let good = draft(&packet, &credentials, &bob(), None);
    let verdict = |draft: HopDraft| first(&SignedHop::sign(draft, alice().signing_key()), &packet, &chain);
    let with = |change: &dyn Fn(&mut HopDraft)| {
        let mut draft = good.clone();
        change(&mut draft);
        verdict(draft).map_err(|error| error.code())
    };
    assert_eq!(with(&|_| {}), Ok(()));
    let invalid = Err(ErrorCode::HandoffHopInvalid);
    assert_eq!(with(&|it| it.profile = "P1".into()), invalid);
    assert_eq!(with(&|it| it.packet_digest.0.0[0] ^= 1), invalid);
    assert_eq!(with(&|it| it.chain_digest.0[0] ^= 1), invalid);
    assert_eq!(with(&|it| it.recipient = carol().verifying_key()), Err(ErrorCode::HandoffWrongRecipient));
    assert_eq!(with(&|it| it.capability = Capability::new("delete").unwrap()), invalid);
    assert_eq!(with(&|it| it.previous = Some(Sha256([0; 32]))), invalid);
    assert_eq!(with(&|it| it.depth = 1), invalid);
    assert_eq!(with(&|it| it.not_before = now().seconds() + 1), invalid);
    assert_eq!(with(&|it| it.not_after = now().seconds() - 1), invalid);
    assert_eq!(with(&|it| it.not_before = now().seconds() - 61), invalid);
    assert_eq!(with(&|it| it.not_after = now().seconds() + 541), invalid);
    // Somebody else's signature, and one byte of the right one.
    let stolen = SignedHop::sign(good.clone(), mallory().signing_key());
    assert_eq!(first(&stolen, &packet, &chain), Err(HopError::OtherSender));
    let hop = SignedHop::sign(good, alice().signing_key());
    let read = SignedHop::from_json(hop.as_bytes()).unwrap();
    assert_eq!(read, hop);
    for at in 0..hop.as_bytes().len() {
        let mut bytes = hop.as_bytes().to_vec();
        bytes[at] ^= 1;
        if let Ok(flipped) = SignedHop::from_json(&bytes) {
            assert!(first(&flipped, &packet, &chain).is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// HAND-73: the packet allows nothing that the leaf does not grant.
#[test]
fn a_packet_cannot_exceed_its_credential() {
    covers!(refuse, "HAND-73");
    let credentials = credentials(1);
    let packet = packet(&alice(), &bob(), &["read", "write"]);
    let hop = SignedHop::sign(draft(&packet, &credentials, &bob(), None), alice().signing_key());
    let refused = first(&hop, &packet, &verified(&credentials)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffEscalation);
}

struct Second {
    credentials: Vec<Credential>,
    parent_packet: SignedTaskPacket,
    parent: SignedHop,
    packet: SignedTaskPacket,
}

/// Alice hands to bob, and bob to carol.
fn second(actions: &[&str]) -> Second {
    let credentials = credentials(2);
    let parent_packet = packet(&alice(), &bob(), &["read", "search"]);
    let parent =
        SignedHop::sign(draft(&parent_packet, &credentials[..1], &bob(), None), alice().signing_key());
    Second { packet: packet(&bob(), &carol(), actions), credentials, parent_packet, parent }
}

impl Second {
    fn draft(&self) -> HopDraft {
        draft(&self.packet, &self.credentials, &carol(), Some(&self.parent))
    }

    fn verdict(&self, draft: HopDraft, with_parents: bool) -> Result<(), HopError> {
        let hop = SignedHop::sign(draft, bob().signing_key());
        let verifier = HandoffVerifier::new(carol().agent_id().clone());
        let handoff = verifier.check(Handoff::packet(&self.packet), now()).unwrap();
        let parents = [ParentHop { hop: &self.parent, packet: &self.parent_packet }];
        let parents = if with_parents { &parents[..] } else { &[] };
        let chain = verified(&self.credentials);
        HopVerifier::new(carol().verifying_key()).check(handoff, &hop, parents, &chain, now()).map(drop)
    }
}

/// HAND-74.
#[test]
fn a_child_presents_its_parents_and_narrows() {
    covers!(accept, "HAND-74");
    covers!(refuse, "HAND-74");
    let narrow = second(&["read"]);
    assert_eq!(narrow.verdict(narrow.draft(), true), Ok(()));
    assert_eq!(narrow.verdict(narrow.draft(), false), Err(HopError::BrokenLink));
    let forgotten = HopDraft { previous: None, depth: 0, ..narrow.draft() };
    // Without its parents a second hop is a first one of bob's, which his own credential covers: no more than that.
    assert_eq!(narrow.verdict(forgotten.clone(), true), Err(HopError::BrokenLink));
    let outlives = HopDraft { not_after: now().seconds() + 61, ..narrow.draft() };
    assert_eq!(narrow.verdict(outlives, true), Err(HopError::Window("the hop before it")));
    let short = HopDraft {
        chain_digest: chain_digest(narrow.credentials[..1].iter().map(Credential::digest)),
        ..narrow.draft()
    };
    assert_eq!(narrow.verdict(short, true), Err(HopError::OtherChain));
    let mut other = second(&["read"]);
    other.parent = SignedHop::sign(
        HopDraft { recipient: carol().verifying_key(), ..other.parent.draft().clone() },
        alice().signing_key(),
    );
    let draft = other.draft();
    assert!(matches!(other.verdict(draft, true), Err(HopError::Parent { .. })));
    let mut tampered = second(&["read"]);
    tampered.parent_packet =
        edited(&tampered.parent_packet, |value| value["intent"] = "delete".into()).unwrap();
    let draft = tampered.draft();
    assert!(matches!(tampered.verdict(draft, true), Err(HopError::Parent { .. })));
}

/// HAND-74: a packet that is wider than its parent's, by its limit.
#[test]
fn a_child_packet_cannot_be_wider() {
    covers!(refuse, "HAND-74");
    let mut wide = second(&["read"]);
    let task = from_to(&bob(), &carol()).permissions(Permissions::new(["read"]).max_tool_calls(6));
    wide.packet = task.sign(&bob(), Profile::P3).unwrap();
    let refused = wide.verdict(wide.draft(), true).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffEscalation);
}

/// HAND-75, HAND-76: the nonce is the packet's, and the record has the hop's name.
#[test]
fn a_hop_spends_what_its_packet_spends() {
    covers!(accept, "HAND-75");
    covers!(refuse, "HAND-75");
    let credentials = credentials(1);
    let chain = verified(&credentials);
    let packet = packet(&alice(), &bob(), &["read"]);
    let hop = SignedHop::sign(draft(&packet, &credentials, &bob(), None), alice().signing_key());
    let store = Store::new();
    let handoff = verifier().check(Handoff::packet(&packet), now()).unwrap();
    let checked = HopVerifier::new(bob().verifying_key()).check(handoff, &hop, &[], &chain, now()).unwrap();
    checked.spend(&store, now()).unwrap();
    let bare = verifier().verify(Handoff::packet(&packet), &store, now()).unwrap_err();
    assert_eq!(bare.code(), ErrorCode::HandoffReplay);
    let name = hop.record_id().unwrap();
    assert_eq!(name.as_str(), format!("hop-{}", Sha256::of(hop.as_bytes()).to_hex()));
}
