//! Statements that are bad in one way each, and whose verdicts an auditor has to tell apart.

use ca2a_core::{
    CallerAssurance, ChannelKey, ErrorCode, Sha256, TraceLink,
    cose::{Claims, Draft, Sign1, Signer, Value, label},
};
use ca2a_covers::covers;
use ca2a_trace::{
    DelegationRecord, ParentLink, did_jwk,
    scitt::{Content, HashEnvelope, ScittError, SignedStatement, StatementFault, TransparentStatement},
    statement::{Call, Statement, Verdict},
};

use crate::made::{
    AT, ISSUER, Raw, claims, codes, issuers, logs, public, raw_receipt, receipt, seal, statement,
};
use crate::support::{NOW, chain, key, records, scope};

fn whole_draft() -> Vec<(i64, Value)> {
    vec![
        (label::CLAIMS, claims(NOW).to_value()),
        (label::CONTENT_TYPE, "text/plain".into()),
        (label::KEY_ID, Value::Bytes(public(&key(10)).thumbprint().unwrap().0.to_vec())),
    ]
}

fn message(headers: Vec<(i64, Value)>, payload: Option<&[u8]>) -> Vec<u8> {
    let draft = headers.into_iter().fold(Draft::new(), |draft, (label, value)| draft.protect(label, value));
    let key = key(10);
    let signed = match payload {
        Some(payload) => draft.payload(payload).sign(&Signer::ed25519(&key)),
        None => draft.sign_detached(&Signer::ed25519(&key), b""),
    };
    signed.unwrap().to_vec().unwrap()
}

fn judge(bytes: &[u8]) -> Result<(), ScittError> {
    SignedStatement::read(bytes)?.verify(&issuers(), AT).map(|_| ())
}

/// covers LOG-30
#[test]
fn what_a_statement_must_say() {
    covers!(accept, "LOG-30");
    covers!(refuse, "LOG-30");
    assert!(judge(&message(whole_draft(), Some(b"done"))).is_ok());
    for at in 0..3 {
        let mut less = whole_draft();
        less.remove(at);
        assert_eq!(codes(judge(&message(less, Some(b"done")))), ErrorCode::StatementInvalid, "without {at}");
    }
    assert_eq!(codes(judge(&message(whole_draft(), None))), ErrorCode::StatementInvalid, "detached");
    for broken in [
        Value::Map(vec![(2.into(), "somebody".into())]),
        Value::Map(vec![(1.into(), ISSUER.into())]),
        Value::Map(vec![(1.into(), ISSUER.into()), (2.into(), "".into())]),
        Value::Map(vec![(1.into(), "".into()), (2.into(), "somebody".into())]),
        Value::Map(vec![(1.into(), ISSUER.into()), (2.into(), Value::Null)]),
        Value::Null,
    ] {
        let mut headers = whole_draft();
        headers[0].1 = broken;
        assert_eq!(codes(judge(&message(headers, Some(b"done")))), ErrorCode::StatementInvalid);
    }
}

/// covers LOG-31, LOG-34
#[test]
fn hash_envelopes() {
    covers!(accept, "LOG-31");
    covers!(refuse, "LOG-31");
    let envelope = |extra: Vec<(i64, Value)>, payload: &[u8]| {
        let mut headers = whole_draft();
        headers.remove(1);
        headers.extend(extra);
        judge(&message(headers, Some(payload)))
    };
    assert!(envelope(vec![(258, (-16).into())], &[1; 32]).is_ok());
    assert!(envelope(vec![(258, (-43).into())], &[1; 48]).is_ok());
    assert!(
        envelope(vec![(258, (-16).into()), (259, 50.into()), (260, "https://a.example/r".into())], &[1; 32])
            .is_ok()
    );
    for (extra, length, code) in [
        (vec![(258, (-16).into())], 31, ErrorCode::StatementInvalid),
        (vec![(258, (-43).into())], 32, ErrorCode::StatementInvalid),
        (vec![(258, (-44).into())], 64, ErrorCode::EvidenceUnsupported),
        (vec![(258, Value::from("sha-256"))], 32, ErrorCode::StatementInvalid),
        (vec![(258, (-16).into()), (3, "text/plain".into())], 32, ErrorCode::StatementInvalid),
        (vec![(259, "text/plain".into())], 32, ErrorCode::StatementInvalid),
        (vec![(258, (-16).into()), (260, 1.into())], 32, ErrorCode::StatementInvalid),
    ] {
        let shown = format!("{extra:?}");
        assert_eq!(codes(envelope(extra, &vec![1; length])), code, "{shown}");
    }

    let digest = TraceLink::sha384_of(b"elsewhere");
    let made = HashEnvelope { digest, preimage_type: None, location: Some("https://a.example/r".into()) };
    let statement = SignedStatement::of_digest(&claims(NOW), &made, &Signer::eddsa(&key(10))).unwrap();
    let read = SignedStatement::read(&statement.to_vec().unwrap()).unwrap();
    assert_eq!(read.content(), &Content::Digest(made));
}

