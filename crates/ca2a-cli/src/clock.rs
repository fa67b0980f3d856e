//! The clock, as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the command reads the time. No environment variable and no flag changes it (CLI-3).
pub trait Clock {
    /// Now, in Unix seconds.
    fn now(&self) -> u64;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        // A machine whose clock stands before 1970 lives at 0: every window that opened since refuses it.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

/// A clock that stands still, for tests.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub u64);

impl Clock for FixedClock {
    fn now(&self) -> u64 {
        self.0
    }
}
