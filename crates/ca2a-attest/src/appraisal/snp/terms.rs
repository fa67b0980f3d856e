//! The words that rules are made of.

use alloc::{collections::BTreeSet, string::ToString as _, vec::Vec};
use core::fmt;

use crate::appraisal::{
    Check, CheckId,
    policy::{PolicyError, Section},
};

/// What a policy says about something that is better not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Permission {
    /// Nothing: it is shown and not judged.
    #[default]
    Unsaid,
    /// It may be there (`allow`).
    Allow,
    /// It may not (`refuse`).
    Refuse,
}

impl Permission {
    /// Reads `key` of `section`; absent is `strict`.
    pub(super) fn read(section: &Section<'_>, key: &str, strict: Self) -> Result<Self, PolicyError> {
        Ok(match section.word(key, &["allow", "refuse"])? {
            None => strict,
            Some("allow") => Self::Allow,
            Some(_) => Self::Refuse,
        })
    }

    /// The check `id` on whether it is `there`.
    pub(super) fn check(self, id: CheckId, there: bool) -> Check {
        let actual = if there { "yes" } else { "no" };
        match self {
            Self::Unsaid => Check::not_checked(id, actual),
            Self::Allow => Check::decided(id, true, "allowed", actual),
            Self::Refuse => Check::decided(id, !there, "no", actual),
        }
    }
}

/// What a policy says about something that is better there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Demand {
    /// Nothing: it is shown and not judged (`any`).
    #[default]
    Unsaid,
    /// It has to be there (`require`).
    Require,
}

impl Demand {
    /// Reads `key` of `section`.
    pub(super) fn read(section: &Section<'_>, key: &str) -> Result<Self, PolicyError> {
        let word = section.word(key, &["require", "any"])?;
        Ok(if word == Some("require") { Self::Require } else { Self::Unsaid })
    }

    /// The check `id` on whether it is `there`.
    pub(super) fn check(self, id: CheckId, there: bool) -> Check {
        let actual = if there { "yes" } else { "no" };
        match self {
            Self::Unsaid => Check::not_checked(id, actual),
            Self::Require => Check::decided(id, there, "yes", actual),
        }
    }
}

/// The check `id` on whether `actual` is in `allowed`.
pub(super) fn one_of<T: Ord + fmt::Display>(id: CheckId, allowed: &BTreeSet<T>, actual: &T) -> Check {
    let names: Vec<_> = allowed.iter().map(|value| value.to_string()).collect();
    let expected = if names.is_empty() { "none at all".into() } else { names.join(", ") };
    Check::decided(id, allowed.contains(actual), expected, actual)
}

/// The check `id` on whether `actual` is in `allowed`, of which `None` is anything.
pub(super) fn known_bytes<const N: usize>(
    id: CheckId,
    allowed: Option<&BTreeSet<[u8; N]>>,
    actual: &[u8; N],
) -> Check {
    let text = ca2a_core::encoding::hex(actual);
    match allowed {
        None => Check::not_checked(id, text),
        Some(allowed) => {
            let expected = match (allowed.len(), allowed.first()) {
                (0, _) => "none at all".into(),
                (1, Some(only)) => ca2a_core::encoding::hex(only),
                (count, _) => alloc::format!("one of {count} values"),
            };
            Check::decided(id, allowed.contains(actual), expected, text)
        }
    }
}
