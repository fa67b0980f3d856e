//! The Python side: one warm process that measures what it is told, when it is told, so that the two figures of a row
//! are taken one right after the other.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::measure::Effort;
use crate::python::Python;

pub(super) struct Partner {
    child: Child,
    orders: ChildStdin,
    figures: BufReader<ChildStdout>,
    effort: Effort,
}

impl Partner {
    pub(super) fn start(python: &Python, effort: Effort) -> Result<Self> {
        Self::of(&mut python.driver("bench"), effort)
    }

    /// Another driver, which takes the same orders.
    pub(super) fn of(driver: &mut Command, effort: Effort) -> Result<Self> {
        let mut child = driver.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = child.stdin.take().context("a child without a standard input")?;
        let figures = BufReader::new(child.stdout.take().context("a child without a standard output")?);
        Ok(Self { child, orders, figures, effort })
    }

    /// The median CPU time of one operation of row `row`, given what it needs.
    pub(super) fn measure(&mut self, row: &str, input: Value) -> Result<Duration> {
        let order = json!({
            "row": row,
            "input": input,
            "batches": self.effort.batches,
            "batch_seconds": self.effort.batch.as_secs_f64(),
            "requests": self.effort.requests,
        });
        writeln!(self.orders, "{order}")?;
        self.orders.flush()?;
        let mut line = String::new();
        self.figures.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line).context("the Python side fell over")?;
        match answer["seconds"].as_f64() {
            Some(seconds) => Ok(Duration::from_secs_f64(seconds)),
            None => bail!("the Python side: {answer}"),
        }
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
