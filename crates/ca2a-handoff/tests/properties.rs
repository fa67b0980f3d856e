//! What holds for everything, not for examples alone.
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

use ca2a_core::json::{Node, Number, Object, Value};
use ca2a_covers::covers;
use ca2a_handoff::{
    Authority, Constraints, DelegationCapability, DelegationEnvelope, ExecutionAttestation, Handoff,
    HumanReview, Permissions, Profile, ProfileChoice, SignedTaskPacket, Timestamp, UnixMicros,
};
use proptest::prelude::*;
use world::*;

prop_compose! {
    fn authority()(
        actions in prop::collection::btree_set("[a-d]", 0..4),
        calls in prop::option::of(0..4_i64),
        runtime in prop::option::of(0..4_i64),
        boundary in prop::option::of("eu|us"),
        review in any::<bool>(),
        window in prop::option::of((0..4_i64, 0..4_i64)),
    ) -> Authority {
        let mut permissions = Permissions::new(actions);
        permissions.max_tool_calls = calls;
        let constraints = Constraints {
            max_runtime_seconds: runtime,
            data_boundary: boundary,
            requires_human_review: HumanReview::Stated(review),
        };
        let authority = Authority::new(&permissions, Some(&constraints)).unwrap();
        match window {
            Some((start, end)) => authority.during(UnixMicros(start), UnixMicros(end)),
            None => authority,
        }
    }
}

fn json() -> impl Strategy<Value = Node<'static>> {
    let leaf = prop_oneof![
        Just(Node::NULL),
        any::<bool>().prop_map(Node::from),
        any::<i64>().prop_map(|int| Value::Number(Number::Text(int.to_string().into())).into()),
        any::<f64>()
            .prop_filter("finite", |float| float.is_finite())
            .prop_map(|float| Value::Number(Number::Float(float)).into()),
        ".{0,8}".prop_map(Node::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::from),
            prop::collection::vec((".{0,4}", inner), 0..4)
                .prop_map(|members| Node::from(members.into_iter().collect::<Object<'static>>())),
        ]
    })
}

fn context() -> impl Strategy<Value = Object<'static>> {
    prop::collection::vec((".{0,6}", json()), 0..5).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// HAND-28: what is derived never grants more, however long the way.
    #[test]
    fn attenuation_is_an_order(a in authority(), b in authority(), c in authority()) {
        prop_assert!(a.within(&a).is_ok());
        if a.within(&b).is_ok() && b.within(&c).is_ok() {
            prop_assert!(a.within(&c).is_ok());
        }
        if a.within(&b).is_ok() {
            prop_assert!(a.actions().all(|action| b.allows(action)));
            prop_assert!(b.max_tool_calls().is_none_or(|most| a.max_tool_calls().is_some_and(|calls| calls <= most)));
        }
    }

    /// HAND-29: what both allow is within each.
    #[test]
    fn what_both_allow_is_within_each(a in authority(), b in authority()) {
        if let Ok(both) = a.meet(&b) {
            prop_assert!(both.within(&a).is_ok(), "{both:?} {a:?}");
            prop_assert!(both.within(&b).is_ok(), "{both:?} {b:?}");
            prop_assert_eq!(b.meet(&a), Ok(both));
        }
    }

    /// HAND-14: what is signed under any profile verifies after the wire, and is the same packet.
    #[test]
    fn every_packet_survives_its_wire(context in context(), intent in ".{0,20}") {
        let mut task = task().context(context);
        task.intent = intent;
        for profile in Profile::AUTO {
            let envelope = DelegationEnvelope::first(task.clone().sign(&alice(), profile).unwrap());
            let wire = envelope.to_json(profile);
            let received = DelegationEnvelope::from_json(wire.as_bytes()).unwrap();
            let matched = received.packet.verify_signature(ProfileChoice::Exactly(profile)).map(|it| it.profile);
            prop_assert_eq!(matched, Ok(profile));
            prop_assert_eq!(received.to_json(profile), wire);
        }
    }

    /// HAND-3.
    #[test]
    fn a_time_is_read_as_it_is_written(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
        let time = Timestamp::utc(UnixMicros(micros)).unwrap();
        prop_assert_eq!(time.moment(), UnixMicros(micros));
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
    }

    /// HAND-33: every input gets a value or a code.
    #[test]
    fn readers_are_total(input in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
        for bytes in [input.as_slice(), text.as_bytes()] {
            let _ = SignedTaskPacket::from_json(bytes).map(|packet| packet.verify_signature(ProfileChoice::Auto));
            let _ = DelegationEnvelope::from_json(bytes);
            let _ = ExecutionAttestation::from_json(bytes);
        }
        let _ = DelegationCapability::from_token(&text);
        let _ = Timestamp::parse(&text);
    }

    /// HAND-22: a byte that was changed anywhere in a packet turns the verdict, or changes nothing that was said.
    #[test]
    fn every_byte_of_a_packet_counts(at in 0..900_usize, bit in 0..8_u32) {
        let packet = signed(task());
        let mut bytes = packet.to_json(Profile::P3).into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(read) = SignedTaskPacket::from_json(&bytes) {
            let accepted = verifier().check(Handoff::packet(&read), now()).is_ok();
            prop_assert!(!accepted || read == packet);
        }
    }
}

/// HAND-60: calls are counted, and no more than were handed over.
#[test]
fn the_budget_counts() {
    covers!(accept, "HAND-60", "HAND-61", "HAND-62");
    covers!(refuse, "HAND-60", "HAND-61");
    use ca2a_core::ErrorCode;
    use ca2a_handoff::{ExecutionStatus, Executor};

    let constraints = Constraints { max_runtime_seconds: Some(60), ..Constraints::default() };
    let packet = signed(task().constraints(constraints));
    let accepted = verifier().verify(Handoff::packet(&packet), &Store::new(), now()).unwrap();
    let mut executor = Executor::begin(accepted, now());
    assert_eq!(executor.deadline(), now().plus_seconds(60));
    for _ in 0..5 {
        executor.authorize("read", now()).unwrap();
    }
    let refused = [
        executor.authorize("read", now()).unwrap_err(),
        executor.authorize("READ", now()).unwrap_err(),
        executor.authorize("read", now().plus_seconds(61)).unwrap_err(),
    ];
    assert_eq!(
        refused.map(|error| error.code()),
        [ErrorCode::HandoffBudgetExhausted, ErrorCode::HandoffActionDenied, ErrorCode::HandoffDeadline]
    );
    assert_eq!(executor.calls(), 5);
    let finished = executor.finish(now().plus_seconds(61));
    assert_eq!((finished.calls(), finished.refused(), finished.timed_out()), (5, 3, true));
    let result = Object::from([("v", 1_i64)]).into();
    let attestation = finished.attest(ExecutionStatus::Ok, &result, None, 1, &bob()).unwrap();
    assert_eq!(attestation.status(), ExecutionStatus::Timeout);
}
