#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod compare;
mod demand;
mod file;
mod got;
mod input;
mod judge;
mod kinds;
mod ops;
mod report;
mod run;
mod skip;

pub use file::{FileError, VectorFile};
pub use report::{Label, Outcome, Report};
pub use run::{check, run};
