//! What was exchanged, by direction and mode, and how much there must be of each.

use anyhow::{Result, bail};

#[derive(Default)]
pub(crate) struct Tally {
    rows: Vec<Row>,
}

struct Row {
    direction: String,
    mode: String,
    count: usize,
    least: usize,
}

impl Tally {
    /// Enters that `count` things of this kind agreed, of which there must be at least `least`.
    pub(crate) fn count(&mut self, direction: &str, mode: &str, count: usize, least: usize) {
        self.rows.push(Row { direction: direction.to_owned(), mode: mode.to_owned(), count, least });
    }

    /// Prints the table.
    ///
    /// # Errors
    /// A row below its minimum, or fewer rows than `rows`: a part of the run did not happen.
    pub(crate) fn close(&self, rows: usize) -> Result<()> {
        let mut short = Vec::new();
        println!("\ninterop: {:<36} {:<44} {:>6} {:>8}", "direction", "mode", "count", "at least");
        for Row { direction, mode, count, least } in &self.rows {
            println!("interop: {direction:<36} {mode:<44} {count:>6} {least:>8}");
            if count < least {
                short.push(format!("{direction}, {mode}: {count} of {least}"));
            }
        }
        if self.rows.len() < rows {
            short.push(format!("{} rows of {rows}", self.rows.len()));
        }
        if short.is_empty() {
            Ok(())
        } else {
            bail!("interop proved less than it must: {}", short.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_below_its_minimum_fails() {
        let mut tally = Tally::default();
        tally.count("here to there", "plain", 5, 5);
        assert!(tally.close(1).is_ok());
        assert!(tally.close(2).is_err());
        tally.count("there to here", "sealed", 4, 5);
        assert!(tally.close(2).unwrap_err().to_string().contains("there to here, sealed: 4 of 5"));
    }
}
