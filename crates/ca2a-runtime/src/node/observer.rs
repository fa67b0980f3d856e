//! Who is told what a node decides, to count it.

use std::{sync::Arc, time::Duration};

use ca2a_core::{ErrorCode, Sha256, VerifyingKey};

/// What came of one call, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Who asked; `None` where nobody showed it.
    pub proven: Option<Proven>,
    /// The code of the refusal; `None` for a grant.
    pub refused: Option<ErrorCode>,
    /// Hops of the chain.
    pub hops: usize,
    /// Whether the chain was known from an earlier call.
    pub known: bool,
    /// From the parsed request to its durable record.
    pub took: Duration,
}

/// A caller that proved that it holds its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// What the call is called: the digest of its holder proof (GATE-1).
    pub call: Sha256,
    /// The key that the last credential of the chain was granted to.
    pub subject: VerifyingKey,
}

/// Is told what a node decides. It sees no payload, key or token, and it hinders nothing.
pub trait Observer: Send + Sync {
    /// A call was decided.
    fn decided(&self, decided: &Decided);

    /// The runtime of a caller was appraised, which calls its platform `platform`: whatever a caller may write.
    fn appraised(&self, platform: &str, accepted: bool);
}

/// Several who are told, one after the other.
pub struct Observers(pub Vec<Arc<dyn Observer>>);

impl Observer for Observers {
    fn decided(&self, decided: &Decided) {
        self.0.iter().for_each(|observer| observer.decided(decided));
    }

    fn appraised(&self, platform: &str, accepted: bool) {
        self.0.iter().for_each(|observer| observer.appraised(platform, accepted));
    }
}
