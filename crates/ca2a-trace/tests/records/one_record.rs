//! One TRACE record: its shape, what is signed, and in which order it is refused.

use ca2a_core::{
    ErrorCode, EvaluationTime, Sha256, Signature, TraceLink, canonical,
    encoding::{base64url, from_base64url},
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_trace::{
    PROFILE, RecordVerifier, RevokedKeys, TraceError, TrustAnchor, TrustRecord, TrustedKey, sign_object,
    sign_record, validate, verify_record,
};

use crate::support::{AT, NOW, context, key};

const SUBJECT: &str = "spiffe://acme.example/agent/planner";

fn record() -> TrustRecord<'static> {
    let mut context = context("planner");
    context.nonce = Some("bm9uY2U".into());
    context.sign(SUBJECT, NOW, None, &key(1)).unwrap()
}

fn digest() -> String {
    format!("sha256:{}", "a".repeat(64))
}

/// A record with every member that the schema knows.
fn whole() -> String {
    let digest = digest();
    format!(
        r#"{{"eat_profile":"{PROFILE}","iat":1790000000,"subject":"did:web:x","data_class":"x",
        "model":{{"provider":"p","model_id":"m","version":"1","weights_digest":"{digest}","aibom_uri":"a:b"}},
        "runtime":{{"platform":"software-only","measurement":"{digest}","rim_uri":"a:b","nonce":"n","firmware_version":"f"}},
        "policy":{{"bundle_hash":"{digest}","enforcement_mode":"declared","version":"1","policy_uri":"a:b"}},
        "build_provenance":{{"slsa_level":3,"digest":"{digest}","builder":"b","provenance_uri":"a:b","provenance_depth":"builder"}},
        "appraisal":{{"status":"none","verifier":"a:b","policy_ref":"a:b","timestamp":-5,"provenance_depth_verified":"surface",
            "method":"re-execution","re_execution":{{"outcome":"diverged","observed_digest":"{digest}","reason":"r"}}}},
        "cnf":{{"jwk":{{"kty":"OKP","crv":"Ed25519","x":"x","kid":"k","z":[1,{{"y":null}}]}}}},
        "tool_transcript":{{"hash":"{digest}","call_count":0}},
        "delegation":{{"parent_record_hash":"{digest}","credential_id":"c"}},
        "origin":{{"kind":"log-import","producer":"p","ingested_at":1790000000}},
        "references":[{{"rel":"r","id":"i","resolver":"x","retention":"P1Y","digest":"{digest}"}}],
        "reproducibility":{{"function":"f","code_identity":"{digest}","transcript_digest":"{digest}",
            "input_closure":[{{"id":"i","digest":"{digest}","resolver":"r"}}]}},
        "transparency":"a:b","signature":"abc"}}"#
    )
}

/// What is reported of [`whole`] with `from` replaced by `to`.
fn broken(from: &str, to: &str) -> Vec<(String, &'static str)> {
    let text = whole();
    assert!(text.contains(from), "{from}");
    let text = text.replacen(from, to, 1);
    let node = json::read(text.as_bytes()).unwrap();
    validate(&node).iter().map(|found| (found.pointer().to_owned(), found.keyword().as_str())).collect()
}

fn each_is_reported(cases: &[(&str, &str, &str, &str)]) {
    for (from, to, pointer, keyword) in cases {
        assert_eq!(broken(from, to), [((*pointer).to_owned(), *keyword)], "{from} -> {to}");
    }
}

