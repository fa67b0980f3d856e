//! Explaining a lineage to somebody who holds nothing but files.
//!
//! A verifier says no and gives the first reason. An [`Explainer`] puts every question to the same evidence through the
//! same verifiers, and answers with an [`Explanation`]: what was granted, narrowed, recorded and refused at each hop, and
//! for every check whether it passed, failed or could not be asked. It checks nothing itself, so it cannot disagree with
//! them; the word "verified" comes with the [`Lineage`] that they made, or not at all (TRC-300).
//!
//! ```
//! use ca2a_core::{EvaluationTime, SigningKey, TraceLink};
//! use ca2a_delegation::{Grant, TrustedRoots, issue};
//! use ca2a_trace::{HopContext, explain::{Documents, Explainer, Verdict}};
//!
//! # let [operator, planner] = [1, 2].map(|seed| SigningKey::from_seed(&[seed; 32]));
//! # let scope = ["web:search"].iter().map(|capability| capability.parse().unwrap()).collect();
//! # let (id, subject) = ("c-0".parse()?, planner.verifying_key());
//! # let credential = issue(&operator, Grant { id, subject, scope, not_before: None, not_after: None })?;
//! # let context = HopContext::software("acme", "large-2", "planner:1.4", TraceLink::sha256_of(b"policy"));
//! # let record = context.sign("spiffe://acme.example/planner", 1_790_000_000, None, &planner)?;
//! # let chain = format!("[{}]", credential.to_json());
//! # let mut records = record.canonical().to_vec();
//! let roots = TrustedRoots::from_iter([operator.verifying_key()]);
//! let explainer = Explainer::new(&roots, EvaluationTime::At(1_790_000_100));
//!
//! let whole = explainer.explain(&Documents::new().chain(chain.as_bytes()).records(&records));
//! assert!(matches!(whole.verdict(), Verdict::Verified(_)));
//!
//! let last = records.iter().rposition(|byte| *byte == b'5').unwrap();
//! records[last] = b'6';
//! let broken = explainer.explain(&Documents::new().chain(chain.as_bytes()).records(&records));
//! assert_eq!(broken.verdict().as_str(), "refused");
//! assert_eq!(broken.broken_hops(), [0]);
//! assert!(broken.to_html().starts_with("<!doctype html>"));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod chain;
mod check;
mod decisions;
mod documents;
mod explained;
mod explanation;
mod page;
mod records;
mod report;
mod sift;
mod sketch;
mod statements;

pub use check::{Check, Outcome, Place, Rule};
pub use explained::{Explained, ExplainedHop};
pub use explanation::{Explanation, Source, Tally, Verdict};

use ca2a_core::{EvaluationTime, VerifyingKey};
use ca2a_delegation::{Credential, DEFAULT_MAX_DEPTH, RevocationSnapshot, TrustedRoots, VerifiedChain};

use crate::{lineage::Lineage, trace_dag::TraceDag};
use check::Ledger;
use explained::Loose;
use sift::said;

/// The most hops that are looked at: no longer chain can be verified.
const MOST_HOPS: usize = 256;

/// Documents as somebody handed them over: bytes that nobody has looked at.
#[derive(Debug, Clone, Default)]
pub struct Documents<'d> {
    chain: Option<&'d [u8]>,
    records: Option<&'d [u8]>,
    decisions: Vec<&'d [u8]>,
    statements: Vec<&'d [u8]>,
    revocations: Option<&'d [u8]>,
}

impl<'d> Documents<'d> {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The delegation chain: an array of credentials, an object that holds it as `chain`.
    #[must_use]
    pub fn chain(mut self, document: &'d [u8]) -> Self {
        self.chain = Some(document);
        self
    }

    /// The TRACE records: an array, an object that holds it as `records`, JSON Lines.
    #[must_use]
    pub fn records(mut self, document: &'d [u8]) -> Self {
        self.records = Some(document);
        self
    }

    /// One more list of delegation records, in the same forms. Each list is one path.
    #[must_use]
    pub fn decisions(mut self, document: &'d [u8]) -> Self {
        self.decisions.push(document);
        self
    }

    /// More signed statements, in the same forms.
    #[must_use]
    pub fn statements(mut self, document: &'d [u8]) -> Self {
        self.statements.push(document);
        self
    }

    /// A revocation snapshot.
    #[must_use]
    pub fn revocations(mut self, document: &'d [u8]) -> Self {
        self.revocations = Some(document);
        self
    }
}

/// Explains documents under trusted roots, at a time.
#[derive(Debug, Clone)]
pub struct Explainer<'a> {
    roots: &'a TrustedRoots,
    at: EvaluationTime,
    max_depth: u64,
    max_staleness: Option<u64>,
    callees: Vec<VerifyingKey>,
}

impl<'a> Explainer<'a> {
    /// Judges at `at` what `roots` granted, to the depth that a verifier allows unless told otherwise.
    #[must_use]
    pub fn new(roots: &'a TrustedRoots, at: EvaluationTime) -> Self {
        Self { roots, at, max_depth: DEFAULT_MAX_DEPTH, max_staleness: None, callees: Vec::new() }
    }

    /// The greatest depth of a credential, the root's being 0.
    #[must_use]
    pub fn max_depth(mut self, depth: u64) -> Self {
        self.max_depth = depth;
        self
    }

    /// Asks for a revocation snapshot that is at most `seconds` old.
    #[must_use]
    pub fn max_revocation_staleness(mut self, seconds: u64) -> Self {
        self.max_staleness = Some(seconds);
        self
    }

