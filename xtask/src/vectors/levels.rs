//! What level a TRACE record reaches, and paths of records under a trusted root (`specs/levels.md`).

mod document;
mod paths;
mod reach;
mod rules;
mod strict;
mod suite;

use super::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [document::cases(), suite::cases(), strict::cases(), rules::cases(), paths::cases()].concat()
}
