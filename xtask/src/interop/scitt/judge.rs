//! Both auditors on the same bytes.

use std::ops::Range;

use anyhow::{Context as _, Result, bail, ensure};
use ca2a_core::{
    EvaluationTime,
    cose::{Encoding, PublicKey, Reader},
    encoding::hex,
};
use ca2a_trace::{
    merkle::LeafHash,
    scitt::{
        ConsistencyReceipt, InclusionReceipt, ScittError, SignedStatement, TransparentStatement,
        TrustedSigners,
    },
};
use serde_json::{Value, json};

use super::{Filing, Signer};
use crate::{
    interop::{flip::flip, random::Random, tally::Tally},
    python::{Python, pipe},
};

/// Flips of each message.
const FLIPS: usize = 4;

/// Filings that there must be.
const LEAST: usize = 30;

/// What a message is.
#[derive(Clone, Copy)]
enum Kind {
    Statement,
    Receipt,
    Transparent,
    Growth,
}

impl Kind {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Statement, "statement", "statement"),
        (Self::Receipt, "receipt", "inclusion receipt"),
        (Self::Transparent, "transparent", "transparent statement"),
        (Self::Growth, "growth", "consistency receipt"),
    ];

    fn message(self, filing: &Filing) -> &[u8] {
        match self {
            Self::Statement => &filing.statement,
            Self::Receipt => &filing.receipt,
            Self::Transparent => &filing.transparent,
            Self::Growth => &filing.growth,
        }
    }

    /// The bytes that a signature covers, or is.
    fn covered(self, filing: &Filing) -> Result<Vec<Range<usize>>> {
        let message = self.message(filing);
        let mut places = signed(message);
        if matches!(self, Self::Transparent) {
            let mut windows = message.windows(filing.receipt.len());
            let start =
                windows.position(|window| window == filing.receipt).context("a receipt is not there")?;
            places.extend(
                signed(&filing.receipt).into_iter().map(|place| place.start + start..place.end + start),
            );
        }
        Ok(places)
    }
}

/// A `COSE_Sign1` from its tag to the end of its protected header, and its signature. What stands between them in a
/// receipt is a proof, of which the sizes and the index are not signed.
fn signed(message: &[u8]) -> Vec<Range<usize>> {
    // A tag, the head of an array, and a byte string whose length is one byte.
    const HEAD: usize = 4;
    vec![0..HEAD + usize::from(message[HEAD - 1]), message.len() - 64..message.len()]
}

/// Gives every message to both auditors, whole and with one byte flipped.
///
/// # Errors
/// A verdict that is wrong.
pub(super) fn judge(
    python: &Python,
    direction: &str,
    filings: &[Filing],
    now: u64,
    tally: &mut Tally,
) -> Result<()> {
    for (kind, name, title) in Kind::ALL {
        let mut random = Random::new(3);
        let mut exhibits = Vec::new();
        for filing in filings {
            let message = kind.message(filing);
            let places = kind.covered(filing)?;
            exhibits.push((filing, message.to_vec(), true));
            exhibits.extend((0..FLIPS).map(|_| (filing, flip(message, &places, &mut random), false)));
        }
        let lines = exhibits.iter().map(|(filing, message, _)| format!("{}\n", order(name, filing, message)));
        let answers = pipe(&mut python.driver("scitt"), &lines.collect::<String>())?;
        ensure!(answers.lines().count() == exhibits.len(), "scitt-cose did not judge every {title}");
        for ((filing, message, holds), line) in exhibits.iter().zip(answers.lines()) {
            let theirs = serde_json::from_str::<Value>(line)?["holds"].as_bool();
            let ours = ours(kind, filing, message, EvaluationTime::Live(now));
            if theirs != Some(*holds) || ours.is_ok() != *holds {
                bail!("{title}, holds: {holds}, scitt-cose {line}, ours {ours:?}\n  {}", hex(message));
            }
        }
        tally.count(direction, title, filings.len(), LEAST);
        let flipped = exhibits.len() - filings.len();
        tally.count(direction, &format!("{title}, one byte flipped"), flipped, LEAST * FLIPS);
    }
    Ok(())
}

fn order(name: &str, filing: &Filing, message: &[u8]) -> Value {
    json!({
        "do": name,
        "message": hex(message),
        "entry": hex(&filing.entry),
        "issuer_key": key(&filing.issuer.key),
        "log_key": key(&filing.log.key),
        "old_root": filing.old.root.to_hex(),
        "new_root": filing.new.root.to_hex(),
    })
}

/// An Ed25519 key as it is, a P-256 key as an uncompressed point.
fn key(key: &PublicKey) -> Option<String> {
    match key {
        PublicKey::Ed25519(key) => Some(key.to_hex()),
        PublicKey::P256(key) => {
            let (x, y) = key.coordinates();
            Some(format!("04{}{}", hex(&x), hex(&y)))
        }
        _ => None,
    }
}

/// Our verdict. `scitt-cose` does not sort its maps, which RFC 9052 permits.
fn ours(kind: Kind, filing: &Filing, message: &[u8], at: EvaluationTime) -> Result<(), ScittError> {
    let reader = Reader::new(Encoding::AnyOrder);
    let trust =
        |signer: &Signer| TrustedSigners::new().trust_as(&signer.name, &signer.key_id, signer.key.clone());
    let (issuers, logs) = (trust(&filing.issuer), trust(&filing.log));
    match kind {
        Kind::Statement => SignedStatement::read_with(reader, message)?.verify(&issuers, at).map(drop),
        Kind::Receipt => {
            let leaf = LeafHash::of(&filing.entry);
            let receipt = InclusionReceipt::read_with(reader, message)?.verify(leaf, &logs, at)?;
            receipt.confirm(&filing.new).map(drop)
        }
        Kind::Transparent => {
            TransparentStatement::read_with(reader, message)?.verify(&issuers, &logs, at).map(drop)
        }
        Kind::Growth => ConsistencyReceipt::read_with(reader, message)?
            .verify(&filing.old, &logs, at)?
            .confirm(&filing.new),
    }
}
