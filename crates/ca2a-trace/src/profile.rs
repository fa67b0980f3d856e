//! The profiles of TRACE that exist, and the one that is implemented here.

/// TRACE v0.2.
pub const PROFILE: &str = "tag:agentrust-io.com,2026:trace-v0.2";

/// TRACE v0.1, recognised only to say why it is refused.
pub(crate) const SUPERSEDED_PROFILE: &str = "tag:agentrust.io,2026:trace-v0.1";
