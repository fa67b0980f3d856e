//! What `ca2a-runtime` 0.4 checks of a quote: signatures and a chain of certificates, no endorsements (ATT-231).
//!
//! For comparing with that peer and for nothing else. What it gives is no [`crate::Verified`], so that no appraisal
//! takes it, and no configuration leads here.

use alloc::vec::Vec;

use super::{Quote, TdAttribute, TdBody, TdxTrust, checks};
use crate::{
    appraisal::{Check, CheckId},
    verify::{
        EvidenceError,
        x509::{Certificate, PathProblem, PathRules, verify_path},
    },
};

/// A body whose signatures and chain are good, with nothing known about the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unendorsed {
    body: TdBody,
    checks: Vec<Check>,
}

impl Unendorsed {
    /// What the quote says.
    #[must_use]
    pub fn body(&self) -> &TdBody {
        &self.body
    }

    /// What was checked, and [`crate::appraisal::Outcome::NotChecked`] for what was not.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }
}

/// Verifies `quote` up to one of the roots of `trust` at `now`, in Unix seconds.
///
/// # Errors
/// As [`Quote::parse`] and [`Quote::check_signatures`]; `tdx.chain` and `tdx.chain-dates` for a chain that does not
/// lead to a root; `tdx.td-attributes.debug` for a domain under debug, whose memory its host can read.
pub fn verify(quote: &[u8], trust: &TdxTrust, now: u64) -> Result<Unendorsed, EvidenceError> {
    let quote = Quote::parse(quote)?;
    quote.check_signatures()?;
    check_chain(&quote, trust, now)?;
    if quote.body().td_attributes.has(TdAttribute::Debug) {
        return Err(EvidenceError::new(checks::DEBUG, "the trust domain is under debug"));
    }
    let passed =
        [checks::STRUCTURE, checks::SIGNATURE, checks::QE_BINDING, checks::QE_SIGNATURE, checks::CHAIN];
    let pass = |id: CheckId| Check::decided(id, true, "good", "good");
    let skipped = [
        checks::QE_VENDOR,
        checks::QE_IDENTITY,
        checks::REVOKED,
        checks::COLLATERAL_SIGNATURE,
        checks::FMSPC,
        checks::PCE_ID,
        checks::TCB_STATUS,
        checks::MODULE_IDENTITY,
    ];
    let skip = |id: CheckId| Check::not_checked(id, "no endorsements in this profile");
    let checks = passed.into_iter().map(pass).chain(skipped.into_iter().map(skip)).collect();
    Ok(Unendorsed { body: quote.body().clone(), checks })
}

fn check_chain(quote: &Quote<'_>, trust: &TdxTrust, now: u64) -> Result<(), EvidenceError> {
    let read = |der| Certificate::read(der).map_err(|error| EvidenceError::new(checks::CHAIN, error));
    let path = quote.certificates().iter().map(|der| read(der)).collect::<Result<Vec<_>, _>>()?;
    let rules = PathRules { now, leaf_critical: &[], crls: &[] };
    verify_path(&path, &trust.anchors(), rules).map(|_| ()).map_err(|error| {
        let dates = matches!(error.problem, PathProblem::Dates { .. });
        EvidenceError::new(if dates { checks::CHAIN_DATES } else { checks::CHAIN }, error)
    })
}
