//! Our issuer and our log.

use anyhow::Result;
use ca2a_core::{Sha256, SigningKey, cose};
use ca2a_trace::{
    TrustRecord,
    merkle::{Frontier, LeafHash, MemoryNodes, head, prove_consistency, prove_inclusion},
    scitt::{LogSigner, SignedStatement, TransparentStatement},
};

use super::{Filing, Place, Signer};

const ISSUER: &str = "https://issuer.example";
const LOG: &str = "https://log.example";

/// States each record, whole or by its hash in turn, and files it in a log.
pub(super) fn file(records: &[&[u8]], now: u64) -> Result<Vec<Filing>> {
    (0..).zip(records).map(|(number, record)| filing(number, record, now)).collect()
}

fn filing(number: u64, record: &[u8], now: u64) -> Result<Filing> {
    let key = |role: &[u8]| SigningKey::from_seed(&Sha256::of_parts(&[role, &number.to_le_bytes()]).0);
    let (issuer, log) = (key(b"issuer"), key(b"log"));
    let record = TrustRecord::from_json(record)?;
    let signer = cose::Signer::eddsa(&issuer);
    let statement = if number.is_multiple_of(2) {
        SignedStatement::of(&record, ISSUER, now, &signer)?
    } else {
        SignedStatement::of_hash(&record, ISSUER, now, &signer)?
    };

    let Place { size, index, old_size } = Place::of(number);
    let (mut tree, mut nodes) = (Frontier::default(), MemoryNodes::default());
    for place in 0..size {
        let leaf = if place == index { statement.leaf()? } else { LeafHash::of(&place.to_be_bytes()) };
        tree.append(leaf)?.into_iter().for_each(|node| nodes.store(node));
    }
    let old = head(&nodes, old_size)?;
    let keeper = LogSigner::new(LOG, cose::Signer::eddsa(&log));
    let proof = prove_inclusion(&nodes, index, size)?;
    let receipt = keeper.include(record.subject(), now, statement.leaf()?, &proof)?;
    let growth = keeper.extend("growth", now, &old, &prove_consistency(&nodes, old_size, size)?)?;
    Ok(Filing {
        issuer: signer_of(ISSUER, &issuer)?,
        log: signer_of(LOG, &log)?,
        entry: statement.entry()?,
        statement: statement.to_vec()?,
        receipt: receipt.to_vec()?,
        transparent: TransparentStatement::new(statement, vec![receipt])?.to_vec()?,
        growth: growth.to_vec()?,
        old,
        new: tree.head(),
    })
}

fn signer_of(name: &str, key: &SigningKey) -> Result<Signer> {
    let key = cose::PublicKey::from(key.verifying_key());
    Ok(Signer { name: name.to_owned(), key_id: key.thumbprint()?.0.to_vec(), key })
}
