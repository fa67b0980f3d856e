//! What others sign: reviews and attestations.

use super::*;

fn to_be_reviewed() -> ca2a_handoff::TaskPacket {
    let constraints =
        Constraints { requires_human_review: HumanReview::Stated(true), ..Constraints::default() };
    task().context([("human_approval", "yes")]).constraints(constraints)
}

/// W19, HAND-30, HAND-65.
#[test]
fn w19_a_review_is_a_signature_by_somebody_else() {
    covers!(accept, "HAND-30", "HAND-65");
    covers!(refuse, "HAND-30", "HAND-65");
    let packet = signed(to_be_reviewed());
    let digest = packet.digest(ProfileChoice::Auto).unwrap();
    let (person, other) = (SigningKey::from_seed(&[9; 32]), SigningKey::from_seed(&[8; 32]));
    let at = now().seconds();
    let judge = |approval: Option<Approval>| {
        let approvals: Vec<_> = approval.into_iter().collect();
        let verifier = verifier().approver(person.verifying_key()).approver(alice().verifying_key());
        verifier
            .check(Handoff::packet(&packet).approvals(&approvals), now())
            .map(drop)
            .map_err(|it| it.code())
    };
    assert_eq!(judge(None), Err(ErrorCode::HandoffReviewRequired));
    let good = Approval::sign(digest, at, at + 60, &person);
    assert_eq!(judge(Some(good.clone())), Ok(()));
    let wire = ca2a_core::json::to_text(&good.to_node());
    assert_eq!(Approval::from_json(wire.as_bytes()), Ok(good));
    let elsewhere =
        signed(to_be_reviewed().permissions(Permissions::default())).digest(ProfileChoice::Auto).unwrap();
    for bad in [
        Approval::sign(digest, at, at + 60, &other),
        Approval::sign(digest, at, at + 60, alice().signing_key()),
        Approval::sign(elsewhere, at, at + 60, &person),
        Approval::sign(digest, at - 60, at - 1, &person),
        Approval::sign(digest, at + 31, at + 60, &person),
        Approval::from_json(wire.replace(&format!("{}", at + 60), &format!("{}", at + 61)).as_bytes())
            .unwrap(),
    ] {
        assert_eq!(judge(Some(bad)), Err(ErrorCode::HandoffApprovalInvalid));
    }
}

fn attested(identity: &AgentIdentity) -> ExecutionAttestation {
    let result = Object::from([("v", 1_i64)]).into();
    let execution = Execution {
        packet_id: "pk_1",
        status: ExecutionStatus::Ok,
        result: &result,
        reason: None,
        nonce: u128::MAX,
        timestamp_ms: now().seconds() * 1_000,
    };
    ExecutionAttestation::sign(&execution, identity).unwrap()
}

/// W20, HAND-52, HAND-53.
#[test]
fn w20_an_attestation_is_of_the_agent_that_is_expected() {
    covers!(accept, "HAND-52", "HAND-53");
    covers!(refuse, "HAND-52", "HAND-53");
    let verify = |attestation: &ExecutionAttestation, packet_id: &str| {
        let result: ca2a_core::json::Node<'_> = Object::from([("v", 1_i64)]).into();
        attestation.verify(&Expected {
            agent: alice().agent_id(),
            key: &alice().verifying_key(),
            packet_id: Some(packet_id),
            outcome_hash: outcome_hash(&result).unwrap(),
            reason_hash: None,
            now_ms: now().seconds() * 1_000,
            max_age_ms: 0,
        })
    };
    let attestation = attested(&alice());
    assert_eq!(verify(&attestation, "pk_1"), Ok(()));
    assert!(matches!(verify(&attestation, "pk_2"), Err(AttestationError::OtherPacket { .. })));
    let text = attestation.to_json();
    let renamed = text.replace(alice().agent_id().as_str(), "agent:somebody");
    let renamed = ExecutionAttestation::from_json(renamed.as_bytes()).unwrap();
    assert!(matches!(verify(&renamed, "pk_1"), Err(AttestationError::OtherAgent { .. })));
    // 2^128, and a signature with something in front.
    for wrong in [
        text.replace(&u128::MAX.to_string(), "340282366920938463463374607431768211456"),
        text.replace("\"signature\":\"", "\"signature\":\"!!!!"),
    ] {
        assert!(ExecutionAttestation::from_json(wrong.as_bytes()).is_err());
    }
}

/// W21, HAND-54.
#[test]
fn w21_our_identity_attests() {
    covers!(accept, "HAND-54");
    assert_eq!(attested(&bob()).signed_by(), bob().agent_id());
}
