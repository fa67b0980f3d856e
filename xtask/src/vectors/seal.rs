//! What two channel keys do for each other (SEAL-2 to SEAL-27).

mod answers;
mod blobs;
mod possessions;
mod requests;

use super::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [blobs::cases(), requests::cases(), possessions::cases(), answers::cases()].concat()
}
