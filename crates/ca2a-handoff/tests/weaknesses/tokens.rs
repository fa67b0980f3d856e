//! Capability tokens: their chain, their time, and that they are spent.

use super::*;

fn chain_verdict(chain: &[DelegationCapability]) -> Result<(), ErrorCode> {
    let roots = BTreeSet::from([alice().verifying_key()]);
    CapabilityVerifier::new(&roots).verify(chain, now()).map(drop).map_err(|error| error.code())
}

/// W7, HAND-44.
#[test]
fn w7_a_capability_is_compared_with_the_clock() {
    covers!(accept, "HAND-44");
    covers!(refuse, "HAND-44");
    let during = |from: &str, until: &str| {
        let mut grant = grant("c0", &bob(), Permissions::new(["search"]));
        (grant.issued_at, grant.expires_at) = (time(from), time(until));
        chain_verdict(&[DelegationCapability::issue(&alice(), grant).unwrap()])
    };
    assert_eq!(during("2026-01-15T12:00:30Z", "2026-01-15T12:00:30Z"), Ok(()));
    assert_eq!(during("2026-01-15T11:00:00Z", "2026-01-15T12:00:00Z"), Ok(()));
    for (from, until) in [
        ("2026-01-15T10:00:00Z", "2026-01-15T11:59:59.999999Z"),
        ("2026-01-15T12:00:30.000001Z", "2026-01-16T12:00:00Z"),
    ] {
        assert_eq!(during(from, until), Err(ErrorCode::HandoffCapabilityExpired), "{from}");
    }
}

/// W8, HAND-42.
#[test]
fn w8_signatures_are_checked_without_a_registry_too() {
    covers!(accept, "HAND-42");
    covers!(refuse, "HAND-42");
    assert_eq!(chain_verdict(&[capability()]), Ok(()));
    assert_eq!(chain_verdict(&[]), Err(ErrorCode::HandoffCapabilityInvalid));
    let forged = AgentIdentity::named(alice().agent_id().clone(), SigningKey::from_seed(&[0x42; 32]));
    let forged = DelegationCapability::issue(&forged, grant("c0", &bob(), Permissions::new(["rm"]))).unwrap();
    assert_eq!(chain_verdict(&[forged]), Err(ErrorCode::HandoffIdentityMismatch));
}

fn with_token(token: &DelegationCapability, from: &AgentIdentity, to: &AgentIdentity) -> SignedTaskPacket {
    let mut task = from_to(from, to);
    task.capability_token = Some(token.to_token());
    task.sign(from, Profile::P3).unwrap()
}

/// W9, HAND-42, HAND-45.
#[test]
fn w9_a_stolen_token_is_of_no_use() {
    covers!(accept, "HAND-29", "HAND-45");
    covers!(refuse, "HAND-42", "HAND-45");
    let honest = with_token(&capability(), &alice(), &bob());
    let checked = verifier().check(Handoff::packet(&honest), now()).unwrap();
    // Packet and capability together.
    assert_eq!(checked.authority().actions().collect::<Vec<_>>(), ["search"]);
    assert_eq!(checked.authority().max_tool_calls(), Some(3));
    let stolen = with_token(&capability(), &mallory(), &bob());
    assert_eq!(verdict(Handoff::packet(&stolen)), Err(ErrorCode::HandoffHolderMismatch));
    let minted =
        DelegationCapability::issue(&mallory(), grant("c9", &bob(), Permissions::new(["admin"]))).unwrap();
    let minted = with_token(&minted, &mallory(), &bob());
    assert_eq!(verdict(Handoff::packet(&minted)), Err(ErrorCode::HandoffCapabilityUntrusted));
}

/// W9: a leaf alone shows nothing, so that an ancestor that was revoked cannot be left out.
#[test]
fn w9_the_whole_chain_is_presented() {
    covers!(accept, "HAND-43");
    covers!(refuse, "HAND-44");
    let root =
        DelegationCapability::issue(&alice(), grant("c0", &carol(), Permissions::new(["search"]))).unwrap();
    let leaf = root.derive(&carol(), grant("c1", &bob(), Permissions::new(["search"]))).unwrap();
    let packet = with_token(&leaf, &carol(), &bob());
    let ancestors = [root];
    assert_eq!(verdict(Handoff::packet(&packet)), Err(ErrorCode::HandoffCapabilityInvalid));
    assert_eq!(verdict(Handoff::packet(&packet).ancestors(&ancestors)), Ok(()));
    let revoked: CapabilityRevocationRegistry = ["c0"].into_iter().collect();
    let refusal = verifier().revoked(revoked).check(Handoff::packet(&packet).ancestors(&ancestors), now());
    assert_eq!(refusal.unwrap_err().code(), ErrorCode::HandoffCapabilityRevoked);
}

/// W13, HAND-46.
#[test]
fn w13_a_derivation_verifies_or_is_not_made() {
    covers!(accept, "HAND-46");
    covers!(refuse, "HAND-46");
    let narrow = grant("c1", &carol(), Permissions::new(["search"]).max_tool_calls(1));
    let child = capability().derive(&bob(), narrow.clone()).unwrap();
    assert_eq!(chain_verdict(&[capability(), child]), Ok(()));
    let wide = grant("c1", &carol(), Permissions::new(["search", "admin"]).max_tool_calls(1));
    assert_eq!(capability().derive(&bob(), wide).unwrap_err().code(), ErrorCode::HandoffEscalation);
    assert_eq!(capability().derive(&mallory(), narrow).unwrap_err().code(), ErrorCode::HandoffHolderMismatch);
}

/// W23, HAND-47.
#[test]
fn w23_a_token_is_spent_whatever_stands_around_it() {
    covers!(accept, "HAND-47");
    covers!(refuse, "HAND-47");
    let (roots, store) = (BTreeSet::from([alice().verifying_key()]), Store::new());
    let open = |nonce: &str, issued_at: &str, compat| {
        let envelope = CapabilityTokenEnvelope {
            payload: Object::new(),
            capability_token: capability().to_token(),
            nonce: nonce.into(),
            issued_at: time(issued_at),
        };
        let verifier = CapabilityVerifier::new(&roots);
        envelope.verify(&verifier, &[], 300, compat, &store, now()).map(drop).map_err(|error| error.code())
    };
    let at = "2026-01-15T12:00:00Z";
    assert_eq!(open("n0", "2026-01-15T11:54:59.999999Z", None), Err(ErrorCode::HandoffCapabilityExpired));
    assert_eq!(open("n0", "2026-01-15T12:00:00.000001Z", None), Err(ErrorCode::HandoffCapabilityExpired));
    assert_eq!(open("n1", at, None), Ok(()));
    assert_eq!(open("n2", at, None), Err(ErrorCode::HandoffReplay));
    assert_eq!(open("n2", at, Some(Compat::TrustHandoff04)), Ok(()));
}
