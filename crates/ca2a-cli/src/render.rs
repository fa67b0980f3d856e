//! How documents look on a page.

pub(crate) mod chain;
pub(crate) mod explained;
pub(crate) mod records;
pub(crate) mod time;

use ca2a_core::Scope;

use crate::page::Line;

/// The most capabilities that a line spells out.
const SPELLED: usize = 6;

/// A scope as a person reads it: `read, write`, and how many more where there are many.
pub(crate) fn scope(scope: &Scope) -> Line {
    let spelled: Vec<_> = scope.texts().take(SPELLED).collect();
    let more = scope.len().saturating_sub(spelled.len());
    let line = Line::new().name(if spelled.is_empty() { "nothing".into() } else { spelled.join(", ") });
    if more == 0 { line } else { line.faint(format!(" and {more} more")) }
}

/// `1 hop`, `2 hops`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
