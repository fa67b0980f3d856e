//! `scitt-cose` as issuer and log, with Ed25519 and P-256 in turn.

use anyhow::{Context as _, Result, ensure};
use ca2a_core::{P256VerifyingKey, Sha256, VerifyingKey, cose::PublicKey, encoding::hex};
use ca2a_trace::{TrustRecord, merkle::TreeHead};
use serde_json::{Value, json};

use super::{Filing, Place, Signer};
use crate::python::{Python, pipe};

/// Has `scitt-cose` state each record and file it in a log.
pub(super) fn file(python: &Python, records: &[&[u8]], now: u64) -> Result<Vec<Filing>> {
    let mut lines = String::new();
    for (number, record) in (0_u64..).zip(records) {
        let Place { size, index, old_size } = Place::of(number);
        let line = json!({
            "do": "make",
            "number": number,
            "now": now,
            "payload": hex(record),
            "subject": TrustRecord::from_json(record)?.subject(),
            "size": size,
            "index": index,
            "old_size": old_size,
        });
        lines.push_str(&format!("{line}\n"));
    }
    let answers = pipe(&mut python.driver("scitt"), &lines)?;
    ensure!(answers.lines().count() == records.len(), "the Python side did not state every record");
    (0..).zip(answers.lines()).map(|(number, line)| filing(number, line)).collect()
}

fn filing(number: u64, line: &str) -> Result<Filing> {
    let answer: Value = serde_json::from_str(line)?;
    let text = |name: &str| {
        answer[name].as_str().with_context(|| format!("no `{name}` in {answer}")).map(str::to_owned)
    };
    let bytes = |name: &str| -> Result<Vec<u8>> { unhex(&text(name)?) };
    let root = |name: &str| -> Result<Sha256> { Ok(Sha256(from_array(&bytes(name)?)?)) };
    let Place { size, old_size, .. } = Place::of(number);
    Ok(Filing {
        issuer: Signer { name: text("issuer")?, key_id: bytes("key_id")?, key: key(&bytes("issuer_key")?)? },
        log: Signer { name: text("log")?, key_id: bytes("key_id")?, key: key(&bytes("log_key")?)? },
        entry: bytes("entry")?,
        statement: bytes("statement")?,
        receipt: bytes("receipt")?,
        transparent: bytes("transparent")?,
        growth: bytes("growth")?,
        old: TreeHead { size: old_size, root: root("old_root")? },
        new: TreeHead { size, root: root("new_root")? },
    })
}

fn key(bytes: &[u8]) -> Result<PublicKey> {
    Ok(match bytes.len() {
        32 => VerifyingKey::from_bytes(&from_array(bytes)?)?.into(),
        _ => P256VerifyingKey::from_sec1(bytes)?.into(),
    })
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

fn from_array(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().context("not 32 bytes")
}
