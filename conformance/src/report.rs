//! What is printed.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
};

use crate::{compare::Difference, verdict::Judged};

/// What a person calls a case. It can be printed and nothing else, so that no verdict can hang on it.
#[derive(Clone)]
pub struct Label(Box<str>);

impl Label {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_empty() { "(unnamed)" } else { &self.0 })
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// What came out is what was demanded.
    Passed,
    /// It is not; each entry says where, what was expected and what came out.
    Failed(Vec<String>),
    /// What came out is what was demanded, in a way that a reader should see.
    Kept(String),
    /// The case did not run, for this reason.
    Skipped(&'static str),
}

impl Outcome {
    pub(crate) fn judged(op: &str, judged: Judged) -> Self {
        match judged {
            Judged::Met => Self::Passed,
            Judged::Kept(why) => Self::Kept(why),
            Judged::Missed(differences) => Self::of(op, &differences),
        }
    }

    pub(crate) fn of(op: &str, differences: &[Difference]) -> Self {
        if differences.is_empty() {
            return Self::Passed;
        }
        let line = |difference: &Difference| {
            let Difference { path, expected, got } = difference;
            format!("{op}, {path}: expected {}, got {}", short(expected), short(got))
        };
        Self::Failed(differences.iter().map(line).collect())
    }
}

/// The first few hundred characters, for a person.
fn short(text: &str) -> String {
    const SHOWN: usize = 400;
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { format!("{shown}...") } else { shown }
}

/// What became of all cases.
#[derive(Debug, Clone, Default)]
pub struct Report {
    results: Vec<(Label, Outcome)>,
}

impl Report {
    pub(crate) fn add(&mut self, label: Label, outcome: Outcome) {
        self.results.push((label, outcome));
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.results.extend(other.results);
    }

    /// Each case and what became of it, in the order of the file.
    pub fn results(&self) -> impl Iterator<Item = (&Label, &Outcome)> {
        self.results.iter().map(|(label, outcome)| (label, outcome))
    }

    /// How many passed, failed and were skipped.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let count =
            |wanted: fn(&Outcome) -> bool| self.results.iter().filter(|(_, outcome)| wanted(outcome)).count();
        (
            count(|outcome| matches!(outcome, Outcome::Passed | Outcome::Kept(_))),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        )
    }

    /// Prints every failure, what was kept and every skip by name under its reason, and the counts on a line of their own.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut skipped: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut kept: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (label, outcome) in self.results() {
            match outcome {
                Outcome::Passed => {}
                Outcome::Kept(why) => kept.entry(why).or_default().push(label.to_string()),
                Outcome::Failed(reasons) => {
                    writeln!(out, "FAILED {label}")?;
                    for reason in reasons {
                        writeln!(out, "  {reason}")?;
                    }
                }
                Outcome::Skipped(reason) => skipped.entry(reason).or_default().push(label.to_string()),
            }
        }
        for (why, labels) in kept {
            writeln!(out, "KEPT {}: {why}", labels.len())?;
            writeln!(out, "  {}", labels.join(" "))?;
        }
        for (reason, labels) in skipped {
            writeln!(out, "SKIPPED {}: {reason}", labels.len())?;
            writeln!(out, "  {}", labels.join(" "))?;
        }
        let (passed, failed, skipped) = self.counts();
        writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}
