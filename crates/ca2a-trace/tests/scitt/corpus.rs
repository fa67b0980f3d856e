//! Receipts and statements that others made: the example receipts of RFC 9942, and statements for transparency services.

use std::{fs, path::Path};

use ca2a_core::{
    ErrorCode, EvaluationTime, P256VerifyingKey, Sha256, SigningKey,
    cose::{Encoding, PublicKey, Reader, Sign1, Value, to_vec},
};
use ca2a_trace::{
    merkle::{LeafHash, TreeHead},
    scitt::{ConsistencyReceipt, InclusionReceipt, SignedStatement, TrustedSigners},
};
use p256::ecdsa::{RecoveryId, Signature};

const AT: EvaluationTime = EvaluationTime::At(1_790_000_000);
const ANY_ORDER: Reader = Reader::new(Encoding::AnyOrder);

fn corpus(name: &str) -> Option<Vec<u8>> {
    let path = format!("{}/../../../shared/corpora/cose-receipts/{name}", env!("CARGO_MANIFEST_DIR"));
    let bytes = fs::read(Path::new(&path)).ok();
    if bytes.is_none() {
        println!("SKIPPED: {name} is not here");
    }
    bytes
}

/// A key under which the signature of `message` over `payload` holds, computed from the signature.
fn fitting_key(message: &Sign1, payload: &[u8]) -> PublicKey {
    let parts = [message.protected_bytes(), b"", payload].map(|part| Value::Bytes(part.to_vec()));
    let input = [vec![Value::from("Signature1")], parts.to_vec()].concat();
    let digest = Sha256::of(&to_vec(&Value::Array(input)).unwrap());
    let signature = Signature::from_slice(message.signature()).unwrap();
    let recover = |id| {
        let id = RecoveryId::from_byte(id).unwrap();
        let key = p256::ecdsa::VerifyingKey::recover_from_prehash(&digest.0, &signature, id).ok()?;
        P256VerifyingKey::from_sec1(key.to_sec1_point(false).as_bytes()).ok().map(PublicKey::from)
    };
    (0..4).find_map(recover).unwrap()
}

/// The two example receipts are about one log. The leaf of the one stands in the path of the other, and both paths lead to
/// one root. Their keys are not published, and no one key signed both; so each is held against a key that its signature fits,
/// which shows what the signature covers and not who made it.
///
/// covers LOG-5, LOG-40, LOG-41, LOG-42
#[test]
fn the_example_receipts_of_the_working_group() {
    let names = ["draft-examples/inclusion-receipt.cbor", "draft-examples/consistency-receipt.cbor"];
    let [Some(inclusion_bytes), Some(consistency_bytes)] = names.map(corpus) else { return };
    let strict = InclusionReceipt::read(&inclusion_bytes).unwrap_err();
    assert_eq!(strict.code(), ErrorCode::ReceiptInvalid, "its headers are not in deterministic order");

    let inclusion = InclusionReceipt::read_with(ANY_ORDER, &inclusion_bytes).unwrap();
    let consistency = ConsistencyReceipt::read_with(ANY_ORDER, &consistency_bytes).unwrap();
    assert_eq!((inclusion.proof().index(), inclusion.proof().size()), (3, 5));
    assert_eq!((consistency.proof().old_size(), consistency.proof().new_size()), (3, 5));

    // From 3 leaves to 5: the path is leaf 2, leaf 3, the node over 0 and 1, leaf 4.
    let [second, third, left, fourth] = consistency.proof().path() else { panic!("four hashes") };
    assert_eq!(inclusion.proof().path(), [*second, *left, *fourth]);
    let leaf = LeafHash(*third);
    let old = TreeHead { size: 3, root: Sha256::of_parts(&[&[1], &left.0, &second.0]) };
    let head = inclusion.proof().lead(leaf).unwrap();
    assert_eq!(consistency.proof().lead(&old), Ok(head));

    let issuer = inclusion.claims().issuer.clone();
    let logs_of = |bytes: &[u8]| {
        let key = fitting_key(&ANY_ORDER.sign1(bytes).unwrap(), &head.root.0);
        TrustedSigners::new().trust_as(&issuer, b"test-key-1", key)
    };
    let logs = logs_of(&inclusion_bytes);
    assert_eq!(inclusion.clone().verify(leaf, &logs, AT).unwrap().root(), head.root);
    assert!(inclusion.clone().verify(LeafHash(*second), &logs, AT).is_err());
    assert!(inclusion.verify(leaf, &TrustedSigners::new(), AT).unwrap_err().is_unverifiable());

    let logs = logs_of(&consistency_bytes);
    assert_eq!(consistency.clone().verify(&old, &logs, AT).unwrap().root(), head.root);
    let forked = TreeHead { root: Sha256::of(b""), ..old };
    assert_eq!(consistency.verify(&forked, &logs, AT).unwrap_err().code(), ErrorCode::LogInconsistent);
}