/// TRC-10: closed objects, no null, grammars and ranges, each violation with its place.
#[test]
fn what_is_not_of_the_shape_is_named_by_its_place() {
    covers!(accept, "TRC-10");
    covers!(refuse, "TRC-10");
    assert!(validate(&json::read(whole().as_bytes()).unwrap()).is_empty());
    each_is_reported(&[
        ("\"data_class\":\"x\",", "", "/", "required"),
        ("\"data_class\":\"x\"", "\"data_class\":\"x\",\"more\":1", "/", "additionalProperties"),
        ("\"data_class\":\"x\"", "\"data_class\":null", "/data_class", "type"),
        ("\"version\":\"1\"", "\"version\":null", "/model/version", "type"),
        ("\"provider\":\"p\"", "\"provider\":\"p\",\"more\":1", "/model", "additionalProperties"),
        ("\"call_count\":0", "\"call_count\":-1", "/tool_transcript/call_count", "minimum"),
        ("\"slsa_level\":3", "\"slsa_level\":4", "/build_provenance/slsa_level", "maximum"),
        ("\"iat\":1790000000", "\"iat\":1699999999", "/iat", "minimum"),
        ("\"status\":\"none\"", "\"status\":\"None\"", "/appraisal/status", "enum"),
        ("\"credential_id\":\"c\"", "\"credential_id\":\"\"", "/delegation/credential_id", "minLength"),
        ("trace-v0.2", "trace-v0.3", "/eat_profile", "const"),
    ]);
}

/// TRC-11: members that demand or exclude each other.
#[test]
fn members_go_with_each_other() {
    covers!(accept, "TRC-11");
    covers!(refuse, "TRC-11");
    for (from, to) in [
        ("\"outcome\":\"diverged\",\"observed_digest\":", "\"outcome\":\"reproduced\",\"observed_digest\":"),
        ("\"outcome\":\"diverged\"", "\"outcome\":\"not-attempted\""),
        ("\"kind\":\"log-import\"", "\"kind\":\"self\""),
    ] {
        assert_eq!(broken(from, to), [], "{to}");
    }
    each_is_reported(&[
        ("\"method\":\"re-execution\",", "", "/appraisal", "not"),
        (&format!(",\"observed_digest\":\"{}\"", digest()), "", "/appraisal/re_execution", "required"),
        ("\"outcome\":\"diverged\"", "\"outcome\":\"guessed\"", "/appraisal/re_execution/outcome", "enum"),
        ("\"platform\":\"software-only\"", "\"platform\":\"intel-tdx\"", "/runtime/platform", "const"),
    ]);
    let without_reason =
        whole().replacen("diverged", "not-attempted", 1).replacen(",\"reason\":\"r\"", "", 1);
    assert_eq!(validate(&json::read(without_reason.as_bytes()).unwrap()).len(), 1);
    let own = whole().replacen("log-import", "self", 1).replacen("software-only", "intel-tdx", 1);
    assert!(
        validate(&json::read(own.as_bytes()).unwrap()).is_empty(),
        "one's own evidence may be of hardware"
    );
    let mut alone = json::read(whole().as_bytes()).unwrap().into_owned();
    let appraisal = alone.as_object_mut().unwrap().get_mut("appraisal").unwrap().as_object_mut().unwrap();
    appraisal.remove("re_execution");
    assert_eq!(validate(&alone).len(), 1, "the method without its result");
}

/// TRC-12: the grammars, and the end of a pattern is the end of the text.
#[test]
fn grammars_end_where_the_text_ends() {
    covers!(accept, "TRC-12");
    covers!(refuse, "TRC-12");
    for (from, to) in [
        ("did:web:x", "spiffe://acme.example/a"),
        ("\"P1Y\"", "\"P1DT2H\""),
        ("\"rim_uri\":\"a:b\"", "\"rim_uri\":\"https://[::1]:80/a?b#c\""),
    ] {
        assert_eq!(broken(from, to), [], "{to}");
    }
    let (good, line) = (digest(), format!("{}\\n", digest()));
    each_is_reported(&[
        ("did:web:x", "did:web:x\\n", "/subject", "pattern"),
        ("did:web:x", "spiffe://acme.example", "/subject", "pattern"),
        (
            &format!("\"hash\":\"{good}\""),
            &format!("\"hash\":\"{line}\""),
            "/tool_transcript/hash",
            "pattern",
        ),
        ("\"hash\":\"sha256:a", "\"hash\":\"sha256:A", "/tool_transcript/hash", "pattern"),
        ("\"hash\":\"sha256:", "\"hash\":\"sha512:", "/tool_transcript/hash", "pattern"),
        ("\"P1Y\"", "\"P1H\"", "/references/0/retention", "pattern"),
        ("\"rim_uri\":\"a:b\"", "\"rim_uri\":\"/a\"", "/runtime/rim_uri", "format"),
        ("\"rim_uri\":\"a:b\"", "\"rim_uri\":\"a:%zz\"", "/runtime/rim_uri", "format"),
    ]);
}