    /// One more callee whose statements count. The subjects of a verified chain are known already.
    #[must_use]
    pub fn callee(mut self, key: VerifyingKey) -> Self {
        self.callees.push(key);
        self
    }

    /// Puts every question to `documents`. There is no input that it fails on: what is broken is explained.
    #[must_use]
    pub fn explain(&self, documents: &Documents<'_>) -> Explanation {
        let mut sources = Vec::new();
        let mut note = |name, bytes: &[u8]| sources.push(Source::of(name, bytes));
        let mut asked = Ledger::new(&asked_of_documents(self, documents));

        let snapshot = documents.revocations.and_then(|bytes| {
            note("revocation snapshot", bytes);
            let read = RevocationSnapshot::from_json(bytes);
            match &read {
                Ok(_) => asked.pass(Rule::RevocationsReadable),
                Err(error) => asked.fail(Rule::RevocationsReadable, error.code(), error.to_string()),
            }
            read.ok()
        });

        let mut chain = chain::Findings { verified: None, hops: Vec::new() };
        match documents.chain {
            Some(bytes) => {
                note("chain", bytes);
                chain = chain::examine(self, bytes, snapshot.as_ref(), &mut asked);
            }
            None => asked.settle(Rule::ChainReadable, Outcome::unknown("no chain was given")),
        }
        let credentials: Vec<Option<Credential>> = chain.hops.iter().map(|hop| hop.value.clone()).collect();

        let mut records = records::Findings { verified: None, records: Vec::new() };
        match documents.records {
            Some(bytes) => {
                note("TRACE records", bytes);
                records = records::examine(self, bytes, &credentials, &mut asked);
            }
            None => {
                let why = "no TRACE records were given, and nothing else says what was done";
                asked.settle(Rule::RecordsReadable, Outcome::unknown(why));
            }
        }
        let lineage = establish(&chain, &mut records, &mut asked);
        let traced = records.verified.as_ref().map(TraceDag::hops).unwrap_or_default();

        let mut hops: Vec<_> = chain
            .hops
            .into_iter()
            .map(|grant| ExplainedHop { grant: Some(grant), ..Default::default() })
            .collect();
        let mut loose = Loose::default();
        for (position, suspect) in records.records.into_iter().enumerate() {
            let hop = suspect.hop;
            let record = suspect.conclude(position);
            match hop.and_then(|hop| place(&mut hops, hop)) {
                Some(hop) => hop.record = Some(record),
                None => loose.records.push(record),
            }
        }

        let mut checks = asked.close("it takes a chain that holds and TRACE records that hold");
        let mut decided = Vec::new();
        for bytes in &documents.decisions {
            note("decision records", bytes);
            let mut asked = Ledger::new(&[Rule::DecisionsReadable, Rule::DecisionsComplete]);
            for (hop, decision) in decisions::examine(bytes, &credentials, traced, &mut asked) {
                decided.extend(decision.value.clone());
                match hop.and_then(|hop| hops.get_mut(hop)) {
                    Some(hop) => hop.decisions.push(decision),
                    None => loose.decisions.push(decision),
                }
            }
            checks.extend(asked.close(""));
        }
        let known = statements::Known {
            hops: &credentials,
            chain: chain.verified.as_ref(),
            traced,
            decisions: &decided,
        };
        for bytes in &documents.statements {
            note("signed statements", bytes);
            let mut asked = Ledger::new(&[Rule::StatementsReadable]);
            for (hop, statement) in statements::examine(self, bytes, &known, &mut asked) {
                match hop.and_then(|hop| hops.get_mut(hop)) {
                    Some(hop) => hop.statements.push(statement),
                    None => loose.statements.push(statement),
                }
            }
            checks.extend(asked.close(""));
        }
        Explanation::new(self.at, sources, checks, hops, loose, lineage)
    }
}

/// The questions about whole documents that make sense for what was given.
fn asked_of_documents(explainer: &Explainer<'_>, documents: &Documents<'_>) -> Vec<Rule> {
    let mut rules = vec![Rule::ChainReadable];
    rules.extend(documents.revocations.map(|_| Rule::RevocationsReadable));
    rules.extend(explainer.max_staleness.map(|_| Rule::RevocationsFresh));
    rules.push(Rule::RecordsReadable);
    rules.extend(documents.records.map(|_| Rule::RecordsComplete));
    rules.push(Rule::LineageHolds);
    rules
}

/// The hop at `index`, made where a list of records has no chain beside it.
fn place(hops: &mut Vec<ExplainedHop>, index: usize) -> Option<&mut ExplainedHop> {
    if hops.iter().all(|hop| hop.grant.is_none()) {
        while hops.len() <= index {
            hops.push(ExplainedHop::default());
        }
    }
    hops.get_mut(index)
}

/// The only place where a lineage is made.
fn establish(
    chain: &chain::Findings,
    records: &mut records::Findings,
    asked: &mut Ledger,
) -> Option<Lineage> {
    let (chain, dag): (VerifiedChain, TraceDag) = (chain.verified.clone()?, records.verified.clone()?);
    match Lineage::establish(chain, dag) {
        Ok(lineage) => {
            asked.pass(Rule::LineageHolds);
            Some(lineage)
        }
        Err(error) => {
            asked.fail(Rule::LineageHolds, error.code(), error.to_string());
            if let Some(suspect) = error.record().and_then(|record| records.records.get_mut(record)) {
                suspect.ledger().fail(records::rule_of(&error), error.code(), said(&error));
            }
            None
        }
    }
}