/// Anybody can add what the signature does not cover.
///
/// covers LOG-30, LOG-31
#[test]
fn nothing_that_matters_stands_outside() {
    covers!(refuse, "LOG-30", "LOG-31");
    let message = statement().message().clone();
    for label in [16, 258, 259, 260, 395] {
        let outside = message.with_unprotected(vec![(Value::from(label), 1.into())]).unwrap();
        assert_eq!(codes(judge(&outside.to_vec().unwrap())), ErrorCode::StatementInvalid, "{label}");
    }
    let decorated = message.with_unprotected(vec![((-70_000).into(), 1.into())]).unwrap();
    let decorated = SignedStatement::read(&decorated.to_vec().unwrap()).unwrap();
    assert_eq!(decorated.leaf().unwrap(), statement().leaf().unwrap());
}

/// covers LOG-35
#[test]
fn who_signed_and_when() {
    covers!(accept, "LOG-35");
    covers!(refuse, "LOG-35");
    let sign = |claims: &Claims, by: u8| {
        SignedStatement::of_payload(claims, "text/plain", b"done", &Signer::eddsa(&key(by))).unwrap()
    };
    let both = issuers().trust("https://other.example", public(&key(12)));
    let judge = |statement: SignedStatement| statement.verify(&both, AT).map(|_| ());
    assert!(judge(sign(&claims(NOW), 10)).is_ok());
    assert_eq!(codes(judge(sign(&claims(NOW), 9))), ErrorCode::UntrustedSigner);
    // A trusted key does not speak for another trusted issuer.
    assert_eq!(codes(judge(sign(&claims(NOW), 12))), ErrorCode::UntrustedSigner);

    assert!(judge(sign(&claims(NOW + 300), 10)).is_ok());
    let ahead = judge(sign(&claims(NOW + 301), 10)).unwrap_err();
    assert_eq!(ahead, StatementFault::Future(301).into());
    assert!(judge(sign(&Claims { issued_at: None, ..claims(NOW) }, 10)).is_ok());

    // Under a certificate: not false, but not for us to judge.
    let mut headers = whole_draft();
    headers[2] = (label::X5CHAIN, Value::Bytes(vec![0x30]));
    assert_eq!(
        codes(judge(SignedStatement::read(&message(headers, Some(b"done"))).unwrap())),
        ErrorCode::EvidenceUnsupported
    );
}

/// covers LOG-33, LOG-34
#[test]
fn the_record_inside() {
    covers!(accept, "LOG-33");
    covers!(refuse, "LOG-33");
    let records = records();
    let verified = statement().verify(&issuers(), AT).unwrap();
    assert_eq!(verified.record().unwrap().canonical(), records[0].canonical());
    assert!(verified.is_about(&records[0]).is_ok());
    assert_eq!(verified.is_about(&records[1]), Err(StatementFault::OtherContent.into()));

    let about = |subject: &str, payload: &[u8]| {
        let claims = Claims { subject: subject.into(), ..claims(NOW) };
        let signer = key(10);
        let statement =
            SignedStatement::of_payload(&claims, "application/json", payload, &Signer::eddsa(&signer));
        statement.unwrap().verify(&issuers(), AT).unwrap()
    };
    let canonical = records[0].canonical();
    assert!(about(records[0].subject(), canonical).record().is_ok());
    let other = about("spiffe://acme.example/other", canonical);
    assert_eq!(other.record().unwrap_err(), StatementFault::Subject.into());
    assert_eq!(other.is_about(&records[0]), Err(StatementFault::Subject.into()));
    let spaced = [b" ", canonical].concat();
    assert_eq!(
        about(records[0].subject(), &spaced).record().unwrap_err(),
        StatementFault::NotCanonical.into()
    );
    assert_eq!(codes(about(records[0].subject(), b"{}").record()), ErrorCode::TraceRecordInvalid);
}

