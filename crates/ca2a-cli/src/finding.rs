//! One check of an answer that lists all of them: what was asked of what, and what came of it.

use ca2a_core::json::{Node, Object};
use ca2a_trace::explain::{Check, Explanation, Outcome, Place};

use crate::page::{Line, Page, Tint};

/// One check, made or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) place: String,
    /// The hop that it belongs to, from 0.
    pub(crate) hop: Option<usize>,
    /// The requirement that was checked.
    pub(crate) requirement: &'static str,
    /// What holds where it passed.
    pub(crate) words: &'static str,
    pub(crate) outcome: Outcome,
    /// Whether the answer cannot be yes while this is not checked.
    pub(crate) demanded: bool,
}

impl Finding {
    /// A check of something that belongs to no hop, and that somebody asked for.
    pub(crate) fn new(
        place: impl Into<String>,
        (requirement, words): (&'static str, &'static str),
        outcome: Outcome,
    ) -> Self {
        Self { place: place.into(), hop: None, requirement, words, outcome, demanded: true }
    }

    /// The same check; the answer does not hang on it.
    pub(crate) fn optional(mut self) -> Self {
        self.demanded = false;
        self
    }

    /// The same check, at a hop.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.hop = place.hop();
        self
    }

    pub(crate) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }

    /// Whether the answer lacks this check.
    pub(crate) fn is_missing(&self) -> bool {
        self.demanded && matches!(self.outcome, Outcome::NotChecked { .. })
    }

    /// The check as JSON.
    pub(crate) fn to_node(&self) -> Node<'static> {
        let mut json = Object::from([("place", Node::from(self.place.clone()))]);
        if let Some(hop) = self.hop {
            json.insert("hop", hop);
        }
        json.insert("requirement", self.requirement);
        json.insert("check", self.words);
        json.insert("outcome", self.outcome.as_str());
        match &self.outcome {
            Outcome::Passed => {}
            Outcome::Failed { code, message } => {
                json.insert("code", code.as_str());
                json.insert("error", message.clone());
            }
            Outcome::NotChecked { why } => json.insert("why", why.clone()),
        }
        json.into()
    }

    fn line(&self) -> Line {
        match &self.outcome {
            Outcome::Passed => Line::from("  ").tick().plain(self.words),
            Outcome::Failed { .. } => {
                Line::from("  ").cross().tint(Tint::Bad, format!("not so: {}", self.words))
            }
            Outcome::NotChecked { .. } => {
                Line::from("  ").dot().tint(Tint::Warn, "not checked: ").plain(self.words)
            }
        }
        .faint(format!("  [{}]", self.requirement))
    }
}

/// Every check of an explanation. What its verdict hangs on is its own affair.
pub(crate) fn of(explanation: &Explanation) -> Vec<Finding> {
    // The first question that is put at a place begins a thing there, each time that it is put.
    let mut first = None;
    let mut count = 0_usize;
    let finding = |(place, check): (Place, &Check)| {
        match first {
            Some((known, rule)) if known == place && rule == check.rule => count = count.saturating_add(1),
            Some((known, _)) if known == place => {}
            _ => (first, count) = (Some((place, check.rule)), 1),
        }
        let words = (check.rule.requirement(), check.rule.words());
        Finding::new(numbered(place, count), words, check.outcome.clone()).at(place).optional()
    };
    explanation.checks().map(finding).collect()
}

/// The name of the thing at `place` that is the `count`th there.
pub(crate) fn numbered(place: Place, count: usize) -> String {
    if count > 1 { format!("{place} {count}") } else { place.to_string() }
}

/// The findings, those about one thing under its name.
pub(crate) fn page(findings: &[Finding]) -> Page {
    let mut page = Page::new();
    let mut heading = None;
    for finding in findings {
        if heading != Some(&finding.place) {
            page = page.blank().line(Line::new().strong(finding.place.as_str()));
            heading = Some(&finding.place);
        }
        page = page.line(finding.line());
        page = match &finding.outcome {
            Outcome::Passed => page,
            Outcome::Failed { code, message } => {
                page.line(Line::from("      ").name(code.as_str()).plain(format!(": {message}")))
            }
            Outcome::NotChecked { why } => page.line(Line::from("      ").faint(why.as_str())),
        };
    }
    page
}