/// TRC-13: a public key, and nothing that would publish a private one.
#[test]
fn a_key_in_a_record_is_a_public_one() {
    covers!(accept, "TRC-13");
    covers!(refuse, "TRC-13");
    for (from, to) in [
        ("\"kty\":\"OKP\"", "\"kty\":\"EC\",\"y\":\"y\""),
        ("\"kty\":\"OKP\"", "\"kty\":\"RSA\",\"n\":\"n\",\"e\":\"e\""),
        ("\"kid\":\"k\"", "\"kid\":\"k\",\"use\":{\"any\":[true,-5]}"),
    ] {
        assert_eq!(broken(from, to), [], "{to}");
    }
    each_is_reported(&[
        ("\"crv\":\"Ed25519\",", "", "/cnf/jwk", "required"),
        ("\"kty\":\"OKP\"", "\"kty\":\"EC\"", "/cnf/jwk", "required"),
        ("\"kty\":\"OKP\"", "\"kty\":\"RSA\",\"n\":\"n\"", "/cnf/jwk", "required"),
        ("\"kid\":\"k\"", "\"kid\":5", "/cnf/jwk/kid", "type"),
    ]);
    for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
        for value in ["null", "\"\"", "\"secret\""] {
            let with = format!("\"kid\":\"k\",\"{private}\":{value}");
            assert!(
                broken("\"kid\":\"k\"", &with).contains(&("/cnf/jwk".to_owned(), "not")),
                "{private}: {value}"
            );
        }
    }
    let mut object = record().object().clone();
    let jwk = object.get_mut("cnf").unwrap().as_object_mut().unwrap().get_mut("jwk").unwrap();
    jwk.as_object_mut()
        .unwrap()
        .insert("z", Node::from(ca2a_core::json::Value::Number(json::Number::Float(0.5))));
    assert_eq!(validate(&object.into())[0].pointer(), "/cnf/jwk/z");
}

fn reason(input: &[u8]) -> String {
    let error = TrustRecord::from_json(input).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TraceRecordInvalid);
    error.reason().to_string()
}

/// TRC-14: everything is wrong at first, and is mended in the order in which it is refused.
#[test]
fn a_record_is_read_in_one_order() {
    covers!(accept, "TRC-14");
    covers!(refuse, "TRC-14");
    assert_eq!(reason(b"[]"), "not-an-object");
    let good = String::from_utf8(record().canonical().to_vec()).unwrap();
    TrustRecord::from_json(good.as_bytes()).unwrap();
    let signature = base64url(record().signature());
    let mended = |profile: Option<&str>, signature: Option<&str>, data_class: &str| {
        let mut object = record().object().clone();
        object.remove("eat_profile");
        object.remove("signature");
        if let Some(profile) = profile {
            object.insert("eat_profile", profile.to_owned());
        }
        if let Some(signature) = signature {
            object.insert("signature", signature.to_owned());
        }
        object.remove(data_class);
        let bytes = canonical::object_to_vec(&object).unwrap();
        TrustRecord::from_json(&bytes).map(|_| ()).map_err(|error| error.reason().to_string())
    };
    let padded = format!("{signature}==");
    let (old, other) = ("tag:agentrust.io,2026:trace-v0.1", "tag:example.com,2030:trace-v9");
    for (profile, signature, without, expected) in [
        (None, None, "data_class", "profile-missing"),
        (Some(old), None, "data_class", "profile-superseded"),
        (Some(other), None, "data_class", "profile-not-accepted"),
        (Some(PROFILE), None, "data_class", "signature-missing"),
        (Some(PROFILE), Some(padded.as_str()), "data_class", "encoding"),
        (Some(PROFILE), Some(signature.as_str()), "data_class", "schema:/"),
    ] {
        assert_eq!(mended(profile, signature, without), Err(expected.to_owned()));
    }
    assert_eq!(mended(Some(PROFILE), Some(&signature), "nothing"), Ok(()));
}

