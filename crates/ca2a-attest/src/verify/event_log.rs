//! The TCG event log: what the firmware says that it measured, and whether the registers agree.
//!
//! A log is signed by nobody. What it says is worth something only for registers whose signed value its replay gives,
//! and of an event only what its digest covers ([`Event::data_is_measured`]).

mod parse;
mod replay;

pub use parse::{Event, EventLog, EventLogError, Padding};
pub use replay::Replay;
