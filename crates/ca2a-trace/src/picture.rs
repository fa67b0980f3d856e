//! A lineage as something to look at: a tree in text, a Mermaid diagram, a picture.
//!
//! Every text in a lineage was chosen by somebody: names are cut to a length, characters that reorder or hide text are
//! replaced, and each format gets its own escaping (TRC-60).

mod label;
mod mermaid;
mod svg;
mod text;

use std::collections::HashMap;

use ca2a_core::{ErrorCode, VerifyingKey};
use ca2a_delegation::RevocationStatus;

use crate::{dag::RecordDag, lineage::Lineage, record::DelegationRecord, trace_dag::TraceHop};
use label::{instant, short};

/// What there is to show of a [`Lineage`]: who granted what, where the scope narrowed, what was done, and what was
/// refused.
#[derive(Debug, Clone)]
pub struct Picture {
    title: String,
    operator: VerifyingKey,
    names: HashMap<VerifyingKey, String>,
    hops: Vec<Hop>,
    refusals: Vec<Refusal>,
    revocation: RevocationStatus,
}

/// One hop: the grant, and the agent that it was made to.
#[derive(Debug, Clone)]
struct Hop {
    credential: String,
    depth: u64,
    window: Option<String>,
    granted: Vec<String>,
    withheld: Vec<String>,
    key: VerifyingKey,
    subject: String,
    name: String,
    record: String,
    issued: String,
    model: String,
    platform: String,
    data_class: String,
    enforcement: String,
    calls: Vec<Call>,
}

/// A call that an agent made under its grant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    callee: String,
    capability: String,
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
        let mut held: Vec<String> = Vec::new();
        let mut hops = Vec::new();
        for (credential, record) in lineage.hops() {
            let granted: Vec<_> = credential.scope().texts().map(label::clean).collect();
            let withheld = held.into_iter().filter(|capability| !granted.contains(capability)).collect();
            let window = label::window(credential.not_before(), credential.not_after());
            hops.push(Hop {
                credential: label::clean(credential.id().as_str()),
                depth: credential.depth(),
                window,
                withheld,
                key: *credential.subject(),
                ..Hop::of_record(record, granted.clone())
            });
            held = granted;
        }
        Self {
            title: "Lineage of a delegated task".into(),
            operator: *lineage.chain().root_issuer(),
            names: HashMap::new(),
            hops,
            refusals: Vec::new(),
            revocation: lineage.chain().revocation(),
        }
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
        let Some(hop) = self.hops.iter().position(|hop| hop.credential == credential) else { return self };
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

    /// A self-contained SVG: no script, no font, no link to anywhere. Follows the reader's light or dark theme.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }

    fn operator_name(&self) -> &str {
        self.names.get(&self.operator).map_or("root operator", String::as_str)
    }

    fn name_of<'p>(&'p self, hop: &'p Hop) -> &'p str {
        self.names.get(&hop.key).map_or(&hop.name, String::as_str)
    }

    /// Who made the grant of the hop at `index`.
    fn grantor(&self, index: usize) -> &str {
        let before = index.checked_sub(1).and_then(|before| self.hops.get(before));
        before.map_or_else(|| self.operator_name(), |hop| self.name_of(hop))
    }

    fn refusals_at(&self, index: usize) -> impl Iterator<Item = &Refusal> {
        self.refusals.iter().filter(move |refusal| refusal.hop == index)
    }

    fn revocation_words(&self) -> String {
        match self.revocation {
            RevocationStatus::NotChecked => "revocation not checked".into(),
            status => match status.as_of() {
                Some(as_of) => format!("nothing revoked as of {}", instant(as_of)),
                None => "nothing revoked".into(),
            },
        }
    }
}

impl Hop {
    fn of_record(hop: &TraceHop, granted: Vec<String>) -> Self {
        let record = hop.record();
        let text = |object: &str, member: &str| {
            let found = record.object().object(object).ok().and_then(|object| object.text(member).ok());
            label::clean(found.unwrap_or_default())
        };
        let subject = label::clean(record.subject());
        let name =
            subject.rsplit(['/', ':']).next().filter(|name| !name.is_empty()).unwrap_or("agent").to_owned();
        Self {
            credential: String::new(),
            depth: 0,
            window: None,
            granted,
            withheld: Vec::new(),
            key: *hop.key(),
            subject,
            name,
            record: short(&hop.hash().to_string()),
            issued: instant(record.iat()),
            model: text("model", "model_id"),
            platform: text("runtime", "platform"),
            data_class: label::clean(record.object().text("data_class").unwrap_or_default()),
            enforcement: text("policy", "enforcement_mode"),
            calls: Vec::new(),
        }
    }
}
