//! What tests of statements and receipts share: an issuer, a log, a statement, and receipts made by hand.
#![allow(dead_code, reason = "each test file uses its part")]

use ca2a_core::{
    ErrorCode, EvaluationTime, Sha256, SigningKey,
    cose::{Claims, Draft, PublicKey, Signer, Value, to_vec},
};
use ca2a_trace::{
    merkle::{Frontier, InclusionProof, LeafHash, MemoryNodes, TreeHead, prove_inclusion},
    scitt::{InclusionReceipt, LogSigner, ScittError, SignedStatement, TrustedSigners},
};

use crate::support::{NOW, key, records};

pub(crate) const ISSUER: &str = "https://acme.example";
pub(crate) const LOG: &str = "https://log.example";
pub(crate) const AT: EvaluationTime = EvaluationTime::Live(NOW);

pub(crate) fn public(key: &SigningKey) -> PublicKey {
    key.verifying_key().into()
}

pub(crate) fn issuers() -> TrustedSigners {
    TrustedSigners::from_iter([(ISSUER, public(&key(10)))])
}

pub(crate) fn logs() -> TrustedSigners {
    TrustedSigners::from_iter([(LOG, public(&key(11)))])
}

pub(crate) fn claims(issued_at: u64) -> Claims {
    Claims { issuer: ISSUER.into(), subject: "somebody".into(), issued_at: Some(issued_at) }
}

pub(crate) fn statement() -> SignedStatement {
    SignedStatement::of(&records()[0], ISSUER, NOW, &Signer::eddsa(&key(10))).unwrap()
}

pub(crate) fn codes(result: Result<impl Sized, ScittError>) -> ErrorCode {
    result.err().map_or_else(|| panic!("accepted"), |error| error.code())
}

pub(crate) struct Tree {
    pub(crate) nodes: MemoryNodes,
    pub(crate) head: TreeHead,
}

/// A log of `size` entries, the one at `place` being `leaf`.
pub(crate) fn log_of(size: u64, place: u64, leaf: LeafHash) -> Tree {
    let (mut frontier, mut nodes) = (Frontier::default(), MemoryNodes::default());
    for number in 0..size {
        let leaf = if number == place { leaf } else { LeafHash::of(&number.to_be_bytes()) };
        frontier.append(leaf).unwrap().into_iter().for_each(|node| nodes.store(node));
    }
    Tree { nodes, head: frontier.head() }
}

pub(crate) fn log_signer(key: &SigningKey) -> LogSigner<'_> {
    LogSigner::new(LOG, Signer::eddsa(key))
}

pub(crate) fn receipt(statement: &SignedStatement, by: u8, issued_at: u64) -> InclusionReceipt {
    let leaf = statement.leaf().unwrap();
    let proof = prove_inclusion(&log_of(5, 3, leaf).nodes, 3, 5).unwrap();
    log_signer(&key(by)).include("somebody", issued_at, leaf, &proof).unwrap()
}

pub(crate) struct Raw {
    pub(crate) protected: Vec<(i64, Value)>,
    pub(crate) unprotected: Vec<(i64, Value)>,
    pub(crate) payload: Option<Vec<u8>>,
}

/// The parts of a good receipt for `leaf`, and the root that it is signed over.
pub(crate) fn raw_receipt(leaf: LeafHash) -> (Raw, Sha256) {
    let tree = log_of(5, 3, leaf);
    let proof = prove_inclusion(&tree.nodes, 3, 5).unwrap();
    let key_id = public(&key(11)).thumbprint().unwrap().0.to_vec();
    let claims = Claims { issuer: LOG.into(), ..claims(NOW) };
    let protected = vec![(4, Value::Bytes(key_id)), (15, claims.to_value()), (395, 1.into())];
    (Raw { protected, unprotected: vec![(396, proofs(&proof))], payload: None }, tree.head.root)
}

pub(crate) fn encoded(proof: &InclusionProof) -> Value {
    let path = proof.path().iter().map(|hash| Value::Bytes(hash.0.to_vec())).collect();
    let parts = Value::Array(vec![proof.size().into(), proof.index().into(), Value::Array(path)]);
    Value::Bytes(to_vec(&parts).unwrap())
}

pub(crate) fn proofs(proof: &InclusionProof) -> Value {
    Value::Map(vec![((-1).into(), Value::Array(vec![encoded(proof)]))])
}

pub(crate) fn seal(raw: Raw, root: Sha256) -> Vec<u8> {
    let draft =
        raw.protected.into_iter().fold(Draft::new(), |draft, (label, value)| draft.protect(label, value));
    let draft = raw.unprotected.into_iter().fold(draft, |draft, (label, value)| draft.expose(label, value));
    let signer = key(11);
    let signed = match raw.payload {
        Some(payload) => draft.payload(&payload).sign(&Signer::eddsa(&signer)),
        None => draft.sign_detached(&Signer::eddsa(&signer), &root.0),
    };
    signed.unwrap().to_vec().unwrap()
}
