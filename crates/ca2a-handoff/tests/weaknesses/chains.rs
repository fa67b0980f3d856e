//! What a chain hands down: whole, without loops, narrower at every hop.

use super::*;

fn hop(agent: &AgentIdentity, permissions: Permissions) -> DelegationHop {
    DelegationHop { agent_id: agent.agent_id().clone(), delegated_permissions: permissions }
}

/// A chain of two agents, ending with alice, each with its hop.
fn two_hops(first: Permissions, second: Permissions) -> DelegationEnvelope {
    let packet = signed(task());
    let chain = DelegationChain {
        packet_ids: vec!["pk_0".into(), "pk_1".into()],
        agents: vec![carol().agent_id().clone(), alice().agent_id().clone()],
        hops: vec![hop(&carol(), first), hop(&alice(), second)],
    };
    DelegationEnvelope { packet, chain }
}

fn wide() -> Permissions {
    Permissions::new(["read", "search", "write"]).max_tool_calls(9)
}

#[test]
fn the_honest_handoff_is_accepted() {
    covers!(accept, "HAND-21", "HAND-25", "HAND-26", "HAND-32");
    assert_eq!(verdict_of(task()), Ok(()));
    assert_eq!(envelope_verdict(&DelegationEnvelope::first(signed(task()))), Ok(()));
    assert_eq!(envelope_verdict(&two_hops(wide(), wide())), Ok(()));
}

/// W2, HAND-25.
#[test]
fn w2_a_chain_that_was_stripped_is_refused() {
    covers!(refuse, "HAND-25");
    let mut stripped = two_hops(wide(), wide());
    stripped.chain = DelegationChain::default();
    assert_eq!(envelope_verdict(&stripped), Err(ErrorCode::HandoffChainInvalid));
    let mut cut = two_hops(wide(), wide());
    cut.chain.packet_ids.remove(0);
    assert_eq!(envelope_verdict(&cut), Err(ErrorCode::HandoffChainInvalid));
    let mut foreign = two_hops(wide(), wide());
    foreign.chain.packet_ids[1] = "pk_9".into();
    assert_eq!(envelope_verdict(&foreign), Err(ErrorCode::HandoffChainInvalid));
    // A depth that the packet states cannot be cut out of the chain.
    let mut deep = task();
    deep.provenance = Some(Provenance { origin_workflow: None, delegation_depth: Some(3) });
    assert_eq!(
        envelope_verdict(&DelegationEnvelope::first(signed(deep))),
        Err(ErrorCode::HandoffChainInvalid)
    );
}

/// W3, HAND-25, HAND-26, HAND-28, HAND-60.
#[test]
fn w3_authority_loops_and_actions_are_looked_at() {
    covers!(refuse, "HAND-25", "HAND-26", "HAND-28", "HAND-60");
    let narrow = Permissions::new(["read"]).max_tool_calls(1);
    assert_eq!(envelope_verdict(&two_hops(narrow.clone(), wide())), Err(ErrorCode::HandoffEscalation));
    assert_eq!(envelope_verdict(&two_hops(wide(), narrow)), Err(ErrorCode::HandoffEscalation));
    let mut omitted = two_hops(wide(), wide());
    omitted.chain.hops.clear();
    assert_eq!(envelope_verdict(&omitted), Err(ErrorCode::HandoffChainInvalid));
    let mut looped = two_hops(wide(), wide());
    looped.chain.agents[0] = bob().agent_id().clone();
    looped.chain.hops[0].agent_id = bob().agent_id().clone();
    assert_eq!(envelope_verdict(&looped), Err(ErrorCode::HandoffLoop));
    // An action that was not handed over is not done.
    let packet = signed(task().permissions(Permissions::default()));
    let accepted = verifier().verify(Handoff::packet(&packet), &Store::new(), now()).unwrap();
    let refused = Executor::begin(accepted, now()).authorize("drop_db", now()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffActionDenied);
}

/// W4, HAND-28.
#[test]
fn w4_a_missing_limit_is_infinite() {
    covers!(refuse, "HAND-28");
    let none = || Permissions::new(["read", "search"]);
    assert_eq!(
        envelope_verdict(&two_hops(none().max_tool_calls(10), none())),
        Err(ErrorCode::HandoffEscalation)
    );
    let child = capability().derive(&bob(), grant("c1", &carol(), Permissions::new(["search"])));
    assert_eq!(child.unwrap_err().code(), ErrorCode::HandoffEscalation);
}

/// W5, HAND-28.
#[test]
fn w5_constraints_attenuate() {
    covers!(accept, "HAND-28");
    covers!(refuse, "HAND-28");
    let bound = Constraints {
        max_runtime_seconds: Some(5),
        data_boundary: Some("eu".into()),
        requires_human_review: HumanReview::Stated(true),
    };
    let parent = |constraints: Constraints| {
        let mut grant = grant("c0", &bob(), Permissions::new(["search"]));
        grant.constraints = Some(constraints);
        DelegationCapability::issue(&alice(), grant).unwrap()
    };
    let derived = |constraints: Option<Constraints>| {
        let mut grant = grant("c1", &carol(), Permissions::new(["search"]));
        grant.constraints = constraints;
        parent(bound.clone()).derive(&bob(), grant).map(drop).map_err(|error| error.code())
    };
    let with = |change: &dyn Fn(&mut Constraints)| {
        let mut constraints = bound.clone();
        change(&mut constraints);
        Some(constraints)
    };
    assert_eq!(derived(Some(bound.clone())), Ok(()));
    assert_eq!(derived(with(&|it| it.max_runtime_seconds = Some(4))), Ok(()));
    for wider in [
        None,
        with(&|it| it.max_runtime_seconds = Some(6)),
        with(&|it| it.max_runtime_seconds = None),
        with(&|it| it.max_runtime_seconds = Some(-1)),
        with(&|it| it.data_boundary = None),
        with(&|it| it.data_boundary = Some("us".into())),
        with(&|it| it.requires_human_review = HumanReview::Unstated),
    ] {
        assert_eq!(derived(wider), Err(ErrorCode::HandoffEscalation));
    }
    let mut early = grant("c1", &carol(), Permissions::new(["search"]));
    early.constraints = Some(bound.clone());
    early.issued_at = time("2026-01-14T11:59:00Z");
    assert!(parent(bound.clone()).derive(&bob(), early).is_err());
    assert_eq!(
        verdict_of(task().permissions(Permissions { max_tool_calls: Some(-1), ..wide() })),
        Err(ErrorCode::HandoffEscalation)
    );
}

/// W6, HAND-28: there is one question, and it looks at the limit.
#[test]
fn w6_narrowing_looks_at_the_limit() {
    covers!(refuse, "HAND-28");
    let of = |calls: u32| Permissions::new(["read", "search"]).max_tool_calls(calls);
    assert_eq!(envelope_verdict(&two_hops(of(1), of(999))), Err(ErrorCode::HandoffEscalation));
}
