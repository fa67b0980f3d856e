//! Where a node gets its revocation snapshot from, call by call.

mod file;
#[cfg(feature = "http")]
mod pulled;
mod succession;

use std::sync::Arc;

use ca2a_core::json::{DEFAULT_LIMITS, Limits, NumberPolicy, Reader};
use ca2a_delegation::RevocationSnapshot;

pub use file::RevocationFile;
#[cfg(feature = "http")]
pub use pulled::{PullError, PulledRevocations, REVOCATIONS_FILE};

/// Forty thousand statements: no root revokes more before their credentials expire, and they are verified in seconds.
const MAX_BYTES: usize = 16 << 20;

/// A snapshot that should be there and is not. The call is refused, never served unchecked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the revocation snapshot cannot be used: {0}")]
pub struct RevocationsUnavailable(pub String);

/// A source of revocation snapshots. A snapshot goes stale, so a node asks for the current one on every call.
pub trait RevocationSource: Send + Sync {
    /// The current snapshot; `None` when this node was told to check none.
    ///
    /// # Errors
    /// When there should be one and it cannot be had.
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable>;
}

/// One snapshot, or none, for good.
#[derive(Debug, Clone, Default)]
pub struct FixedRevocations(pub Option<Arc<RevocationSnapshot>>);

impl RevocationSource for FixedRevocations {
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
        Ok(self.0.clone())
    }
}

/// The snapshot that `bytes` are, every statement of it verified (REV-4, REV-5).
fn snapshot(bytes: &[u8]) -> Result<RevocationSnapshot, String> {
    let limits = Limits { max_bytes: MAX_BYTES, ..DEFAULT_LIMITS };
    let node = Reader::new(NumberPolicy::Integer53).limits(limits).read(bytes);
    let node = node.map_err(|error| error.to_string())?;
    RevocationSnapshot::from_node(&node).map_err(|error| error.to_string())
}
