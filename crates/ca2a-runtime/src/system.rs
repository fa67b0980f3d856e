//! The two things that only the runtime may ask the machine for: the time and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the time. No environment variable and no flag of ours changes it (CLI-3).
pub trait Clock: Send + Sync {
    /// Unix seconds.
    fn now(&self) -> u64;

    /// Unix milliseconds, where the source knows them.
    fn now_milliseconds(&self) -> u64 {
        self.now().saturating_mul(1000)
    }
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        // A clock before 1970 reads as 1970: every window and challenge is then refused, which is the safe side.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn now_milliseconds(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock that stands still, for tests and replays.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub u64);

impl Clock for FixedClock {
    fn now(&self) -> u64 {
        self.0
    }
}

/// Randomness that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct RandomError;

/// A source of randomness for keys, nonces and challenges.
pub trait Random: Send + Sync {
    /// Fills `bytes` with bytes that nobody can predict.
    ///
    /// # Errors
    /// When the source fails; nothing may be made of `bytes` then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_| RandomError)
    }
}

/// `N` random bytes.
///
/// # Errors
/// When the source fails.
pub fn random_bytes<const N: usize>(random: &dyn Random) -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}
