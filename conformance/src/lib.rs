#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod compare;
mod demand;
mod file;
mod format;
mod got;
mod handoff;
mod input;
mod judge;
mod kinds;
mod mode;
mod ops;
mod report;
mod run;
mod skip;
mod verdict;

pub use file::{FileError, VectorFile};
pub use mode::{Mode, UnknownMode};
pub use report::{Label, Outcome, Report};
pub use run::{check, run, run_in};
