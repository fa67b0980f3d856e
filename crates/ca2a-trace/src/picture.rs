//! A lineage as something to look at: a tree in text, a Mermaid diagram, a picture.
//!
//! Every text in a lineage was chosen by somebody: names are cut to a length, characters that reorder or hide text are
//! replaced, and each format gets its own escaping (TRC-60).

mod dot;
mod hop;
pub(crate) mod label;
mod mermaid;
mod svg;
mod text;

use std::collections::HashMap;

use ca2a_core::{ErrorCode, VerifyingKey};
use ca2a_delegation::RevocationStatus;

pub(crate) use hop::{Call, Fault, Grant, Hop, Recorded, Standing};
pub(crate) use svg::canvas::escape;

use crate::{dag::RecordDag, lineage::Lineage, record::DelegationRecord};
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
    operator: Option<VerifyingKey>,
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
        let mut held = None;
        let mut hops = Vec::new();
        for (credential, traced) in lineage.hops() {
            let record = Recorded::of(traced.record(), Standing::Holds);
            hops.push(Hop {
                grant: Grant::of(credential, held),
                key: Some(*credential.subject()),
                name: record.name().into(),
                record: Some(record),
                ..Hop::default()
            });
            held = Some(credential);
        }
        let (count, revocation) = (hops.len(), revocation_words(lineage.chain().revocation()));
        Self {
            subtitle: format!("{count} grants, {count} signed records, {revocation}"),
            conclusion: Some(format!(
                "✓ {count} signed records, each by the key its credential names; {revocation}"
            )),
            operator: Some(*lineage.chain().root_issuer()),
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
            operator: None,
            names: HashMap::new(),
            hops,
            refusals: Vec::new(),
        }
    }

    /// Who granted first, as far as anybody says.
    pub(crate) fn operator(mut self, key: Option<VerifyingKey>) -> Self {
        self.operator = key;
        self
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

    fn operator_name(&self) -> &str {
        let name = self.operator.and_then(|operator| self.names.get(&operator));
        name.map_or("root operator", String::as_str)
    }

    fn operator_key(&self) -> String {
        self.operator.map_or_else(|| "unknown".into(), |key| short(&key.to_hex()))
    }

    fn name_of<'p>(&'p self, hop: &'p Hop) -> &'p str {
        hop.key.and_then(|key| self.names.get(&key)).map_or(&hop.name, String::as_str)
    }

    /// Who made the grant of the hop at `index`.
    fn grantor(&self, index: usize) -> &str {
        let before = index.checked_sub(1).and_then(|before| self.hops.get(before));
        before.map_or_else(|| self.operator_name(), |hop| self.name_of(hop))
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
