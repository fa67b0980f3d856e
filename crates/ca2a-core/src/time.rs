//! Time as an argument. (CORE-24)

/// The time at which something is judged, in Unix seconds. Nothing in a verifier reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvaluationTime {
    /// A live decision: this is now.
    Live(u64),
    /// An audit: how would this have been judged then?
    At(u64),
}

impl EvaluationTime {
    /// The seconds, whichever it is.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Live(now) => now,
            Self::At(then) => then,
        }
    }
}
