//! TRACE records: one, lists of them, and their place in a log (TRC-10 to TRC-52).

pub(super) mod anchoring;
pub(super) mod draft;
mod lists;
mod one;

use super::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [one::cases(), lists::cases(), anchoring::cases()].concat()
}
