//! Whether a record's key was revoked: a store that is asked, and bundles that a log signed.

use ca2a_core::{
    ErrorCode, EvaluationTime, SigningKey, canonical,
    encoding::base64url,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_trace::{
    RecordVerifier, RevocationBundle, RevocationCheck, RevocationStore, RevocationUnavailable, RevokedKeys,
    TraceError, TrustedKey,
};

use crate::support::{NOW, context, key};

const LOG: &str = "https://log.example";

fn trusted(number: u8) -> TrustedKey {
    TrustedKey::from(key(number).verifying_key())
}

/// A bundle of `log` that names the keys `revoked`, signed by key 5.
fn bundle(revoked: &[String], edit: impl Fn(&mut String)) -> String {
    let statements: Vec<String> = revoked
        .iter()
        .map(|key| {
            format!(
                r#"{{"type":"TraceRevocation/1.0","compromised_key_id":"{key}","last_valid_entry_id":"e",
                "log_id":"{LOG}","revocation_key_id":"r","sig":{{"alg":"ed25519","value":"AAAA"}}}}"#
            )
        })
        .collect();
    let mut text = format!(
        r#"{{"type":"TraceRevocationBundle/1.0","log_id":"{LOG}","issued_at":{},"valid_until":{},
        "statements":[{}],"bundle_key_id":"{}","sig":{{"alg":"ed25519","value":"AAAA"}}}}"#,
        NOW - 100,
        NOW + 1000,
        statements.join(","),
        trusted(5).thumbprint(),
    );
    edit(&mut text);
    signed(&text, &key(5))
}

/// `text` with the signature of `by` over its canonical form without `sig`, in whatever algorithm it names.
fn signed(text: &str, by: &SigningKey) -> String {
    let mut node = json::read(text.as_bytes()).unwrap().into_owned();
    let object = node.as_object_mut().unwrap();
    let signature = by.sign(&canonical::to_vec_without(object, "sig").unwrap());
    if let Some(sig) = object.get_mut("sig").and_then(Node::as_object_mut) {
        sig.insert("value", base64url(&signature.0));
    }
    json::to_text(&node)
}

/// Verifies a record of key 1 beside `bundle`, which key 5 may sign.
fn judge(bundle: &str, now: u64) -> Result<RevocationCheck, TraceError> {
    let record = context("planner").sign("did:web:x", NOW, None, &key(1)).unwrap();
    let document = json::read(bundle.as_bytes()).unwrap();
    let keys = [trusted(5)];
    let verifier = RecordVerifier::new(trusted(1).into())
        .max_age(None)
        .revocation_bundle(RevocationBundle::new(&document, &keys));
    verifier.verify(record, EvaluationTime::At(now)).map(|signed| signed.revocation().clone())
}

/// The cause for which the bundle's silence is worth nothing.
fn cause(bundle: &str, now: u64) -> Option<&'static str> {
    match judge(bundle, now).unwrap() {
        RevocationCheck::Bundle { report, .. } => report.problem().map(|problem| problem.cause()),
        other => panic!("{other:?}"),
    }
}

/// TRC-30: a bundle of another shape, or about another log, says nothing.
#[test]
fn a_bundle_is_closed_and_about_one_log() {
    covers!(accept, "TRC-30");
    covers!(refuse, "TRC-30");
    let named = [trusted(2).thumbprint()];
    assert_eq!(cause(&bundle(&named, |_| {}), NOW), None);
    for (from, to) in [
        ("\"bundle_key_id\"", "\"more\":1,\"bundle_key_id\""),
        ("\"last_valid_entry_id\":\"e\"", "\"last_valid_entry_id\":\"e\",\"more\":1"),
        ("\"last_valid_entry_id\":\"e\",", ""),
        ("TraceRevocationBundle/1.0", "TraceRevocationBundle/1.1"),
        ("TraceRevocation/1.0", "TraceRevocation/1.1"),
        ("\"statements\":[", "\"statements\":[null,"),
        // The log of the statement, which is the second to be named.
        (
            "\"last_valid_entry_id\":\"e\",\n                \"log_id\":\"https://log.example\"",
            "\"last_valid_entry_id\":\"e\",\"log_id\":\"https://other.example\"",
        ),
    ] {
        let edited = bundle(&named, |text| {
            assert!(text.contains(from), "{from}");
            *text = text.replacen(from, to, 1);
        });
        assert_eq!(cause(&edited, NOW), Some("bundle_malformed"), "{to}");
    }
}

