//! Signed statements and receipts, made here and by `scitt-cose`, each judged by both.

mod judge;
mod ours;
mod theirs;

use anyhow::{Context as _, Result};
use ca2a_core::cose::PublicKey;
use ca2a_trace::merkle::TreeHead;

use self::judge::judge;
use super::{records::Lineage, tally::Tally};
use crate::python::Python;

/// A statement of one issuer in the log of another party, and how that log grew.
struct Filing {
    issuer: Signer,
    log: Signer,
    /// What the log took in.
    entry: Vec<u8>,
    statement: Vec<u8>,
    receipt: Vec<u8>,
    /// The statement and the receipt in one.
    transparent: Vec<u8>,
    /// The receipt that `new` only adds to `old`.
    growth: Vec<u8>,
    old: TreeHead,
    new: TreeHead,
}

/// Who signs, and how a verifier knows them.
struct Signer {
    name: String,
    key_id: Vec<u8>,
    key: PublicKey,
}

/// A place in a log, other than an only leaf, whose receipt would be empty, and a size before its own.
struct Place {
    size: u64,
    index: u64,
    old_size: u64,
}

impl Place {
    /// Another one for each number.
    fn of(number: u64) -> Self {
        let size = number % 13 + 2;
        Self { size, index: number * 7 % size, old_size: number * 5 % (size - 1) + 1 }
    }
}

/// States the records of a live run on both sides and gives everything that comes of it to both.
///
/// # Errors
/// Something that somebody refuses, or something with a flipped byte that somebody accepts.
pub(crate) fn run(python: &Python, lineages: &[Lineage], now: u64, tally: &mut Tally) -> Result<()> {
    let records: Vec<&[u8]> =
        lineages.iter().flat_map(|lineage| lineage.records.iter().map(Vec::as_slice)).collect();
    let made = ours::file(&records, now)?;
    judge(python, "statements made in Rust", &made, now, tally).context("statements made in Rust")?;
    let made = theirs::file(python, &records, now)?;
    judge(python, "statements made by scitt-cose", &made, now, tally).context("statements made by scitt-cose")
}
