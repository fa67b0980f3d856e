//! Evidence for a scene: what its agents record, what a callee states, and what a log says.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests; each file uses a part"
)]

use ca2a_cli::MemoryFs;
use ca2a_core::{
    CallerAssurance, ChannelKey, EvaluationTime, RecordId, Sha256, SigningKey, TraceLink,
    cose::Signer,
    json::{Node, Object, to_text},
};
use ca2a_delegation::{Chain, ChainVerifier, TrustedRoots};
use ca2a_trace::{
    Delegation, DelegationRecord, Denial, HopContext, ParentLink, TrustRecord,
    merkle::{Frontier, LeafHash, MemoryNodes, prove_inclusion},
    scitt::{LogSigner, SignedStatement, TransparentStatement},
    statement::{Call, PayloadDigest, Statement, Verdict},
};

use super::{NOW, Scene};

pub fn key(files: &MemoryFs, name: &str) -> SigningKey {
    SigningKey::from_pkcs8_pem(std::str::from_utf8(&files.get(name).unwrap().bytes).unwrap()).unwrap()
}

pub fn chain(files: &MemoryFs) -> Chain {
    Chain::from_json(&files.get("chain.json").unwrap().bytes).unwrap()
}

pub fn document(records: impl IntoIterator<Item = Node<'static>>) -> String {
    to_text(&Object::from([("records", records.into_iter().collect::<Node<'_>>())]).into())
}

/// The signed records of a scene: the planner's, then the researcher's.
pub fn signed(scene: &Scene) -> [TrustRecord<'static>; 2] {
    let context = HopContext::software("maker", "model", "image", TraceLink::sha256_of(b"policy"));
    let hops = chain(&scene.files).credentials().unwrap();
    let first = context
        .sign("spiffe://example.org/planner", NOW - 9, None, &key(&scene.files, "planner.pem"))
        .unwrap();
    let place = Delegation::continuing(&first, hops[1].id().clone());
    let researcher = key(&scene.files, "researcher.pem");
    let second = context.sign("spiffe://example.org/researcher", NOW - 8, Some(&place), &researcher).unwrap();
    [first, second]
}

/// The unsigned records of a scene, the last one a denial.
pub fn unsigned(scene: &Scene) -> String {
    let hops = chain(&scene.files).credentials().unwrap();
    let id = |text: &str| RecordId::new(text).unwrap();
    let seen = CallerAssurance::NotOffered;
    let first = DelegationRecord::allow(&hops[0], id("r0"), ParentLink::Root, seen);
    let second = DelegationRecord::allow(&hops[1], id("r1"), first.hash().into(), seen);
    let denial = Denial::out_of_scope("write".parse().unwrap(), hops[1].scope().clone());
    let third = DelegationRecord::deny(&hops[1], id("r2"), second.hash().into(), seen, denial);
    document([first, second, third].map(|record| record.to_node()))
}

/// What a callee says about a call of the researcher that it let through.
pub fn stated(scene: &Scene, callee: &SigningKey) -> Statement {
    let root = ca2a_core::VerifyingKey::from_hex(&scene.root).unwrap();
    let roots = TrustedRoots::from_iter([root]);
    let verified = ChainVerifier::new(&roots).verify(&chain(&scene.files), EvaluationTime::At(NOW)).unwrap();
    let id = RecordId::new("r0").unwrap();
    let seen = CallerAssurance::NotOffered;
    let record = DelegationRecord::allow(verified.leaf(), id, ParentLink::Root, seen);
    Call {
        chain: &verified,
        record: &record,
        trace_record: Some(signed(scene)[1].hash()),
        capability: &"read".parse().unwrap(),
        effective_scope: verified.scope(),
        verdict: Verdict::Allow,
        measurement: None,
        appraisal: None,
        payload: Some(PayloadDigest::of([7; 16], b"sealed payload")),
        policy: Sha256::of(b"policy"),
        issued_at: NOW - 7,
        channel_key: ChannelKey([0x51; 32]),
        manifest: None,
    }
    .sign(callee)
    .unwrap()
}

pub const LOG: &str = "https://log.example";
pub const ISSUER: &str = "https://issuer.example";

/// A log that took in an entry for each record, among others.
pub struct Logged {
    /// The entries, without their receipts.
    pub entries: Vec<Vec<u8>>,
    /// A receipt for each.
    pub receipts: Vec<Vec<u8>>,
    /// The same, together.
    pub transparent: Vec<Vec<u8>>,
    /// The log's head when it gave the receipts.
    pub checkpoint: Vec<u8>,
}

pub fn logged(records: &[TrustRecord<'_>], issuer: &SigningKey, log: &SigningKey) -> Logged {
    let issuer = Signer::eddsa(issuer);
    let state = |record| SignedStatement::of(record, ISSUER, NOW - 6, &issuer).unwrap();
    let entries: Vec<_> = records.iter().map(state).collect();
    let (mut tree, mut nodes) = (Frontier::default(), MemoryNodes::default());
    let leaves = [LeafHash::of(b"somebody else's")].into_iter();
    for leaf in leaves.chain(entries.iter().map(|entry| entry.leaf().unwrap())) {
        tree.append(leaf).unwrap().into_iter().for_each(|node| nodes.store(node));
    }
    let signer = LogSigner::new(LOG, Signer::eddsa(log));
    let receipts: Vec<_> = (1..)
        .zip(&entries)
        .map(|(index, entry)| {
            let proof = prove_inclusion(&nodes, index, tree.size()).unwrap();
            signer.include(&entry.claims().subject, NOW - 5, entry.leaf().unwrap(), &proof).unwrap()
        })
        .collect();
    let transparent = entries.iter().zip(&receipts).map(|(entry, receipt)| {
        let whole = TransparentStatement::new(entry.clone(), vec![receipt.clone()]).unwrap();
        whole.to_vec().unwrap()
    });
    Logged {
        transparent: transparent.collect(),
        entries: entries.iter().map(|entry| entry.to_vec().unwrap()).collect(),
        receipts: receipts.iter().map(|receipt| receipt.to_vec().unwrap()).collect(),
        checkpoint: signer.checkpoint(NOW - 5, &tree.head()).unwrap().to_vec().unwrap(),
    }
}
