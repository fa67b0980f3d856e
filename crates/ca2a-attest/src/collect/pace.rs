//! Time as a collector needs it: how much has gone by, and a while of waiting. Both are arguments.

use alloc::{boxed::Box, format};
use core::{fmt, time::Duration};
use std::io;

use super::CollectError;

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

/// The pause after the first setback, before jitter; each one after it is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why an attempt came to nothing.
#[derive(Debug)]
pub(super) enum Setback {
    /// It may go better next time.
    Passing(Box<str>),
    /// It will not.
    Lasting(CollectError),
}

impl From<CollectError> for Setback {
    fn from(error: CollectError) -> Self {
        Self::Lasting(error)
    }
}

impl Setback {
    /// What `source` means for `step`. Busy, interrupted, would-block and a write cut short pass (ATT-522); everything
    /// else is the same the next time.
    pub(super) fn of(step: impl fmt::Display, source: io::Error) -> Self {
        use io::ErrorKind::{Interrupted, ResourceBusy, WouldBlock, WriteZero};
        match source.kind() {
            Interrupted | ResourceBusy | WouldBlock | WriteZero => {
                Self::Passing(format!("{step}: {source}").into())
            }
            _ => CollectError::Step { step: format!("{step}").into(), source }.into(),
        }
    }
}

/// How long somebody goes on trying, and the pauses in between (ATT-522).
pub(super) struct Patience<'a> {
    pace: &'a mut dyn Pace,
    deadline: Duration,
    pause: Duration,
    jitter: core::iter::Cycle<core::array::IntoIter<u8, 16>>,
    attempts: u32,
}

impl<'a> Patience<'a> {
    /// No attempt begins `patience` from now or later. The pauses are spread by `randomness`.
    pub(super) fn new(pace: &'a mut dyn Pace, patience: Duration, randomness: [u8; 16]) -> Self {
        let deadline = pace.elapsed().saturating_add(patience);
        let jitter = randomness.into_iter().cycle();
        Self { pace, deadline, pause: FIRST_PAUSE, jitter, attempts: 0 }
    }

    /// How many attempts the last step took.
    #[cfg(feature = "collect-tsm")]
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The first attempt that succeeds or fails for good; the last one before the deadline if there is none.
    pub(super) fn persist<T>(
        &mut self,
        mut attempt: impl FnMut() -> Result<T, Setback>,
    ) -> Result<T, CollectError> {
        self.attempts = 0;
        loop {
            self.attempts = self.attempts.saturating_add(1);
            let setback = match attempt() {
                Ok(done) => return Ok(done),
                Err(Setback::Lasting(error)) => return Err(error),
                Err(Setback::Passing(setback)) => setback,
            };
            // Between half the pause and all of it, so that two processes which met do not meet again.
            let spread = u32::from(self.jitter.next().unwrap_or_default()).saturating_add(256);
            let wait = self.pause.saturating_mul(spread).checked_div(512).unwrap_or(self.pause);
            if self.pace.elapsed().saturating_add(wait) >= self.deadline {
                return Err(CollectError::Deadline { attempts: self.attempts, setback });
            }
            self.pace.sleep(wait);
            self.pause = self.pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}
