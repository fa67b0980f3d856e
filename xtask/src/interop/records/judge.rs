//! The three judges that both sides have: of a record, of its level, and of a lineage.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use ca2a_core::{EvaluationTime, VerifyingKey, encoding::hex};
use ca2a_trace::{
    levels::{Level, Mode, Options, Verdict, check},
    verify_record,
};
use serde_json::{Value, json};

use super::Lineage;
use crate::{
    interop::{
        cli::{Scene, disagreements},
        flip::flip,
        random::Random,
        tally::Tally,
    },
    python::{Python, pipe},
    workspace::write,
};

/// Flips of each record, and of each lineage.
const FLIPS: usize = 4;

pub(super) struct Judges<'j> {
    pub(super) python: &'j Python,
    pub(super) ca2a: &'j Path,
    pub(super) now: u64,
    pub(super) folder: PathBuf,
}

/// A record that is to be accepted or refused.
struct Exhibit {
    record: Vec<u8>,
    key: VerifyingKey,
    holds: bool,
}

impl Judges<'_> {
    /// Has everybody judge every record and every lineage, whole and with one byte flipped. There must be `least` records.
    ///
    /// # Errors
    /// A verdict that is wrong.
    pub(super) fn run(
        &self,
        direction: &str,
        lineages: &[Lineage],
        least: usize,
        tally: &mut Tally,
    ) -> Result<()> {
        let exhibits = exhibits(lineages);
        let whole = exhibits.iter().filter(|exhibit| exhibit.holds).count();
        let mut count = |mode: &str, whole: usize, flipped: usize, least: usize| {
            tally.count(direction, mode, whole, least);
            tally.count(direction, &format!("{mode}, one byte flipped"), flipped, least * FLIPS);
        };
        self.records(&exhibits).context("verify_record")?;
        count("verify_record", whole, exhibits.len() - whole, least);
        self.levels(&exhibits).context("level 0")?;
        count("trace-tests level 0", whole, exhibits.len() - whole, least);
        let flipped = self.lineages(lineages).context("verify-lineage")?;
        count("verify-lineage", lineages.len(), flipped, least / 3);
        Ok(())
    }

    /// `agentrust_trace.verify_record` and [`verify_record`].
    fn records(&self, exhibits: &[Exhibit]) -> Result<()> {
        let lines = exhibits.iter().map(|exhibit| {
            let line = json!({ "record": hex(&exhibit.record), "key": exhibit.key.to_hex() });
            format!("{line}\n")
        });
        let answers = pipe(&mut self.python.driver("verify_record"), &lines.collect::<String>())?;
        compare(
            exhibits,
            &answers,
            |answer| answer["verified"].as_bool(),
            |exhibit| verify_record(&exhibit.record, exhibit.key, EvaluationTime::Live(self.now)).is_ok(),
        )
    }

    /// `trace-tests verify --level 0` and [`check`].
    fn levels(&self, exhibits: &[Exhibit]) -> Result<()> {
        let mut lines = String::new();
        for (number, exhibit) in exhibits.iter().enumerate() {
            let path = self.folder.join(format!("record-{number}.json"));
            write(&path, &exhibit.record)?;
            lines.push_str(&format!("{}\n", json!(["verify", "--record", path, "--level", "0"])));
        }
        let answers = pipe(self.python.driver("command_line").arg("trace_tests.cli"), &lines)?;
        // 2: no record at all.
        let passed = |answer: &Value| match answer["exit"].as_i64() {
            Some(0) => Some(true),
            Some(1 | 2) => Some(false),
            _ => None,
        };
        compare(exhibits, &answers, passed, |exhibit| {
            let options = Options::at(EvaluationTime::Live(self.now));
            let report = check(&exhibit.record, Level::SoftwareOnly, &options, Mode::Package);
            report.is_ok_and(|report| report.verdict() == Verdict::Pass)
        })
    }

    /// Both command lines' `verify-lineage`. Returns how many flipped ones were refused.
    fn lineages(&self, lineages: &[Lineage]) -> Result<usize> {
        let mut random = Random::new(2);
        let (mut scenes, mut wanted) = (Vec::new(), Vec::new());
        for (number, lineage) in lineages.iter().enumerate() {
            let chain = self.folder.join(format!("chain-{number}.json"));
            write(&chain, lineage.chain.as_bytes())?;
            let document = lineage.document();
            let places = covered(&document);
            for round in 0..=FLIPS {
                let document =
                    if round == 0 { document.clone() } else { flip(&document, &places, &mut random) };
                let dag = self.folder.join(format!("lineage-{number}-{round}.json"));
                write(&dag, &document)?;
                let (dag, chain) = (dag.display().to_string(), chain.display().to_string());
                let arguments = ["--dag", &dag, "--chain", &chain, "--trusted-root-issuer", &lineage.root];
                scenes.push(Scene::new(format!("lineage {number}-{round}"), "verify-lineage", &arguments));
                wanted.push(Some(i32::from(round > 0)));
            }
        }
        let (differences, codes) = disagreements(self.python, self.ca2a, &scenes)?;
        ensure!(differences.is_empty(), "both command lines differ:\n  {}", differences.join("\n  "));
        ensure!(codes == wanted, "exit codes {codes:?} instead of {wanted:?}");
        Ok(lineages.len() * FLIPS)
    }
}

