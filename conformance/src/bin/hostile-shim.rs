//! An implementation that misbehaves in the way that its argument names, for the tests of the runner.
//!
//! `honest` is the one that does not: with it a test shows that the others fail for what they do wrong.

#![allow(clippy::indexing_slicing, reason = "it exists to misbehave, and a panic is one way of it")]

use std::{
    env,
    io::{self, BufRead as _, Write as _},
    process, thread,
    time::Duration,
};

use serde_json::{Value, json};

const OPS: [&str; 2] = ["canonicalize", "verify_chain"];

fn main() -> io::Result<()> {
    let manner = env::args().nth(1).unwrap_or_default();
    let (mut stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
    let mut hello = json!({ "protocol": "ca2a-conformance/1", "name": manner, "version": "1", "ops": OPS });
    match manner.as_str() {
        "mute" => thread::sleep(Duration::MAX),
        "dies-at-once" => process::exit(3),
        "other-protocol" => hello["protocol"] = json!("ca2a-conformance/0"),
        "knows-nothing" => hello["ops"] = json!([]),
        "never-the-same" => hello["version"] = json!(process::id().to_string()),
        "no-hello" => hello = json!({}),
        "not-utf8" => stdout.write_all(b"\xff\xfe\n")?,
        _ => {}
    }
    writeln!(stdout, "{hello}")?;
    stdout.flush()?;

    let mut before = Value::Null;
    let mut line = String::new();
    while {
        line.clear();
        stdin.read_line(&mut line)? > 0
    } {
        let request: Value = serde_json::from_str(&line)?;
        let id = request["id"].clone();
        let accepted = json!({ "id": id, "ok": {} });
        match manner.as_str() {
            "accepts-all" => writeln!(stdout, "{accepted}")?,
            "refuses-all" => {
                writeln!(stdout, "{}", json!({ "id": id, "refused": { "code": "INVALID_CREDENTIAL" } }))?
            }
            "refuses-without-code" => writeln!(stdout, "{}", json!({ "id": id, "refused": {} }))?,
            "supports-nothing" => writeln!(stdout, "{}", json!({ "id": id, "unsupported": true }))?,
            "fails" => writeln!(stdout, "{}", json!({ "id": id, "error": "out of order" }))?,
            "echoes" => stdout.write_all(line.as_bytes())?,
            "hangs" => thread::sleep(Duration::MAX),
            "crashes" | "never-the-same" => process::exit(9),
            "floods-stderr" => {
                let mut stderr = io::stderr().lock();
                while stderr.write_all(&[b'x'; 4096]).is_ok() {}
                return Ok(());
            }
            "floods-stdout" => while writeln!(stdout, "{accepted}").is_ok() {},
            "endless-line" => while stdout.write_all(&[b'x'; 4096]).is_ok() {},
            "half-a-line" => {
                write!(stdout, "{accepted}")?;
                return Ok(());
            }
            "swaps" => {
                writeln!(stdout, "{}", json!({ "id": before, "ok": {} }))?;
                before = id;
            }
            "answers-twice" => writeln!(stdout, "{accepted}\n{accepted}")?,
            _ => writeln!(stdout, "{}", honest(&id, &request))?,
        }
        stdout.flush()?;
    }
    if manner == "last-word" {
        writeln!(stdout, "one more thing")?;
    }
    Ok(())
}

/// The right answer to what the tests ask.
fn honest(id: &Value, request: &Value) -> Value {
    match request["input"]["value_json"].as_str() {
        Some(text) if text.contains("-0") => json!({ "id": id, "refused": { "code": "BAD_REQUEST" } }),
        Some(text) => {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            json!({ "id": id, "ok": { "canonical_hex": hex } })
        }
        None => json!({ "id": id, "unsupported": true }),
    }
}
