//! Sealed payloads of version 2, sealed here and by `pyhpke`, and opened by the other.

use anyhow::{Context as _, Result, bail, ensure};
use ca2a_core::{Capability, Challenge, CredentialDigest, RecordId, Sha256, encoding::hex};
use ca2a_seal::{
    ChannelSecret,
    hpke::{self, Context, SealRandomness, chain_sha256},
};
use serde_json::{Value, json};

use super::{flip::flip, random::Random, tally::Tally};
use crate::python::{Python, pipe};

/// Payloads each way.
const PAYLOADS: usize = 40;

/// Flips of each blob.
const FLIPS: usize = 4;

/// One payload, its receiver, and the request that it belongs to.
struct Case {
    secret: [u8; 32],
    ikm: [u8; 32],
    plaintext: Vec<u8>,
    measurement: String,
    challenge: Challenge,
    credentials: Vec<[u8; 32]>,
    capability: Capability,
    record_id: RecordId,
    parent: Option<String>,
}

impl Case {
    fn generate(number: usize, random: &mut Random) -> Result<Self> {
        // Text whose canonical form is not its every spelling.
        const NAMES: [&str; 4] =
            ["docs:read", "läsen/日本", "a \"quoted\"\\name", "tab\t\u{1}\u{2028}\u{1f680}"];
        let name = NAMES[random.index(NAMES.len())];
        Ok(Self {
            secret: random.bytes(),
            ikm: random.bytes(),
            plaintext: (0..number * 37).map(|_| random.bytes::<1>()[0]).collect(),
            measurement: format!("sha384:{}", hex(&random.bytes::<48>())),
            challenge: Challenge::new(format!("v1.{number}.{name}")),
            credentials: (0..=random.below(4)).map(|_| random.bytes()).collect(),
            capability: Capability::new(name)?,
            record_id: RecordId::new(format!("{name}-{number}"))?,
            parent: random.chance(50).then(|| hex(&random.bytes::<32>())),
        })
    }

    fn secret(&self) -> ChannelSecret {
        ChannelSecret::from_bytes(self.secret)
    }

    fn context(&self) -> Context<'_> {
        let digests = self.credentials.iter().map(|digest| CredentialDigest(Sha256(*digest)));
        Context {
            measurement: &self.measurement,
            challenge: &self.challenge,
            chain_sha256: chain_sha256(digests),
            requested_capability: &self.capability,
            record_id: &self.record_id,
            parent_record_hash: self.parent.as_deref(),
        }
    }

    fn seal(&self) -> Result<Vec<u8>> {
        let randomness = SealRandomness { ikm: self.ikm };
        Ok(hpke::seal(&self.secret().public(), &self.context(), &self.plaintext, randomness)?)
    }

    /// The case as the other side is told it, to seal or to open.
    fn order(&self, order: &str, blob: &[u8]) -> String {
        let order = json!({
            "do": order,
            "secret": hex(&self.secret),
            "audience": self.secret().public().to_string(),
            "ikm": hex(&self.ikm),
            "plaintext": hex(&self.plaintext),
            "blob": hex(blob),
            "measurement": self.measurement,
            "challenge": self.challenge.as_str(),
            "credentials": self.credentials.iter().map(|digest| hex(digest)).collect::<Vec<_>>(),
            "requested_capability": self.capability.as_str(),
            "record_id": self.record_id.as_str(),
            "parent_record_hash": self.parent,
        });
        format!("{order}\n")
    }
}

/// A blob, the case in whose context it is to be opened, and whether it opens.
struct Exhibit<'c> {
    case: &'c Case,
    blob: Vec<u8>,
    opens: bool,
}

/// Seals and opens both ways.
///
/// # Errors
/// Two blobs of one case that differ, one that does not open, or one that opens and must not.
pub(crate) fn run(python: &Python, seed: u64, tally: &mut Tally) -> Result<()> {
    let mut random = Random::new(seed);
    let cases: Vec<Case> =
        (0..PAYLOADS).map(|number| Case::generate(number, &mut random)).collect::<Result<_>>()?;

    let made = cases.iter().map(Case::seal).collect::<Result<Vec<_>>>()?;
    let shown = exhibits(&cases, &made, &mut random);
    let orders: String = shown.iter().map(|exhibit| exhibit.case.order("open", &exhibit.blob)).collect();
    let opened = answers(python, &orders, "plaintext")?;
    count("sealed in Rust, opened by pyhpke", &shown, &opened, tally)?;

    let orders: String = cases.iter().map(|case| case.order("seal", &[])).collect();
    let theirs = answers(python, &orders, "blob")?;
    let theirs: Vec<Vec<u8>> =
        theirs.into_iter().map(|blob| blob.context("pyhpke sealed nothing")).collect::<Result<_>>()?;
    ensure!(theirs == made, "under one ephemeral key the two sides seal other bytes");
    let shown = exhibits(&cases, &theirs, &mut random);
    let opened: Vec<_> = shown
        .iter()
        .map(|exhibit| hpke::open(&exhibit.case.secret(), &exhibit.case.context(), &exhibit.blob).ok())
        .collect();
    count("sealed by pyhpke, opened in Rust", &shown, &opened, tally)
}

/// Each blob as it is, with one byte flipped, and in the context of the next case's request under its own key.
fn exhibits<'c>(cases: &'c [Case], blobs: &[Vec<u8>], random: &mut Random) -> Vec<Exhibit<'c>> {
    let mut shown = Vec::new();
    for ((case, blob), other) in cases.iter().zip(blobs).zip(cases.iter().cycle().skip(1)) {
        shown.push(Exhibit { case, blob: blob.clone(), opens: true });
        let everywhere = 0..blob.len();
        for _ in 0..FLIPS {
            let flipped = flip(blob, std::slice::from_ref(&everywhere), random);
            shown.push(Exhibit { case, blob: flipped, opens: false });
        }
        shown.push(Exhibit { case: other, blob: blob.clone(), opens: false });
    }
    shown
}

fn count(
    direction: &str,
    shown: &[Exhibit<'_>],
    opened: &[Option<Vec<u8>>],
    tally: &mut Tally,
) -> Result<()> {
    ensure!(shown.len() == opened.len(), "{direction}: not every blob was judged");
    for (Exhibit { case, blob, opens }, opened) in shown.iter().zip(opened) {
        let expected = opens.then_some(&case.plaintext);
        if opened.as_ref() != expected {
            bail!("{direction}: {} opened as {opened:?}, must open: {opens}", hex(blob));
        }
    }
    let whole = shown.iter().filter(|exhibit| exhibit.opens).count();
    tally.count(direction, "payload, version 2", whole, PAYLOADS);
    tally.count(direction, "changed, or in another request", shown.len() - whole, PAYLOADS * (FLIPS + 1));
    Ok(())
}

/// The other side's answers: bytes, or none.
fn answers(python: &Python, orders: &str, member: &str) -> Result<Vec<Option<Vec<u8>>>> {
    let printed = pipe(&mut python.driver("seal"), orders)?;
    let answer = |line: &str| -> Result<Option<Vec<u8>>> {
        let answer: Value = serde_json::from_str(line)?;
        match answer.get(member).with_context(|| format!("pyhpke: {line}"))? {
            Value::Null => Ok(None),
            text => unhex(text.as_str().context("no text")?).map(Some),
        }
    };
    printed.lines().map(answer).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}
