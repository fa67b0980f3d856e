//! CPU time, batches, medians.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};

/// How hard to measure.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Batches of which the median is taken; one more goes before them, to warm up.
    pub(super) batches: usize,
    /// Least CPU time of a batch.
    pub(super) batch: Duration,
    /// Requests in a batch of rows whose requests can be served only once.
    pub(super) requests: usize,
    /// Handshakes and tasks in a batch over HTTP.
    pub(super) tasks: usize,
    /// Records in a stream.
    pub(super) lines: u64,
}

impl Effort {
    pub(super) const FULL: Self =
        Self { batches: 11, batch: Duration::from_millis(120), requests: 400, tasks: 3_000, lines: 100_000 };
    pub(super) const QUICK: Self =
        Self { batches: 1, batch: Duration::from_millis(1), requests: 4, tasks: 16, lines: 500 };
}

/// CPU time of this process, all threads.
pub(super) fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(now.tv_sec), u32::try_from(now.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

/// CPU time of another process, its ended threads included, in steps of 10 ms.
pub(super) fn cpu_of(process: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; the fields after it are numbered from 3 (proc(5)).
    let (_, fields) = stat.rsplit_once(") ").context("an unknown form of /proc/PID/stat")?;
    let field = |number: usize| -> Result<u64> {
        Ok(fields.split(' ').nth(number - 3).context("a short /proc/PID/stat")?.parse()?)
    };
    Ok(Duration::from_millis((field(14)? + field(15)?) * 10))
}

/// What a message costs the process of a server, batch by batch. Servers that are compared take turns: whatever slows the
/// machine slows all of them.
pub(super) struct Charges {
    process: u32,
    figures: Vec<Duration>,
}

impl Charges {
    pub(super) fn to(process: u32) -> Self {
        Self { process, figures: Vec::new() }
    }

    /// A batch of `messages`, all of which are answered when `load` ends.
    ///
    /// # Errors
    /// Those of the load.
    pub(super) async fn batch(
        &mut self,
        messages: usize,
        load: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let before = cpu_of(self.process)?;
        load.await?;
        self.figures.push((cpu_of(self.process)? - before) / u32::try_from(messages)?);
        Ok(())
    }

    /// The median CPU time of one message. The first batch warms up and is left out.
    pub(super) fn each(mut self) -> Duration {
        median(self.figures.split_off(1))
    }
}

/// The median of some durations.
pub(super) fn median(mut figures: Vec<Duration>) -> Duration {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// CPU time of `calls` calls of `operation`.
fn batch(calls: u32, operation: &mut impl FnMut() -> Result<()>) -> Result<Duration> {
    let before = cpu();
    for _ in 0..calls {
        operation()?;
    }
    Ok(cpu() - before)
}

/// How many calls of `operation` fill a batch.
fn calibrate(effort: Effort, operation: &mut impl FnMut() -> Result<()>) -> Result<u32> {
    let mut calls = 1;
    while batch(calls, operation)? < effort.batch {
        calls *= 2;
    }
    Ok(calls)
}

/// The median CPU time of one call of `operation`.
///
/// # Errors
/// Those of the operation.
pub(super) fn each(effort: Effort, mut operation: impl FnMut() -> Result<()>) -> Result<Duration> {
    let calls = calibrate(effort, &mut operation)?;
    let figures =
        (0..effort.batches).map(|_| Ok(batch(calls, &mut operation)? / calls)).collect::<Result<_>>()?;
    Ok(median(figures))
}

/// Two operations whose ratio matters, batch by batch in turn, so that whatever slows the machine slows both: the
/// median of the first, and the median ratio of the second to it.
///
/// # Errors
/// Those of the operations.
pub(super) fn in_turn(
    effort: Effort,
    mut first: impl FnMut() -> Result<()>,
    mut second: impl FnMut() -> Result<()>,
) -> Result<(Duration, f64)> {
    // Short batches: the closer two figures lie in time, the more alike the machine was.
    let effort = Effort { batches: effort.batches * 8, batch: effort.batch / 8, ..effort };
    let calls = calibrate(effort, &mut first)?;
    let mut figures = Vec::new();
    let mut ratios = Vec::new();
    for _ in 0..effort.batches {
        let (one, two) = (batch(calls, &mut first)?, batch(calls, &mut second)?);
        figures.push(one / calls);
        ratios.push(two.as_secs_f64() / one.as_secs_f64());
    }
    ratios.sort_unstable_by(f64::total_cmp);
    Ok((median(figures), ratios.get(ratios.len() / 2).copied().unwrap_or_default()))
}

/// The median CPU time of one item of `items`, each of which can be used only once.
///
/// # Errors
/// Those of the operation.
pub(super) fn once<T>(
    effort: Effort,
    items: &[T],
    mut operation: impl FnMut(&T) -> Result<()>,
) -> Result<Duration> {
    let mut figures = Vec::new();
    for batch in items.chunks_exact(effort.requests) {
        let before = cpu();
        batch.iter().try_for_each(&mut operation)?;
        figures.push((cpu() - before) / u32::try_from(effort.requests)?);
    }
    // The first one warms up.
    Ok(median(figures.split_off(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_grows_with_work_and_another_process_has_some() {
        let before = cpu();
        let mut sum = 0_u64;
        while cpu() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_of(std::process::id()).is_ok());
        assert!(cpu_of(u32::MAX).is_err());
    }

    #[test]
    fn the_median_is_the_middle_one() {
        let of =
            |figures: &[u64]| median(figures.iter().map(|figure| Duration::from_secs(*figure)).collect());
        assert_eq!(of(&[9, 1, 5]), Duration::from_secs(5));
        assert_eq!(of(&[]), Duration::ZERO);
    }
}
