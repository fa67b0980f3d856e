//! Broken chains, and which link broke.

use ca2a_core::{ErrorCode, EvaluationTime};
use ca2a_covers::covers;
use ca2a_delegation::{Credential, Grant, RevocationSnapshot, TrustedRoots, delegate, issue, revoke};
use ca2a_trace::explain::{Documents, Explainer, Outcome, Place, Rule, Verdict};

use crate::{
    scene::{Scene, chain_json, escalated, failures, outcome, word},
    support::{NOW, credentials, key, scope},
};

fn not_checked(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::NotChecked { why } => why,
        other => panic!("{other:?}"),
    }
}

/// covers TRC-300
#[test]
fn a_whole_lineage_is_verified() {
    covers!(accept, "TRC-300", "TRC-301", "TRC-306");
    for scene in [Scene::new(), Scene::decided()] {
        let explanation = scene.explain();
        let Verdict::Verified([lineage]) = explanation.verdict() else { panic!("{}", explanation.to_text()) };
        assert_eq!(lineage.hops().len(), 3);
        assert_eq!(failures(&explanation), []);
        assert_eq!(explanation.broken_hops(), [] as [usize; 0]);
        // Nobody asked about revocation, and that is said.
        let revocation = outcome(&explanation, Place::Grant(1), Rule::CredentialRevocation);
        assert_eq!(not_checked(&revocation), "no revocation snapshot was given");
        assert!(explanation.summary().ends_with("revocation not checked"));
    }
}

/// covers TRC-301
#[test]
fn a_grant_of_what_is_not_held_is_found() {
    covers!(refuse, "TRC-300", "TRC-301");
    let mut scene = Scene::new();
    scene.chain = chain_json(&escalated());
    let explanation = scene.explain();
    assert_eq!(word(&explanation), "refused");
    let found = (Place::Grant(1), Rule::CredentialScope, ErrorCode::ScopeEscalation);
    assert_eq!(failures(&explanation)[0], found);
    // What was asked before it held, what is below it is known by its signature only.
    assert_eq!(outcome(&explanation, Place::Grant(1), Rule::CredentialLink), Outcome::Passed);
    assert_eq!(outcome(&explanation, Place::Grant(2), Rule::CredentialSignature), Outcome::Passed);
    let link = outcome(&explanation, Place::Grant(2), Rule::CredentialLink);
    assert_eq!(not_checked(&link), "the chain breaks above it, at hop 1");
    assert!(explanation.to_svg().contains("payroll:write"));
}

/// covers TRC-301
#[test]
fn every_bad_signature_is_found() {
    covers!(refuse, "TRC-301");
    let mut scene = Scene::new();
    let text = String::from_utf8(scene.chain.clone()).unwrap();
    scene.chain = text.replace("\"mail:send\"", "\"mail:s3nd\"").into_bytes();
    let mut credentials: Vec<Credential> = credentials();
    credentials.swap(1, 2);
    let explanation = scene.explain();
    assert_eq!(explanation.broken_hops(), [0]);
    assert_eq!(failures(&explanation)[0].1, Rule::CredentialSignature);

    scene.chain = chain_json(&credentials);
    let explanation = scene.explain();
    let (place, rule, code) = failures(&explanation)[0];
    assert_eq!((place, rule, code), (Place::Grant(1), Rule::CredentialLink, ErrorCode::BrokenDelegationLink));
}

/// Each complaint is conceded, so that those behind it are heard: covers TRC-301.
#[test]
fn one_fault_does_not_hide_another() {
    covers!(accept, "TRC-301");
    covers!(refuse, "TRC-301");
    let grant = |id: &str, to: u8, from: Option<u64>, until: Option<u64>| Grant {
        id: id.parse().unwrap(),
        subject: key(to).verifying_key(),
        scope: scope(&["web:search"]),
        not_before: from,
        not_after: until,
    };
    let first = issue(&key(0), grant("c-0", 1, None, Some(NOW - 5))).unwrap();
    let second = delegate(&first, &key(1), grant("c-1", 2, None, None)).unwrap();
    let third = delegate(&second, &key(2), grant("c-2", 3, None, None)).unwrap();
    let chain = chain_json(&[first, second, third]);

    let strangers = TrustedRoots::from_iter([key(7).verifying_key()]);
    let explainer = Explainer::new(&strangers, EvaluationTime::At(NOW)).max_depth(1);
    let explanation = explainer.explain(&Documents::new().chain(&chain));
    assert_eq!(
        failures(&explanation),
        [
            (Place::Grant(0), Rule::CredentialRoot, ErrorCode::UntrustedDelegationRoot),
            (Place::Grant(0), Rule::CredentialWindow, ErrorCode::CredentialExpired),
            (Place::Grant(2), Rule::CredentialDepth, ErrorCode::DelegationDepthExceeded),
        ]
    );
    assert_eq!(outcome(&explanation, Place::Grant(2), Rule::CredentialScope), Outcome::Passed);
    let window = outcome(&explanation, Place::Grant(1), Rule::CredentialWindow);
    assert_eq!(not_checked(&window), "hop 0 above it is not valid at the time");
}

