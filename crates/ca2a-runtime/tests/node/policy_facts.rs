//! What the pipeline asks a policy about: what was proven, and nothing that a caller says of itself.

use std::sync::{Arc, Mutex};

use ca2a_core::{CallerAssurance, Sha256, VerifyingKey};
use ca2a_covers::covers;
use ca2a_policy::{Decision, Denial, Facts, Policy, cedar::CedarPolicy};
use ca2a_runtime::{
    node::PeerNode,
    peer::CallerRequirement,
    store::{MemoryRecordStore, MemoryReplayStore},
};

use crate::support::scene::{Call, body, call, key, refusal};

/// What stood in the facts of a question.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    subject: VerifyingKey,
    capability: String,
    depth: u64,
    root: VerifyingKey,
    assurance: CallerAssurance,
    measurement: Option<String>,
}

/// A policy that allows what is called `read` and writes down what it is asked.
#[derive(Debug, Default)]
struct Writes(Mutex<Vec<Asked>>);

impl Policy for Writes {
    fn decide(&self, facts: &Facts<'_>) -> Decision {
        self.0.lock().unwrap().push(Asked {
            subject: *facts.subject,
            capability: facts.capability.to_string(),
            depth: facts.depth,
            root: *facts.root_issuer,
            assurance: facts.assurance,
            measurement: facts.measurement.map(str::to_owned),
        });
        match facts.capability.as_str() {
            "read" => Decision::Allow,
            _ => Decision::Deny(Denial::NotPermitted(facts.capability.clone())),
        }
    }

    fn digest(&self) -> Sha256 {
        Sha256::of(b"read")
    }
}

fn node(policy: Arc<dyn Policy>, requirement: CallerRequirement) -> PeerNode {
    let (replay, records) = (Arc::new(MemoryReplayStore::default()), Arc::new(MemoryRecordStore::default()));
    let roots = [key(1).verifying_key()].into_iter().collect();
    PeerNode::new(roots, policy, replay, records).unwrap().with_caller_requirement(requirement, None)
}

/// What `policy` was asked during one call, and how the call was answered.
async fn asked(
    requirement: CallerRequirement,
    call: Call,
    edit: impl Fn(&mut ca2a_runtime::peer::PeerRequest),
) -> (u16, Vec<Asked>) {
    let policy = Arc::new(Writes::default());
    let node = node(policy.clone(), requirement);
    let mut request = call.prove(&node);
    edit(&mut request);
    let answer = node.task(&body(&request)).await;
    (answer.status, policy.0.lock().unwrap().clone())
}

/// POL-1: the facts are those of the verified chain and of the appraisal.
#[tokio::test]
async fn a_policy_is_asked_about_what_was_proven() {
    covers!(accept, "POL-1");
    for (call, assurance) in [
        (call("read"), CallerAssurance::NotOffered),
        (call("read").offering(), CallerAssurance::SoftwareOnly),
    ] {
        let (status, asked) = asked(CallerRequirement::None, call, |_| {}).await;
        assert_eq!(status, 200);
        let expected = Asked {
            subject: key(3).verifying_key(),
            capability: "read".to_owned(),
            depth: 1,
            root: key(1).verifying_key(),
            assurance,
            measurement: None,
        };
        assert!(asked.contains(&expected), "{asked:?}");
        for one in asked {
            let capability = one.capability.clone();
            assert_eq!(one, Asked { capability, ..expected.clone() });
        }
    }
}

/// POL-1: an offer without hardware states a measurement, and no policy hears of it.
#[tokio::test]
async fn a_claim_is_no_fact() {
    covers!(refuse, "POL-1");
    let policy = r#"permit(principal, action, resource);
        forbid(principal, action, resource) unless { context has measurement };"#;
    let node = node(Arc::new(CedarPolicy::from_bytes(policy.as_bytes()).unwrap()), CallerRequirement::None);
    let request = call("read").offering().prove(&node);
    assert!(!request.caller_offer.as_ref().unwrap().report.measurement.is_empty());
    let answer = node.task(&body(&request)).await;
    assert_eq!(refusal(&answer), ("SCOPE_NOT_PERMITTED".into(), true));
}

/// POL-11: where attestation is refused, the report is made with what was found, and nothing is granted for it.
#[tokio::test]
async fn a_refused_attestation_has_an_effective_scope() {
    covers!(accept, "POL-11");
    covers!(refuse, "POL-11");
    let nobodys = |request: &mut ca2a_runtime::peer::PeerRequest| request.caller_possession = None;
    let as_it_is = |_: &mut ca2a_runtime::peer::PeerRequest| {};
    let cases = [
        asked(CallerRequirement::None, call("read").offering(), nobodys).await,
        asked(CallerRequirement::Any, call("read"), as_it_is).await,
        asked(CallerRequirement::Hardware, call("read").offering(), as_it_is).await,
    ];
    let found = [CallerAssurance::Failed, CallerAssurance::NotOffered, CallerAssurance::SoftwareOnly];
    for ((status, asked), assurance) in cases.into_iter().zip(found) {
        assert_eq!(status, 412, "{assurance}: the policy allows, and the call is refused all the same");
        let capabilities: Vec<&str> = asked.iter().map(|one| one.capability.as_str()).collect();
        assert_eq!(capabilities, ["read", "write"], "{assurance}: every capability of the leaf, once");
        assert!(asked.iter().all(|one| one.assurance == assurance && one.measurement.is_none()), "{asked:?}");
    }
}
