//! One appraisal under way.

use std::borrow::Cow;

use ca2a_core::{
    json::{Node, Object},
    requirement::is_off,
};

use super::{Appraisal, Check, CheckResult, Mismatch, Step, Verifier, fold::Open};
use crate::{Admissibility, Context, Finding, Manifest, Outcome, Timestamp, schema, schema::timestamp};

/// An appraisal under way: what is asked, what was found so far, and what is left open.
pub(super) struct Work<'w> {
    pub(super) verifier: &'w Verifier,
    pub(super) manifest: &'w Manifest,
    pub(super) context: &'w Context,
    pub(super) now: Timestamp,
    /// The document with the approvals that are attached to its envelope.
    pub(super) document: Cow<'w, Object<'static>>,
    pub(super) appraisal: Appraisal,
    pub(super) open: Open,
    /// Mismatches up to the last step.
    before: usize,
}

/// A step that ends the appraisal.
pub(super) struct Ended;

impl<'w> Work<'w> {
    pub(super) fn new(
        verifier: &'w Verifier,
        manifest: &'w Manifest,
        context: &'w Context,
        now: Timestamp,
    ) -> Self {
        let document = manifest.with_approvals();
        let (appraisal, open) = (Appraisal::new(), Open::default());
        Self { verifier, manifest, context, now, document, appraisal, open, before: 0 }
    }

    pub(super) fn run(mut self) -> Appraisal {
        self.appraisal.digest = self.manifest.digest().ok();
        if self.stages().is_ok() {
            self.fold();
        }
        self.appraisal.findings.sort_unstable();
        self.appraisal.findings.dedup();
        self.appraisal
    }

    fn stages(&mut self) -> Result<(), Ended> {
        self.version()?;
        self.envelope()?;
        self.schema()?;
        self.revocation()?;
        self.window()?;
        self.signature();
        self.artifacts();
        self.trace();
        self.delegation();
        self.approval();
        self.attestation();
        self.transparency();
        Ok(())
    }

    fn version(&mut self) -> Result<(), Ended> {
        let version = self.manifest.version().unwrap_or_default();
        if ["0.1", "0.2"].contains(&version) {
            let detail = format!("version `{version}`");
            self.check(Step::Version, detail);
            return Ok(());
        }
        self.end(Step::Version, Outcome::IncompatibleVersion, "known are `0.1` and `0.2`")
    }

    fn schema(&mut self) -> Result<(), Ended> {
        let violations = schema::violations(&self.document);
        for violation in &violations {
            let field = match violation.path.as_str() {
                "" => "schema".to_owned(),
                path => format!("schema:{path}"),
            };
            self.mismatch(field, violation.problem());
        }
        if self.manifest.is_enveloped()
            && violations.is_empty()
            && self.document.optional("signature").is_some()
        {
            self.mismatch("signature", "an envelope is the signature, and the payload holds another");
        }
        match self.appraisal.mismatches.len() {
            0 => {
                self.check(Step::Schema, "every member is one of this format");
                Ok(())
            }
            1 => self.end(Step::Schema, Outcome::Mismatch, "one place is not what it must be"),
            _ => self.end(Step::Schema, Outcome::Mismatch, "several places are not what they must be"),
        }
    }

    fn revocation(&mut self) -> Result<(), Ended> {
        let id = self.manifest.id().unwrap_or_default();
        let (result, detail) = match &self.verifier.revocations {
            Some(list) if list.is_revoked(id) => {
                return self.end(Step::Revocation, Outcome::Revoked, "it was taken back");
            }
            Some(list) if list.is_known() => (CheckResult::Passed, "it was not taken back"),
            Some(_) => {
                self.open.revocation = self.verifier.mode.is_strict();
                (CheckResult::Skipped, "the list of revocations is empty, which proves nothing")
            }
            None => {
                self.find(Finding::RevocationNotChecked);
                (CheckResult::Skipped, "no list of revocations was given")
            }
        };
        self.push(Step::Revocation, result, detail);
        Ok(())
    }

    /// A manifest counts from `issued_at` until just before `expires_at`.
    fn window(&mut self) -> Result<(), Ended> {
        let at = |name| self.document.get(name).and_then(timestamp);
        let Some((issued, expires)) = at("issued_at").zip(at("expires_at")) else {
            self.mismatch("validity.timestamps", "it does not say when it begins and ends");
            return self.end(Step::Window, Outcome::Mismatch, "no window to compare with");
        };
        if !issued.has_zone() && !is_off("MAN-4") {
            self.find(Finding::NaiveTime);
        }
        if issued.micros() > self.now.micros() {
            self.mismatch("validity.issued_at", "it is not in force yet");
            return self.end(Step::Window, Outcome::Mismatch, "it is not in force yet");
        }
        if expires.micros() <= self.now.micros() {
            return self.end(Step::Window, Outcome::Expired, "its time is over");
        }
        self.check(Step::Window, format!("in force until {}", expires.to_isoformat()));
        Ok(())
    }

    /// Ends a step: it failed when something new does not hold.
    pub(super) fn check(&mut self, step: Step, detail: impl Into<String>) {
        let failed = self.appraisal.mismatches.len() > self.before;
        self.push(step, if failed { CheckResult::Failed } else { CheckResult::Passed }, detail);
    }

    /// Ends a step for which there was nothing to do, unless something does not hold all the same.
    pub(super) fn skip(&mut self, step: Step, detail: impl Into<String>) {
        let failed = self.appraisal.mismatches.len() > self.before;
        self.push(step, if failed { CheckResult::Failed } else { CheckResult::Skipped }, detail);
    }

    pub(super) fn push(&mut self, step: Step, result: CheckResult, detail: impl Into<String>) {
        self.before = self.appraisal.mismatches.len();
        self.appraisal.checks.push(Check { step, result, detail: detail.into() });
    }

    /// Ends the appraisal at `step`.
    pub(super) fn end(&mut self, step: Step, outcome: Outcome, detail: &str) -> Result<(), Ended> {
        self.push(step, CheckResult::Failed, detail);
        self.appraisal.outcome = outcome;
        self.appraisal.admissibility = Admissibility::VerificationIncomplete;
        Err(Ended)
    }

    pub(super) fn mismatch(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.appraisal.mismatches.push(Mismatch { field: field.into(), problem: problem.into() });
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.appraisal.findings.push(finding);
    }
}

/// The member `name` of `object`, where both are there and the member is an object.
pub(super) fn object<'o>(object: Option<&'o Object<'static>>, name: &str) -> Option<&'o Object<'static>> {
    object?.get(name)?.as_object()
}

/// The text `name` of `object`.
pub(super) fn text<'o>(object: Option<&'o Object<'static>>, name: &str) -> Option<&'o str> {
    object?.get(name).and_then(Node::as_str)
}
