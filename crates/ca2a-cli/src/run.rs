//! One invocation, from the words of the command line to the exit code.

use std::ffi::OsString;

use ca2a_core::json::Object;
use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

use crate::{
    Clock,
    answer::{Answer, line_of},
    args::{CommandLine, Manner},
    exit::ExitCode,
    failure::Failure,
    fs::Fs,
    out::Out,
    session::Session,
};

/// Runs the command. `argv` are its words without the program's own name; files, clock and streams are the caller's.
///
/// What it answers is JSON unless a person reads along; see [`Out`]. It never panics and never reads an environment
/// variable: those that colour obeys are read by [`Out::standard`].
pub fn run<Words>(argv: Words, fs: &dyn Fs, clock: &dyn Clock, out: &mut Out<'_>) -> ExitCode
where
    Words: IntoIterator,
    Words::Item: Into<OsString>,
{
    let words: Vec<OsString> =
        std::iter::once("ca2a".into()).chain(argv.into_iter().map(Into::into)).collect();
    let line = match CommandLine::try_parse_from(&words) {
        Ok(line) => line,
        Err(stop)
            if stop.kind() == ErrorKind::DisplayVersion && words.iter().any(|word| word == "--json") =>
        {
            return version(out);
        }
        Err(stop) => return usage(&stop, out),
    };
    if let Some(conflict) = line.verb.conflict() {
        let stop = CommandLine::command().error(ErrorKind::MissingRequiredArgument, conflict);
        return usage(&stop, out);
    }
    let manner = line.verb.manner();
    let json = line.json || !(out.is_terminal() || matches!(manner, Manner::Text { .. }));
    let mut session = Session { fs, clock, out, json };
    let outcome = line.verb.run(&mut session);
    let spoken = match outcome {
        Ok(answer) => tell(answer, json, out),
        Err(failure) => refuse(failure, json, manner, out).map(|()| ExitCode::Failure),
    };
    // Nobody heard the answer: whoever asked must not take silence for a yes.
    spoken.unwrap_or(ExitCode::Failure)
}

/// `--help` and `--version` are answers; everything else that the parser stops at is a usage error.
fn usage(stop: &clap::Error, out: &mut Out<'_>) -> ExitCode {
    let text = stop.render();
    let text = if out.color() { text.ansi().to_string() } else { text.to_string() };
    if stop.use_stderr() {
        out.remark(text.trim_end());
        return ExitCode::Usage;
    }
    out.say(&text).map_or(ExitCode::Failure, |()| ExitCode::Success)
}

/// The version as JSON (CLI-2).
fn version(out: &mut Out<'_>) -> ExitCode {
    let text = line_of(Object::from([("version", env!("CARGO_PKG_VERSION"))]));
    out.say(&text).map_or(ExitCode::Failure, |()| ExitCode::Success)
}

fn tell(answer: Answer, json: bool, out: &mut Out<'_>) -> std::io::Result<ExitCode> {
    let exit = answer.exit_code();
    out.say(&answer.text(json, out.color()))?;
    Ok(exit)
}

fn refuse(failure: Failure, json: bool, manner: Manner, out: &mut Out<'_>) -> std::io::Result<()> {
    let verdict = match manner {
        Manner::Verdict(member) | Manner::Text { verdict: member, .. } => Some(member),
        Manner::Deed => None,
    };
    if json {
        return out.say(&failure.json_text(verdict));
    }
    match manner {
        Manner::Verdict(_) => {
            let text = failure.page().print(out.color());
            out.say(&text)
        }
        Manner::Deed => {
            let text = failure.page().print(false);
            out.remark(text.trim_end());
            Ok(())
        }
        Manner::Text { prefix, .. } => {
            out.remark(&crate::page::harmless(&format!("{prefix}: {}", failure.message())));
            if let Some(help) = failure.help_text() {
                out.remark(&crate::page::harmless(help));
            }
            Ok(())
        }
    }
}
