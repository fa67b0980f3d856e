//! What holds for every record.

use ca2a_core::{CallerAssurance, ErrorCode, json};
use ca2a_covers::covers;
use ca2a_trace::{
    DelegationRecord, Denial, ParentLink, Picture, RecordVerifier, TrustAnchor, TrustRecord, TrustedKey,
    sign_record, validate, verify_record,
};
use proptest::prelude::*;

use crate::support::{AT, NOW, context, credentials, key, lineage, scope};

fn record() -> TrustRecord<'static> {
    let mut context = context("planner");
    context.nonce = Some("bm9uY2U".into());
    context.sign("spiffe://acme.example/agent/planner", NOW, None, &key(1)).unwrap()
}

proptest! {
    /// covers TRC-15, TRC-21: one changed byte, and the record is refused or was not changed.
    #[test]
    fn no_byte_of_a_record_can_change(at in 0_usize..900, byte in any::<u8>()) {
        let mut bytes = record().canonical().to_vec();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(verify_record(&bytes, key(1).verifying_key(), AT).is_err());
    }

    /// covers TRC-1, TRC-2: whatever is written is read back, hash included.
    #[test]
    fn delegation_records_survive_the_wire(id in ".+", capability in ".+", reason in ".*", denied: bool) {
        let hop = &credentials()[0];
        let id = id.parse().unwrap();
        let written = if denied {
            let denial = Denial::because(capability.parse().unwrap(), scope(&["mail:read"]), reason);
            DelegationRecord::deny(hop, id, ParentLink::Root, CallerAssurance::Failed, denial)
        } else {
            DelegationRecord::allow(hop, id, ParentLink::Root, CallerAssurance::SoftwareOnly)
        };
        let read = DelegationRecord::from_json(json::to_text(&written.to_node()).as_bytes()).unwrap();
        prop_assert_eq!(read.body(), written.body());
        prop_assert_eq!(read, written);
    }

    /// covers TRC-10: what breaks the schema never gets a signature, and what has one fits it.
    #[test]
    fn only_records_are_signed(member in 0_usize..10, text in ".*", drop: bool) {
        let signed = record();
        let mut draft = signed.object().clone();
        let name = draft.iter().map(|(name, _)| name.to_owned()).nth(member).unwrap();
        if drop { draft.remove(&name); } else { draft.insert(name, text); }
        let mut confirmed = draft.clone();
        if let Some(cnf) = signed.object().get("cnf") { confirmed.insert("cnf", cnf.clone()); }
        confirmed.remove("signature");
        let fits = validate(&confirmed.into()).is_empty();
        let result = sign_record(&draft, &key(1));
        prop_assert_eq!(result.is_ok(), fits);
        if let Ok(signed) = result {
            prop_assert!(validate(&signed.object().clone().into()).is_empty());
        }
    }

    /// covers TRC-60: a name adds characters to a picture and no markup.
    #[test]
    fn names_stay_names(name in ".*") {
        let picture = |name: &str| Picture::of(&lineage()).name(&key(0).verifying_key(), name).title(name);
        let (ours, plain) = (picture(&name), picture("plain"));
        let count = |text: &str, mark: char| text.chars().filter(|character| *character == mark).count();
        for mark in ['<', '>', '"'] {
            prop_assert_eq!(count(&ours.to_svg(), mark), count(&plain.to_svg(), mark));
            prop_assert_eq!(count(&ours.to_mermaid(), mark), count(&plain.to_mermaid(), mark));
        }
        prop_assert_eq!(ours.to_mermaid().lines().count(), plain.to_mermaid().lines().count());
        let controls = |text: &str| text.chars().filter(|character| character.is_control() && *character != '\n').count();
        prop_assert_eq!(controls(&ours.to_text()), 0);
    }

    #[test]
    fn nothing_from_outside_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:a-z0-9]{0,80}") {
        for input in [bytes.as_slice(), text.as_bytes()] {
            let _ = TrustRecord::from_json(input);
            let _ = DelegationRecord::list_from_json(input);
            if let Ok(node) = json::read(input) {
                let _ = (validate(&node), TrustedKey::from_jwk(&node), ca2a_trace::anchor_bytes(&node));
            }
        }
    }
}

/// covers TRC-20
#[test]
fn a_record_does_not_vouch_for_itself() {
    covers!(accept, "TRC-20");
    covers!(refuse, "TRC-20");
    let error = TrustAnchor::choose(None, false).unwrap_err();
    assert_eq!(error.reason().to_string(), "no-trusted-key");
    let verify = |anchor| RecordVerifier::new(anchor).verify(record(), AT).map(|signed| *signed.key().key());
    assert_eq!(verify(TrustAnchor::EmbeddedKey).unwrap(), key(1).verifying_key());
    let other = TrustAnchor::from(TrustedKey::from(key(2).verifying_key()));
    assert_eq!(verify(other).unwrap_err().reason().to_string(), "key-mismatch");
}

