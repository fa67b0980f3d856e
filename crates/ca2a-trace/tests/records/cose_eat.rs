//! Tokens that are bad in one way each, and tokens of records with a nonce.

use ca2a_core::{
    ErrorCode, SigningKey,
    cose::{CoseError, Draft, PublicKey, Signer, Value, label, to_vec},
    encoding::base64url,
};
use ca2a_covers::covers;
use ca2a_trace::{
    PROFILE, RecordVerifier, SignedRecord, TrustRecord, TrustedKey,
    cose::{Eat, EatError},
};

use crate::support::{AT, NOW, context, key};

const SUBJECT: &str = "spiffe://acme.example/agent/planner";

fn record_with(nonce: Option<&str>) -> TrustRecord<'static> {
    let mut context = context("planner");
    context.nonce = nonce.map(str::to_owned);
    context.sign(SUBJECT, NOW, None, &key(1)).unwrap()
}

fn verified(record: TrustRecord<'static>, by: &SigningKey) -> SignedRecord<'static> {
    RecordVerifier::new(TrustedKey::from(by.verifying_key()).into()).verify(record, AT).unwrap()
}

fn public() -> PublicKey {
    key(1).verifying_key().into()
}

fn claims_of(record: &TrustRecord<'_>) -> Vec<(Value, Value)> {
    let confirmation = Value::Map(vec![(1.into(), public().to_value())]);
    let digest = ca2a_core::Sha256::of(record.canonical()).0.to_vec();
    vec![
        (2.into(), SUBJECT.into()),
        (6.into(), NOW.into()),
        (8.into(), confirmation),
        (265.into(), PROFILE.into()),
        ((-65_600).into(), Value::Bytes(digest)),
    ]
}

fn token(claims: Vec<(Value, Value)>, edit: impl FnOnce(Draft) -> Draft) -> Vec<u8> {
    let payload = to_vec(&Value::Map(claims)).unwrap();
    let draft = edit(Draft::new().payload(&payload));
    draft.sign(&Signer::ed25519(&key(1))).unwrap().to_cwt_vec().unwrap()
}

fn typed(draft: Draft) -> Draft {
    draft.protect(label::TYPE, "application/eat+cwt")
}

fn judge(token: &[u8], record: &TrustRecord<'static>) -> Result<(), EatError> {
    Eat::read(token)?.verify(&public())?.attests(&verified(record.clone(), &key(1)))
}

/// covers LOG-20, LOG-21
#[test]
fn what_a_token_must_be() {
    covers!(accept, "LOG-20", "LOG-21", "LOG-22", "LOG-23");
    covers!(refuse, "LOG-20", "LOG-21");
    let record = record_with(None);
    let good = token(claims_of(&record), typed);
    assert_eq!(good, Eat::of(&record, &Signer::ed25519(&key(1))).unwrap().to_vec().unwrap());
    assert_eq!(judge(&good, &record), Ok(()));

    for at in 0..5 {
        let mut less = claims_of(&record);
        less.remove(at);
        assert!(judge(&token(less, typed), &record).is_err(), "without claim {at}");
        let mut null = claims_of(&record);
        null[at].1 = Value::Null;
        assert!(judge(&token(null, typed), &record).is_err(), "null for claim {at}");
    }
    let more = [claims_of(&record), vec![(1.into(), "issuer".into())]].concat();
    let unknown = EatError::Cose(CoseError::UnknownMember { label: "1".into() });
    assert_eq!(judge(&token(more, typed), &record), Err(unknown));
    let mut profile = claims_of(&record);
    profile[3].1 = "tag:agentrust-io.com,2026:trace-v0.1".into();
    assert!(matches!(judge(&token(profile, typed), &record), Err(EatError::Profile(_))));

    assert_eq!(judge(&token(claims_of(&record), |draft| draft), &record), Err(EatError::Type));
    let other = token(claims_of(&record), |draft| draft.protect(label::TYPE, "application/cwt"));
    assert_eq!(judge(&other, &record), Err(EatError::Type));
    let outside = token(claims_of(&record), |draft| typed(draft).expose(-70_000, 1));
    assert!(judge(&outside, &record).is_err());
    let inside = token(claims_of(&record), |draft| typed(draft).protect(-70_000, 1));
    assert!(judge(&inside, &record).is_err());
    assert!(judge(&good[2..], &record).is_err(), "without tag 61");
}

/// covers LOG-22, LOG-23
#[test]
fn whose_token_and_of_which_record() {
    covers!(refuse, "LOG-22", "LOG-23");
    let record = record_with(None);
    assert_eq!(Eat::of(&record, &Signer::eddsa(&key(2))), Err(EatError::OtherSigner));

    let stranger = PublicKey::from(key(2).verifying_key());
    let read = || Eat::read(&token(claims_of(&record), typed)).unwrap();
    assert_eq!(read().verify(&stranger), Err(EatError::Cose(CoseError::Signature)));
    let mut confirming = claims_of(&record);
    confirming[2].1 = Value::Map(vec![(1.into(), stranger.to_value())]);
    let confirming = Eat::read(&token(confirming, typed)).unwrap();
    assert_eq!(confirming.verify(&public()), Err(EatError::OtherKey));

    let later = context("planner").sign(SUBJECT, NOW + 1, None, &key(1)).unwrap();
    assert_eq!(judge(&token(claims_of(&record), typed), &later), Err(EatError::Differs("digest")));
    for (at, value, name) in
        [(0, "spiffe://acme.example/other".into(), "subject"), (1, (NOW + 1).into(), "time")]
    {
        let mut claims: Vec<(Value, Value)> = claims_of(&record);
        claims[at].1 = value;
        assert_eq!(judge(&token(claims, typed), &record), Err(EatError::Differs(name)));
    }
    assert_eq!(EatError::Differs("digest").code(), ErrorCode::TraceRecordInvalid);
}

/// covers LOG-21
#[test]
fn nonces() {
    covers!(accept, "LOG-21");
    covers!(refuse, "LOG-21");
    for length in [8, 32, 64] {
        let record = record_with(Some(&base64url(&vec![7; length])));
        let made = Eat::of(&record, &Signer::eddsa(&key(1))).unwrap();
        assert_eq!(made.claims().nonce, Some(vec![7; length]));
        let bytes = made.to_vec().unwrap();
        assert_eq!(judge(&bytes, &record), Ok(()));
        assert_eq!(Eat::read(&bytes).unwrap(), made);
        // The token of a record with a nonce, without it.
        assert_eq!(judge(&token(claims_of(&record), typed), &record), Err(EatError::Differs("nonce")));
    }
    for text in ["short", "not base64url!", &base64url(&[7; 65])] {
        let record = record_with(Some(text));
        assert_eq!(Eat::of(&record, &Signer::eddsa(&key(1))).unwrap().claims().nonce, None);
    }
    let record = record_with(None);
    for length in [0, 7, 65] {
        let claims = [claims_of(&record), vec![(10.into(), Value::Bytes(vec![7; length]))]].concat();
        assert_eq!(judge(&token(claims, typed), &record), Err(EatError::NonceLength(length)));
    }
}
