//! A lineage as something to look at: a tree in text, a Mermaid diagram, a picture.
//!
//! Every text in a lineage was chosen by somebody: names are cut to a length, characters that reorder or hide text are
//! replaced, and each format gets its own escaping (TRC-60).

mod dot;
mod hop;
pub(crate) mod label;
mod mermaid;
mod shape;
mod svg;
mod text;

use std::collections::HashMap;

use ca2a_core::{ErrorCode, VerifyingKey};
use ca2a_delegation::{Credential, RevocationStatus};

pub(crate) use hop::{Appraised, Call, Fault, Grant, Hop, Recorded, Standing};
pub(crate) use svg::canvas::escape;

use crate::{dag::RecordDag, lineage::Lineage, record::DelegationRecord, trace_dag::TraceHop};
use label::{instant, short};

/// The heading, unless somebody gives another.
pub(crate) const TITLE: &str = "Lineage of a delegated task";

/// What there is to show of a [`Lineage`]: who granted what, where the scope narrowed, what was done, and what was
/// refused.
#[derive(Debug, Clone)]
pub struct Picture {
    title: String,
    subtitle: String,
    /// What is said below all hops, where that is not plain from the hops.
    conclusion: Option<String>,
    /// The verdict, where it is to be seen.
    seal: Option<(Standing, String)>,
    names: HashMap<VerifyingKey, String>,
    hops: Vec<Hop>,
    refusals: Vec<Refusal>,
}

/// Something that was refused, to be shown beside the hop that it was tried at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Position of the hop, from 0.
    pub hop: usize,
    /// What was tried, in a few words: `asked for tool:purchase`.
    pub attempt: String,
    /// The code of the refusal.
    pub code: ErrorCode,
    /// Why, in a sentence.
    pub reason: String,
    /// Who refused.
    pub by: Option<String>,
}

impl Picture {
    /// The picture of `lineage`. Agents are called by the last part of their subject until [`Self::name`] says
    /// otherwise.
    #[must_use]
    pub fn of(lineage: &Lineage) -> Self {
        Self::of_branches(core::slice::from_ref(lineage))
    }

    /// The picture of work that branched: what `lineages` have in common is drawn once. A grant that is in several of
    /// them is one hop with a record for each call that its agent made.
    #[must_use]
    pub fn of_branches(lineages: &[Lineage]) -> Self {
        let mut tree: Vec<(Option<usize>, &Credential, Vec<&TraceHop>)> = Vec::new();
        for lineage in lineages {
            let mut parent = None;
            for (credential, act) in lineage.hops() {
                let known =
                    tree.iter_mut().position(|(above, known, _)| *above == parent && *known == credential);
                match known.and_then(|known| tree.get_mut(known)) {
                    Some((_, _, acts)) if acts.iter().any(|known| known.hash() == act.hash()) => {}
                    Some((_, _, acts)) => acts.push(act),
                    None => tree.push((parent, credential, vec![act])),
                }
                parent = Some(known.unwrap_or(tree.len().saturating_sub(1)));
            }
        }
        let hop = |(parent, credential, acts): &(Option<usize>, &Credential, Vec<&TraceHop>)| {
            let held = parent.and_then(|parent| tree.get(parent)).map(|(_, held, _)| *held);
            let records: Vec<_> =
                acts.iter().map(|act| Recorded::of(act.record(), Standing::Holds)).collect();
            Hop {
                parent: *parent,
                issuer: Some(*credential.issuer()),
                grant: Grant::of(credential, held),
                key: Some(*credential.subject()),
                name: records.first().map_or("agent", Recorded::name).into(),
                records,
                ..Hop::default()
            }
        };
        let hops: Vec<_> = tree.iter().map(hop).collect();
        let (grants, records) = (hops.len(), hops.iter().map(|hop| hop.records.len()).sum::<usize>());
        let revocation = lineages.first().map(|lineage| lineage.chain().revocation());
        let revocation = revocation.map(revocation_words).unwrap_or_default();
        Self {
            subtitle: format!("{grants} grants, {records} signed records, {revocation}"),
            conclusion: Some(format!(
                "✓ {records} signed records, each by the key its credential names; {revocation}"
            )),
            ..Self::drawn(hops)
        }
    }

    /// A picture of hops that somebody else judged.
    pub(crate) fn drawn(hops: Vec<Hop>) -> Self {
        Self {
            title: TITLE.into(),
            subtitle: String::new(),
            conclusion: None,
            seal: None,
            names: HashMap::new(),
            hops,
            refusals: Vec::new(),
        }
    }

    /// The verdict, and a line below the heading.
    pub(crate) fn sealed(mut self, standing: Standing, word: &str, subtitle: String) -> Self {
        self.seal = Some((standing, word.into()));
        self.subtitle = subtitle;
        self
    }

