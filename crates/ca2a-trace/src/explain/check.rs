//! One question that was put to the evidence, and what came of it.

use core::fmt;

use ca2a_core::ErrorCode;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident $requirement:literal $words:literal else $fault:literal;)*) => {
        /// What is asked of the evidence. Each stands for a requirement of `specs/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $variant,)*
        }

        impl Rule {
            /// Every rule, in the order in which an explanation lists them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What holds where the rule does, as a sentence without its full stop.
            #[must_use]
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)*
                }
            }

            /// What is wrong where the rule does not hold, as a heading.
            #[must_use]
            pub fn fault(self) -> &'static str {
                match self {
                    $(Self::$variant => $fault,)*
                }
            }

            /// The id of the requirement that it stands for.
            #[must_use]
            pub fn requirement(self) -> &'static str {
                match self {
                    $(Self::$variant => $requirement,)*
                }
            }
        }
    };
}

rules! {
    /// The bytes of the chain are a chain document.
    ChainReadable "DEL-13" "the chain can be read" else
        "the chain cannot be read";
    /// The bytes of the snapshot are one, and every statement in it is signed.
    RevocationsReadable "REV-4" "the revocation snapshot can be read, and each statement in it is signed" else
        "the revocation snapshot cannot be used";
    /// The snapshot is as fresh as was asked for.
    RevocationsFresh "REV-8" "the revocation snapshot is fresh enough" else
        "the revocation snapshot is too old";
    /// The bytes of the TRACE records are records.
    RecordsReadable "TRC-40" "the TRACE records can be read" else
        "the TRACE records cannot be read";
    /// As many records as hops.
    RecordsComplete "TRC-45" "there is one TRACE record for each hop" else
        "not one TRACE record for each hop";
    /// Chain and records are one lineage.
    LineageHolds "TRC-46" "chain and TRACE records are one lineage" else
        "chain and TRACE records are not one lineage";
    /// The bytes of the decision records are records.
    DecisionsReadable "TRC-1" "the decision records can be read" else
        "the decision records cannot be read";
    /// As many allow records as hops.
    DecisionsComplete "TRC-7" "there is one allow record for each hop" else
        "not one allow record for each hop";
    /// The bytes of the statements are statements.
    StatementsReadable "TRC-100" "the signed statements can be read" else
        "the signed statements cannot be read";

    /// A credential of the right form with usable keys.
    CredentialForm "DEL-1" "the credential is well formed" else
        "the credential is malformed";
    /// Its issuer is a trusted root.
    CredentialRoot "DEL-21" "a trusted root granted it" else
        "no trusted root granted it";
    /// Its issuer signed it.
    CredentialSignature "DEL-11" "its issuer signed it" else
        "the credential's signature is broken";
    /// The time lies in its window.
    CredentialWindow "DEL-23" "it is valid at the time" else
        "the grant is not valid at the time";
    /// No other credential of the chain has its id.
    CredentialUnique "DEL-24" "no other grant of the chain has its id" else
        "the credential id was used before";
    /// It is not too deep.
    CredentialDepth "DEL-25" "it is no deeper than allowed" else
        "the grant is too deep";
    /// It begins the chain, or continues the grant before it.
    CredentialLink "DEL-27" "it is the first grant, or continues the one before it" else
        "the link to the grant before is broken";
    /// It grants no more than the grant before it.
    CredentialScope "DEL-28" "it grants no more than the grant before it" else
        "it grants more than its grantor holds";
    /// Nobody took it back.
    CredentialRevocation "REV-6" "nobody who may has revoked it" else
        "the grant was revoked";

    /// A TRACE record of the right form.
    RecordForm "TRC-41" "the TRACE record is well formed" else
        "the TRACE record is malformed";
    /// The chain names its key.
    RecordKey "TRC-41" "the chain names the key that it is signed with" else
        "the TRACE record is signed with another key";
    /// It is not from the future.
    RecordTime "TRC-22" "it is not dated in the future" else
        "the TRACE record is dated in the future";
    /// The key signed it.
    RecordSignature "TRC-15" "that key signed it" else
        "the TRACE record's signature is broken";
    /// It stands once.
    RecordUnique "TRC-40" "it stands there once" else
        "the TRACE record stands there twice";
    /// It continues the record of the hop before.
    RecordLink "TRC-40" "it is the first record, or continues that of the hop before" else
        "the link to the record before is broken";
    /// It is not older than what it continues.
    RecordOrder "TRC-42" "it is not dated before the record that it continues" else
        "the TRACE record is dated before its parent";
    /// It belongs to its credential.
    RecordBelongs "TRC-45" "it acts under this credential, with the key of its subject" else
        "the TRACE record is not this hop's";

    /// A decision record of the right form, whose own hash is right.
    DecisionForm "TRC-1" "the decision record is well formed and hashes to what it says" else
        "the decision record is malformed";
    /// It continues the record before it.
    DecisionLink "TRC-6" "it is the first of its list, or continues the one before it" else
        "the decision record's link is broken";
    /// It belongs to its credential.
    DecisionBelongs "TRC-7" "it repeats the facts of its credential" else
        "the decision record contradicts its credential";

    /// A statement of the right form.
    StatementForm "TRC-100" "the signed statement is well formed" else
        "the signed statement is malformed";
    /// Its callee is known.
    StatementCallee "TRC-106" "its callee is known" else
        "the statement's callee is unknown";
    /// The callee signed it.
    StatementSignature "TRC-106" "its callee signed it, at a time that can be" else
        "the statement's signature is broken";
    /// It belongs to the chain and to the record that it names.
    StatementBelongs "TRC-107" "it agrees with the chain, and with the records that it names" else
        "the statement contradicts the evidence";
}

