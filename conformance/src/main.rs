//! `ca2a-conformance check FILE...`

use std::{
    env,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let verb = arguments.next();
    let files: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    if verb.as_deref() != Some("check".as_ref()) || files.is_empty() {
        let _ = writeln!(io::stderr(), "usage: ca2a-conformance check FILE...");
        return ExitCode::from(2);
    }
    // A closed pipe downstream changes nothing about the verdict.
    match ca2a_conformance::check(&files, &mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}
