//! How an implementation breaks the protocol.

use std::{fmt, time::Duration};

/// A rule of the protocol that an implementation broke. It never counts as an answer, and least of all as a refusal
/// (CONF-8).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// It could not be started.
    NotStarted(String),
    /// Its hello names another protocol.
    OtherProtocol(String),
    /// After a restart it says that it is another implementation, or knows other operations.
    OtherHello,
    /// A line that is not what the protocol says.
    Unparsable(String),
    /// The answer is to another request.
    WrongId {
        /// The id of the request, as JSON.
        asked: String,
        /// The id of the answer, as JSON.
        answered: String,
    },
    /// A line that nobody asked for.
    SecondLine,
    /// A line longer than [`LINE`](crate::LINE), or than the runner was told to take.
    LongLine,
    /// More on standard error than is allowed.
    Flood,
    /// It ended, or closed its output.
    Ended,
    /// No line in time.
    Silent(Duration),
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(why) => write!(out, "it cannot be started: {why}"),
            Self::OtherProtocol(other) => write!(out, "its hello names the protocol `{other}`"),
            Self::OtherHello => out.write_str("after a restart its hello is another one"),
            Self::Unparsable(what) => write!(out, "a line that is not of the protocol: {what}"),
            Self::WrongId { asked, answered } => {
                write!(out, "asked with id {asked}, it answered to id {answered}")
            }
            Self::SecondLine => out.write_str("a line that nobody asked for"),
            Self::LongLine => out.write_str("a line that is too long"),
            Self::Flood => out.write_str("too much on standard error"),
            Self::Ended => out.write_str("it ended, or closed its output"),
            Self::Silent(limit) => write!(out, "no line within {limit:?}"),
        }
    }
}

impl std::error::Error for Breach {}