/// covers TRC-23
#[test]
fn a_silent_store_is_no_clearance() {
    covers!(refuse, "TRC-23");
    struct Down;
    impl ca2a_trace::RevocationStore for Down {
        fn is_revoked(&self, _: &str) -> Result<bool, ca2a_trace::RevocationUnavailable> {
            Err(ca2a_trace::RevocationUnavailable)
        }
    }
    let anchor = TrustAnchor::from(TrustedKey::from(key(1).verifying_key()));
    let error = RecordVerifier::new(anchor).revocations(&Down).verify(record(), AT).unwrap_err();
    assert_eq!(
        (error.code(), error.reason().to_string()),
        (ErrorCode::TraceRecordInvalid, "revocation-unknown".into())
    );
}

/// covers TRC-1
#[test]
fn delegation_records_are_closed_and_typed() {
    covers!(accept, "TRC-1");
    covers!(refuse, "TRC-1", "TRC-3");
    let written = DelegationRecord::allow(
        &credentials()[0],
        "r".parse().unwrap(),
        ParentLink::Root,
        CallerAssurance::NotOffered,
    );
    let text = json::to_text(&written.to_node());
    assert!(DelegationRecord::from_json(text.as_bytes()).is_ok());
    for (from, to) in [
        ("\"record_id\":\"r\"", "\"record_id\":5"),
        ("\"record_id\":\"r\"", "\"record_id\":\"\""),
        ("\"record_id\":\"r\"", "\"record_id\":\"r\",\"note\":1"),
        ("\"record_id\":\"r\"", "\"record_id\":\"s\""),
        ("\"record_id\":\"r\"", "\"record_id\":\"r\",\"decision\":\"ALLOW\""),
        ("\"record_id\":\"r\"", "\"record_id\":\"r\",\"decision\":null"),
        ("\"record_id\":\"r\"", "\"record_id\":\"r\",\"decision\":\"deny\""),
        ("\"record_id\":\"r\"", "\"record_id\":\"r\",\"requested_capability\":\"x\""),
        ("null", "\"sha512:00\""),
        ("null", "\"\""),
        ("not_offered", "unknown"),
    ] {
        assert!(text.contains(from));
        let error = DelegationRecord::from_json(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ProvenanceLinkBroken, "{to}");
    }
}

/// covers TRC-32
#[test]
fn citations_are_looked_up_and_judged_by_nobody() {
    covers!(accept, "TRC-32");
    covers!(refuse, "TRC-32");
    use ca2a_trace::{Citation, CitationResolver, NotAttempted, Unresolvable};
    struct Shelf;
    impl CitationResolver for Shelf {
        fn resolve(&self, uri: &str) -> Result<Vec<u8>, Unresolvable> {
            if uri == "https://shelf.example/rim" { Ok(b"rim".to_vec()) } else { Err(Unresolvable) }
        }
    }
    let mut draft = record().object().clone();
    for (object, member, uri) in
        [("runtime", "rim_uri", "https://shelf.example/rim"), ("model", "aibom_uri", "https://gone.example/")]
    {
        draft.get_mut(object).unwrap().as_object_mut().unwrap().insert(member, uri);
    }
    let signed = sign_record(&draft, &key(1)).unwrap();
    let signed = verify_record(signed.canonical(), key(1).verifying_key(), AT).unwrap();
    let found: Vec<_> = signed.citations(Some(&Shelf)).into_iter().map(|(_, citation)| citation).collect();
    assert_eq!(found[0], Citation::NotAttempted(NotAttempted::FieldAbsent));
    assert!(matches!(found[1], Citation::Resolved { bytes: 3, .. }));
    assert_eq!(found[2], Citation::Unresolvable { uri: "https://gone.example/".into() });
    assert_eq!(found[3], Citation::NotAttempted(NotAttempted::SurfaceDeferred));
    assert_eq!(signed.citations(None)[1].1, Citation::NotAttempted(NotAttempted::NoResolver));
}

/// covers TRC-19
#[test]
fn a_verifier_claims_no_profile_that_it_lacks() {
    covers!(accept, "TRC-19");
    covers!(refuse, "TRC-19");
    let verdict = |profiles: &[&str]| {
        ca2a_trace::check_accepted_profiles(profiles).map_err(|error| error.reason().to_string())
    };
    assert!(verdict(&[ca2a_trace::PROFILE]).is_ok());
    assert_eq!(verdict(&[]).unwrap_err(), "profile-not-accepted");
    assert_eq!(
        verdict(&[ca2a_trace::PROFILE, "tag:agentrust.io,2026:trace-v0.1"]).unwrap_err(),
        "profile-superseded"
    );
    assert_eq!(verdict(&["tag:example.com,2030:trace-v9"]).unwrap_err(), "profile-not-accepted");
}