/// covers LOG-34
#[test]
fn the_hash_of_a_record_inside() {
    covers!(accept, "LOG-34");
    covers!(refuse, "LOG-34");
    let records = records();
    let signer = key(10);
    let signer = Signer::eddsa(&signer);
    let statement = SignedStatement::of_hash(&records[0], ISSUER, NOW, &signer).unwrap();
    let verified = statement.verify(&issuers(), AT).unwrap();
    let Content::Digest(envelope) = verified.content() else { panic!("no digest") };
    assert_eq!(envelope.digest, records[0].hash(), "the digest that a child's link names");
    assert_eq!(verified.payload().len(), 32, "and nothing else");
    assert!(verified.is_about(&records[0]).is_ok());
    assert!(verified.record().is_err());
    assert_eq!(verified.is_about(&records[1]), Err(StatementFault::OtherContent.into()));

    let elsewhere =
        HashEnvelope { digest: TraceLink::sha256_of(b"elsewhere"), preimage_type: None, location: None };
    let claims = Claims { subject: records[0].subject().into(), ..claims(NOW) };
    let other = SignedStatement::of_digest(&claims, &elsewhere, &signer).unwrap();
    let other = other.verify(&issuers(), AT).unwrap();
    assert_eq!(other.is_about(&records[0]), Err(StatementFault::OtherContent.into()));
}

fn callees_statement() -> Statement {
    let chain = chain();
    let (id, assurance) = ("rec-1".parse().unwrap(), CallerAssurance::NotOffered);
    let record = DelegationRecord::allow(chain.leaf(), id, ParentLink::Root, assurance);
    let call = Call {
        chain: &chain,
        record: &record,
        trace_record: None,
        capability: &"web:search".parse().unwrap(),
        effective_scope: &scope(&["web:search"]),
        verdict: Verdict::Allow,
        measurement: None,
        appraisal: None,
        payload: None,
        policy: Sha256::of(b"policy"),
        issued_at: NOW,
        channel_key: ChannelKey([0x51; 32]),
        manifest: None,
    };
    call.sign(&key(9)).unwrap()
}

/// covers LOG-38
#[test]
fn the_statement_of_a_callee_inside() {
    covers!(accept, "LOG-38");
    covers!(refuse, "LOG-38");
    let own = callees_statement();
    let signer = key(10);
    let signer = Signer::eddsa(&signer);
    for about in [
        SignedStatement::of(&own, ISSUER, NOW, &signer),
        SignedStatement::of_hash(&own, ISSUER, NOW, &signer),
    ] {
        let verified = about.unwrap().verify(&issuers(), AT).unwrap();
        assert_eq!(verified.claims().subject, did_jwk(own.callee()));
        assert!(verified.is_about(&own).is_ok());
        let other = verified.is_about(&records()[0]);
        assert_eq!(other, Err(StatementFault::OtherContent.into()));
        assert!(verified.record().is_err());
    }
    let claims = Claims { subject: "spiffe://acme.example/other".into(), ..claims(NOW) };
    let about = SignedStatement::of_payload(&claims, "application/json", &own.canonical(), &signer).unwrap();
    let verified = about.verify(&issuers(), AT).unwrap();
    assert_eq!(verified.is_about(&own), Err(StatementFault::Subject.into()));
}

/// covers LOG-39
#[test]
fn a_file_by_its_digest() {
    covers!(accept, "LOG-39");
    covers!(refuse, "LOG-39");
    let signer = key(10);
    let signer = Signer::eddsa(&signer);
    let named = Claims { subject: "ca2a-0.1.0.tar.gz".into(), ..claims(NOW) };
    let stated = SignedStatement::of_file(&named, "application/gzip", b"the file", &signer).unwrap();
    let Content::Digest(envelope) = stated.content() else { panic!("{stated:?}") };
    assert!(envelope.preimage_type.as_ref().unwrap().is("application/gzip"));
    let verified = stated.verify(&issuers(), AT).unwrap();
    assert_eq!(verified.payload(), Sha256::of(b"the file").0);
    assert_eq!(verified.is_of_bytes(b"the file"), Ok(()));
    for other in [&b"the File"[..], b"", verified.payload()] {
        assert_eq!(verified.is_of_bytes(other), Err(StatementFault::OtherContent.into()));
    }
    let nameless = Claims { subject: String::new(), ..claims(NOW) };
    assert!(SignedStatement::of_file(&nameless, "application/gzip", b"the file", &signer).is_err());
}