/// What came of a [`Check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed {
        /// The code of the refusal.
        code: ErrorCode,
        /// Why, in a sentence. Holds texts of the evidence: to be escaped wherever it is shown.
        message: String,
    },
    /// Nobody can tell.
    NotChecked {
        /// Why not.
        why: String,
    },
}

impl Outcome {
    /// `passed`, `failed` or `not checked`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::NotChecked { .. } => "not checked",
        }
    }

    pub(super) fn unknown(why: impl Into<String>) -> Self {
        Self::NotChecked { why: why.into() }
    }
}

/// One question, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The question.
    pub rule: Rule,
    /// The answer.
    pub outcome: Outcome,
}

impl Check {
    /// What came of it in a few words: what holds, what does not, or what nobody can tell.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self.outcome {
            Outcome::Failed { .. } => self.rule.fault(),
            Outcome::Passed | Outcome::NotChecked { .. } => self.rule.words(),
        }
    }

    /// The code and message of a failure.
    #[must_use]
    pub fn failure(&self) -> Option<(ErrorCode, &str)> {
        match &self.outcome {
            Outcome::Failed { code, message } => Some((*code, message)),
            _ => None,
        }
    }
}

/// What a check was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Place {
    /// Documents as a whole, and how they belong together.
    Documents,
    /// A branch of the work, down to the hop where it ends.
    Branch(usize),
    /// The credential of a hop, from 0.
    Grant(usize),
    /// The TRACE record of a hop.
    Record(usize),
    /// A decision record at a hop.
    Decision(usize),
    /// A signed statement at a hop.
    Statement(usize),
    /// Evidence that belongs to no hop.
    NoHop,
}

impl Place {
    /// The hop, from 0. A branch is not at a hop: it may break anywhere above its end.
    #[must_use]
    pub fn hop(self) -> Option<usize> {
        match self {
            Self::Documents | Self::Branch(_) | Self::NoHop => None,
            Self::Grant(hop) | Self::Record(hop) | Self::Decision(hop) | Self::Statement(hop) => Some(hop),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documents => out.write_str("documents"),
            Self::Branch(hop) => write!(out, "branch to hop {hop}"),
            Self::Grant(hop) => write!(out, "hop {hop}, credential"),
            Self::Record(hop) => write!(out, "hop {hop}, TRACE record"),
            Self::Decision(hop) => write!(out, "hop {hop}, decision record"),
            Self::Statement(hop) => write!(out, "hop {hop}, signed statement"),
            Self::NoHop => out.write_str("belongs to no hop"),
        }
    }
}

/// The questions about one thing while they are being answered. The first answer to each stands.
#[derive(Debug, Clone)]
pub(super) struct Ledger(Vec<(Rule, Option<Outcome>)>);

impl Ledger {
    pub(super) fn new(rules: &[Rule]) -> Self {
        Self(rules.iter().map(|rule| (*rule, None)).collect())
    }

    pub(super) fn settle(&mut self, rule: Rule, outcome: Outcome) {
        if let Some((_, open @ None)) = self.0.iter_mut().find(|(known, _)| *known == rule) {
            *open = Some(outcome);
        }
    }

    pub(super) fn pass(&mut self, rule: Rule) {
        self.settle(rule, Outcome::Passed);
    }

    /// Everything that was not answered yet holds.
    pub(super) fn pass_open(&mut self) {
        self.pass_open_but(None);
    }

    /// Everything that was not answered yet holds, but for what is still to be asked.
    pub(super) fn pass_open_but(&mut self, later: Option<Rule>) {
        for (_, outcome) in self.0.iter_mut().filter(|(rule, _)| Some(*rule) != later) {
            outcome.get_or_insert(Outcome::Passed);
        }
    }

    /// `rule` is answered with `outcome`; whatever is asked before it was asked, and held.
    pub(super) fn stop_at(&mut self, rule: Rule, outcome: Outcome) {
        for (_, before) in self.0.iter_mut().take_while(|(known, _)| *known != rule) {
            before.get_or_insert(Outcome::Passed);
        }
        self.settle(rule, outcome);
    }

    pub(super) fn fail(&mut self, rule: Rule, code: ErrorCode, message: impl Into<String>) {
        self.stop_at(rule, Outcome::Failed { code, message: message.into() });
    }

    /// Takes over the answer of one document of several, unless it is that nothing is wrong with it.
    pub(super) fn complain(&mut self, check: &Check, number: Option<u64>) {
        let of =
            |message: &str| number.map_or(message.to_owned(), |number| format!("chain {number}: {message}"));
        match &check.outcome {
            Outcome::Failed { code, message } => {
                self.settle(check.rule, Outcome::Failed { code: *code, message: of(message) });
            }
            Outcome::NotChecked { why } => self.settle(check.rule, Outcome::unknown(of(why))),
            Outcome::Passed => {}
        }
    }

    pub(super) fn passed(&self, rule: Rule) -> bool {
        self.0.iter().any(|(known, outcome)| *known == rule && *outcome == Some(Outcome::Passed))
    }

    pub(super) fn settled(&self, rule: Rule) -> bool {
        self.0.iter().any(|(known, outcome)| *known == rule && outcome.is_some())
    }

    /// No more answers come. `why` stands for those that never did.
    pub(super) fn close(self, why: &str) -> Vec<Check> {
        let close = |(rule, outcome): (Rule, Option<Outcome>)| Check {
            rule,
            outcome: outcome.unwrap_or_else(|| Outcome::unknown(why)),
        };
        self.0.into_iter().map(close).collect()
    }
}
