#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod breakage;
mod compare;
mod demand;
mod drive;
mod file;
mod folder;
mod format;
mod got;
mod handoff;
mod input;
mod judge;
mod kinds;
mod lapse;
mod live;
mod mode;
mod ops;
mod protocol;
mod report;
mod requirement;
mod run;
mod skip;
mod verdict;

pub use breakage::{BreakError, break_requirement, tested_requirements};
pub use drive::{
    CaseResult, ExceptionError, Exceptions, Implementation, Limits, RunReport, Stale, Suite, SuiteError,
    Verdict, drive, html, junit, matrix,
};
pub use file::{FileError, VectorFile};
pub use folder::kit_vectors;
pub use live::{Binding, LiveError, Target, UnknownBinding, init, live};
pub use mode::{Mode, UnknownMode};
pub use protocol::{Breach, Hello, LINE, PROTOCOL, ServeError, serve};
pub use report::{Label, Outcome, Report};
pub use run::{check, run, run_in};
