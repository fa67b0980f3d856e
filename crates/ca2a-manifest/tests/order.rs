//! In which order a manifest is judged, what is read once its signatures hold, and what is said of what nobody judged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{EvaluationTime, SigningKey, encoding::hex, json};
use ca2a_covers::covers;
use ca2a_manifest::{
    Appraisal, Attachment, ChainFault, ChainQuestion, Context, Finding, HopDraft, KeyIssuers, Manifest,
    ManifestKey, Mode, Outcome, PrincipalKeys, PrincipalType, RevocationList, ScopeGrant, Signer, Timestamp,
    TrustAnchors, Verifier, chain_root, entry_leaf, runtime_nonce, sign_approval,
};
use serde_json::{Value, json};

const NOW: u64 = 1_780_315_200;
const ID: &str = "01926b4c-1234-7abc-9def-000000000001";
const ISSUER: &str = "spiffe://example.org/authority";
const AGENT: &str = "spiffe://example.org/agent/a";
const APPROVER: &str = "mailto:ann@example.org";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn draft() -> Value {
    let at = "2026-05-01T00:00:00Z";
    json!({
        "manifest_id": ID, "version": "0.2", "agent_id": AGENT, "issuer": ISSUER,
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

fn signed(document: &Value, seed: u8) -> Vec<u8> {
    Signer::Ed25519(&key(seed)).sign(document.to_string().as_bytes(), Timestamp::of_seconds(NOW)).unwrap()
}

fn trusting() -> Verifier {
    Verifier::new(TrustAnchors::new().with(key(1).verifying_key()))
}

fn appraise(verifier: &Verifier, bytes: &[u8], context: &Context) -> Appraisal {
    verifier.appraise(&Manifest::read(bytes).unwrap(), context, EvaluationTime::At(NOW))
}

/// MAN-24: an approval beside an envelope counts, and under a signature that does not hold nobody looks at it.
#[test]
fn what_is_attached_is_read_once_the_signatures_hold() {
    covers!(accept, "MAN-24");
    covers!(refuse, "MAN-24");
    let approval = json!({
        "approval_id": "01926b4c-1234-7abc-9def-0000000000aa", "approver_id": APPROVER, "approver_identity_type": "email",
        "approver_role": "owner", "approved_at": "2026-06-01T11:30:00Z",
        "approved_scope": { "artifacts": ["policy_bundle"], "risk_tier": "high", "approval_duration_seconds": 3_600 },
        "approval_method": "hardware-key", "evidence_uri": "https://example.org/1",
    })
    .to_string();
    let approval = json::read(approval.as_bytes()).unwrap().into_owned();
    let approval = sign_approval(approval.as_object().unwrap(), ID, &key(5)).unwrap();
    let mut document = draft();
    document["hitl_record"] = json!({ "required": true });
    let verifier = trusting().approver_keys(PrincipalKeys::new().with(APPROVER, key(5).verifying_key()));
    let judged = |seed| {
        let bytes = Attachment::Approval(&approval).attach(&signed(&document, seed)).unwrap();
        appraise(&verifier, &bytes, &Context::identity_only())
    };
    let good = judged(1);
    assert_eq!((good.outcome, good.approvals.len()), (Outcome::Valid, 1));
    let forged = judged(2);
    assert_eq!(forged.outcome, Outcome::Mismatch);
    assert!(forged.approvals.is_empty() && forged.approval_faults.is_empty());
    assert_eq!(forged.mismatch_fields().collect::<Vec<_>>(), ["signature"]);
}

fn hop(place: usize, principal: &str, tools: &[&str], depth: u64, signer: u8) -> Value {
    let draft = HopDraft {
        hop: place,
        principal_type: PrincipalType::Agent,
        principal_id: principal.to_owned(),
        delegated_at: Timestamp::of_seconds(NOW - 60),
        grant: ScopeGrant {
            tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
            data_classifications: vec!["public".to_owned()],
            max_delegation_depth: Some(depth),
            ttl_seconds: Some(3_600),
            constraints: Vec::new(),
        },
    };
    serde_json::from_str(&json::to_text(&draft.sign(ID, &key(signer)).unwrap().into())).unwrap()
}

/// The fault of a chain, or none.
fn fault(chain: Value) -> Option<(ChainFault, Option<usize>)> {
    let keys = PrincipalKeys::new().with(ISSUER, key(1).verifying_key()).with(AGENT, key(2).verifying_key());
    let text = chain.to_string();
    let node = json::read(text.as_bytes()).unwrap().into_owned();
    let question = ChainQuestion {
        keys: &keys,
        manifest_id: ID,
        issuer: Some(ISSUER),
        agent: Some(AGENT),
        now: Timestamp::of_seconds(NOW),
        mode: Mode::Strict,
        expected_delegates: None,
        constraints: None,
    };
    question.ask(&node).err().map(|refusal| (refusal.fault, refusal.hop))
}

/// MAN-31: of two faults the earlier one is reported, by its word.
#[test]
fn the_first_fault_of_a_chain_is_the_one_that_is_reported() {
    covers!(accept, "MAN-31");
    covers!(refuse, "MAN-31");
    let root = |depth, signer| hop(0, ISSUER, &["read"], depth, signer);
    let leaf = |tools: &[&str], signer| hop(1, AGENT, tools, 0, signer);
    let edited = |mut hop: Value, name: &str, value: Value| {
        hop[name] = value;
        hop
    };
    assert_eq!(fault(json!([root(1, 1), leaf(&["read"], 2)])), None);
    let bad = leaf(&["delete"], 9);
    for (chain, expected) in [
        (json!({}), (ChainFault::NotAList, None)),
        // The first hop's form, before whose it is.
        (json!([{ "hop": 0 }, bad]), (ChainFault::MissingFields, Some(0))),
        // Whose it is, before how many follow.
        (json!([hop(0, AGENT, &["read"], 0, 9), bad]), (ChainFault::RootNotBound, Some(0))),
        // How many follow, before any signature.
        (json!([root(0, 9), bad]), (ChainFault::DepthExceeded, None)),
        // The first hop in full, before the second.
        (json!([root(1, 9), bad]), (ChainFault::InvalidSignature, Some(0))),
        // Of the second its shape, its index, its key, its signature, and then what it grants.
        (
            json!([root(1, 1), edited(edited(bad.clone(), "hop", json!(5)), "principal_type", json!("cat"))]),
            (ChainFault::PrincipalType, Some(1)),
        ),
        (json!([root(1, 1), edited(bad.clone(), "hop", json!(5))]), (ChainFault::HopIndex, Some(1))),
        (
            json!([root(1, 1), hop(1, "spiffe://example.org/x", &["delete"], 0, 9)]),
            (ChainFault::NoKey, Some(1)),
        ),
        (json!([root(1, 1), bad]), (ChainFault::InvalidSignature, Some(1))),
        (json!([root(1, 1), leaf(&["delete"], 2)]), (ChainFault::ToolsEscalation, Some(1))),
    ] {
        assert_eq!(fault(chain), Some(expected));
    }
    assert_eq!(ChainFault::RootNotBound.as_str(), "ROOT_NOT_BOUND");
}

/// MAN-41: said with every result, also of what is refused, and of nothing that was checked.
#[test]
fn what_nobody_checked_is_said_and_what_was_checked_is_not() {
    covers!(accept, "MAN-41");
    covers!(refuse, "MAN-41");
    let unchecked = [Finding::KeyIssuerNotChecked, Finding::RevocationNotChecked];
    let bytes = signed(&draft(), 1);
    let said = |verifier: &Verifier| appraise(verifier, &bytes, &Context::identity_only()).findings;
    let open = said(&trusting());
    assert!(unchecked.iter().all(|finding| open.contains(finding)), "{open:?}");
    let id = ManifestKey::from(key(1).verifying_key()).id().to_hex();
    let checked = trusting()
        .key_issuers(KeyIssuers::new().allow(&id, ISSUER))
        .revocations(RevocationList::of_ids([""; 0]));
    let closed = said(&checked);
    assert!(!unchecked.iter().any(|finding| closed.contains(finding)), "{closed:?}");

    // Refused for its chain, and still told.
    let mut document = draft();
    document["delegation_chain"] = json!([hop(0, ISSUER, &["read"], 0, 9)]);
    let principals = PrincipalKeys::new().with(ISSUER, key(1).verifying_key());
    let refused =
        appraise(&trusting().delegation_keys(principals), &signed(&document, 1), &Context::identity_only());
    assert_eq!(refused.outcome, Outcome::Mismatch);
    assert!(unchecked.iter().all(|finding| refused.findings.contains(finding)));
}

/// MAN-42: a question is named by what it demands; a challenge has 128 bits.
#[test]
fn a_question_is_named_by_its_demands_and_a_challenge_is_long_enough() {
    covers!(accept, "MAN-42");
    covers!(refuse, "MAN-42");
    let digest = |question: Value| Context::read(question.to_string().as_bytes()).unwrap().digest().unwrap();
    let asked = digest(json!({ "enforce_hitl": true, "purpose": "release" }));
    assert_eq!(
        digest(json!({ "enforce_hitl": true, "purpose": "release", "model_version": "m-1",
            "verified_transparency_entry_ids": ["e"], "challenge_nonce": "00" })),
        asked,
        "what is known changes nothing"
    );
    for other in [
        json!({ "enforce_hitl": false, "purpose": "release" }),
        json!({ "enforce_hitl": true, "purpose": "audit" }),
        json!({ "enforce_hitl": true, "purpose": "release", "min_slsa_level": 1 }),
    ] {
        assert_ne!(digest(other.clone()), asked, "{other}");
    }
    let nonce = runtime_nonce(&"a5".repeat(16)).unwrap();
    let expected = [&b"am-runtime-nonce"[..], &[0xa5; 16]].concat();
    assert_eq!(nonce.to_hex(), ca2a_core::Sha256::of(&expected).to_hex());
    assert_ne!(runtime_nonce(&"a6".repeat(16)), Some(nonce));
    for short in ["a5".repeat(15), String::new(), "zz".repeat(16), "a5".repeat(16) + "a"] {
        assert_eq!(runtime_nonce(&short), None, "{short}");
    }
}

/// MAN-43: an audit chain that grew is shown to have grown from the one that is bound.
#[test]
fn an_audit_chain_that_grew_is_shown_to_have_grown() {
    covers!(accept, "MAN-43");
    covers!(refuse, "MAN-43");
    let entries: Vec<_> = (0..3_i64).map(|number| entry_leaf(&json::Node::from(number)).unwrap()).collect();
    let root = |count: usize| format!("sha256:{}", chain_root(&entries[..count]).to_hex());
    let at = "2026-05-01T00:00:00Z";
    let mut document = draft();
    document["artifacts"]["decision_trace"] = json!({
        "trace_type": "hash-chained", "audit_chain_root": root(1), "audit_chain_uri": "https://example.org/audit",
        "signing_key_id": "k", "audit_key_sealed": true, "first_entry_at": at, "last_entry_at": at, "entry_count": 1,
        "bound_at": at,
    });
    let bytes = signed(&document, 1);
    let shown = json!({
        "signed_tree_size": 1, "current_tree_size": 3, "signed_seq": 1, "current_seq": 3,
        "observed_at": "2026-06-01T11:58:00Z", "ttl_seconds": 300,
        "appended_entry_leaves": entries[1..].iter().map(|leaf| hex(&leaf.0)).collect::<Vec<_>>(),
    });
    let word = |running: String, shown: Value| {
        let context = json!({
            "audit_chain_root": running, "audit_chain_continuity": shown, "strict_artifact_verification": false,
        });
        let context = Context::read(context.to_string().as_bytes()).unwrap();
        let appraisal = appraise(&trusting(), &bytes, &context);
        (appraisal.outcome, appraisal.fields.decision_trace.as_str())
    };
    let but = |name: &str, value: Value| {
        let mut other = shown.clone();
        other[name] = value;
        word(root(3), other)
    };
    assert_eq!(word(root(1), Value::Null), (Outcome::Valid, "MATCH"));
    assert_eq!(word(root(3), shown.clone()), (Outcome::Valid, "EXTENDED"));
    let refused = (Outcome::Mismatch, "MISMATCH");
    assert_eq!(word(root(3), Value::Null), refused, "nothing shown");
    assert_eq!(word(root(2), shown.clone()), refused, "another root");
    assert_eq!(but("signed_tree_size", json!(2)), refused, "another size than was signed");
    assert_eq!(but("current_seq", json!(1)), refused, "out of sequence");
    assert_eq!(but("observed_at", json!("2026-06-01T11:54:59Z")), refused, "too long ago");
    assert_eq!(
        but("appended_entry_leaves", json!([hex(&entries[2].0), hex(&entries[1].0)])),
        refused,
        "in another order"
    );
}
