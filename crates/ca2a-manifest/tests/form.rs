//! What a manifest must look like, member by member, and what names it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use ca2a_core::{ErrorCode, EvaluationTime, SigningKey};
use ca2a_covers::covers;
use ca2a_manifest::{
    Context, Manifest, ManifestKey, Outcome, Signer, Timestamp, TrustAnchors, VerifiedManifest, Verifier,
    canonicalize,
};
use serde_json::{Value, json};

const NOW: u64 = 1_780_315_200;
const AGENT: &str = "spiffe://example.org/agent/a";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn draft(version: &str) -> Value {
    let at = "2026-05-01T00:00:00Z";
    json!({
        "manifest_id": "01926b4c-1234-7abc-9def-000000000001", "version": version, "agent_id": AGENT,
        "issuer": "spiffe://example.org/authority", "issued_at": at, "expires_at": "2026-08-01T00:00:00Z",
        "artifacts": {
            "system_prompt": { "hash": format!("sha256:{}", "a".repeat(64)), "version": "1", "classification": "internal", "bound_at": at },
            "policy_bundle": { "hash": format!("sha256:{}", "b".repeat(64)), "policy_language": "cedar", "version": "1",
                "enforcement_mode": "enforce", "bound_at": at },
            "model_identity": { "provider": "e", "model_id": "m", "version": "m-1", "deployment_type": "api",
                "model_attestation_type": "provider-asserted", "bound_at": at },
        },
    })
}

fn edited(version: &str, edit: impl Fn(&mut Value)) -> Value {
    let mut document = draft(version);
    edit(&mut document);
    document
}

fn signed(document: &Value) -> Result<Vec<u8>, ErrorCode> {
    let signer = key(1);
    let signer = Signer::Ed25519(&signer);
    signer.sign(document.to_string().as_bytes(), Timestamp::of_seconds(NOW)).map_err(|error| error.code())
}

fn verified(bytes: &[u8]) -> Result<VerifiedManifest, Outcome> {
    let verifier = Verifier::new(TrustAnchors::new().with(key(1).verifying_key()));
    let manifest = Manifest::read(bytes).map_err(|error| error.outcome())?;
    verifier
        .verify(manifest, &Context::identity_only(), EvaluationTime::At(NOW))
        .map_err(|refusal| refusal.appraisal.outcome)
}

/// A document that nobody signed gets as far as its signature, unless its form ends it before.
fn stops_at_its_form(document: &Value) -> bool {
    match verified(document.to_string().as_bytes()) {
        Err(Outcome::SignatureMissing) => false,
        Err(_) => true,
        Ok(_) => panic!("nobody signed it"),
    }
}

/// Each edit of a good document is neither signed nor, where somebody else signed it, verified.
fn each_is_refused(edits: &[&dyn Fn(&mut Value)]) {
    assert!(!stops_at_its_form(&draft("0.1")));
    for (number, edit) in edits.iter().enumerate() {
        let document = edited("0.1", edit);
        assert!(stops_at_its_form(&document), "{number}: {document}");
        assert_eq!(signed(&document).map(drop), Err(ErrorCode::ManifestInvalid), "{number}: {document}");
    }
}

fn each_is_taken(edits: &[&dyn Fn(&mut Value)]) {
    for (number, edit) in edits.iter().enumerate() {
        let bytes = signed(&edited("0.1", edit)).unwrap_or_else(|code| panic!("{number}: {code}"));
        assert!(verified(&bytes).is_ok(), "{number}");
    }
}

/// MAN-6
#[test]
fn objects_are_closed_and_members_of_their_kind() {
    covers!(accept, "MAN-6");
    covers!(refuse, "MAN-6");
    each_is_taken(&[&|_| {}]);
    each_is_refused(&[
        &|it| it["more"] = json!(1),
        &|it| it["artifacts"]["system_prompt"]["more"] = json!(1),
        &|it| it["artifacts"]["more"] = json!({}),
        &|it| it["agent_id"] = json!(7),
        &|it| it["artifacts"]["system_prompt"]["hash"] = json!(["sha256"]),
        &|it| it["artifacts"] = json!([]),
    ]);
}

