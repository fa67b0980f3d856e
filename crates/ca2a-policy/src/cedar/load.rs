//! Reading policy text, and what to tell its author.

use core::fmt;
use std::str::FromStr as _;

use ca2a_core::{
    VerifyingKey,
    requirement::{holds, is_off},
};
use cedar_policy::{EntityUid, ParseError, ParseErrors, PolicySet};
use miette::Diagnostic as _;

use super::{nesting::measure, request::Vocabulary};
use crate::PolicyError;

/// Policies and how many levels they nest.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub(super) policies: PolicySet,
    pub(super) levels: usize,
}

/// Reads policy text (POL-7).
pub(super) fn parse(text: &str) -> Result<Parsed, PolicyError> {
    // What a level of nesting takes to parse in a debug build, with room to spare.
    const LEVEL_BYTES: usize = 128 << 10;
    let levels = match measure(text) {
        Ok(levels) => levels,
        Err(_) if is_off("POL-7") => text.len(),
        Err(offset) => return Err(PolicyError::TooDeep { position: position(text, offset) }),
    };
    let policies = on_stack_for(levels, LEVEL_BYTES, || {
        PolicySet::from_str(text).map_err(|errors| syntax(text, &errors))
    })?;
    if holds("POL-7", !policies.is_empty()) {
        Ok(Parsed { policies, levels })
    } else {
        Err(PolicyError::Empty)
    }
}

/// Runs `recursive` with the stack that `levels` of nesting need: the caller's, where that has enough left.
pub(super) fn on_stack_for<T>(levels: usize, level_bytes: usize, recursive: impl FnOnce() -> T) -> T {
    let bytes = levels.saturating_add(4).saturating_mul(level_bytes);
    stacker::maybe_grow(bytes, bytes, recursive)
}

/// The first error, which is the one that a person mends first.
fn syntax(text: &str, errors: &ParseErrors) -> PolicyError {
    let first = errors.iter().next();
    let offset =
        first.and_then(ParseError::labels).and_then(|mut labels| labels.next()).map(|label| label.offset());
    let help = first.and_then(ParseError::help).map(|help| format!(" ({help})")).unwrap_or_default();
    PolicyError::Syntax {
        position: offset.and_then(|offset| position(text, offset)),
        message: format!("{errors}{help}"),
    }
}

/// Line and column of the byte at `offset`, both from 1.
fn position(text: &str, offset: usize) -> Option<(usize, usize)> {
    let before = text.get(..offset)?;
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.chars().rev().take_while(|char| *char != '\n').count().saturating_add(1);
    Some((line, column))
}

/// Something in a policy that can never take effect: a `permit` that permits nothing or, worse, a `forbid` that
/// forbids nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The policy names an entity that no request of ours holds.
    NeverMatches {
        /// The policy, by its `@id` or else its place in the file.
        policy: String,
        /// The entity, as Cedar writes it.
        entity: String,
    },
    /// A template, which nothing here links.
    Template {
        /// The template, by its `@id` or else its place in the file.
        policy: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverMatches { policy, entity } => write!(
                out,
                "`{policy}` names `{entity}`, which matches no request: a principal is `Agent::\"<64 lower-case \
                 hex>\"`, an action `Action::\"<capability>\"`, the resource `Task::\"task\"`"
            ),
            Self::Template { policy } => {
                write!(out, "`{policy}` is a template, which nothing links: it never takes effect")
            }
        }
    }
}

/// What can never take effect in `policies`, in the order of their names.
pub(super) fn notes(policies: &PolicySet) -> Vec<Note> {
    let name = |id: Option<&str>, place: String| id.map_or(place, ToOwned::to_owned);
    let mut notes: Vec<_> = policies
        .policies()
        .flat_map(|policy| {
            let entities = policy.entity_literals().into_iter().filter(|entity| !occurs(entity));
            entities
                .map(|entity| (name(policy.annotation("id"), policy.id().to_string()), entity.to_string()))
        })
        .map(|(policy, entity)| Note::NeverMatches { policy, entity })
        .collect();
    notes.extend(policies.templates().map(|template| Note::Template {
        policy: name(template.annotation("id"), template.id().to_string()),
    }));
    notes.sort_by_key(ToString::to_string);
    notes.dedup();
    notes
}

/// Whether a request can hold `entity`.
fn occurs(entity: &EntityUid) -> bool {
    let id = entity.id().unescaped();
    match entity.type_name().to_string().as_str() {
        Vocabulary::AGENT => VerifyingKey::from_hex(id).is_ok(),
        Vocabulary::ACTION => !id.is_empty(),
        Vocabulary::TASK => id == Vocabulary::TASK_ID,
        _ => false,
    }
}
