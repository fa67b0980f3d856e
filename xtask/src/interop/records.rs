//! Signed TRACE records of both sides, each judged by everything that either side has for it.

mod judge;

use std::path::Path;

use anyhow::{Context as _, Result};
use ca2a_core::VerifyingKey;
use serde_json::Value;

use self::judge::Judges;
use super::tally::Tally;
use crate::{
    python::Python,
    workspace::{output_of, target},
};

/// Lineages that are made with the published package: every depth in every layout.
const MADE: usize = 16;

/// A chain and the records that its agents signed, as bytes.
pub(crate) struct Lineage {
    pub(crate) root: String,
    pub(crate) chain: String,
    /// The key of each hop's agent.
    pub(crate) keys: Vec<VerifyingKey>,
    pub(crate) records: Vec<Vec<u8>>,
}

impl Lineage {
    /// The records as one document.
    pub(crate) fn document(&self) -> Vec<u8> {
        [b"[", self.records.join(&b',').as_slice(), b"]"].concat()
    }

    fn read(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
        let list = |name: &str| value[name].as_array().into_iter().flatten().map(text);
        Ok(Self {
            root: text(&value["root"])?,
            chain: text(&value["chain"])?,
            keys: list("keys").map(|key| Ok(VerifyingKey::from_hex(&key?)?)).collect::<Result<_>>()?,
            records: list("records").map(|record| Ok(record?.into_bytes())).collect::<Result<_>>()?,
        })
    }
}

/// Gives the records of a live run, and such as the published package makes, to both sides.
///
/// # Errors
/// A record that somebody refuses, or one with a flipped byte that somebody accepts.
pub(crate) fn run(python: &Python, ca2a: &Path, live: &[Lineage], now: u64, tally: &mut Tally) -> Result<()> {
    let arguments = [MADE.to_string(), now.to_string()];
    let made = output_of(python.driver("lineages").args(arguments))?;
    let made = made.lines().map(Lineage::read).collect::<Result<Vec<_>>>()?;

    let folder = target().join("interop-records");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    for (direction, name, lineages, least) in [
        ("records of a live Rust run", "live", live, 30),
        ("records made in Python", "python", made.as_slice(), 40),
    ] {
        let judges = Judges { python, ca2a, now, folder: folder.join(name) };
        judges.run(direction, lineages, least, tally).context(direction)?;
    }
    Ok(())
}
