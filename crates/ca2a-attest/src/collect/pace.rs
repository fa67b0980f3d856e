//! Time as a collector needs it: how much has gone by, and a while of waiting. Both are arguments.

use core::time::Duration;

/// A clock that only goes forward, and a way to wait.
pub trait Pace {
    /// Time since some fixed moment.
    fn elapsed(&mut self) -> Duration;

    /// Waits.
    fn sleep(&mut self, time: Duration);
}

/// The clock of the operating system, from the moment it is made.
#[derive(Debug, Clone, Copy)]
pub struct SystemPace(std::time::Instant);

impl SystemPace {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Pace for SystemPace {
    fn elapsed(&mut self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}
