//! `cargo xtask vectors [--check]`: the vectors of the kit, one file a layer, made anew byte for byte.
//!
//! What is asked is made here; what is expected of it was written by hand, beside the requirement that it is about. Bodies
//! that are signed or hashed are spelled out as text, by no canonical writer of ours.

mod case;
mod chains;
mod channel;
mod core;
mod cose;
mod credentials;
mod draft;
mod handoff;
mod holders;
mod levels;
mod log;
mod manifests;
mod messages;
mod offers;
mod policies;
mod records;
mod revocations;
mod runs;
mod seal;
mod server;
mod traces;

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::workspace::{root, write};
use case::Case;
use draft::{KEYS, NOW, key};

/// A layer: the name of its file and its cases.
type Layer = (&'static str, fn() -> Vec<Case>);

const LAYERS: &[Layer] = &[
    ("core", core::cases),
    ("delegation", || [credentials::cases(), chains::cases()].concat()),
    ("holder", holders::cases),
    ("revocation", revocations::cases),
    ("record", records::cases),
    ("trace", traces::cases),
    ("levels", levels::cases),
    ("policy", policies::cases),
    ("seal", seal::cases),
    ("attestation", offers::cases),
    ("log", log::cases),
    ("handoff", handoff::cases),
    ("manifest", manifests::cases),
    ("run", runs::cases),
    ("wire", || [messages::cases(), server::cases()].concat()),
];

/// Writes the files, or, to `check`, compares them.
///
/// # Errors
/// A file that cannot be written, and, to `check`, one that would be another.
pub(crate) fn run(check: bool) -> Result<()> {
    let mut total = 0;
    for (layer, cases) in LAYERS {
        let cases = cases();
        total += cases.len();
        let text = file(layer, &cases)?;
        made(&root().join(format!("conformance/vectors/{layer}.json")), text, check)?;
    }
    let done = if check { "as they are made" } else { "written" };
    println!("vectors: {total} cases in {} files: {done}", LAYERS.len());
    Ok(())
}

/// Writes a file, or, to `check`, compares it.
fn made(path: &Path, text: String, check: bool) -> Result<()> {
    if !check {
        return write(path, text);
    }
    if fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))? != text {
        bail!("{} is not what `cargo xtask vectors` makes", path.display());
    }
    Ok(())
}

/// A file of cases, one case a line so that a change shows as one.
fn file(layer: &str, cases: &[Case]) -> Result<String> {
    let keys: serde_json::Map<String, Value> = KEYS
        .iter()
        .map(|name| {
            let key = key(name);
            let shown = json!({ "seed_hex": draft::seed(name), "public_hex": key.verifying_key().to_hex() });
            ((*name).to_owned(), shown)
        })
        .collect();
    let mut text = format!(
        "{{\n\"$schema\":\"vectors.schema.json\",\n\"format\":\"ca2a-vectors/1\",\n\"layer\":\"{layer}\",\n\"protocol\":\"0.1\",\n\"clock\":{NOW},\n\"keys\":{},\n\"cases\":[\n",
        Value::Object(keys)
    );
    let mut names: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!("two cases of {layer} are called `{}`", pair[0]);
    }
    let lines: Vec<String> = cases.iter().map(|case| case.to_json().to_string()).collect();
    text.push_str(&lines.join(",\n"));
    text.push_str("\n]\n}\n");
    Ok(text)
}