    /// The heading.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        self.title = label::clean(title);
        self
    }

    /// What to call the holder of `key`.
    #[must_use]
    pub fn name(mut self, key: &VerifyingKey, name: &str) -> Self {
        self.names.insert(*key, label::clean(name));
        self
    }

    /// Notes that the agent of `hop` (from 0) called `callee` for `capability`.
    #[must_use]
    pub fn call(mut self, hop: usize, callee: &str, capability: &str) -> Self {
        if let Some(hop) = self.hops.get_mut(hop) {
            hop.calls.push(Call { callee: label::clean(callee), capability: label::clean(capability) });
        }
        self
    }

    /// Notes that `by` appraised the hardware that the agent of `hop` (from 0) called from, and found `measurement`.
    #[must_use]
    pub fn appraised(mut self, hop: usize, by: &str, measurement: &str) -> Self {
        if let Some(hop) = self.hops.get_mut(hop) {
            hop.appraisals.push(Appraised::of(by, measurement));
        }
        self
    }

    /// Notes a refusal. One at a hop that does not exist stands beside the last hop.
    #[must_use]
    pub fn refusal(mut self, refusal: Refusal) -> Self {
        let last = self.hops.len().saturating_sub(1);
        self.refusals.push(Refusal {
            hop: refusal.hop.min(last),
            attempt: label::clean(&refusal.attempt),
            reason: label::clean(&refusal.reason),
            by: refusal.by.as_deref().map(label::clean),
            code: refusal.code,
        });
        self
    }

    /// Notes the refusal that `dag` ends in, if it does, beside the hop whose credential it names.
    #[must_use]
    pub fn denials(self, dag: &RecordDag) -> Self {
        dag.records().iter().fold(self, Self::denial)
    }

    fn denial(self, record: &DelegationRecord) -> Self {
        let Some(denial) = record.denial() else { return self };
        let credential = label::clean(record.credential_id().as_str());
        let Some(hop) = self.hops.iter().position(|hop| hop.grant.id == credential) else { return self };
        let scope = denial.is_scope_denial();
        self.refusal(Refusal {
            hop,
            attempt: format!("asked for {}", denial.capability()),
            code: if scope { ErrorCode::ScopeNotPermitted } else { ErrorCode::PeerDenial },
            reason: denial.reason().into(),
            by: None,
        })
    }

    /// A tree of text, for a terminal or a log.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::draw(self)
    }

    /// A Mermaid flowchart.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::draw(self)
    }

    /// A Graphviz digraph.
    #[must_use]
    pub fn to_dot(&self) -> String {
        dot::draw(self)
    }

    /// A self-contained SVG: no script, no font, no link to anywhere. Follows the reader's light or dark theme.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::draw(self, svg::Frame::Standalone)
    }

    /// An SVG for a page that has the heading already, each agent a link to `#hop-N`.
    pub(crate) fn to_inline_svg(&self) -> String {
        svg::draw(self, svg::Frame::Inline)
    }

    /// How far each hop is moved aside by the branches behind it.
    pub(crate) fn lanes(&self) -> Vec<usize> {
        let shape = shape::Shape::of(&self.hops);
        (0..self.hops.len()).map(|index| shape.place(index).lane).collect()
    }

    fn operator_name(&self, key: Option<VerifyingKey>) -> &str {
        let name = key.and_then(|key| self.names.get(&key));
        name.map_or("root operator", String::as_str)
    }

    fn above(&self, hop: &Hop) -> Option<&Hop> {
        self.hops.get(hop.parent?)
    }

    fn name_of<'p>(&'p self, hop: &'p Hop) -> &'p str {
        hop.key.and_then(|key| self.names.get(&key)).map_or(&hop.name, String::as_str)
    }

    /// Who made the grant of `hop`.
    fn grantor(&self, hop: &Hop) -> &str {
        self.above(hop).map_or_else(|| self.operator_name(hop.issuer), |above| self.name_of(above))
    }

    fn refusals_at(&self, index: usize) -> impl Iterator<Item = &Refusal> {
        self.refusals.iter().filter(move |refusal| refusal.hop == index)
    }
}

/// What is known about revocation, in words.
pub(crate) fn revocation_words(revocation: RevocationStatus) -> String {
    match revocation {
        RevocationStatus::NotChecked => "revocation not checked".into(),
        status => match status.as_of() {
            Some(as_of) => format!("nothing revoked as of {}", instant(as_of)),
            None => "nothing revoked".into(),
        },
    }
}

/// The key of somebody who granted, in short.
fn short_key(key: Option<VerifyingKey>) -> String {
    key.map_or_else(|| "unknown".into(), |key| short(&key.to_hex()))
}
