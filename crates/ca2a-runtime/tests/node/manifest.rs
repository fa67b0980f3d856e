//! RUN-70: the agent manifest that a node runs under, from its file to the policy and the signed statement.

use std::{fs, path::PathBuf, sync::Arc};

use ca2a_core::{ErrorCode, EvaluationTime, SigningKey};
use ca2a_covers::covers;
use ca2a_delegation::TrustedRoots;
use ca2a_manifest::{
    Attachment, ConstraintAnswer, Context, Manifest, PrincipalKeys, Signer, Timestamp, TrustAnchors,
    Verifier, sign_approval,
};
use ca2a_policy::cedar::CedarPolicy;
use ca2a_runtime::{
    manifest::{CedarConstraints, RunningManifest, load},
    node::PeerNode,
    store::{MemoryRecordStore, MemoryReplayStore},
    system::{Clock as _, SystemClock},
};

use crate::support::scene::{call, key};

const AGENT: &str = "spiffe://example.org/agent/a";

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A signed manifest that ends in `seconds`, and the anchor beside it.
fn folder(name: &str, seconds: u64) -> Folder {
    folder_with(name, seconds, "")
}

/// The same with further members, as JSON text with a comma.
fn folder_with(name: &str, seconds: u64, more: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("ca2a-manifest-{}-{name}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    let (now, issuer) = (SystemClock.now(), SigningKey::from_seed(&[1; 32]));
    let (from, to) = (
        Timestamp::of_seconds(now - 86_400).to_isoformat(),
        Timestamp::of_seconds(now + seconds).to_isoformat(),
    );
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    let document = format!(
        r#"{{"manifest_id":"01926b4c-1234-7abc-9def-000000000001","version":"0.2","agent_id":"{AGENT}",
        "issuer":"spiffe://example.org/authority","issued_at":"{from}","expires_at":"{to}",{more}"artifacts":{{
        "system_prompt":{{"hash":"sha256:{a}","version":"1","classification":"internal","bound_at":"{from}"}},
        "policy_bundle":{{"hash":"sha256:{b}","policy_language":"cedar","version":"1","enforcement_mode":"enforce","bound_at":"{from}"}},
        "model_identity":{{"provider":"e","model_id":"m","version":"m-1","deployment_type":"api",
            "model_attestation_type":"provider-asserted","bound_at":"{from}"}}}}}}"#
    );
    let signed = Signer::Ed25519(&issuer).sign(document.as_bytes(), Timestamp::of_seconds(now)).unwrap();
    fs::write(path.join("m"), signed).unwrap();
    let anchor = format!(r#"{{"public_key_base64url":"{}"}}"#, issuer.verifying_key().to_base64url());
    fs::write(path.join("anchor"), anchor).unwrap();
    Folder(path)
}

fn loaded(folder: &Folder) -> RunningManifest {
    let now = EvaluationTime::Live(SystemClock.now());
    load(&folder.0.join("m"), &folder.0.join("anchor"), AGENT, now).unwrap()
}

fn node(policy: &str, manifest: Option<RunningManifest>) -> PeerNode {
    let (replay, records) = (Arc::new(MemoryReplayStore::default()), Arc::new(MemoryRecordStore::default()));
    let policy = Arc::new(CedarPolicy::from_bytes(policy.as_bytes()).unwrap());
    let roots = TrustedRoots::from_iter([key(1).verifying_key()]);
    let node = PeerNode::new(roots, policy, replay, records).unwrap().with_identity(key(9));
    match manifest {
        Some(manifest) => node.with_manifest(manifest),
        None => node,
    }
}

/// POL-13, TRC-113.
#[tokio::test]
async fn the_manifest_is_a_fact_for_the_policy_and_a_member_of_the_statement() {
    covers!(accept, "POL-13", "TRC-113", "RUN-70");
    covers!(refuse, "POL-13");
    let folder = folder("facts", 86_400);
    let manifest = loaded(&folder);
    let digest = manifest.at(SystemClock.now()).unwrap().digest.to_hex();
    let policy = format!(
        r#"permit(principal, action == Action::"read", resource) when {{ context has manifest
            && context.manifest.agent_id == "{AGENT}" && context.manifest.digest == "sha256:{digest}"
            && !context.manifest.approvers.contains("mailto:ann@example.org") }};"#
    );
    let here = node(&policy, Some(manifest.clone()));
    let granted = here.decide(call("read").prove(&here)).await.unwrap();
    let statement = granted.statement.unwrap();
    assert_eq!(statement.facts().manifest.as_ref(), manifest.at(SystemClock.now()));
    let again = ca2a_trace::statement::Statement::from_json(statement.to_json().as_bytes()).unwrap();
    assert_eq!(again, statement, "what is written is read");

    let bare = node(&policy, None);
    assert!(
        bare.decide(call("read").prove(&bare)).await.is_err(),
        "without a manifest there is no such fact"
    );
    let over = node(&policy, Some(manifest.clone()));
    assert!(manifest.at(SystemClock.now() + 90_000).is_none(), "a manifest that is over is no fact any more");
    drop(over);
}

#[test]
fn a_manifest_that_does_not_hold_is_configuration_that_cannot_be_run() {
    covers!(refuse, "RUN-70");
    let folder = folder("refused", 86_400);
    let (manifest, anchor) = (folder.0.join("m"), folder.0.join("anchor"));
    let at = |now: u64| EvaluationTime::At(now);
    let now = SystemClock.now();
    for refused in [
        load(&folder.0.join("nothing"), &anchor, AGENT, at(now)),
        load(&anchor, &manifest, AGENT, at(now)),
        load(&manifest, &anchor, "spiffe://example.org/agent/b", at(now)),
        load(&manifest, &anchor, AGENT, at(now + 90_000)),
    ] {
        assert_eq!(refused.unwrap_err().code(), ErrorCode::ConfigError);
    }
}

