//! The reference side: our crates, driven over the line protocol.

use std::{
    fmt,
    io::{self, BufRead, Read as _, Write},
    panic::{self, AssertUnwindSafe},
};

use serde_json::json;

use super::{Answer, Hello, LINE, PROTOCOL, Request, taken};
use crate::{lapse, ops};

/// Why serving ended before its input did.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// A line that is no request, or a longer one than the protocol allows.
    Request(String),
    /// The streams failed.
    Io(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(what) => write!(out, "a line that is no request: {what}"),
            Self::Io(error) => write!(out, "the streams of the protocol: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}

impl From<io::Error> for ServeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Answers requests from `requests` on `answers` until there are no more.
///
/// # Errors
/// Streams that fail, and a line that is no request: who sends one is no runner, and no answer could name its id.
pub fn serve(mut requests: impl BufRead, mut answers: impl Write) -> Result<(), ServeError> {
    let hello = Hello {
        protocol: PROTOCOL.to_owned(),
        name: "ca2a-rs".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ops: ops::names().map(str::to_owned).collect(),
    };
    say(&mut answers, &json!(hello))?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = u64::try_from(LINE).unwrap_or(u64::MAX).saturating_add(1);
        if requests.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.len() > LINE && line.last() != Some(&b'\n') {
            return Err(ServeError::Request(format!("more than {LINE} bytes")));
        }
        let request: Request =
            serde_json::from_slice(&line).map_err(|error| ServeError::Request(error.to_string()))?;
        let id = request.id.clone();
        say(&mut answers, &answer(request).line(&id))?;
    }
}

fn answer(request: Request) -> Answer {
    let Some(op) = ops::find(&request.op) else { return Answer::Unsupported };
    let (input, context) = taken(request.input);
    let input = lapse::read(input);
    match panic::catch_unwind(AssertUnwindSafe(|| op(&input, &context))) {
        Ok(run) => Answer::of(run),
        Err(_) => Answer::Error(format!("`{}` panicked", request.op)),
    }
}

fn say(answers: &mut impl Write, line: &serde_json::Value) -> io::Result<()> {
    let mut text = line.to_string();
    text.push('\n');
    answers.write_all(text.as_bytes())?;
    answers.flush()
}
