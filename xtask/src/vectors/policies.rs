//! What a callee allows: decisions, policy text, constraints, signed bundles (`specs/policy.md`).

mod bundles;
mod cedar;
mod decisions;
mod keys;

use super::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [decisions::cases(), cedar::cases(), bundles::cases(), keys::cases()].concat()
}
