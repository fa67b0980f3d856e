//! How long and how much the runner waits for.

use std::time::Duration;

use crate::protocol::LINE;

/// The limits of the protocol (CONF-1, CONF-2, CONF-4, CONF-8). Only tests of the kit itself want others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// From the start of an implementation to its hello.
    pub hello: Duration,
    /// From a request to its answer.
    pub answer: Duration,
    /// From the end of the requests to the end of the implementation's output, after which it is stopped.
    pub farewell: Duration,
    /// The bytes of a line, its end not counted.
    pub line: usize,
    /// The bytes that one process may write on standard error.
    pub complaints: usize,
    /// How often the protocol may be broken before the runner gives up.
    pub breaches: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(120),
            answer: Duration::from_secs(10),
            farewell: Duration::from_secs(5),
            line: LINE,
            complaints: 1024 * 1024,
            breaches: 3,
        }
    }
}