/// MAN-8: from an hour to 365 days.
#[test]
fn a_manifest_lives_from_an_hour_to_a_year() {
    covers!(accept, "MAN-8");
    covers!(refuse, "MAN-8");
    let from = |issued: &'static str, expires: &'static str| {
        move |it: &mut Value| {
            it["issued_at"] = json!(issued);
            it["expires_at"] = json!(expires);
        }
    };
    each_is_taken(&[
        &from("2026-06-01T11:30:00Z", "2026-06-01T12:30:00Z"),
        &from("2026-05-01T00:00:00Z", "2027-05-01T00:00:00Z"),
        &from("2026-05-01T00:00:00", "2026-08-01T00:00:00"),
    ]);
    each_is_refused(&[
        &from("2026-06-01T11:30:00Z", "2026-06-01T12:29:59Z"),
        &from("2026-05-01T00:00:00Z", "2027-05-01T00:00:01Z"),
        &from("2026-05-01T00:00:00Z", "2026-04-01T00:00:00Z"),
        &from("2026-05-01T00:00:00Z", "2026-08-01T00:00:00"),
        &from("2026-05-01T00:00:00", "2026-08-01T00:00:00Z"),
    ]);
}

/// MAN-9: what a full binding binds.
#[test]
fn a_full_binding_holds_three_artifacts() {
    covers!(accept, "MAN-9");
    covers!(refuse, "MAN-9");
    each_is_taken(&[&|_| {}]);
    for name in ["system_prompt", "policy_bundle", "model_identity"] {
        each_is_refused(&[&|it| drop(it["artifacts"].as_object_mut().unwrap().remove(name))]);
    }
    each_is_refused(&[&|it| it["evidence_requirements"] = json!({})]);
}

/// MAN-10: who it is about and by whom, and which verifier it needs.
#[test]
fn names_are_spiffe_ids_of_this_format() {
    covers!(accept, "MAN-10");
    covers!(refuse, "MAN-10");
    each_is_taken(&[&|it| it["min_verifier_version"] = json!("0.1.0")]);
    each_is_refused(&[
        &|it| it["agent_id"] = json!("agent-a"),
        &|it| it["agent_id"] = json!("https://example.org/agent/a"),
        &|it| it["issuer"] = json!("authority"),
        &|it| it["@type"] = json!("Something"),
        &|it| it["@context"] = json!("https://example.org/other"),
    ]);
    let newer = edited("0.1", |it| it["min_verifier_version"] = json!("99.0.0"));
    assert!(stops_at_its_form(&newer) || signed(&newer).is_ok_and(|bytes| verified(&bytes).is_err()));
}

/// MAN-12: version 7, in either case.
#[test]
fn an_id_is_a_uuid_of_version_seven() {
    covers!(accept, "MAN-12");
    covers!(refuse, "MAN-12");
    each_is_taken(&[&|it| it["manifest_id"] = json!("01926B4C-1234-7ABC-9DEF-000000000001")]);
    each_is_refused(&[
        &|it| it["manifest_id"] = json!("01926b4c-1234-4abc-9def-000000000001"),
        &|it| it["manifest_id"] = json!("01926b4c-1234-7abc-1def-000000000001"),
        &|it| it["manifest_id"] = json!("manifest-1"),
    ]);
}