/// TRC-15: the signature is over the canonical form without it, and of every byte of that.
#[test]
fn the_signature_covers_all_but_itself() {
    covers!(accept, "TRC-15");
    covers!(refuse, "TRC-15");
    let record = record();
    let mut bare = record.object().clone();
    bare.remove("signature");
    let covered = canonical::object_to_vec(&bare).unwrap();
    assert_eq!(record.signing_input().unwrap(), covered);
    let signature = Signature(<[u8; 64]>::try_from(record.signature()).unwrap());
    key(1).verifying_key().verify(&covered, &signature).unwrap();
    let text = record.object().text("signature").unwrap();
    assert_eq!(from_base64url(text).unwrap(), record.signature());

    let bytes = record.canonical();
    verify_record(bytes, key(1).verifying_key(), AT).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        assert!(verify_record(&changed, key(1).verifying_key(), AT).is_err(), "byte {at}");
    }
    // The same bytes of another key, and the signature of another record.
    assert!(verify_record(bytes, key(2).verifying_key(), AT).is_err());
    let mut other = context("searcher").sign(SUBJECT, NOW, None, &key(1)).unwrap().object().clone();
    other.insert("signature", text.to_owned());
    let other = canonical::object_to_vec(&other).unwrap();
    let error = verify_record(&other, key(1).verifying_key(), AT).unwrap_err();
    assert_eq!(error.reason().to_string(), "signature-invalid");
}

/// TRC-16: a record is named by the digest of all of it, signature included.
#[test]
fn a_record_is_named_with_its_signature() {
    covers!(accept, "TRC-16");
    covers!(refuse, "TRC-16");
    let record = record();
    let bytes = canonical::object_to_vec(record.object()).unwrap();
    assert_eq!(record.hash().to_string(), format!("sha256:{}", Sha256::of(&bytes).to_hex()));
    assert_eq!(record.hash(), TraceLink::sha256_of(&bytes));
    assert_eq!(record.hash_sha384(), TraceLink::sha384_of(&bytes));
    assert!(record.hash_sha384().to_string().starts_with("sha384:"));
    assert_ne!(record.hash(), TraceLink::sha256_of(&record.signing_input().unwrap()));
    let twin = sign_record(record.object(), &key(2)).unwrap();
    assert_ne!(twin.hash(), record.hash(), "the same words of another signer are another record");
}

/// TRC-17: the signer's key stands in `cnf`, an older signature goes, and what breaks the schema is not signed.
#[test]
fn only_records_are_signed() {
    covers!(accept, "TRC-17");
    covers!(refuse, "TRC-17");
    let first = record();
    let again = sign_record(first.object(), &key(2)).unwrap();
    let jwk = again.object().object("cnf").unwrap().object("jwk").unwrap();
    let members: Vec<&str> = jwk.iter().map(|(name, _)| name).collect();
    assert_eq!(members, ["kty", "crv", "x"]);
    assert_eq!(jwk.text("x").unwrap(), key(2).verifying_key().to_base64url());
    assert_ne!(again.signature(), first.signature());
    verify_record(again.canonical(), key(2).verifying_key(), AT).unwrap();

    let mut draft = first.object().clone();
    draft.remove("model");
    let error = sign_record(&draft, &key(1)).unwrap_err();
    assert_eq!(error.reason().to_string(), "schema:/");
    // Whoever wants that signed all the same has to say so, and gets no record.
    let signed: Object<'static> = sign_object(&draft, &key(1)).unwrap();
    assert!(signed.contains("signature"));
    assert!(TrustRecord::from_object(signed).is_err());
}

