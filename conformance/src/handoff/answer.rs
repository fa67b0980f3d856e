//! Answers by name, and whether ours are the expected ones.

use std::{collections::BTreeMap, fmt};

use crate::Outcome;

/// What became of a case.
pub(super) enum Judged {
    /// Not run, for this reason.
    Skipped(&'static str),
    /// Run; compared member by member.
    Compared { expected: Answers, got: Answers },
    /// Not a case that can be run.
    Unusable(String),
}

/// One answer. A refusal has many words (`false`, REJECT, an exception) and one meaning.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// `true`, ACCEPT, a value that is there.
    Yes,
    /// Anything else, and our code for it.
    No(String),
    /// Bytes or a number.
    Value(String),
}

impl Answer {
    pub(super) fn is(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No(String::from("false")) }
    }

    /// `Yes`, or a refusal by this error.
    pub(super) fn of<T, E: std::fmt::Display>(result: Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Yes,
            Err(error) => Self::No(error.to_string()),
        }
    }

    pub(super) fn refused() -> Self {
        Self::No(String::from("a refusal"))
    }

    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Yes, Self::Yes) | (Self::No(_), Self::No(_)) => true,
            (Self::Value(left), Self::Value(right)) => left == right,
            _ => false,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => out.write_str("yes"),
            Self::No(why) => write!(out, "no ({why})"),
            Self::Value(value) => out.write_str(value),
        }
    }
}

/// Answers by the names of the members that they answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers(BTreeMap<String, Answer>);

impl Answers {
    pub(super) fn new<const N: usize>(answers: [(&str, Answer); N]) -> Self {
        Self(answers.into_iter().map(|(name, answer)| (name.to_owned(), answer)).collect())
    }

    pub(super) fn set(&mut self, name: &str, answer: Answer) {
        self.0.insert(name.to_owned(), answer);
    }

    /// The member is to be refused, where it is there at all.
    pub(super) fn refuse(&mut self, name: &str) {
        if let Some(answer) = self.0.get_mut(name) {
            *answer = Answer::refused();
        }
    }

    pub(super) fn refuse_all(&mut self) {
        self.0.values_mut().for_each(|answer| *answer = Answer::refused());
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(super) fn accepts(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Answer::Yes))
    }

    /// Every expected answer is ours.
    pub(super) fn compare(&self, got: &Self, kind: &str) -> Outcome {
        let difference = |(name, expected): (&String, &Answer)| match got.0.get(name) {
            Some(answer) if expected.agrees(answer) => None,
            Some(answer) => Some(format!("{kind}, {name}: expected {expected}, got {answer}")),
            None => Some(format!("{kind}, {name}: expected {expected}, and there is no answer")),
        };
        let differences: Vec<String> = self.0.iter().filter_map(difference).collect();
        if differences.is_empty() { Outcome::Passed } else { Outcome::Failed(differences) }
    }
}
