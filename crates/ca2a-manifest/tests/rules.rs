//! What the vectors do not show: arguments that turn findings into refusals, the other direction, and hostile input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use std::sync::Arc;

use ca2a_core::{ErrorCode, EvaluationTime, Sha256, SigningKey, json};
use ca2a_covers::covers;
use ca2a_manifest::{
    Attachment, ChainFault, ConstraintAnswer, ConstraintEvaluator, ConstraintQuestion, Context, Demands,
    Finding, HopDraft, KeyIssuers, Manifest, ManifestKey, Mode, Outcome, PrincipalKeys, PrincipalType,
    Refusal, Revocation, RevocationList, ScopeGrant, Signer, Timestamp, TrustAnchors, VerifiedManifest,
    Verifier, sign_approval,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: u64 = 1_780_315_200;
const ID: &str = "01926b4c-1234-7abc-9def-000000000001";
const ISSUER: &str = "spiffe://example.org/authority";
const AGENT: &str = "spiffe://example.org/agent/a";
const APPROVER: &str = "mailto:ann@example.org";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn draft(version: &str) -> Value {
    let at = "2026-05-01T00:00:00Z";
    json!({
        "manifest_id": ID, "version": version, "agent_id": AGENT, "issuer": ISSUER,
        "issued_at": at, "expires_at": "2026-08-01T00:00:00Z",
        "artifacts": {
            "system_prompt": { "hash": format!("sha256:{}", "a".repeat(64)), "version": "1", "classification": "internal", "bound_at": at },
            "policy_bundle": { "hash": format!("sha256:{}", "b".repeat(64)), "policy_language": "cedar", "version": "1",
                "enforcement_mode": "enforce", "bound_at": at },
            "model_identity": { "provider": "e", "model_id": "m", "version": "m-1", "deployment_type": "api",
                "model_attestation_type": "provider-asserted", "bound_at": at },
        },
    })
}

fn signed(document: &Value) -> Vec<u8> {
    Signer::Ed25519(&key(1)).sign(document.to_string().as_bytes(), Timestamp::of_seconds(NOW)).unwrap()
}

fn trusting() -> Verifier {
    Verifier::new(TrustAnchors::new().with(key(1).verifying_key()))
}

fn verify(verifier: &Verifier, bytes: &[u8]) -> Result<VerifiedManifest, Box<Refusal>> {
    verifier.verify(Manifest::read(bytes).unwrap(), &Context::identity_only(), EvaluationTime::At(NOW))
}

fn hop(place: usize, principal: &str, tools: &[&str], signer: u8, constraints: &[&str]) -> Value {
    let draft = HopDraft {
        hop: place,
        principal_type: PrincipalType::Agent,
        principal_id: principal.to_owned(),
        delegated_at: Timestamp::of_seconds(NOW - 60),
        grant: ScopeGrant {
            tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
            data_classifications: vec!["public".to_owned()],
            max_delegation_depth: Some(2),
            ttl_seconds: Some(3_600),
            constraints: constraints.iter().map(|text| (*text).to_owned()).collect(),
        },
    };
    serde_json::from_str(&json::to_text(&draft.sign(ID, &key(signer)).unwrap().into())).unwrap()
}

fn principals() -> PrincipalKeys {
    PrincipalKeys::new().with(ISSUER, key(1).verifying_key()).with(AGENT, key(2).verifying_key())
}

fn fault(refusal: &Refusal) -> ChainFault {
    refusal.appraisal.delegation_fault.unwrap().fault
}

#[test]
fn what_is_signed_here_verifies_here_in_both_versions() {
    for version in ["0.1", "0.2"] {
        let verified = verify(&trusting(), &signed(&draft(version))).unwrap();
        assert_eq!((verified.id(), verified.agent_id(), verified.issuer()), (ID, AGENT, Some(ISSUER)));
        assert_eq!(verified.key_ids(), [ManifestKey::from(key(1).verifying_key()).id().to_hex()]);
        assert_eq!(verified.digest(), verified.manifest().digest().unwrap());
        assert_eq!(
            verified.bind("spiffe://example.org/agent/b").unwrap_err().code(),
            ErrorCode::ManifestSubjectMismatch
        );
    }
}

/// MAN-17.
#[test]
fn a_key_signs_for_the_issuers_that_are_named_and_without_names_that_is_reported() {
    covers!(accept, "MAN-17");
    covers!(refuse, "MAN-17");
    let bytes = signed(&draft("0.2"));
    let open = verify(&trusting(), &bytes).unwrap();
    assert!(open.findings().contains(&Finding::KeyIssuerNotChecked));
    let id = ManifestKey::from(key(1).verifying_key()).id().to_hex();
    let allowed = trusting().key_issuers(KeyIssuers::new().allow(&id, ISSUER));
    assert!(!verify(&allowed, &bytes).unwrap().findings().contains(&Finding::KeyIssuerNotChecked));
    let other = trusting().key_issuers(KeyIssuers::new().allow(&id, "spiffe://example.org/other"));
    let refusal = verify(&other, &bytes).unwrap_err();
    assert_eq!(refusal.appraisal.mismatch_fields().collect::<Vec<_>>(), ["signature.issuer"]);
}

/// MAN-37, MAN-39.
#[test]
fn a_delegate_that_nobody_expects_is_reported_or_refused() {
    covers!(accept, "MAN-39");
    covers!(refuse, "MAN-39");
    let mut document = draft("0.2");
    document["delegation_chain"] =
        json!([hop(0, ISSUER, &["read", "write"], 1, &[]), hop(1, AGENT, &["read"], 2, &[])]);
    let bytes = signed(&document);
    let open = trusting().delegation_keys(principals());
    let verified = verify(&open, &bytes).unwrap();
    assert!(verified.findings().contains(&Finding::RecipientNotChecked));
    let delegation = verified.delegation().unwrap();
    assert_eq!(
        (delegation.tools(), delegation.principals()),
        (&["read".to_owned()][..], &[ISSUER.to_owned(), AGENT.to_owned()][..])
    );
    assert_eq!(delegation.ends().unwrap().seconds(), NOW + 3_540);
    let expecting = verify(&open.clone().expected_delegates([AGENT]), &bytes).unwrap();
    assert!(!expecting.findings().contains(&Finding::RecipientNotChecked));
    let refusal = verify(&open.expected_delegates(["spiffe://example.org/agent/c"]), &bytes).unwrap_err();
    assert_eq!(
        (fault(&refusal), refusal.code()),
        (ChainFault::UnexpectedDelegate, ErrorCode::ManifestDelegationInvalid)
    );
}

/// MAN-35: the package takes no tools for all of them.
#[test]
fn a_grant_without_tools_grants_nothing() {
    covers!(refuse, "MAN-35");
    let mut document = draft("0.1");
    document["delegation_chain"] = json!([hop(0, ISSUER, &[], 1, &[])]);
    for mode in [Mode::Strict, Mode::AgentManifest015] {
        let verifier = trusting().delegation_keys(principals()).mode(mode);
        assert_eq!(fault(&verify(&verifier, &signed(&document)).unwrap_err()), ChainFault::NoTools);
    }
}

struct Only(&'static str);

impl ConstraintEvaluator for Only {
    fn evaluate(&self, question: &ConstraintQuestion<'_>) -> ConstraintAnswer {
        assert_eq!((question.agent, question.root, question.depth), (AGENT, ISSUER, 0));
        match question.constraints {
            ["?"] => ConstraintAnswer::Unknown,
            _ if question.tool == self.0 => ConstraintAnswer::Permitted,
            _ => ConstraintAnswer::Forbidden,
        }
    }
}

/// MAN-38.
#[test]
fn an_evaluator_narrows_the_tools_and_without_one_nobody_can_tell() {
    covers!(accept, "MAN-38");
    covers!(refuse, "MAN-38");
    let chain = |constraint| {
        let mut document = draft("0.2");
        document["delegation_chain"] = json!([hop(0, ISSUER, &["read", "write"], 1, &[constraint])]);
        signed(&document)
    };
    let base = trusting().delegation_keys(principals());
    let bytes = chain("permit(principal, action, resource);");
    assert_eq!(verify(&base, &bytes).unwrap_err().appraisal.outcome, Outcome::Unverifiable);
    let read = base.clone().constraints(Arc::new(Only("read")));
    assert_eq!(verify(&read, &bytes).unwrap().delegation().unwrap().tools(), ["read"]);
    assert_eq!(verify(&read, &chain("?")).unwrap_err().appraisal.outcome, Outcome::Unverifiable);
    let none = base.constraints(Arc::new(Only("fly")));
    assert_eq!(fault(&verify(&none, &bytes).unwrap_err()), ChainFault::ConstraintsForbidAll);
}

fn approval() -> json::Object<'static> {
    let approval = json!({
        "approval_id": "01926b4c-1234-7abc-9def-0000000000aa", "approver_id": APPROVER, "approver_identity_type": "email",
        "approver_role": "owner", "approved_at": "2026-06-01T11:30:00Z",
        "approved_scope": { "artifacts": ["policy_bundle"], "risk_tier": "high", "approval_duration_seconds": 3_600 },
        "approval_method": "hardware-key", "evidence_uri": "https://example.org/1",
    });
    let approval = approval.to_string();
    let approval = json::read(approval.as_bytes()).unwrap().into_owned();
    sign_approval(approval.as_object().unwrap(), ID, &key(5)).unwrap()
}

/// MAN-24, MAN-26.
#[test]
fn an_approval_that_was_attached_later_counts_and_for_other_content_only_if_nobody_says_which() {
    covers!(accept, "MAN-26");
    covers!(refuse, "MAN-26");
    let mut document = draft("0.2");
    document["hitl_record"] = json!({ "required": true });
    let bare = signed(&document);
    let verifier = trusting().approver_keys(PrincipalKeys::new().with(APPROVER, key(5).verifying_key()));
    assert_eq!(verify(&verifier, &bare).unwrap_err().code(), ErrorCode::ManifestApprovalInvalid);

    let approved = Attachment::Approval(&approval()).attach(&bare).unwrap();
    let verified = verify(&verifier, &approved).unwrap();
    assert_eq!(
        verified.digest(),
        Manifest::read(&bare).unwrap().digest().unwrap(),
        "what is attached changes no digest"
    );
    assert_eq!(verified.approvals()[0].approver(), APPROVER);
    assert!(verified.findings().contains(&Finding::ApprovalDigestNotChecked));
    let digest = verified.digest();
    assert!(verify(&verifier.clone().approved_digests([digest]), &approved).is_ok());
    let other = verifier.approved_digests([Sha256::of(b"other content")]);
    assert_eq!(verify(&other, &approved).unwrap_err().code(), ErrorCode::ManifestApprovalInvalid);
}

/// MAN-12, MAN-29, MAN-30.
#[test]
fn a_list_of_revocations_is_signed_read_and_asked_without_regard_to_case() {
    covers!(accept, "MAN-29");
    covers!(refuse, "MAN-12", "MAN-29");
    let revocation = Revocation {
        manifest_id: ID.to_owned(),
        revoked_at: Timestamp::of_seconds(NOW - 1),
        reason: "key compromise".to_owned(),
        revoked_by: ISSUER.to_owned(),
    };
    let line = revocation.sign(&key(6)).unwrap();
    let list = RevocationList::read(line.as_bytes(), &key(6).verifying_key()).unwrap();
    assert!(list.is_revoked(&ID.to_uppercase()));
    assert_eq!(list.record(ID), Some(&revocation));
    assert!(
        RevocationList::read(line.replace("compromise", "rotation").as_bytes(), &key(6).verifying_key())
            .is_err()
    );
    assert!(RevocationList::read(line.as_bytes(), &key(7).verifying_key()).is_err());
    let bytes = signed(&draft("0.1"));
    assert_eq!(verify(&trusting().revocations(list), &bytes).unwrap_err().code(), ErrorCode::ManifestRevoked);

    let emptied = RevocationList::read(b"\n\n", &key(6).verifying_key()).unwrap();
    let unknown = trusting().revocations(emptied);
    assert_eq!(verify(&unknown, &bytes).unwrap_err().appraisal.outcome, Outcome::Unverifiable);
    assert!(verify(&unknown.mode(Mode::AgentManifest015), &bytes).is_ok());
    assert!(verify(&trusting().revocations(RevocationList::of_ids([""; 0])), &bytes).is_ok());
}

/// MAN-16.
#[cfg(feature = "pq")]
#[test]
fn a_hybrid_verifies_and_a_signature_that_was_taken_away_is_missed() {
    covers!(accept, "MAN-16");
    covers!(refuse, "MAN-16");
    let pq = ca2a_manifest::pq::SigningKey::from_seed(&[9; 32]);
    let classical = key(1);
    let hybrid = Signer::Hybrid(&classical, &pq);
    let both = trusting().clone();
    let anchors =
        TrustAnchors::new().with(classical.verifying_key()).with(ManifestKey::MlDsa65(pq.verifying_key()));
    let full = Verifier::new(anchors.clone());
    for version in ["0.1", "0.2"] {
        let mut document = draft(version);
        document["crypto_profile"] = json!("post-quantum");
        let bytes = hybrid.sign(document.to_string().as_bytes(), Timestamp::of_seconds(NOW)).unwrap();
        let verifier = Verifier::new(anchors.clone().with(hybrid.key()));
        assert!(verify(&verifier, &bytes).is_ok(), "{version}");
        assert!(verify(&both, &bytes).is_err(), "{version}: half of the keys");
        let alone =
            Signer::MlDsa65(&pq).sign(document.to_string().as_bytes(), Timestamp::of_seconds(NOW)).unwrap();
        assert!(verify(&full, &alone).is_ok(), "{version}");
        assert!(
            Signer::Ed25519(&classical)
                .sign(document.to_string().as_bytes(), Timestamp::of_seconds(NOW))
                .is_err()
        );
    }
    assert!(
        verify(&full, &signed(&draft("0.2"))).is_err(),
        "a key for ML-DSA-65 is held, and nothing stands under it"
    );
}

#[test]
fn what_is_demanded_and_not_there_is_no_valid_manifest() {
    let manifest = Manifest::read(&signed(&draft("0.2"))).unwrap();
    let ask = |demands: Demands| {
        let context = Context { demands: Demands { artifacts: false, ..demands }, ..Context::default() };
        trusting().appraise(&manifest, &context, EvaluationTime::At(NOW)).outcome
    };
    assert_eq!(ask(Demands::default()), Outcome::Valid);
    assert_eq!(ask(Demands { hitl: true, ..Demands::default() }), Outcome::Mismatch);
    assert_eq!(ask(Demands { delegation: true, ..Demands::default() }), Outcome::Mismatch);
    assert_eq!(ask(Demands { transparency: true, ..Demands::default() }), Outcome::Incomplete);
    assert_eq!(ask(Demands { attestation: true, ..Demands::default() }), Outcome::AttestationUnavailable);
}

/// MAN-1, MAN-2, MAN-20.
#[test]
fn hostile_input_is_refused_with_a_code() {
    covers!(refuse, "MAN-1", "MAN-2", "MAN-20");
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let wide = format!("{{{}\"z\":1}}", (0..60_000).map(|at| format!("\"{at}\":0,")).collect::<String>());
    let inputs: [&[u8]; 12] = [
        b"",
        b"null",
        b"[]",
        b"{\"a\":1,\"a\":1}",
        b"{\"a\":NaN}",
        b"{\"a\":1e999}",
        b"{\"a\":9007199254740993}",
        b"{\"a\":\"\\ud800\"}",
        &[0xd2],
        &[0xd2, 0x84, 0x9f, 0x9f, 0x9f],
        &[0xd9, 0xd9, 0xf7, 0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40],
        deep.as_bytes(),
    ];
    for input in inputs {
        let error = Manifest::read(input).unwrap_err();
        assert!(error.code().as_str().starts_with("MANIFEST_"), "{error}");
    }
    let manifest = Manifest::read(wide.as_bytes()).unwrap();
    let appraisal = trusting().appraise(&manifest, &Context::default(), EvaluationTime::At(NOW));
    assert_eq!(appraisal.outcome, Outcome::IncompatibleVersion);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// No bytes make the reader or the verifier panic, and none but signed ones are valid.
    #[test]
    fn arbitrary_bytes_are_never_valid(bytes in proptest::collection::vec(any::<u8>(), 0..200), envelope in any::<bool>()) {
        let bytes = if envelope { [&[0xd2][..], &bytes].concat() } else { bytes };
        if let Ok(manifest) = Manifest::read(&bytes) {
            let outcome = trusting().appraise(&manifest, &Context::identity_only(), EvaluationTime::At(NOW)).outcome;
            prop_assert_ne!(outcome, Outcome::Valid);
        }
    }

    /// Of an envelope every bit but those of the unprotected map counts.
    #[test]
    fn a_flipped_bit_of_an_envelope_is_noticed(at in 0_usize..10_000, bit in 0_u8..8) {
        let bytes = signed(&draft("0.2"));
        let mut flipped = bytes.clone();
        let at = at % bytes.len();
        flipped[at] ^= 1 << bit;
        let valid = Manifest::read(&flipped).is_ok_and(|manifest| {
            trusting().appraise(&manifest, &Context::identity_only(), EvaluationTime::At(NOW)).outcome == Outcome::Valid
        });
        prop_assert!(!valid, "byte {} of {}", at, bytes.len());
    }

    /// A grant that is no subset never follows from one that is.
    #[test]
    fn a_hop_never_grants_more_than_its_parent(
        parent in proptest::collection::vec("[a-d]", 1..4),
        child in proptest::collection::vec("[a-d]", 1..4),
    ) {
        let mut document = draft("0.1");
        let texts = |tools: &[String]| tools.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let (from, to) = (texts(&parent), texts(&child));
        let slices = |texts: &Vec<String>| texts.iter().map(|text| text.clone().leak() as &str).collect::<Vec<_>>();
        document["delegation_chain"] = json!([hop(0, ISSUER, &slices(&from), 1, &[]), hop(1, AGENT, &slices(&to), 2, &[])]);
        let verdict = verify(&trusting().delegation_keys(principals()), &signed(&document));
        prop_assert_eq!(verdict.is_ok(), to.iter().all(|tool| from.contains(tool)));
    }
}
