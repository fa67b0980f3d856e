//! The shared COSE vectors: each is verified, made again byte for byte, and refused with any one of its bytes changed.

use ca2a_core::{
    ErrorCode, EvaluationTime, Sha256, SigningKey, VerifyingKey,
    cose::{Algorithm, PublicKey, Signer},
};
use ca2a_trace::{
    RecordVerifier, TrustRecord,
    cose::Eat,
    merkle::{LeafHash, TreeHead},
    scitt::{
        ConsistencyReceipt, Content, InclusionReceipt, LogSigner, SignedStatement, TransparentStatement,
        TrustedSigners,
    },
};
use serde_json::Value;

const ISSUER: &str = "https://issuer.example";
const LOG: &str = "https://log.example";
const ISSUED_AT: u64 = 1_789_999_940;
const AT: EvaluationTime = EvaluationTime::At(1_790_000_000);

struct Vectors(Value);

fn unhex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn hash(value: &Value) -> Sha256 {
    Sha256::from_hex(value.as_str().unwrap()).unwrap()
}

impl Vectors {
    fn load() -> Option<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/cose-vectors.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("SKIPPED: cose-vectors.json is not here");
            return None;
        };
        Some(Self(serde_json::from_str(&text).unwrap()))
    }

    fn of_kind(&self, kind: &str) -> Vec<&Value> {
        let cases: Vec<_> =
            self.0["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).collect();
        assert!(!cases.is_empty(), "no case of kind {kind}");
        cases
    }

    fn case(&self, id: &str) -> &Value {
        self.0["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap()
    }

    fn statement(&self, id: &str) -> SignedStatement {
        SignedStatement::read(&unhex(&self.case(id)["hex"])).unwrap()
    }

    fn record(&self) -> TrustRecord<'static> {
        let statement = self.statement("STMT-eddsa");
        TrustRecord::from_json(statement.message().payload().unwrap()).unwrap().into_owned()
    }

    /// The key that the file calls `name`, made from the seed of its place.
    fn key(&self, name: &str, first: u8) -> SigningKey {
        let key = SigningKey::from_seed(&std::array::from_fn(|at| first + at as u8));
        assert_eq!(key.verifying_key().to_hex(), self.0["keys"][name]["public_hex"]);
        key
    }

    fn agent(&self) -> SigningKey {
        self.key("A", 0)
    }

    fn log(&self) -> SigningKey {
        self.key("B", 32)
    }

    fn issuers(&self) -> TrustedSigners {
        TrustedSigners::from_iter([(ISSUER, self.agent().verifying_key().into())])
    }

    fn logs(&self) -> TrustedSigners {
        TrustedSigners::from_iter([(LOG, self.log().verifying_key().into())])
    }
}

fn signer<'k>(case: &Value, key: &'k SigningKey) -> Signer<'k> {
    match case["alg"].as_i64() {
        Some(-19) => Signer::ed25519(key),
        _ => Signer::eddsa(key),
    }
}

/// Checks that `accepts` takes `bytes` and refuses them with any one bit of any one byte changed.
fn only_as_it_is(name: &str, bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(bytes), "{name}");
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << (at % 8);
        assert!(!accepts(&changed), "{name} with byte {at} changed");
    }
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(!accepts(&bytes[..length]), "{name} cut to {length}");
    }
    assert!(!accepts(&[bytes, &[0]].concat()), "{name} with a byte more");
}

/// covers LOG-6
#[test]
fn thumbprints() {
    let Some(vectors) = Vectors::load() else { return };
    for (_, key) in vectors.0["keys"].as_object().unwrap() {
        let public = VerifyingKey::from_hex(key["public_hex"].as_str().unwrap()).unwrap();
        let thumbprint = PublicKey::from(public).thumbprint().unwrap();
        assert_eq!(thumbprint.to_hex(), key["cose_key_thumbprint_hex"]);
    }
}

