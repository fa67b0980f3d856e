//! A chain, hop by hop.

use ca2a_core::Scope;
use ca2a_delegation::Credential;

use super::{records::mark, scope, time};
use crate::page::{Line, Page, short};

/// How far a verifier came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// Every hop holds.
    All,
    /// The hops before this one hold, this one does not, and the rest was not judged.
    UpTo(usize),
    /// Nothing was judged.
    Nothing,
}

/// One row a hop: who granted what to whom, and what was given up on the way.
pub(crate) fn hops(credentials: &[Credential], judged: Judged) -> Page {
    let before = std::iter::once(None).chain(credentials.iter().map(Some));
    let rows = credentials.iter().zip(before).enumerate().map(|(hop, (credential, before))| {
        vec![
            mark(hop, judged).plain(format!("hop {hop}")),
            Line::new().strong(credential.id().as_str()),
            Line::new()
                .plain(short(&credential.issuer().to_hex()))
                .faint(" → ")
                .plain(short(&credential.subject().to_hex())),
            scope(credential.scope()),
            Line::new().faint(remark(credential, before)),
        ]
    });
    Page::new().table(rows.collect())
}

/// What a hop gave up or took on, and when it holds.
fn remark(credential: &Credential, before: Option<&Credential>) -> String {
    let mut parts = Vec::new();
    if let Some(before) = before {
        parts.extend(difference("gives up", before.scope(), credential.scope()));
        parts.extend(difference("TAKES", credential.scope(), before.scope()));
    }
    let window = time::window(credential.not_before(), credential.not_after());
    if !window.is_empty() {
        parts.push(window);
    }
    parts.join(", ")
}

/// What `left` holds and `right` does not.
fn difference(verb: &str, left: &Scope, right: &Scope) -> Option<String> {
    let beyond: Vec<_> = left.iter().filter(|capability| !right.contains(capability)).collect();
    let (first, more) = beyond.split_first()?;
    let rest = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(format!("{verb} {first}{rest}"))
}
