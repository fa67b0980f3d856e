//! Capabilities, their chains, and the tokens they travel as.

use ca2a_core::json::{Node, Object};
use ca2a_handoff::{
    CapabilityError, CapabilityGrant, CapabilityRevocationRegistry, CapabilityTokenEnvelope,
    CapabilityVerifier, DelegationCapability, VerifiedCapability,
};
use ca2a_runtime::store::MemoryReplayStore;

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
    expect,
    packet::run,
};

/// A capability by itself: its signature, and its token.
pub(super) fn judge(case: &Case, _: &World) -> Judged {
    run(|| {
        let mut expected = expect::answers(case.node("verdict")?);
        if matches!(case.weakness(), Some(14 | 15 | 16 | 24)) {
            expected.refuse_all();
        }
        let read = DelegationCapability::from_node(case.node("capability")?);
        let signature = read.as_ref().map_err(Clone::clone).and_then(DelegationCapability::verify_signature);
        let token = DelegationCapability::from_token(case.text("token"));
        let mut got = Answers::new([
            ("verify_capability_signature", coded(signature)),
            ("verify_after_token_roundtrip", coded(token.and_then(|it| it.verify_signature()))),
        ]);
        if let Ok(capability) = read {
            expected.set("token", Answer::Value(case.text("token").to_owned()));
            got.set("token", Answer::Value(capability.to_token()));
        }
        Ok(Judged::Compared { expected, got })
    })
}

fn coded<T>(result: Result<T, CapabilityError>) -> Answer {
    Answer::of(result.map_err(|error| error.code()))
}

/// A chain of tokens, and an action under it.
pub(super) fn chain(case: &Case, world: &World) -> Judged {
    run(|| {
        let mut expected = expect::answers(case.node("verdict")?);
        expected.remove("audit");
        if matches!(case.weakness(), Some(4 | 5 | 7 | 8 | 9 | 28)) {
            for name in ["verify_capability_chain", "execute_authorized_action", "callable_ran"] {
                expected.refuse(name);
            }
            // The looser question is not asked here; where the package is wrong, so may its looser answer be.
            expected.remove("validate_capability_chain");
        }
        let revoked = case.texts("revoked");
        let chain: Result<Vec<_>, _> =
            case.texts("tokens").into_iter().map(DelegationCapability::from_token).collect();
        let verified = chain.clone().and_then(|chain| verify(case, world, &revoked, &chain));
        let used = case.int("tool_calls_used").and_then(|used| u64::try_from(used).ok()).unwrap_or_default();
        let allowed = verified.as_ref().is_ok_and(|it| it.authorizes(case.text("action"), used));
        let linked = chain.is_ok_and(|chain| {
            chain
                .iter()
                .zip(chain.iter().skip(1))
                .all(|(parent, child)| child.check_derivation(parent).is_ok())
        });
        let got = Answers::new([
            ("verify_capability_chain", coded(verified)),
            ("validate_capability_chain", Answer::is(linked)),
            ("execute_authorized_action", Answer::is(allowed)),
            ("callable_ran", Answer::is(allowed)),
        ]);
        Ok(Judged::Compared { expected, got })
    })
}

fn verify(
    case: &Case,
    world: &World,
    revoked: &[&str],
    chain: &[DelegationCapability],
) -> Result<VerifiedCapability, CapabilityError> {
    let registry = case.get("registry").and_then(|ids| world.registry(ids, revoked));
    let revoked: CapabilityRevocationRegistry = revoked.iter().copied().collect();
    CapabilityVerifier::new(&world.roots)
        .registry(registry.as_ref())
        .revoked(Some(&revoked))
        .verify(chain, world.now)
}

/// The package's child as it is, and ours as it must be.
pub(super) fn derive(case: &Case, world: &World) -> Judged {
    run(|| {
        let mut expected = expect::answers(case.node("verdict")?);
        let parent = token(case, "parent_token")?;
        let child = token(case, "child_token")?;
        let narrower = child.check_derivation(&parent).is_ok();
        expected.set("our derivation", Answer::is(expected.accepts("validate_capability_derivation")));
        let grant = CapabilityGrant {
            capability_id: child.capability_id().to_owned(),
            subject_agent: child.subject_agent().clone(),
            permissions: child.delegated_permissions().clone(),
            constraints: child.constraints().cloned(),
            issued_at: *child.issued_at(),
            expires_at: *child.expires_at(),
        };
        let ours = parent.derive(world.identity(case.text("signer"))?, grant);
        let ours = ours.and_then(|ours| verify(case, world, &[], &[parent.clone(), ours]));
        let got = Answers::new([
            ("verify_capability_signature", coded(child.verify_signature())),
            ("validate_capability_derivation", Answer::is(narrower)),
            ("verify_capability_chain", coded(verify(case, world, &[], &[parent, child]))),
            ("our derivation", coded(ours)),
        ]);
        Ok(Judged::Compared { expected, got })
    })
}

fn token(case: &Case, name: &str) -> Result<DelegationCapability, String> {
    DelegationCapability::from_token(case.text(name)).map_err(|error| error.to_string())
}

/// Token envelopes, one after another.
pub(super) fn token_envelope(case: &Case, world: &World) -> Judged {
    run(|| {
        let (mut expected, mut got) = (Answers::default(), Answers::default());
        let store = MemoryReplayStore::default();
        let mut spent: Vec<String> = Vec::new();
        for (at, step) in case.list("steps").iter().enumerate() {
            let step = step.as_object().ok_or("a step is an object")?;
            let document = step.get("token_envelope").ok_or("a step has a `token_envelope`")?;
            let name = format!("step {at}");
            expected.set(&name, step.get("verdict").map_or_else(Answer::refused, expect::answer));
            let token = document.as_object().and_then(|it| it.get("capability_token")).and_then(Node::as_str);
            let token = token.unwrap_or_default().to_owned();
            // Strict spends the token, not the nonce around it.
            if world.is_strict() && spent.contains(&token) {
                expected.refuse(&name);
            }
            if expected.accepts(&name) {
                spent.push(token);
            }
            got.set(&name, open(case, world, step, document, &store));
        }
        Ok(Judged::Compared { expected, got })
    })
}

fn open(
    case: &Case,
    world: &World,
    step: &Object<'_>,
    document: &Node<'_>,
    store: &MemoryReplayStore,
) -> Answer {
    let age = case.int("max_age_seconds").unwrap_or(CapabilityTokenEnvelope::MAX_AGE_SECONDS);
    let registry = step.get("registry").and_then(|ids| world.registry(ids, &[]));
    let verifier = CapabilityVerifier::new(&world.roots).registry(registry.as_ref());
    let opened = CapabilityTokenEnvelope::from_node(document)
        .and_then(|envelope| envelope.verify(&verifier, &[], age, world.compat(case), store, world.now));
    Answer::of(opened.map_err(|error| error.code()))
}