fn judge_transparent(bytes: &[u8]) -> Result<(usize, usize), ScittError> {
    let verified = TransparentStatement::read(bytes)?.verify(&issuers(), &logs(), AT)?;
    Ok((verified.receipts().len(), verified.unverifiable().len()))
}

fn with_receipts(statement: &SignedStatement, receipts: Vec<Vec<u8>>) -> Vec<u8> {
    let receipts = Value::Array(receipts.into_iter().map(Value::Bytes).collect());
    let message: Sign1 = statement.message().with_unprotected(vec![(394.into(), receipts)]).unwrap();
    message.to_vec().unwrap()
}

/// covers LOG-36, LOG-37
#[test]
fn receipts_of_a_statement() {
    covers!(accept, "LOG-36", "LOG-37");
    covers!(refuse, "LOG-36", "LOG-37");
    let statement = statement();
    let good = receipt(&statement, 11, NOW).to_vec().unwrap();
    let newer = receipt(&statement, 11, NOW + 1).to_vec().unwrap();
    let stranger = receipt(&statement, 12, NOW).to_vec().unwrap();
    let other_statement = SignedStatement::of(&records()[1], ISSUER, NOW, &Signer::eddsa(&key(10))).unwrap();
    let misplaced = receipt(&other_statement, 11, NOW).to_vec().unwrap();
    let (raw, root) = raw_receipt(statement.leaf().unwrap());
    let unknown = seal(
        Raw {
            protected: raw
                .protected
                .into_iter()
                .map(|(label, value)| if label == 395 { (395, 9.into()) } else { (label, value) })
                .collect(),
            ..raw
        },
        root,
    );

    let judge = |receipts: &[&Vec<u8>]| {
        judge_transparent(&with_receipts(&statement, receipts.iter().map(|bytes| bytes.to_vec()).collect()))
    };
    assert_eq!(judge(&[&good]), Ok((1, 0)));
    assert_eq!(judge(&[&good, &newer]), Ok((2, 0)));
    assert_eq!(judge(&[&stranger, &good, &unknown]), Ok((1, 2)));
    assert_eq!(judge(&[&stranger, &unknown]), Err(StatementFault::NoTrustedReceipt.into()));
    assert_eq!(codes(judge(&[&stranger])), ErrorCode::UntrustedSigner);
    // One bad receipt of a trusted log spoils the whole, however many good ones there are.
    let error = judge(&[&good, &misplaced]).unwrap_err();
    assert!(matches!(error, ScittError::Receipt { receipt: Some(1), .. }), "{error}");
    assert_eq!(error.code(), ErrorCode::ReceiptInvalid);
    assert_eq!(judge(&[&good, &good]), Err(StatementFault::RepeatedReceipt.into()));
    assert_eq!(codes(judge(&[])), ErrorCode::StatementInvalid);
    let crowd: Vec<_> = (0..17).map(|at| receipt(&statement, 11, NOW - at).to_vec().unwrap()).collect();
    assert_eq!(judge(&crowd.iter().collect::<Vec<_>>()), Err(StatementFault::Receipts(16).into()));
    assert_eq!(judge(&crowd.iter().take(16).collect::<Vec<_>>()), Ok((16, 0)));
    assert!(judge(&[&vec![0xf6]]).is_err());
    assert_eq!(codes(judge_transparent(&statement.to_vec().unwrap())), ErrorCode::StatementInvalid);

    // The issuer's signature counts as much as the log's.
    let unsigned = SignedStatement::of(&records()[0], ISSUER, NOW, &Signer::eddsa(&key(9))).unwrap();
    let logged = with_receipts(&unsigned, vec![receipt(&unsigned, 11, NOW).to_vec().unwrap()]);
    assert_eq!(codes(judge_transparent(&logged)), ErrorCode::UntrustedSigner);
}
