//! What a log says about the evidence: entries, receipts and checkpoints, each put to the library that judges it.

use ca2a_core::{EvaluationTime, cose::label};
use ca2a_trace::{
    explain::{Explanation, Outcome, Place},
    scitt::{
        Checkpoint, InclusionReceipt, ScittError, SignedStatement, Stated, TransparentStatement,
        TrustedSigners, VerifiedCheckpoint, VerifiedInclusion, VerifiedStatement,
    },
};

use super::File;
use crate::{
    finding::{Finding, numbered},
    pin::{Pin, trusted},
};

const READABLE: (&str, &str) = ("LOG-30", "it is a signed statement");
const ISSUER: (&str, &str) = ("LOG-35", "a trusted issuer signed it");
const TRANSPARENT: (&str, &str) = ("LOG-37", "a trusted log holds it, by the receipts in it");
const ABOUT: (&str, &str) = ("LOG-33", "it is about a record or a statement that was given");
const RECEIPT: (&str, &str) = ("LOG-41", "a trusted log signed that one of the entries is in it");
const PLACE: (&str, &str) = ("LOG-46", "the log had the size that the receipt states");
const CHECKPOINT: (&str, &str) = ("LOG-44", "a trusted log signed it");
const LOGGED: (&str, &str) = ("LOG-37", "a trusted log holds it");

/// Whom to believe about entries and logs, and when.
pub(super) struct Log {
    issuers: TrustedSigners,
    logs: TrustedSigners,
    demanded: bool,
    at: EvaluationTime,
}

/// An entry under examination.
struct Entry<'f> {
    name: &'f str,
    statement: SignedStatement,
    /// Where a trusted issuer signed it.
    verified: Option<VerifiedStatement>,
    /// Receipts for it that hold.
    receipts: Vec<VerifiedInclusion>,
}

impl Entry<'_> {
    fn is_about<'t>(&self, thing: impl Into<Stated<'t>>) -> bool {
        self.verified.as_ref().is_some_and(|verified| verified.is_about(thing).is_ok())
    }
}

impl Log {
    pub(super) fn new(issuers: &[Pin], logs: &[Pin], at: EvaluationTime) -> Self {
        Self { issuers: trusted(issuers), logs: trusted(logs), demanded: !logs.is_empty(), at }
    }

    /// Every check of what a log has to do with.
    pub(super) fn examine(
        &self,
        entries: &[File],
        receipts: &[File],
        checkpoints: &[File],
        explanation: &Explanation,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        if entries.is_empty() && checkpoints.is_empty() && !self.demanded {
            let why = Outcome::NotChecked { why: "neither entries nor the key of a log were given".into() };
            return vec![
                Finding::new("documents", ("LOG-37", "a trusted log holds the records"), why).optional(),
            ];
        }
        let mut entries: Vec<_> = entries.iter().filter_map(|file| self.entry(file, &mut findings)).collect();
        for file in receipts {
            self.receipt(file, &mut entries, &mut findings);
        }
        for entry in &entries {
            findings.push(Finding::new(place("entry", entry.name), ABOUT, about(entry, explanation)));
        }
        let heads: Vec<_> =
            checkpoints.iter().filter_map(|file| self.checkpoint(file, &mut findings)).collect();
        findings.extend(entries.iter().flat_map(|entry| places(entry, &heads)));
        findings.extend(self.coverage(&entries, explanation));
        findings
    }

