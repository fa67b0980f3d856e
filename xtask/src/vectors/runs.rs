//! One call through the pipeline: the order of checks, and what is recorded (`specs/pipeline.md`).

mod call;
mod order;
mod outcomes;

use super::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [order::cases(), outcomes::cases()].concat()
}
