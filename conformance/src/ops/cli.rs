//! The command, with files in memory.

use ca2a_cli::{FixedClock, MemoryFs, Out, run};
use serde_json::{Value, json};

use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input, render},
    judge::printed,
};

/// Runs the command line of the case.
pub(crate) fn command(input: &Input, context: &Context) -> Run {
    let files = input.get("files").and_then(Value::as_object).cloned().unwrap_or_default();
    let fs = files.iter().fold(MemoryFs::new(), |fs, (path, contents)| {
        // A text is the file; anything else is the JSON in it.
        let text = contents.as_str().map_or_else(|| render(contents), str::to_owned);
        fs.with(path, text, false)
    });
    let clock = FixedClock(context.clock()?);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit = run(input.texts("argv")?, &fs, &clock, &mut Out::new(&mut stdout, &mut stderr)).code();
    let stdout = String::from_utf8(stdout).map_err(|error| Stop::Broken(error.to_string()))?;
    Ok(Got::answered(exit != 0, json!({ "exit": exit, "stdout": printed(&stdout) })))
}
