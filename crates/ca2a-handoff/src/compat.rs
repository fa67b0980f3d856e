//! What an honest peer of another release needs relaxed. Never the default, always by name. (HAND-90)

use core::{fmt, str::FromStr};

/// A package and version whose verdicts are wanted where strictness would refuse its honest users. It is a value given at
/// run time and stands in every verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compat {
    /// `trusthandoff-0.2`
    TrustHandoff02,
    /// `trusthandoff-0.4`
    TrustHandoff04,
}

/// One rule that a [`Compat`] relaxes. Everything else stays strict: small-order keys, lone surrogates, duplicate members
/// and lenient base64 are refused in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Relaxation {
    /// W1: without a registry a sender is not bound to its key.
    SenderBinding,
    /// W2 and W3: beyond its depth the chain is not looked at.
    Chain,
    /// W10: replay is remembered as long as the caller's store lives.
    ReplayStore,
    /// W17: a packet for somebody else is taken.
    Recipient,
    /// W19: `context.human_approval` counts as an approval.
    HumanReview,
    /// W23: a token is spent by the nonce around it.
    TokenEnvelope,
    /// W26: `ttl_seconds` may exceed the ceiling of its risk.
    TtlCeiling,
    /// W32: a packet may live as long as it says.
    Lifetime,
    /// W32: the clock rules of 0.2: 30 seconds of grace and inversion, and no check of the future.
    Clock02,
}

impl Compat {
    /// Whether `compat` relaxes `rule`; without one nothing is relaxed.
    #[must_use]
    pub fn relaxes(compat: Option<Self>, rule: Relaxation) -> bool {
        match compat {
            None => false,
            Some(Self::TrustHandoff02) => true,
            Some(Self::TrustHandoff04) => rule != Relaxation::Clock02,
        }
    }

    /// The name that it is chosen by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrustHandoff02 => "trusthandoff-0.2",
            Self::TrustHandoff04 => "trusthandoff-0.4",
        }
    }
}

impl fmt::Display for Compat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Text that names no peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("compat is `trusthandoff-0.2` or `trusthandoff-0.4`")]
pub struct UnknownCompat;

impl FromStr for Compat {
    type Err = UnknownCompat;

    fn from_str(text: &str) -> Result<Self, UnknownCompat> {
        [Self::TrustHandoff02, Self::TrustHandoff04]
            .into_iter()
            .find(|compat| compat.as_str() == text)
            .ok_or(UnknownCompat)
    }
}
