//! Every check there is.

use super::{CheckId, CheckInfo};

/// The tables of the platforms in this build.
fn tables() -> impl Iterator<Item = &'static [CheckInfo]> {
    let tables: [&'static [CheckInfo]; 0] = [];
    tables.into_iter()
}

/// Every check that this build knows, platform by platform.
pub fn checks() -> impl Iterator<Item = &'static CheckInfo> {
    tables().flatten()
}

/// What the check `id` asks and which key of the policy file decides it.
#[must_use]
pub fn check_info(id: CheckId) -> Option<&'static CheckInfo> {
    checks().find(|info| info.id == id)
}
