//! The answer of an explainer: what there is, hop by hop, and what came of every check.

use std::collections::HashMap;

use ca2a_core::{EvaluationTime, Sha256, VerifyingKey};

use super::{
    check::{Check, Outcome, Place},
    explained::{ExplainedHop, Loose},
    page, report, sketch,
};
use crate::{
    lineage::Lineage,
    picture::{self, Picture},
};

/// What is to be said of the evidence as a whole.
#[derive(Debug, Clone, Copy)]
pub enum Verdict<'e> {
    /// Chains and TRACE records were verified and are one lineage for each branch of the work, and nothing that was given
    /// beside them is refused. Holds at least one.
    Verified(&'e [Lineage]),
    /// Some check failed.
    Refused,
    /// Nothing failed, and something that a lineage needs could not be checked.
    Unverifiable,
}

impl Verdict<'_> {
    /// `verified`, `refused` or `unverifiable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified(_) => "verified",
            Self::Refused => "refused",
            Self::Unverifiable => "unverifiable",
        }
    }
}

/// How many checks came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Not checked.
    pub not_checked: usize,
}

/// A document that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it was given as.
    pub name: &'static str,
    /// Its length in bytes.
    pub bytes: usize,
    /// Its digest, so that a reader can tell whether another file is the same.
    pub sha256: Sha256,
}

impl Source {
    pub(super) fn of(name: &'static str, bytes: &[u8]) -> Self {
        Self { name, bytes: bytes.len(), sha256: Sha256::of(bytes) }
    }
}

/// Documents, explained.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub(super) title: String,
    pub(super) names: HashMap<VerifyingKey, String>,
    pub(super) recheck: Option<String>,
    pub(super) at: EvaluationTime,
    pub(super) sources: Vec<Source>,
    pub(super) documents: Vec<Check>,
    pub(super) branches: Vec<(usize, Vec<Check>)>,
    pub(super) hops: Vec<ExplainedHop>,
    pub(super) loose: Loose,
    lineages: Vec<Lineage>,
}

impl Explanation {
    pub(super) fn new(
        at: EvaluationTime,
        sources: Vec<Source>,
        documents: Vec<Check>,
        branches: Vec<(usize, Vec<Check>)>,
        (hops, loose): (Vec<ExplainedHop>, Loose),
        lineages: Vec<Lineage>,
    ) -> Self {
        let (title, names) = (picture::TITLE.into(), HashMap::new());
        Self { title, names, recheck: None, at, sources, documents, branches, hops, loose, lineages }
    }

    /// The heading of everything that is drawn.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.title = title.into();
        self
    }

    /// What to call the holder of `key`, in place of the name that its record gives it.
    #[must_use]
    pub fn name(mut self, key: &VerifyingKey, name: &str) -> Self {
        self.names.insert(*key, name.into());
        self
    }

    /// The command that comes to the same answer from the same files, for a reader who would rather not take our word.
    #[must_use]
    pub fn recheck(mut self, command: &str) -> Self {
        self.recheck = Some(command.into());
        self
    }

    /// What is to be said of the whole (TRC-300).
    #[must_use]
    pub fn verdict(&self) -> Verdict<'_> {
        match self.lineages.as_slice() {
            _ if self.failures().next().is_some() => Verdict::Refused,
            [] => Verdict::Unverifiable,
            lineages => Verdict::Verified(lineages),
        }
    }

    /// When everything was judged.
    #[must_use]
    pub fn at(&self) -> EvaluationTime {
        self.at
    }

    /// The documents that were looked at.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The hops: each before those that hang on it, and branch after branch. One path is root first.
    #[must_use]
    pub fn hops(&self) -> &[ExplainedHop] {
        &self.hops
    }

    /// Every check and what it was about: documents first, then branch by branch where there are several, then hop by
    /// hop, then what belongs to none.
    pub fn checks(&self) -> impl Iterator<Item = (Place, &Check)> {
        let documents = self.documents.iter().map(|check| (Place::Documents, check));
        let branches = self
            .branches
            .iter()
            .flat_map(|(hop, checks)| checks.iter().map(|check| (Place::Branch(*hop), check)));
        let hops = self.hops.iter().enumerate().flat_map(|(hop, explained)| explained.checks(hop));
        documents.chain(branches).chain(hops).chain(self.loose.checks())
    }

    /// Every check that failed.
    pub fn failures(&self) -> impl Iterator<Item = (Place, &Check)> {
        self.checks().filter(|(_, check)| check.failure().is_some())
    }

    /// Which hops have a check that failed, in order.
    #[must_use]
    pub fn broken_hops(&self) -> Vec<usize> {
        let mut hops: Vec<_> = self.failures().filter_map(|(place, _)| place.hop()).collect();
        hops.dedup();
        hops
    }

    /// How the checks came out.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.checks().fold(Tally::default(), |mut tally, (_, check)| {
            let count = match check.outcome {
                Outcome::Passed => &mut tally.passed,
                Outcome::Failed { .. } => &mut tally.failed,
                Outcome::NotChecked { .. } => &mut tally.not_checked,
            };
            *count = count.saturating_add(1);
            tally
        })
    }

    /// The verdict and its reason in one sentence, without the full stop.
    #[must_use]
    pub fn summary(&self) -> String {
        report::summary(self)
    }

    /// What there is to draw of it.
    #[must_use]
    pub fn picture(&self) -> Picture {
        sketch::draw(self)
    }

    /// A tree of text and every check below it, for a terminal or a log.
    #[must_use]
    pub fn to_text(&self) -> String {
        report::draw(self)
    }

    /// A Mermaid flowchart.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        self.picture().to_mermaid()
    }

    /// A Graphviz digraph.
    #[must_use]
    pub fn to_dot(&self) -> String {
        self.picture().to_dot()
    }

    /// A self-contained SVG.
    #[must_use]
    pub fn to_svg(&self) -> String {
        self.picture().to_svg()
    }

    /// One self-contained page: no network, nothing to install, readable without scripts, printable (TRC-305).
    #[must_use]
    pub fn to_html(&self) -> String {
        page::draw(self)
    }
}
