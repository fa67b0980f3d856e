//! The shape of a TRACE v0.2 record, as tables, and the checker that reads them.
//!
//! The tables say what JSON Schema says (draft 2020-12, with `format` asserted); the checker reports every violation, in
//! the order in which a JSON Schema validator meets them, each with the pointer and the keyword that it would name.

mod bundle;
mod check;
mod grammar;
mod jwk;
mod table;
mod uri;

pub(crate) use bundle::BUNDLE;
pub(crate) use check::{Check, Rule, Shape};
pub use check::{Keyword, Violation};

use ca2a_core::json::{Node, Object};

/// Every way in which `record` is not a TRACE v0.2 record; none for a record of the right shape, signed or not (TRC-10).
#[must_use]
pub fn validate(record: &Node<'_>) -> Vec<Violation> {
    let mut check = Check::all();
    check.rule(&table::ANY_RECORD, record);
    check.into_violations()
}

/// The first violation, if there is one.
pub(crate) fn first_violation(record: &Object<'_>) -> Option<Violation> {
    violation_in(record, &table::RECORD)
}

/// The first violation outside the member `delegation`, which is judged on its own in a list of records.
pub(crate) fn first_violation_but_delegation(record: &Object<'_>) -> Option<Violation> {
    violation_in(record, &table::RECORD_BUT_DELEGATION)
}

/// The first violation of `shape`.
pub(crate) fn violation_in(object: &Object<'_>, shape: &'static Shape) -> Option<Violation> {
    let mut check = Check::first();
    check.object(shape, object);
    check.into_violations().into_iter().next()
}