/// covers LOG-2, LOG-5, LOG-30, LOG-33, LOG-35
#[test]
fn signed_statements() {
    let Some(vectors) = Vectors::load() else { return };
    let (record, agent) = (vectors.record(), vectors.agent());
    for case in vectors.of_kind("signed-statement") {
        let (name, bytes) = (case["id"].as_str().unwrap(), unhex(&case["hex"]));
        let statement = SignedStatement::read(&bytes).unwrap();
        assert_eq!(statement.message().protected_bytes(), unhex(&case["protected_hex"]), "{name}");
        let verified = statement.verify(&vectors.issuers(), AT).unwrap();
        assert_eq!(verified.claims().issued_at, Some(ISSUED_AT));
        assert_eq!(verified.record().unwrap().hash(), record.hash());
        verified.is_about(&record).unwrap();

        let made = SignedStatement::of(&record, ISSUER, ISSUED_AT, &signer(case, &agent)).unwrap();
        assert_eq!(made.to_vec().unwrap(), bytes, "{name}");
        only_as_it_is(name, &bytes, |bytes| {
            SignedStatement::read(bytes).and_then(|read| read.verify(&vectors.issuers(), AT)).is_ok()
        });
    }
}

/// covers LOG-31, LOG-34
#[test]
fn hash_envelopes() {
    let Some(vectors) = Vectors::load() else { return };
    let (record, agent) = (vectors.record(), vectors.agent());
    for case in vectors.of_kind("hash-envelope") {
        let (name, bytes) = (case["id"].as_str().unwrap(), unhex(&case["hex"]));
        let verified = SignedStatement::read(&bytes).unwrap().verify(&vectors.issuers(), AT).unwrap();
        assert_eq!(verified.payload(), unhex(&case["payload_hex"]));
        let Content::Digest(envelope) = verified.content() else { panic!("{name} is no envelope") };
        assert_eq!(envelope.digest, record.hash());
        verified.is_about(&record).unwrap();
        assert!(verified.record().is_err());

        let made = SignedStatement::of_hash(&record, ISSUER, ISSUED_AT, &signer(case, &agent)).unwrap();
        assert_eq!(made.to_vec().unwrap(), bytes, "{name}");
        only_as_it_is(name, &bytes, |bytes| {
            SignedStatement::read(bytes).and_then(|read| read.verify(&vectors.issuers(), AT)).is_ok()
        });
    }
}

/// covers LOG-32, LOG-40, LOG-41, LOG-43
#[test]
fn receipts_of_inclusion() {
    let Some(vectors) = Vectors::load() else { return };
    let log = vectors.log();
    for case in vectors.of_kind("receipt-of-inclusion") {
        let (name, bytes) = (case["id"].as_str().unwrap(), unhex(&case["hex"]));
        let leaf = vectors.statement(case["entry"].as_str().unwrap()).leaf().unwrap();
        assert_eq!(leaf.0, hash(&case["leaf_hash_hex"]), "{name}");
        let receipt = InclusionReceipt::read(&bytes).unwrap();
        let verified = receipt.clone().verify(leaf, &vectors.logs(), AT).unwrap();
        let head = TreeHead { size: case["tree_size"].as_u64().unwrap(), root: hash(&case["root_hex"]) };
        assert_eq!(verified.root(), head.root, "{name}");
        assert_eq!(verified.confirm(&head).unwrap(), case["leaf_index"].as_u64().unwrap(), "{name}");

        let other = receipt.clone().verify(LeafHash::of(b"another entry"), &vectors.logs(), AT);
        assert_eq!(other.is_ok(), case["verify_ok_wrong_root"].as_bool().unwrap(), "{name}");
        assert_eq!(other.unwrap_err().code(), ErrorCode::ReceiptInvalid, "{name}");

        let (signer, said) = (LogSigner::new(LOG, signer(case, &log)), receipt.claims());
        let made = signer.include(&said.subject, said.issued_at.unwrap(), leaf, receipt.proof()).unwrap();
        assert_eq!(made.to_vec().unwrap(), bytes, "{name}");
        only_as_it_is(name, &bytes, |bytes| {
            InclusionReceipt::read(bytes).and_then(|read| read.verify(leaf, &vectors.logs(), AT)).is_ok()
        });
    }
}

