//! How often which verdict came out.

use std::{collections::BTreeMap, fmt};

/// Every code that a chain, a snapshot or a list of records can be refused with.
const CODES: [&str; 12] = [
    "BROKEN_DELEGATION_LINK",
    "CREDENTIAL_EXPIRED",
    "CREDENTIAL_NOT_YET_VALID",
    "CREDENTIAL_REPLAY",
    "CREDENTIAL_REVOKED",
    "DELEGATION_DEPTH_EXCEEDED",
    "INVALID_CREDENTIAL",
    "INVALID_REVOCATION",
    "PROVENANCE_LINK_BROKEN",
    "REVOCATION_STATUS_UNKNOWN",
    "SCOPE_ESCALATION",
    "UNTRUSTED_DELEGATION_ROOT",
];

/// How often which verdict came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The documents that were judged.
    pub cases: u64,
    /// Those that both accept.
    pub accepted: u64,
    /// Those that both refuse, by code.
    pub refused: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts a verdict; whether it accepts.
    pub(crate) fn count(&mut self, verdict: Result<(), &'static str>) -> bool {
        self.cases = self.cases.saturating_add(1);
        match verdict {
            Ok(()) => self.accepted = self.accepted.saturating_add(1),
            Err(code) => {
                let count = self.refused.entry(code).or_default();
                *count = count.saturating_add(1);
            }
        }
        verdict.is_ok()
    }

    /// Whether so much came out that agreement says something: three in ten accepted, and every code `least` times.
    ///
    /// # Errors
    /// What came out too rarely.
    pub fn says_something(&self, least: u64) -> Result<(), String> {
        if self.accepted.saturating_mul(10) < self.cases.saturating_mul(3) {
            return Err(format!("only {} of {} are accepted", self.accepted, self.cases));
        }
        let times = |code: &str| self.refused.get(code).copied().unwrap_or_default();
        match CODES.iter().find(|code| times(code) < least) {
            Some(code) => Err(format!("{code} came out {} times, {least} are wanted", times(code))),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} documents, {} accepted", self.cases, self.accepted)?;
        for (code, count) in &self.refused {
            write!(out, "\n  {count} {code}")?;
        }
        Ok(())
    }
}
