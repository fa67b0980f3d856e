#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod acts;
mod advice;
mod answer;
mod args;
mod chain_checks;
mod evidence;
mod exit;
mod failure;
mod finding;
mod fs;
mod gather;
mod judging;
mod key_file;
mod number;
mod out;
mod page;
mod pin;
mod render;
mod run;
mod session;
mod verbs;
mod wire;

pub use args::command;
pub use ca2a_runtime::system::{Clock, FixedClock, SystemClock};
pub use exit::ExitCode;
pub use fs::{Contents, Fs, MemoryFs, OsFs, Placement};
pub use out::Out;
pub use run::run;