/// Every record as it is, and with one byte flipped here and there.
fn exhibits(lineages: &[Lineage]) -> Vec<Exhibit> {
    let mut random = Random::new(1);
    let mut exhibits = Vec::new();
    for (record, key) in lineages.iter().flat_map(|lineage| lineage.records.iter().zip(&lineage.keys)) {
        let places = covered(record);
        exhibits.push(Exhibit { record: record.clone(), key: *key, holds: true });
        exhibits.extend((0..FLIPS).map(|_| Exhibit {
            record: flip(record, &places, &mut random),
            key: *key,
            holds: false,
        }));
    }
    exhibits
}

/// All of a document but the name of each signature, because `trace-tests` passes a record without one at level 0, and
/// but its last character: that holds two bits of 64 bytes, and the published package does not read the other four.
fn covered(document: &[u8]) -> Vec<Range<usize>> {
    const NAME: &[u8] = b"\"signature\"";
    let mut places = Vec::new();
    let mut start = 0;
    let names = document.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    for (at, _) in names {
        let after = at + NAME.len();
        let mut quotes = document.iter().enumerate().skip(after).filter(|(_, byte)| **byte == b'"');
        let Some((end, _)) = quotes.nth(1) else { continue };
        places.extend([start..at, after..end - 1]);
        start = end;
    }
    places.push(start..document.len());
    places
}

fn compare(
    exhibits: &[Exhibit],
    answers: &str,
    theirs: impl Fn(&Value) -> Option<bool>,
    ours: impl Fn(&Exhibit) -> bool,
) -> Result<()> {
    ensure!(answers.lines().count() == exhibits.len(), "the Python side did not answer for every record");
    for (exhibit, line) in exhibits.iter().zip(answers.lines()) {
        let answer: Value = serde_json::from_str(line)?;
        let (theirs, ours) = (theirs(&answer), ours(exhibit));
        if theirs != Some(exhibit.holds) || ours != exhibit.holds {
            let record = String::from_utf8_lossy(&exhibit.record);
            bail!("holds: {}, Python {line}, ours {ours}\n  {record}", exhibit.holds);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_and_the_end_of_a_signature_are_left_alone() {
        let document = br#"[{"signature": "abcd", "x": 1}]"#;
        assert_eq!(covered(document), [0..2, 13..19, 20..document.len()]);
        assert_eq!((&document[2..13], document[19]), (&br#""signature""#[..], b'd'));
    }
}