/// covers LOG-40, LOG-42, LOG-43
#[test]
fn receipts_of_consistency() {
    let Some(vectors) = Vectors::load() else { return };
    let log = vectors.log();
    for case in vectors.of_kind("receipt-of-consistency") {
        let (name, bytes) = (case["id"].as_str().unwrap(), unhex(&case["hex"]));
        let receipt = ConsistencyReceipt::read(&bytes).unwrap();
        let old = TreeHead { size: receipt.proof().old_size(), root: hash(&case["old_root_hex"]) };
        let new = TreeHead { size: receipt.proof().new_size(), root: hash(&case["new_root_hex"]) };
        let verified = receipt.clone().verify(&old, &vectors.logs(), AT).unwrap();
        assert_eq!((verified.old(), verified.root()), (old, new.root), "{name}");
        verified.confirm(&new).unwrap();

        let forked = TreeHead { root: Sha256::of(b"another history"), ..old };
        let error = receipt.clone().verify(&forked, &vectors.logs(), AT).unwrap_err();
        // From a full tree the path starts at the root that is kept, and only the signature shows the fork.
        let expected = match old.size.is_power_of_two() {
            true => ErrorCode::ReceiptInvalid,
            false => ErrorCode::LogInconsistent,
        };
        assert_eq!(error.code(), expected, "{name}");

        let (signer, said) = (LogSigner::new(LOG, signer(case, &log)), receipt.claims());
        let made = signer.extend(&said.subject, said.issued_at.unwrap(), &old, receipt.proof()).unwrap();
        assert_eq!(made.to_vec().unwrap(), bytes, "{name}");
        only_as_it_is(name, &bytes, |bytes| {
            ConsistencyReceipt::read(bytes).and_then(|read| read.verify(&old, &vectors.logs(), AT)).is_ok()
        });
    }
}

/// covers LOG-36, LOG-37
#[test]
fn transparent_statements() {
    let Some(vectors) = Vectors::load() else { return };
    for case in vectors.of_kind("transparent-statement") {
        let (name, bytes) = (case["id"].as_str().unwrap(), unhex(&case["hex"]));
        let verify =
            |bytes: &[u8]| TransparentStatement::read(bytes)?.verify(&vectors.issuers(), &vectors.logs(), AT);
        let verified = verify(&bytes).unwrap();
        let receipts = case["receipts"].as_array().unwrap();
        assert_eq!(verified.receipts().len(), receipts.len());
        assert!(verified.unverifiable().is_empty());

        let statement = vectors.statement(case["statement"].as_str().unwrap());
        let receipts = receipts.iter().map(|id| &vectors.case(id.as_str().unwrap())["hex"]);
        let receipts = receipts.map(|hex| InclusionReceipt::read(&unhex(hex)).unwrap()).collect();
        let made = TransparentStatement::new(statement, receipts).unwrap();
        assert_eq!(made.to_vec().unwrap(), bytes, "{name}");
        only_as_it_is(name, &bytes, |bytes| verify(bytes).is_ok());
    }
}

/// covers LOG-20, LOG-21, LOG-22, LOG-23
#[test]
fn attestation_tokens() {
    let Some(vectors) = Vectors::load() else { return };
    let (record, agent) = (vectors.record(), vectors.agent());
    let key = PublicKey::from(agent.verifying_key());
    for case in vectors.of_kind("eat-cwt (proposal)") {
        let (name, bytes) = (case["id"].as_str().unwrap(), unhex(&case["hex"]));
        let token = Eat::read(&bytes).unwrap().verify(&key).unwrap();
        let verifier = RecordVerifier::new(ca2a_trace::TrustedKey::from(agent.verifying_key()).into());
        token.attests(&verifier.verify(record.clone(), AT).unwrap()).unwrap();

        let made = Eat::of(&record, &signer(case, &agent)).unwrap().to_vec().unwrap();
        assert_eq!(made, bytes, "{name}");
        assert!(
            made.windows(unhex(&case["claims_hex"]).len()).any(|part| part == unhex(&case["claims_hex"]))
        );
        only_as_it_is(name, &bytes, |bytes| Eat::read(bytes).and_then(|read| read.verify(&key)).is_ok());
    }
}

/// Every case of the file is of a kind that a test above runs, and is a good one.
#[test]
fn nothing_is_left_out() {
    let Some(vectors) = Vectors::load() else { return };
    let known = [
        "signed-statement",
        "hash-envelope",
        "receipt-of-inclusion",
        "receipt-of-consistency",
        "transparent-statement",
        "eat-cwt (proposal)",
    ];
    let cases = vectors.0["cases"].as_array().unwrap();
    assert!(cases.iter().all(|case| known.contains(&case["kind"].as_str().unwrap())));
    assert!(cases.iter().all(|case| case.get("verify_ok").is_none_or(|ok| ok == true)));
    let numbers = [Algorithm::EdDsa, Algorithm::Ed25519].map(Algorithm::number);
    assert!(cases.iter().filter_map(|case| case["alg"].as_i64()).all(|alg| numbers.contains(&alg)));
    assert!(cases.len() >= 15);
}
