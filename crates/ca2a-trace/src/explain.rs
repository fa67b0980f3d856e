//! Explaining a lineage to somebody who holds nothing but files.
//!
//! A verifier says no and gives the first reason. An [`Explainer`] puts every question to the same evidence through the
//! same verifiers, and answers with an [`Explanation`]: what was granted, narrowed, recorded and refused at each hop, and
//! for every check whether it passed, failed or could not be asked. It checks nothing itself, so it cannot disagree with
//! them; the word "verified" comes with the [`Lineage`](crate::Lineage) that they made, or not at all (TRC-300).
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

mod branches;
mod chain;
mod check;
mod decisions;
mod documents;
mod explained;
mod explanation;
mod forest;
mod page;
mod placing;
mod records;
mod report;
mod sift;
mod sketch;
mod statements;
mod tree;

pub use check::{Check, Outcome, Place, Rule};
pub use explained::{Explained, ExplainedHop};
pub use explanation::{Explanation, Source, Tally, Verdict};

use ca2a_core::{ErrorCode, EvaluationTime, VerifyingKey};
use ca2a_delegation::{DEFAULT_MAX_DEPTH, PrefixCache, RevocationSnapshot, TrustedRoots};

use check::Ledger;
use explained::Loose;
use tree::Tree;

/// The most hops that are looked at: no longer chain can be verified.
const MOST_HOPS: usize = 256;
/// The most chains that are looked at.
const MOST_CHAINS: usize = 64;

/// Documents as somebody handed them over: bytes that nobody has looked at.
#[derive(Debug, Clone, Default)]
pub struct Documents<'d> {
    chains: Vec<&'d [u8]>,
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

    /// One more delegation chain: an array of credentials, an object that holds it as `chain`. An agent that hands work to
    /// several has a chain for each of them, and what the chains have in common is shown once (TRC-307).
    #[must_use]
    pub fn chain(mut self, document: &'d [u8]) -> Self {
        self.chains.push(document);
        self
    }

    /// The TRACE records: an array, an object that holds it as `records`, JSON Lines. One path of them is in order; where
    /// there are several chains, or records that branch, they are a set.
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

        let chains = self.chains(documents, snapshot.as_ref(), &mut sources, &mut asked);
        let mut tree = Tree::of(chains);
        let mut note = |name, bytes: &[u8]| sources.push(Source::of(name, bytes));

        let cache = PrefixCache::new(MOST_HOPS);
        let mut records = None;
        let mut established = branches::Established::default();
        match documents.records {
            Some(bytes) => {
                note("TRACE records", bytes);
                let found = records.insert(records::examine(self, bytes, &mut tree, &mut asked));
                established = branches::establish(self, &tree, found, &mut asked, &cache);
            }
            None => {
                let why = "no TRACE records were given, and nothing else says what was done";
                asked.settle(Rule::RecordsReadable, Outcome::unknown(why));
            }
        }
        let (verified, suspects) = records.map(|found| (found.verified, found.records)).unwrap_or_default();
        let traced: Vec<_> = verified
            .iter()
            .flat_map(|verified| verified.positions.iter().zip(verified.dag.hops()))
            .filter_map(|(position, act)| Some((suspects.get(*position)?.hop?, act)))
            .collect();

        let mut loose = Loose::default();
        let mut checks = asked.close("it takes a chain that holds and TRACE records that hold");
        let mut decided = Vec::new();
        let mut decisions = Vec::new();
        for bytes in &documents.decisions {
            note("decision records", bytes);
            let mut asked = Ledger::new(&[Rule::DecisionsReadable, Rule::DecisionsComplete]);
            let found = decisions::examine(bytes, &tree, &traced, &mut asked);
            decided.extend(found.iter().filter_map(|(_, decision)| decision.value.clone()));
            decisions.extend(found);
            checks.extend(asked.close(""));
        }
        let known = statements::Known { tree: &tree, traced: &traced, decisions: &decided, cache: &cache };
        let mut statements = Vec::new();
        for bytes in &documents.statements {
            note("signed statements", bytes);
            let mut asked = Ledger::new(&[Rule::StatementsReadable]);
            statements.extend(statements::examine(self, bytes, &known, &mut asked));
            checks.extend(asked.close(""));
        }
        let mut hops = tree.hops;
        for (position, suspect) in suspects.into_iter().enumerate() {
            let at = suspect.hop.and_then(|hop| hops.get_mut(hop)).map(|hop| &mut hop.records);
            at.unwrap_or(&mut loose.records).push(suspect.conclude(position));
        }
        for (hop, decision) in decisions {
            let at = hop.and_then(|hop| hops.get_mut(hop)).map(|hop| &mut hop.decisions);
            at.unwrap_or(&mut loose.decisions).push(decision);
        }
        for (hop, statement) in statements {
            let at = hop.and_then(|hop| hops.get_mut(hop)).map(|hop| &mut hop.statements);
            at.unwrap_or(&mut loose.statements).push(statement);
        }
        let branches::Established { lineages, branches } = established;
        Explanation::new(self.at, sources, checks, branches, (hops, loose), lineages)
    }

    /// Each chain for itself. Of several the first complaint about the documents stands, and says of which it is.
    fn chains(
        &self,
        documents: &Documents<'_>,
        snapshot: Option<&RevocationSnapshot>,
        sources: &mut Vec<Source>,
        asked: &mut Ledger,
    ) -> Vec<chain::Findings> {
        let mut chains = Vec::new();
        let several = documents.chains.len() > 1;
        for (number, bytes) in (1..).zip(&documents.chains).take(MOST_CHAINS) {
            sources.push(Source::of("chain", bytes));
            let mut own = Ledger::new(&[Rule::ChainReadable, Rule::RevocationsFresh]);
            chains.push(chain::examine(self, bytes, snapshot, &mut own));
            for check in own.close("it takes a chain that holds") {
                asked.complain(&check, several.then_some(number));
            }
        }
        if documents.chains.is_empty() {
            asked.settle(Rule::ChainReadable, Outcome::unknown("no chain was given"));
        }
        if documents.chains.len() > MOST_CHAINS {
            let message = format!("there are more than {MOST_CHAINS} chains");
            asked.settle(Rule::ChainReadable, Outcome::Failed { code: ErrorCode::MalformedLineage, message });
        }
        if !chains.is_empty() {
            asked.pass(Rule::ChainReadable);
            asked.pass(Rule::RevocationsFresh);
        }
        chains
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