/// TRC-19: no other version is taken, whoever signed it.
#[test]
fn another_version_is_refused() {
    covers!(accept, "TRC-19");
    covers!(refuse, "TRC-19");
    verify_record(record().canonical(), key(1).verifying_key(), AT).unwrap();
    for (profile, expected) in [
        (Some("tag:agentrust.io,2026:trace-v0.1"), "profile-superseded"),
        (Some("tag:agentrust-io.com,2026:trace-v0.3"), "profile-not-accepted"),
        (None, "profile-missing"),
    ] {
        let mut draft = record().object().clone();
        draft.remove("eat_profile");
        if let Some(profile) = profile {
            draft.insert("eat_profile", profile);
        }
        let signed = canonical::object_to_vec(&sign_object(&draft, &key(1)).unwrap()).unwrap();
        let error = verify_record(&signed, key(1).verifying_key(), AT).unwrap_err();
        assert_eq!(error.reason().to_string(), expected);
    }
}

/// TRC-21: everything is wrong at first, and is mended in the order in which it is refused.
#[test]
fn a_record_is_verified_in_one_order() {
    covers!(accept, "TRC-20", "TRC-21");
    covers!(refuse, "TRC-21");
    let revoked = RevokedKeys::from_iter([TrustedKey::from(key(1).verifying_key()).thumbprint()]);
    let nobody = RevokedKeys::default();
    let good = record();
    let mut forged = good.object().clone();
    forged.insert("signature", base64url(&[1; 64]));
    let forged = TrustRecord::from_object(forged).unwrap();
    let judge = |trusted: u8, store: &RevokedKeys, now: u64, nonce: &str, record: &TrustRecord<'static>| {
        let anchor = TrustAnchor::from(TrustedKey::from(key(trusted).verifying_key()));
        let verifier = RecordVerifier::new(anchor).revocations(store).expected_nonce(nonce);
        let verified = verifier.verify(record.clone(), EvaluationTime::At(now));
        verified.map(|signed| *signed.key().key()).map_err(|error: TraceError| error.reason().to_string())
    };
    let both = RevokedKeys::from_iter(
        [1, 2].map(|number| TrustedKey::from(key(number).verifying_key()).thumbprint()),
    );
    let refused = |reason: &str| Err(reason.to_owned());
    assert_eq!(judge(2, &both, NOW - 301, "other", &forged), refused("revoked"));
    assert_eq!(judge(2, &revoked, NOW - 301, "other", &forged), refused("key-mismatch"));
    assert_eq!(judge(1, &revoked, NOW - 301, "other", &forged), refused("revoked"));
    assert_eq!(judge(1, &nobody, NOW - 301, "other", &forged), refused("future"));
    assert_eq!(judge(1, &nobody, NOW + 86_401, "other", &forged), refused("stale"));
    assert_eq!(judge(1, &nobody, NOW, "other", &forged), refused("nonce"));
    assert_eq!(judge(1, &nobody, NOW, "bm9uY2U", &forged), refused("signature-invalid"));
    assert_eq!(judge(1, &nobody, NOW, "bm9uY2U", &good), Ok(key(1).verifying_key()));
}

/// TRC-22: both bounds belong to the time that is allowed.
#[test]
fn a_record_has_a_day() {
    covers!(accept, "TRC-22");
    covers!(refuse, "TRC-22");
    let record = record();
    let judge = |now: u64, max_age: Option<Option<u64>>| {
        let verifier = RecordVerifier::new(TrustedKey::from(key(1).verifying_key()).into());
        let verifier = match max_age {
            Some(age) => verifier.max_age(age),
            None => verifier,
        };
        let verified = verifier.verify(record.clone(), EvaluationTime::At(now));
        verified.err().map(|error| error.reason().to_string())
    };
    assert_eq!(judge(NOW - 300, None), None);
    assert_eq!(judge(NOW - 301, None).as_deref(), Some("future"));
    assert_eq!(judge(NOW + 86_400, None), None);
    assert_eq!(judge(NOW + 86_401, None).as_deref(), Some("stale"));
    assert_eq!(judge(NOW + 86_401, Some(Some(86_401))), None);
    assert_eq!(judge(u64::MAX, Some(None)), None);
}
