//! The profiles of TRACE that exist, and the one that is implemented here.

use crate::error::{RecordFault, TraceError};

/// TRACE v0.2.
pub const PROFILE: &str = "tag:agentrust-io.com,2026:trace-v0.2";

/// TRACE v0.1, recognised only to say why it is refused.
pub(crate) const SUPERSEDED_PROFILE: &str = "tag:agentrust.io,2026:trace-v0.1";

/// Checks the profiles that a verifier's configuration says it accepts (TRC-19): some, each of them implemented here.
///
/// # Errors
/// An empty list, the profile of TRACE v0.1, or one that is not implemented: declared support that nobody can give.
pub fn check_accepted_profiles(profiles: &[&str]) -> Result<(), TraceError> {
    if profiles.is_empty() {
        return Err(RecordFault::ProfileNotAccepted(String::new()).into());
    }
    match profiles.iter().find(|profile| **profile != PROFILE) {
        None => Ok(()),
        Some(&SUPERSEDED_PROFILE) => Err(RecordFault::ProfileSuperseded(SUPERSEDED_PROFILE.into()).into()),
        Some(other) => Err(RecordFault::ProfileNotAccepted(other.chars().take(100).collect()).into()),
    }
}