/// Statements that we judge otherwise than the services that took them in, each with its reason. All of them have their
/// headers in another order than the deterministic one, or a time that is no number.
const EXCEPTIONS: &[(&str, &str, ErrorCode)] = &[
    (
        "cosesign1tool-scitt-a3be7e5.cose",
        "it names its signer by a certificate and a DID over it; only pinned keys are supported",
        ErrorCode::EvidenceUnsupported,
    ),
    ("css-attested-cosesign1-20250617.cose", TAGGED_TIME, ErrorCode::StatementInvalid),
    ("css-attested-cosesign1-20250812.cose", TAGGED_TIME, ErrorCode::StatementInvalid),
    (
        "css-attested-cosesign1-20250925.cose",
        "it has no subject, which RFC 9943 section 6 demands",
        ErrorCode::StatementInvalid,
    ),
    (
        "css-attested-cosesign1-20260302.cose",
        "a private header that we do not know is critical",
        ErrorCode::EvidenceUnsupported,
    ),
    ("cts-hashv-cwtclaims-b64url.cose", TAGGED_TIME, ErrorCode::StatementInvalid),
    ("manifest.spdx.json.sha384.digest.cose", TAGGED_TIME, ErrorCode::StatementInvalid),
    ("uvm_0.2.10.cose", TAGGED_TIME, ErrorCode::StatementInvalid),
];

const TAGGED_TIME: &str = "its `iat` stands under tag 1, which RFC 8392 section 2 forbids";

/// covers LOG-4, LOG-30, LOG-35
#[test]
fn statements_of_another_maker() {
    for (name, reason, code) in EXCEPTIONS {
        let Some(bytes) = corpus(&format!("scitt-ccf/{name}")) else { continue };
        assert!(SignedStatement::read(&bytes).is_err(), "{name} is deterministic after all");
        let anybody = SigningKey::from_seed(&[1; 32]).verifying_key();
        let judged = SignedStatement::read_with(ANY_ORDER, &bytes).and_then(|statement| {
            let key_id = statement.message().key_id().unwrap_or_default().to_vec();
            let issuers = TrustedSigners::new().trust_as(&statement.claims().issuer, &key_id, anybody.into());
            statement.verify(&issuers, AT)
        });
        assert_eq!(judged.unwrap_err().code(), *code, "{name}");
        println!("EXCEPTION {name}: {reason}");
    }
}

/// The one statement whose algorithm we know: its signature holds under the key of its leaf certificate.
///
/// covers LOG-5
#[test]
fn a_statement_signed_under_a_certificate() {
    let Some(bytes) = corpus("scitt-ccf/cosesign1tool-scitt-a3be7e5.cose") else { return };
    let message = ANY_ORDER.sign1(&bytes).unwrap();
    let chain = message.protected().get(33).and_then(Value::as_array).unwrap();
    let certificate = chain[0].as_bytes().unwrap();
    // The end of a P-256 SubjectPublicKeyInfo: the curve, and a bit string with a point that is not compressed.
    let curve = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
    let at = certificate.windows(curve.len()).position(|part| part == curve).unwrap() + curve.len();
    let key = PublicKey::from(P256VerifyingKey::from_sec1(&certificate[at..at + 65]).unwrap());
    assert!(message.clone().verify(&key).is_ok());
    let other = fitting_key(&message, b"another payload");
    assert!(message.verify(&other).is_err());
}

/// Receipts of other kinds of trees are not taken for ours, and not called false either where they say what they are.
///
/// covers LOG-36, LOG-40
#[test]
fn receipts_of_another_kind() {
    let (mut unsupported, mut shapeless) = (0, 0);
    for (name, _, _) in EXCEPTIONS {
        let Some(bytes) = corpus(&format!("scitt-ccf/{name}")) else { return };
        let message = ANY_ORDER.sign1(&bytes).unwrap();
        let receipts = message.unprotected().get(394).and_then(Value::as_array);
        for receipt in receipts.into_iter().flatten() {
            match InclusionReceipt::read_with(ANY_ORDER, receipt.as_bytes().unwrap()).unwrap_err().code() {
                ErrorCode::EvidenceUnsupported => unsupported += 1,
                ErrorCode::ReceiptInvalid => shapeless += 1,
                other => panic!("{name}: {other}"),
            }
        }
    }
    assert_eq!((unsupported, shapeless), (1, 1));
}
