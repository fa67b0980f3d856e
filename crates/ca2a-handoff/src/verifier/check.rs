//! The checks by name, for a verdict that explains itself.

use alloc::string::String;
use core::fmt;

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident $name:literal $id:literal;)*) => {
        /// A check of the pipeline, in its order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[$doc])* $variant,)*
        }

        impl Check {
            /// Every check, in the order in which they run.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What it asks, in a few words.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The requirement of `specs/handoff.md`.
            #[must_use]
            pub fn requirement(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }
        }
    };
}

checks! {
    /// The sender holds the key that its id stands for.
    Sender "sender" "HAND-20";
    /// The packet is for this agent.
    Recipient "recipient" "HAND-21";
    /// The sender's key signed it, under a named profile.
    Signature "signature" "HAND-22";
    /// Now lies in its window, and the window is not too long.
    Window "window" "HAND-23";
    /// Risk and life go together.
    Ttl "ttl" "HAND-24";
    /// The chain holds together and is the packet's.
    Chain "chain" "HAND-25";
    /// Nobody has the task twice.
    Loop "loop" "HAND-26";
    /// Not too many handoffs, and as many as the packet states.
    Depth "depth" "HAND-27";
    /// Nothing is wider than what it comes from.
    Attenuation "attenuation" "HAND-28";
    /// The capability holds, and was granted by the sender to this agent.
    Capability "capability" "HAND-29";
    /// A person approved, where one must.
    Review "review" "HAND-30";
    /// The nonce is spent, by this handoff and no other.
    Replay "replay" "HAND-31";
}

impl fmt::Display for Check {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It holds; a note where there is more to say.
    Passed(Option<String>),
    /// There was nothing to check, or a [`crate::Compat`] relaxed it, for this reason.
    Skipped(&'static str),
    /// It does not hold, for this reason.
    Refused(String),
}

/// A check and how it came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Which one.
    pub check: Check,
    /// How it came out.
    pub outcome: CheckOutcome,
}