/// Whoever names no root has refused nothing: covers TRC-300.
#[test]
fn without_a_root_nothing_is_proven() {
    covers!(refuse, "TRC-300", "TRC-306");
    let mut scene = Scene::new();
    scene.roots = TrustedRoots::none();
    let explanation = scene.explain();
    assert_eq!(word(&explanation), "unverifiable");
    assert!(explanation.summary().contains("no trusted root was given"), "{}", explanation.summary());
    assert_eq!(outcome(&explanation, Place::Grant(2), Rule::CredentialScope), Outcome::Passed);
    let root = outcome(&explanation, Place::Grant(0), Rule::CredentialRoot);
    assert_eq!(not_checked(&root), "no trusted root was given");
}

/// covers TRC-300
#[test]
fn without_records_or_chain_nothing_is_proven() {
    covers!(refuse, "TRC-300", "TRC-306");
    let (scene, roots) = (Scene::decided(), Scene::new().roots);
    let explainer = Explainer::new(&roots, scene.at);
    let decisions = scene.decisions.as_ref().unwrap();
    for documents in [
        Documents::new(),
        Documents::new().chain(&scene.chain),
        Documents::new().records(&scene.records),
        Documents::new().decisions(decisions),
        Documents::new().chain(&scene.chain).decisions(decisions),
    ] {
        let explanation = explainer.explain(&documents);
        assert_eq!(word(&explanation), "unverifiable", "{}", explanation.to_text());
        assert!(!explanation.to_html().contains(">verified<"));
        assert!(!explanation.to_text().to_lowercase().contains("verified\n"));
    }
    // Links and signatures are shown all the same.
    let explanation = explainer.explain(&Documents::new().records(&scene.records));
    assert_eq!(explanation.hops().len(), 3);
    assert_eq!(outcome(&explanation, Place::Record(2), Rule::RecordLink), Outcome::Passed);
    assert!(matches!(outcome(&explanation, Place::Record(2), Rule::RecordKey), Outcome::NotChecked { .. }));
}

fn snapshot(hop: usize, by: u8, as_of: u64) -> Vec<u8> {
    let statement = revoke(&key(by), credentials()[hop].digest(), as_of).unwrap();
    let snapshot = RevocationSnapshot::new(as_of, [statement]).unwrap();
    ca2a_core::json::to_text(&snapshot.to_node()).into_bytes()
}

/// covers TRC-301
#[test]
fn a_revoked_grant_is_found() {
    covers!(refuse, "TRC-301");
    let mut scene = Scene::new();
    scene.revocations = Some(snapshot(1, 0, NOW));
    let explanation = scene.explain();
    let found = (Place::Grant(1), Rule::CredentialRevocation, ErrorCode::CredentialRevoked);
    assert_eq!(failures(&explanation), [found]);
    assert_eq!(outcome(&explanation, Place::Grant(0), Rule::CredentialRevocation), Outcome::Passed);
    assert_eq!(outcome(&explanation, Place::Grant(2), Rule::CredentialScope), Outcome::Passed);

    // A statement of somebody without a say revokes nothing.
    scene.revocations = Some(snapshot(1, 3, NOW));
    let explanation = scene.explain();
    assert_eq!(word(&explanation), "verified");
    assert_eq!(outcome(&explanation, Place::Grant(1), Rule::CredentialRevocation), Outcome::Passed);

    // A snapshot that was tampered with is worse than none.
    let text = String::from_utf8(snapshot(1, 0, NOW)).unwrap();
    scene.revocations = Some(text.replacen(&NOW.to_string(), &(NOW - 1).to_string(), 2).into_bytes());
    let explanation = scene.explain();
    let found = (Place::Documents, Rule::RevocationsReadable, ErrorCode::InvalidRevocation);
    assert_eq!(failures(&explanation), [found]);
}

/// A snapshot that is too old refuses nothing and proves nothing: covers TRC-300.
#[test]
fn a_stale_snapshot_leaves_the_question_open() {
    covers!(accept, "TRC-300");
    covers!(refuse, "TRC-300");
    let scene = Scene::new();
    let old = snapshot(1, 3, NOW - 1000);
    let documents = Documents::new().chain(&scene.chain).records(&scene.records).revocations(&old);
    let explainer = Explainer::new(&scene.roots, scene.at);
    assert_eq!(word(&explainer.clone().max_revocation_staleness(1000).explain(&documents)), "verified");
    let explanation = explainer.max_revocation_staleness(999).explain(&documents);
    assert_eq!(word(&explanation), "unverifiable");
    assert!(explanation.summary().contains("999 s old"), "{}", explanation.summary());
}