/// MAN-45: approvers are facts while the approvals of all of them hold, and nobody is one by the document's word.
#[test]
fn approvers_are_facts_until_the_first_of_their_approvals_ends() {
    covers!(accept, "MAN-45");
    covers!(refuse, "MAN-45");
    const APPROVER: &str = "mailto:ann@example.org";
    let now = SystemClock.now();
    let issued = Timestamp::of_seconds(now - 60).to_isoformat();
    let approval = format!(
        r#"{{"approval_id":"01926b4c-1234-7abc-9def-0000000000aa","approver_id":"{APPROVER}","approver_identity_type":"email",
        "approver_role":"owner","approved_at":"{issued}","approved_scope":{{"artifacts":["policy_bundle"],"risk_tier":"low",
        "approval_duration_seconds":600}},"approval_method":"hardware-key","evidence_uri":"https://example.org/1"}}"#
    );
    let approval = ca2a_core::json::read(approval.as_bytes()).unwrap().into_owned();
    let folder = folder_with("approvers", 86_400, r#""hitl_record":{"required":true},"#);
    let bare = fs::read(folder.0.join("m")).unwrap();
    let id = "01926b4c-1234-7abc-9def-000000000001";
    let running = |signer: u8| {
        let approval = sign_approval(approval.as_object().unwrap(), id, &key(signer)).unwrap();
        let bytes = Attachment::Approval(&approval).attach(&bare).unwrap();
        let anchors = TrustAnchors::new().with(SigningKey::from_seed(&[1; 32]).verifying_key());
        let approvers = PrincipalKeys::new().with(APPROVER, key(5).verifying_key());
        let verifier = Verifier::new(anchors).approver_keys(approvers);
        let manifest = Manifest::read(&bytes).unwrap();
        let verified = verifier.verify(manifest, &Context::identity_only(), EvaluationTime::At(now)).ok()?;
        Some(RunningManifest::of(&verified.bind(AGENT).unwrap()))
    };
    let running_now = running(5).unwrap();
    let facts = running_now.at(now + 540).unwrap();
    assert_eq!((&*facts.agent_id, &facts.approvers[..]), (AGENT, &[APPROVER.into()][..]));
    assert!(running_now.at(now + 541).is_none(), "its approval is over, and the manifest is not");
    assert!(running(6).is_none(), "an approval that its approver did not sign");
}

/// MAN-38, POL-14.
#[test]
fn constraints_of_a_grant_are_evaluated_with_cedar() {
    covers!(accept, "POL-14");
    covers!(refuse, "POL-14");
    let signer = SigningKey::from_seed(&[1; 32]);
    let ask = |constraints: &[&str], tools: &[&str]| -> Vec<ConstraintAnswer> {
        let hop = ca2a_manifest::HopDraft {
            hop: 0,
            principal_type: ca2a_manifest::PrincipalType::System,
            principal_id: "root".to_owned(),
            delegated_at: Timestamp::of_seconds(1_000),
            grant: ca2a_manifest::ScopeGrant {
                tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
                constraints: constraints.iter().map(|text| (*text).to_owned()).collect(),
                ..ca2a_manifest::ScopeGrant::default()
            },
        };
        let chain = [hop.sign("id", &signer).unwrap()].into_iter().collect();
        let keys = ca2a_manifest::PrincipalKeys::new().with("root", signer.verifying_key());
        let evaluator = Noted::default();
        let question = ca2a_manifest::ChainQuestion {
            keys: &keys,
            manifest_id: "id",
            issuer: Some("root"),
            agent: Some(AGENT),
            now: Timestamp::of_seconds(1_001),
            mode: ca2a_manifest::Mode::Strict,
            expected_delegates: None,
            constraints: Some(&evaluator),
        };
        let _ = question.ask(&chain);
        evaluator.0.into_inner().unwrap()
    };
    use ConstraintAnswer::{Forbidden, Permitted, Unknown};
    let forbid = r#"forbid(principal, action == Action::"b", resource);"#;
    let permit =
        r#"permit(principal == Agent::"spiffe://example.org/agent/a", action == Action::"a", resource);"#;
    assert_eq!(ask(&[forbid], &["a", "b"]), [Permitted, Forbidden]);
    assert_eq!(ask(&[permit], &["a", "b"]), [Permitted, Forbidden]);
    assert_eq!(ask(&[permit, forbid], &["a", "b", "c"]), [Permitted, Forbidden, Forbidden]);
    assert_eq!(ask(&["permit(principal, action, resource) when { context.nothing };"], &["a"]), [Unknown]);
    assert_eq!(ask(&["this is no Cedar"], &["a"]), [Unknown]);
}

/// Writes down what Cedar answers.
#[derive(Default)]
struct Noted(std::sync::Mutex<Vec<ConstraintAnswer>>);

impl ca2a_manifest::ConstraintEvaluator for Noted {
    fn evaluate(&self, question: &ca2a_manifest::ConstraintQuestion<'_>) -> ConstraintAnswer {
        let answer = ca2a_manifest::ConstraintEvaluator::evaluate(&CedarConstraints, question);
        self.0.lock().unwrap().push(answer);
        answer
    }
}