    fn entry<'f>(&self, file: &'f File, findings: &mut Vec<Finding>) -> Option<Entry<'f>> {
        let place = place("entry", &file.name);
        let statement = match SignedStatement::read(&file.bytes) {
            Ok(statement) => statement,
            Err(error) => {
                findings.push(Finding::new(place, READABLE, refused(&error)));
                return None;
            }
        };
        findings.push(Finding::new(place.as_str(), READABLE, Outcome::Passed));
        let verified = statement.clone().verify(&self.issuers, self.at);
        findings.push(Finding::new(place.as_str(), ISSUER, outcome(verified.as_ref())));
        let mut receipts = Vec::new();
        if statement.message().unprotected().get(label::RECEIPTS).is_some() {
            let whole = TransparentStatement::read(&file.bytes)
                .and_then(|transparent| transparent.verify(&self.issuers, &self.logs, self.at));
            findings.push(Finding::new(place.as_str(), TRANSPARENT, outcome(whole.as_ref())));
            if let Ok(whole) = whole {
                let unjudged = whole.unverifiable().iter().map(|receipt| refused(&receipt.reason));
                findings
                    .extend(unjudged.map(|why| Finding::new(place.as_str(), TRANSPARENT, why).optional()));
                receipts = whole.receipts().to_vec();
            }
        }
        Some(Entry { name: &file.name, statement, verified: verified.ok(), receipts })
    }

    /// Holds a receipt against each entry: it says of which log it is, and not of which entry.
    fn receipt(&self, file: &File, entries: &mut [Entry<'_>], findings: &mut Vec<Finding>) {
        let place = place("receipt", &file.name);
        let receipt = match InclusionReceipt::read(&file.bytes) {
            Ok(receipt) => receipt,
            Err(error) => return findings.push(Finding::new(place, RECEIPT, refused(&error))),
        };
        let mut refusal = None;
        for entry in entries {
            let leaf = entry.statement.leaf();
            match leaf.and_then(|leaf| receipt.clone().verify(leaf, &self.logs, self.at)) {
                Ok(verified) => {
                    entry.receipts.push(verified);
                    return findings.push(Finding::new(place, RECEIPT, Outcome::Passed));
                }
                Err(error) => refusal = Some(refusal.unwrap_or(error)),
            }
        }
        let why =
            || Outcome::NotChecked { why: "there is no entry that can be read to hold it against".into() };
        findings.push(Finding::new(place, RECEIPT, refusal.as_ref().map_or_else(why, refused)));
    }

    fn checkpoint(&self, file: &File, findings: &mut Vec<Finding>) -> Option<VerifiedCheckpoint> {
        let verified = Checkpoint::read(&file.bytes).and_then(|head| head.verify(&self.logs, self.at));
        findings.push(Finding::new(place("checkpoint", &file.name), CHECKPOINT, outcome(verified.as_ref())));
        verified.ok()
    }

    /// Whether each record and statement is in a log. Whoever names a log's key wants every record there.
    fn coverage(&self, entries: &[Entry<'_>], explanation: &Explanation) -> Vec<Finding> {
        let holds = |logged: bool| match logged {
            true => Outcome::Passed,
            false => Outcome::NotChecked { why: "no receipt of a trusted log is for it".into() },
        };
        let logged = |about: &dyn Fn(&Entry<'_>) -> bool| {
            holds(entries.iter().any(|entry| !entry.receipts.is_empty() && about(entry)))
        };
        let mut findings = Vec::new();
        for (index, hop) in explanation.hops().iter().enumerate() {
            for (count, record) in (1..).zip(hop.records()) {
                let Some(record) = record.value() else { continue };
                let place = Place::Record(index);
                let outcome = logged(&|entry| entry.is_about(record));
                let finding = Finding::new(numbered(place, count), LOGGED, outcome).at(place);
                findings.push(if self.demanded { finding } else { finding.optional() });
            }
            for (count, statement) in (1..).zip(hop.statements()) {
                let Some(statement) = statement.value() else { continue };
                let place = Place::Statement(index);
                let outcome = logged(&|entry| entry.is_about(statement));
                let finding = Finding::new(numbered(place, count), LOGGED, outcome);
                findings.push(finding.at(place).optional());
            }
        }
        findings
    }
}

fn place(what: &str, name: &str) -> String {
    format!("{what} {name}")
}

fn outcome<T>(result: Result<&T, &ScittError>) -> Outcome {
    result.map_or_else(refused, |_| Outcome::Passed)
}

/// What nobody here can judge is no forgery (LOG).
fn refused(error: &ScittError) -> Outcome {
    if error.is_unverifiable() {
        return Outcome::NotChecked { why: error.to_string() };
    }
    Outcome::Failed { code: error.code(), message: error.to_string() }
}

/// Whether an entry is about anything that was given.
fn about(entry: &Entry<'_>, explanation: &Explanation) -> Outcome {
    let Some(verified) = &entry.verified else {
        return Outcome::NotChecked { why: "no trusted issuer signed it".into() };
    };
    let hops = explanation.hops();
    let records = || hops.iter().flat_map(|hop| hop.records()).filter_map(|record| record.value());
    let mut statements =
        hops.iter().flat_map(|hop| hop.statements()).filter_map(|statement| statement.value());
    if records().any(|record| entry.is_about(record)) || statements.any(|statement| entry.is_about(statement))
    {
        return Outcome::Passed;
    }
    let refusal = records().find_map(|record| verified.is_about(record).err());
    refusal.as_ref().map_or_else(
        || Outcome::NotChecked { why: "nothing was given that it could be about".into() },
        refused,
    )
}

/// Whether a checkpoint stands behind what the receipts of an entry state about the log.
fn places(entry: &Entry<'_>, heads: &[VerifiedCheckpoint]) -> Vec<Finding> {
    let confirm = |receipt: &VerifiedInclusion| {
        let own = |head: &&VerifiedCheckpoint| head.claims().issuer == receipt.claims().issuer;
        let outcome = if heads.iter().filter(own).any(|head| receipt.confirm(&head.head()).is_ok()) {
            Outcome::Passed
        } else {
            let why = "no checkpoint of that size and root was given: size and index are its bearer's word";
            Outcome::NotChecked { why: why.into() }
        };
        Finding::new(place("entry", entry.name), PLACE, outcome).optional()
    };
    entry.receipts.iter().map(confirm).collect()
}
