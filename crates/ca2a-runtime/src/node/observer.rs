//! Who is told what a node decides, to count it.

use std::time::Duration;

use ca2a_core::ErrorCode;

/// What came of one call, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// The code of the refusal; `None` for a grant.
    pub refused: Option<ErrorCode>,
    /// Hops of the chain.
    pub hops: usize,
    /// Whether the chain was known from an earlier call.
    pub known: bool,
    /// From the parsed request to its durable record.
    pub took: Duration,
}

/// Is told what a node decides. It sees no payload, key or token, and it hinders nothing.
pub trait Observer: Send + Sync {
    /// A call was decided.
    fn decided(&self, decided: &Decided);

    /// The runtime of a caller was appraised, which calls its platform `platform`: whatever a caller may write.
    fn appraised(&self, platform: &str, accepted: bool);
}
