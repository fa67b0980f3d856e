//! The operations, one file a family. Each calls our public API, maps what comes back and holds no rule of its own.

mod canonical;
mod challenge;

use crate::{
    got::Run,
    input::{Context, Input},
};

/// An operation.
pub(crate) type Op = fn(&Input, &Context) -> Run;

/// The operation called `name`.
pub(crate) fn find(name: &str) -> Option<Op> {
    let op: Op = match name {
        "canonicalize" => canonical::canonicalize,
        "jcs" => canonical::jcs,
        "challenge.verify" => challenge::verify,
        "challenge.issue" => challenge::issue,
        _ => return None,
    };
    Some(op)
}
