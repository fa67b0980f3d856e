//! The table, as Markdown for the README.

use std::{fs, process::Command, time::Duration};

use anyhow::Result;

use crate::workspace::output_of;

/// What a row has to reach.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// Nothing in particular.
    None,
    /// More than this many times the speed of the Python package.
    Times(f64),
    /// At most this many percent above the floor of the row.
    Above(f64),
    /// At most `most` more than `base`, and more than `times` the speed of the Python package.
    Beside { base: Duration, most: Duration, times: f64 },
    /// At most so much memory, both in MiB.
    Memory { peak: f64, most: f64 },
}

struct Row {
    what: String,
    rust: Duration,
    python: Option<Duration>,
    floor: Option<Duration>,
    goal: Goal,
}

impl Row {
    fn times(&self) -> Option<f64> {
        self.python.map(|python| python.as_secs_f64() / self.rust.as_secs_f64())
    }

    fn above(&self) -> Option<f64> {
        self.floor.map(|floor| (self.rust.as_secs_f64() / floor.as_secs_f64() - 1.0) * 100.0)
    }

    /// What was to be reached, and whether it was.
    fn verdict(&self) -> String {
        let (wanted, reached) = match self.goal {
            Goal::None => return String::new(),
            Goal::Times(goal) => (format!("over {goal}x"), self.times().is_some_and(|times| times > goal)),
            Goal::Above(goal) => {
                (format!("within {goal} % of the floor"), self.above().is_some_and(|above| above <= goal))
            }
            Goal::Beside { base, most, times } => {
                let over = self.rust.saturating_sub(base);
                let reached = over <= most && self.times().is_some_and(|found| found > times);
                (format!("within {} µs of the bare SDK, over {times}x", most.as_micros()), reached)
            }
            Goal::Memory { peak, most } => (format!("within {most} MiB, peak {peak:.1} MiB"), peak <= most),
        };
        format!("{wanted}: {}", if reached { "reached" } else { "**not reached**" })
    }
}

pub(super) struct Table {
    machine: String,
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn new() -> Result<Self> {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
        let model = model.trim_start_matches([' ', '\t', ':']);
        let cores = std::thread::available_parallelism()?;
        let date = output_of(Command::new("date").args(["--utc", "+%Y-%m-%d"]))?;
        Ok(Self { machine: format!("{model}, {cores} cores, {}", date.trim()), rows: Vec::new() })
    }

    /// Enters a row and says so, because the whole takes minutes.
    pub(super) fn row(
        &mut self,
        what: impl Into<String>,
        rust: Duration,
        python: Option<Duration>,
        goal: Goal,
    ) {
        self.add(Row { what: what.into(), rust, python, floor: None, goal });
    }

    /// Enters a row that has a floor: what its signatures alone would cost.
    pub(super) fn row_over(
        &mut self,
        what: &str,
        rust: Duration,
        python: Duration,
        floor: Duration,
        goal: f64,
    ) {
        self.add(Row {
            what: what.to_owned(),
            rust,
            python: Some(python),
            floor: Some(floor),
            goal: Goal::Above(goal),
        });
    }

    fn add(&mut self, row: Row) {
        let python = row.python.map(micros).unwrap_or_default();
        eprintln!("bench: {:<58} {:>10} {:>10}  {}", row.what, micros(row.rust), python, row.verdict());
        self.rows.push(row);
    }

    /// Prints the table.
    pub(super) fn print(&self, quick: bool) {
        if quick {
            println!(
                "A quick run of an unoptimised build: everything ran, and no figure below means anything.\n"
            );
        }
        println!("Microseconds of CPU time, medians. {}.\n", self.machine);
        println!(
            "| operation | ca2a, Rust | ca2a-runtime 0.4.0 and agentrust-trace 0.11.0, Python | ratio | floor | above it | to reach |"
        );
        println!("|---|---:|---:|---:|---:|---:|---|");
        for row in &self.rows {
            println!(
                "| {} | {} | {} | {} | {} | {} | {} |",
                row.what,
                micros(row.rust),
                row.python.map(micros).unwrap_or_default(),
                row.times().map(|times| format!("{times:.1}x")).unwrap_or_default(),
                row.floor.map(micros).unwrap_or_default(),
                row.above().map(|above| format!("{above:.1} %")).unwrap_or_default(),
                row.verdict()
            );
        }
    }
}

fn micros(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    if micros < 10.0 { format!("{micros:.2}") } else { format!("{micros:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rust: u64, python: u64, floor: u64, goal: Goal) -> Row {
        Row {
            what: String::new(),
            rust: Duration::from_micros(rust),
            python: Some(Duration::from_micros(python)),
            floor: Some(Duration::from_micros(floor)),
            goal,
        }
    }

    #[test]
    fn a_goal_that_is_not_reached_is_marked() {
        assert_eq!(row(10, 61, 0, Goal::Times(6.0)).verdict(), "over 6x: reached");
        assert_eq!(row(10, 60, 0, Goal::Times(6.0)).verdict(), "over 6x: **not reached**");
        assert_eq!(row(115, 0, 100, Goal::Above(15.0)).verdict(), "within 15 % of the floor: reached");
        assert_eq!(
            row(116, 0, 100, Goal::Above(15.0)).verdict(),
            "within 15 % of the floor: **not reached**"
        );
        let memory = |peak| Goal::Memory { peak, most: 32.0 };
        assert_eq!(row(1, 1, 1, memory(9.04)).verdict(), "within 32 MiB, peak 9.0 MiB: reached");
        assert_eq!(row(1, 1, 1, memory(33.0)).verdict(), "within 32 MiB, peak 33.0 MiB: **not reached**");
        assert_eq!(row(1, 1, 1, Goal::None).verdict(), "");
    }
}
