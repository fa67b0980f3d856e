//! `ca2a-conformance check [--mode strict|compat] FILE...`

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use ca2a_conformance::Mode;

const USAGE: &str = "usage: ca2a-conformance check [--mode strict|compat] FILE...";

fn main() -> ExitCode {
    let Some((mode, files)) = arguments(env::args_os().skip(1)) else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    // A closed pipe downstream changes nothing about the verdict.
    match ca2a_conformance::check(&files, mode, &mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// The mode, strict unless told otherwise, and at least one file.
fn arguments(mut given: impl Iterator<Item = OsString>) -> Option<(Mode, Vec<PathBuf>)> {
    if given.next()? != "check" {
        return None;
    }
    let (mut mode, mut files) = (Mode::Strict, Vec::new());
    while let Some(argument) = given.next() {
        if argument == "--mode" {
            mode = given.next()?.to_str()?.parse().ok()?;
        } else {
            files.push(PathBuf::from(argument));
        }
    }
    (!files.is_empty()).then_some((mode, files))
}
