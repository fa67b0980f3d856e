//! A piece of evidence beside what was found out about it.

use ca2a_core::ErrorCode;
use ca2a_delegation::Credential;

use super::check::{Check, Outcome, Place};
use crate::{record::DelegationRecord, statement::Statement, trust_record::TrustRecord};

/// One piece of evidence as it was presented, and every check of it. Nothing in here is believed: what was verified is
/// in [`super::Verdict::Verified`].
#[derive(Debug, Clone)]
pub struct Explained<T> {
    pub(super) position: usize,
    pub(super) value: Option<T>,
    pub(super) source: String,
    pub(super) checks: Vec<Check>,
}

impl<T> Explained<T> {
    /// Where it stood in its document, from 0.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// What it says, where it is well formed.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Its text, for a person: cut to a length, not escaped for anything.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every check of it, in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The first check that failed.
    #[must_use]
    pub fn failure(&self) -> Option<(ErrorCode, &str)> {
        self.checks.iter().find_map(Check::failure)
    }

    /// Whether every check of it passed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.outcome == Outcome::Passed)
    }
}

/// One hop: what was granted, what was recorded, what was decided.
#[derive(Debug, Clone, Default)]
pub struct ExplainedHop {
    pub(super) parent: Option<usize>,
    pub(super) grant: Option<Explained<Credential>>,
    pub(super) records: Vec<Explained<TrustRecord<'static>>>,
    pub(super) decisions: Vec<Explained<DelegationRecord>>,
    pub(super) statements: Vec<Explained<Statement>>,
}

impl ExplainedHop {
    /// Position of the hop that granted it; `None` where a root did.
    #[must_use]
    pub fn parent(&self) -> Option<usize> {
        self.parent
    }

    /// The credential of the hop.
    #[must_use]
    pub fn grant(&self) -> Option<&Explained<Credential>> {
        self.grant.as_ref()
    }

    /// The TRACE records of what was done under it: one for each call, in the order in which they were given.
    #[must_use]
    pub fn records(&self) -> &[Explained<TrustRecord<'static>>] {
        &self.records
    }

    /// Records of what callees decided about calls under it. Nobody signed them.
    #[must_use]
    pub fn decisions(&self) -> &[Explained<DelegationRecord>] {
        &self.decisions
    }

    /// What callees signed about calls under it.
    #[must_use]
    pub fn statements(&self) -> &[Explained<Statement>] {
        &self.statements
    }

    /// Every check of the hop.
    pub(super) fn checks(&self, hop: usize) -> impl Iterator<Item = (Place, &Check)> {
        let grant = self.grant.iter().flat_map(|grant| &grant.checks);
        let records = self.records.iter().flat_map(|record| &record.checks);
        let decisions = self.decisions.iter().flat_map(|decision| &decision.checks);
        let statements = self.statements.iter().flat_map(|statement| &statement.checks);
        let grant = grant.map(move |check| (Place::Grant(hop), check));
        let records = records.map(move |check| (Place::Record(hop), check));
        let decisions = decisions.map(move |check| (Place::Decision(hop), check));
        let statements = statements.map(move |check| (Place::Statement(hop), check));
        grant.chain(records).chain(decisions).chain(statements)
    }
}

/// Evidence that belongs to no hop.
#[derive(Debug, Clone, Default)]
pub(super) struct Loose {
    pub(super) records: Vec<Explained<TrustRecord<'static>>>,
    pub(super) decisions: Vec<Explained<DelegationRecord>>,
    pub(super) statements: Vec<Explained<Statement>>,
}

impl Loose {
    pub(super) fn checks(&self) -> impl Iterator<Item = (Place, &Check)> {
        let records = self.records.iter().flat_map(|record| &record.checks);
        let decisions = self.decisions.iter().flat_map(|decision| &decision.checks);
        let statements = self.statements.iter().flat_map(|statement| &statement.checks);
        records.chain(decisions).chain(statements).map(|check| (Place::NoHop, check))
    }
}