/// MAN-3: null is no member of what is signed, and stays in an array.
#[test]
fn null_is_left_out_of_what_is_signed() {
    covers!(accept, "MAN-3");
    covers!(refuse, "MAN-3");
    let canonical = |text: &str| String::from_utf8(canonicalize(text.as_bytes()).unwrap()).unwrap();
    assert_eq!(canonical(r#" {"b": 1e2, "a": [null, {"d": 1.0}]} "#), r#"{"a":[null,{"d":1}],"b":100}"#);
    let with_null = edited("0.1", |it| it["crypto_profile"] = Value::Null);
    let read = |document: &Value| Manifest::read(document.to_string().as_bytes()).unwrap();
    let bytes = |document: &Value| read(document).signed_bytes().unwrap().into_owned();
    assert_eq!(bytes(&with_null), bytes(&draft("0.1")));
    let other = edited("0.1", |it| it["artifacts"]["system_prompt"]["version"] = json!("2"));
    assert_ne!(bytes(&other), bytes(&draft("0.1")));
}

/// MAN-11: a manifest is named by what its issuer signed, in either version.
#[test]
fn a_manifest_is_named_by_what_was_signed() {
    covers!(accept, "MAN-11");
    covers!(refuse, "MAN-11");
    for version in ["0.1", "0.2"] {
        let bytes = signed(&draft(version)).unwrap();
        let manifest = Manifest::read(&bytes).unwrap();
        let covered = manifest.signed_bytes().unwrap().into_owned();
        assert_eq!(manifest.digest().unwrap(), ca2a_core::Sha256::of(&covered));
        assert_ne!(manifest.digest().unwrap(), ca2a_core::Sha256::of(&bytes), "not by what is around it");
        let other =
            signed(&edited(version, |it| it["agent_id"] = json!("spiffe://example.org/agent/b"))).unwrap();
        assert_ne!(Manifest::read(&other).unwrap().digest(), manifest.digest());
    }
}

/// MAN-13, MAN-14: a file of keys, each under its own name or none.
#[test]
fn an_anchor_is_a_key_under_its_own_name() {
    covers!(accept, "MAN-13", "MAN-14");
    covers!(refuse, "MAN-13", "MAN-14");
    let own = key(1).verifying_key().to_base64url();
    let id = ManifestKey::from(key(1).verifying_key()).id().to_hex();
    assert_eq!(id, ca2a_core::Sha256::of(key(1).verifying_key().as_bytes()).to_hex());
    let bytes = signed(&draft("0.2")).unwrap();
    let judge = |file: Value| {
        let anchors = TrustAnchors::read(file.to_string().as_bytes()).map_err(|error| error.code())?;
        let manifest = Manifest::read(&bytes).unwrap();
        let verdict =
            Verifier::new(anchors).verify(manifest, &Context::identity_only(), EvaluationTime::At(NOW));
        Ok::<_, ErrorCode>(verdict.is_ok())
    };
    for file in [
        json!({ "public_key_base64url": own }),
        json!({ "public_key_base64url": own, "key_id": id }),
        json!({ "keys": [{ "public_key_base64url": own, "key_id": id }] }),
    ] {
        assert_eq!(judge(file), Ok(true));
    }
    let other = key(2).verifying_key().to_base64url();
    assert_eq!(judge(json!({ "public_key_base64url": other })), Ok(false));
    for file in [
        json!({}),
        json!([]),
        json!({ "public_key_base64url": own, "key_id": "main" }),
        json!({ "public_key_base64url": "AAAA" }),
        json!({ "public_key_base64url": own, "more": 1 }),
        json!({ "public_key_base64url": own, "keys": [] }),
        json!({ "keys": [own] }),
    ] {
        assert_eq!(judge(file.clone()), Err(ErrorCode::ConfigError), "{file}");
    }
    // In a map of names, too, a key under another name is nobody's.
    let map = json!({ "main": own }).to_string();
    let map = ca2a_core::json::read(map.as_bytes()).unwrap().into_owned();
    let aliased = TrustAnchors::from_map(map.as_object().unwrap()).unwrap();
    let verdict = Verifier::new(aliased).verify(
        Manifest::read(&bytes).unwrap(),
        &Context::identity_only(),
        EvaluationTime::At(NOW),
    );
    assert!(verdict.is_err());
}

/// MAN-44: a manifest is bound to the workload that it names, under an issuer that it names.
#[test]
fn a_manifest_is_bound_to_its_workload() {
    covers!(accept, "MAN-44");
    covers!(refuse, "MAN-44");
    let verified = || verified(&signed(&draft("0.2")).unwrap()).unwrap();
    assert_eq!(verified().bind(AGENT).unwrap().verified().agent_id(), AGENT);
    for other in ["spiffe://example.org/agent/b", "spiffe://example.org/agent/A", "", "agent-a"] {
        assert!(verified().bind(other).is_err(), "{other}");
    }
    let refused = verified().bind("spiffe://example.org/agent/b").unwrap_err();
    assert_eq!(refused.code(), ErrorCode::ManifestSubjectMismatch);
}
