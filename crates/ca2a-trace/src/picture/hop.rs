//! What a picture shows of one hop.

use ca2a_core::{ErrorCode, VerifyingKey};
use ca2a_delegation::Credential;

use super::label::{self, instant, short};
use crate::trust_record::TrustRecord;

/// Whether a part of a picture may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Standing {
    /// It was verified.
    #[default]
    Holds,
    /// It was refused.
    Broken,
    /// Nobody can tell.
    Unknown,
}

impl Standing {
    /// A mark that needs no colour.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Holds => "✓",
            Self::Broken => "✗",
            Self::Unknown => "–",
        }
    }
}

/// One hop: the grant, and the agent that it was made to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hop {
    /// Position of the hop that granted it, before it in the picture; `None` where a root did.
    pub(crate) parent: Option<usize>,
    /// Who granted it, as far as anybody says.
    pub(crate) issuer: Option<VerifyingKey>,
    pub(crate) grant: Grant,
    pub(crate) key: Option<VerifyingKey>,
    pub(crate) name: String,
    /// One for each call that the agent made.
    pub(crate) records: Vec<Recorded>,
    pub(crate) calls: Vec<Call>,
    pub(crate) appraisals: Vec<Appraised>,
    pub(crate) faults: Vec<Fault>,
}

/// What was granted, and what was not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grant {
    pub(crate) standing: Standing,
    /// Its id; empty where there is no credential to take one from.
    pub(crate) id: String,
    pub(crate) depth: u64,
    pub(crate) window: Option<String>,
    pub(crate) granted: Vec<String>,
    pub(crate) withheld: Vec<String>,
    /// Granted, and never held by the grantor.
    pub(crate) beyond: Vec<String>,
}

/// What an agent signed about itself.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) standing: Standing,
    pub(crate) subject: String,
    pub(crate) hash: String,
    /// The record that it continues.
    pub(crate) continues: Option<String>,
    pub(crate) issued: String,
    pub(crate) model: String,
    pub(crate) platform: String,
    pub(crate) data_class: String,
    pub(crate) enforcement: String,
}

/// A call that an agent made under its grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) callee: String,
    pub(crate) capability: String,
}

/// What a callee found when it appraised the hardware of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Appraised {
    pub(crate) by: String,
    /// First and last digits, after the name of the hash.
    pub(crate) measurement: String,
}

/// Where the evidence does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Whether it breaks the link to the hop before.
    pub(crate) link: bool,
    pub(crate) title: String,
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl Grant {
    /// What `credential` grants to somebody whose grantor holds `held`; `None` where nobody stands above.
    pub(crate) fn of(credential: &Credential, held: Option<&Credential>) -> Self {
        let texts =
            |credential: &Credential| credential.scope().texts().map(label::clean).collect::<Vec<_>>();
        let (all, held) = (texts(credential), held.map(texts));
        let within = |capability: &String| held.as_ref().is_none_or(|held| held.contains(capability));
        let withheld =
            held.iter().flatten().filter(|capability| !all.contains(capability)).cloned().collect();
        let (granted, beyond) = all.iter().cloned().partition(within);
        Self {
            standing: Standing::Holds,
            id: label::clean(credential.id().as_str()),
            depth: credential.depth(),
            window: label::window(credential.not_before(), credential.not_after()),
            granted,
            withheld,
            beyond,
        }
    }
}

impl Appraised {
    /// What `by` found: `sha256:` or `sha384:` and digits, and nothing where it did not say.
    pub(crate) fn of(by: &str, measurement: &str) -> Self {
        let algorithm = measurement.split_once(':').map(|(algorithm, _)| format!("{algorithm}:"));
        let measurement = format!("{}{}", algorithm.unwrap_or_default(), short(measurement));
        Self { by: label::clean(by), measurement: label::clean(&measurement) }
    }

    pub(crate) fn words(&self) -> String {
        let Self { by, measurement } = self;
        format!("hardware, appraised by {by}: {measurement}")
    }
}

impl Recorded {
    pub(crate) fn of(record: &TrustRecord<'_>, standing: Standing) -> Self {
        let text = |object: &str, member: &str| {
            let found = record.object().object(object).ok().and_then(|object| object.text(member).ok());
            label::clean(found.unwrap_or_default())
        };
        Self {
            standing,
            subject: label::clean(record.subject()),
            hash: short(&record.hash().to_string()),
            continues: record.delegation().map(|delegation| short(&delegation.parent.to_string())),
            issued: instant(record.iat()),
            model: text("model", "model_id"),
            platform: text("runtime", "platform"),
            data_class: label::clean(record.object().text("data_class").unwrap_or_default()),
            enforcement: text("policy", "enforcement_mode"),
        }
    }

    /// When it was signed, as far as it was.
    pub(crate) fn signed(&self) -> String {
        let word = match self.standing {
            Standing::Holds => "signed",
            Standing::Broken => "does not hold, dated",
            Standing::Unknown => "not checked, dated",
        };
        format!("{word} {}", self.issued)
    }

    /// The last part of the subject.
    pub(crate) fn name(&self) -> &str {
        self.subject.rsplit(['/', ':']).next().filter(|name| !name.is_empty()).unwrap_or("agent")
    }
}

impl Hop {
    /// Whether the link to the hop before is broken.
    pub(crate) fn torn(&self) -> bool {
        self.faults.iter().any(|fault| fault.link)
    }

    /// What the agent itself is worth: its record and its grant together.
    pub(crate) fn standing(&self) -> Standing {
        let recorded = !self.records.is_empty();
        let holds = recorded && self.records.iter().all(|record| record.standing == Standing::Holds);
        match (self.faults.is_empty(), self.grant.standing, holds) {
            (false, ..) => Standing::Broken,
            (true, Standing::Holds, true) => Standing::Holds,
            _ => Standing::Unknown,
        }
    }

    /// When each record was signed, and where several records could be meant, which one it continues.
    pub(crate) fn signed<'h>(
        &'h self,
        above: Option<&'h Self>,
    ) -> impl Iterator<Item = (&'h Recorded, String)> {
        let several = above.is_some_and(|above| above.records.len() > 1);
        self.records.iter().map(move |record| {
            let continues = record.continues.as_ref().filter(|_| several);
            let continues = continues.map(|parent| format!(", continues {parent}")).unwrap_or_default();
            (record, format!("record {}{continues}", record.hash))
        })
    }

    /// First and last digits of the key.
    pub(crate) fn short_key(&self) -> String {
        self.key.map_or_else(|| "unknown".into(), |key| short(&key.to_hex()))
    }
}
