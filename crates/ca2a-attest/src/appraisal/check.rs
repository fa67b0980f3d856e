//! A check: one question about evidence, with an id that stays, and what came of it (ATT-400).

use alloc::{boxed::Box, string::ToString as _};
use core::fmt;

use super::Component;

/// The stable name of a check, `platform.check`: `snp.signature`, `tdx.tcb-status`, `tpm.nonce`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckId(&'static str);

impl CheckId {
    /// The id that reads `text`: kebab-case words with dots between them.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl fmt::Debug for CheckId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "CheckId({})", self.0)
    }
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The evidence is what the policy wants.
    Pass,
    /// It is not, or it lacks what the policy names.
    Fail,
    /// The policy does not ask. Always shown, so that nobody takes silence for a pass.
    NotChecked,
    /// The question makes no sense for this evidence, such as the cipher hiding bit of a report without one.
    NotApplicable,
}

impl Outcome {
    /// `pass`, `fail`, `not-checked` or `not-applicable`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotChecked => "not-checked",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// One question that was put to evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which question.
    pub id: CheckId,
    /// What came of it.
    pub outcome: Outcome,
    /// What the policy wants, for a person.
    pub expected: Box<str>,
    /// What the evidence says, for a person.
    pub actual: Box<str>,
}

impl Check {
    /// A question that was decided: a pass where `holds`.
    #[must_use]
    pub fn decided(id: CheckId, holds: bool, expected: impl fmt::Display, actual: impl fmt::Display) -> Self {
        let outcome = if holds { Outcome::Pass } else { Outcome::Fail };
        Self { id, outcome, expected: expected.to_string().into(), actual: actual.to_string().into() }
    }

    /// A question that the policy does not ask; `actual` is shown all the same.
    #[must_use]
    pub fn not_checked(id: CheckId, actual: impl fmt::Display) -> Self {
        let expected = "(the policy does not say)".into();
        Self { id, outcome: Outcome::NotChecked, expected, actual: actual.to_string().into() }
    }

    /// A question that makes no sense here; `why` says why.
    #[must_use]
    pub fn not_applicable(id: CheckId, why: impl fmt::Display) -> Self {
        Self { id, outcome: Outcome::NotApplicable, expected: "".into(), actual: why.to_string().into() }
    }

    /// Whether it failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.outcome == Outcome::Fail
    }
}

/// A row of a platform's table of checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckInfo {
    /// The id.
    pub id: CheckId,
    /// What it asks, in one line.
    pub meaning: &'static str,
    /// The key of the policy file that decides it (`snp.guest_policy.debug`); none where no policy can, as for a signature.
    pub policy_key: Option<&'static str>,
    /// What it says about the trustworthiness vector.
    pub effects: &'static [Effect],
}

/// What a check says about one component of the trustworthiness vector (AR4SI section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// The component.
    pub component: Component,
    /// Its value when the check passes: 2 to 31.
    pub pass: i8,
    /// Its value when the check fails: 32 and above.
    pub fail: i8,
}

impl CheckInfo {
    /// A row without a policy key and without effects.
    #[must_use]
    pub const fn new(id: &'static str, meaning: &'static str) -> Self {
        Self { id: CheckId::new(id), meaning, policy_key: None, effects: &[] }
    }

    /// The same row, decided by `key` of the policy file.
    #[must_use]
    pub const fn decided_by(mut self, key: &'static str) -> Self {
        self.policy_key = Some(key);
        self
    }

    /// The same row with what it says about the vector.
    #[must_use]
    pub const fn effects(mut self, effects: &'static [Effect]) -> Self {
        self.effects = effects;
        self
    }
}