/// TRC-31: a statement of a trusted signer counts however old; silence counts while it is recent; all else is unverified.
#[test]
fn a_statement_counts_and_silence_is_dated() {
    covers!(accept, "TRC-31");
    covers!(refuse, "TRC-31");
    let (own, other) = ([trusted(1).thumbprint()], [trusted(2).thumbprint()]);
    for now in [NOW, NOW + 1_000_000] {
        let error = judge(&bundle(&own, |_| {}), now).unwrap_err();
        assert_eq!(
            (error.code(), error.reason().to_string()),
            (ErrorCode::TraceRecordInvalid, "revoked".into())
        );
    }
    let silent = judge(&bundle(&other, |_| {}), NOW).unwrap();
    assert_eq!(silent.outcome(), "verified");

    let replaced = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        bundle(&own, move |text| *text = text.replacen(&from, &to, 1))
    };
    let stranger = signed(&bundle(&own, |_| {}), &key(6));
    let unsigned = bundle(&own, |_| {}).replacen("\"valid_until\"", "\"valid_until\" ", 1);
    assert!(judge(&unsigned, NOW).is_err(), "a blank changes nothing that is signed");
    let unknown = replaced(&trusted(5).thumbprint(), "somebody");
    let algorithm = {
        let text = bundle(&own, |_| {});
        let at = text.rfind("\"alg\":\"ed25519\"").unwrap();
        format!("{}\"alg\":\"ES256\"{}", &text[..at], &text[at + "\"alg\":\"ed25519\"".len()..])
    };
    for (bundle, expected) in [
        (stranger, "bundle_signature_invalid"),
        (unknown, "bundle_key_untrusted"),
        (algorithm, "bundle_signature_unsupported"),
    ] {
        assert_eq!(cause(&bundle, NOW), Some(expected));
        assert_eq!(judge(&bundle, NOW).unwrap().outcome(), "unverified_for_revocation");
    }
    let silent = bundle(&other, |_| {});
    assert_eq!(cause(&silent, NOW + 1000), None);
    assert_eq!(cause(&silent, NOW + 1001), Some("bundle_expired"));
    assert_eq!(cause(&silent, NOW - 300), None);
    assert_eq!(
        cause(
            &bundle(&other, |text| *text =
                text.replacen("\"issued_at\":1789999900", "\"issued_at\":1790000301", 1)),
            NOW
        ),
        Some("bundle_issued_in_future")
    );
}

/// Notes whom it is asked about, and knows the revoked ones.
struct Asked<'r>(&'r RevokedKeys, std::cell::RefCell<Vec<String>>);

impl RevocationStore for Asked<'_> {
    fn is_revoked(&self, identifier: &str) -> Result<bool, RevocationUnavailable> {
        self.1.borrow_mut().push(identifier.to_owned());
        self.0.is_revoked(identifier)
    }
}

/// TRC-23: the question is about the key that the verifier trusts, by both of its names, and is answered or the record
/// refused.
#[test]
fn the_trusted_key_is_asked_about() {
    covers!(accept, "TRC-23");
    covers!(refuse, "TRC-23");
    let mut jwk: Object<'static> = Object::from([("kty", Node::from("OKP")), ("crv", "Ed25519".into())]);
    jwk.insert("x", key(1).verifying_key().to_base64url());
    jwk.insert("kid", "planner-1");
    let own = TrustedKey::from_jwk(&jwk.into()).unwrap();
    let record = context("planner").sign("did:web:x", NOW, None, &key(1)).unwrap();
    let judge = |revoked: &[String]| {
        let revoked = RevokedKeys::from_iter(revoked.iter().cloned());
        let store = Asked(&revoked, std::cell::RefCell::default());
        let verifier = RecordVerifier::new(own.clone().into()).revocations(&store);
        let verified = verifier.verify(record.clone(), crate::support::AT);
        let outcome = verified.map(|signed| signed.revocation().outcome());
        (outcome.map_err(|error| error.reason().to_string()), store.1.into_inner())
    };
    let (outcome, asked) = judge(&[trusted(2).thumbprint()]);
    assert_eq!(outcome, Ok("verified"));
    assert_eq!(asked.len(), 2);
    assert!(asked.contains(&trusted(1).thumbprint()) && asked.contains(&"planner-1".to_owned()), "{asked:?}");
    for revoked in [trusted(1).thumbprint(), "planner-1".to_owned()] {
        assert_eq!(judge(&[revoked]).0, Err("revoked".to_owned()));
    }
    // Nobody was asked, and the result says so.
    let unasked = RecordVerifier::new(own.clone().into()).verify(record.clone(), crate::support::AT).unwrap();
    assert_eq!(unasked.revocation().outcome(), "no_check_performed");
}
