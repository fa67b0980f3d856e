//! Provenance and bill of materials on a transparency log, by the command that the release is of.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::workspace::{cargo, output_of, target};

/// Who states the provenance, and what a log is called that is made for one run: nobody's real name.
const ISSUER: &str = "https://example.invalid/ca2a/person";
const LOG: &str = "https://example.invalid/ca2a/dry-run";

/// States each of `files` with its media type, puts that on the log in the folder `log` with the operator's key beside it
/// (`operator.pem`), and verifies what came of it as a stranger would. An entry goes beside its file.
///
/// # Errors
/// A log or key that is not there, and whatever the command refuses.
pub(super) fn register(files: &[(&Path, &str)], version: &str, log: Option<&Path>) -> Result<()> {
    let folder = match log {
        Some(folder) => folder.to_path_buf(),
        None => throwaway()?,
    };
    let (entry, operator) = (folder.join("entry.cose"), folder.join("operator.pem"));
    let mut stated = Vec::new();
    for (file, media_type) in files {
        let name = file.file_name().context("a file without a name")?.to_string_lossy();
        let subject = format!("ca2a {version}: {name}");
        let answer = Ca2a::new("state")
            .file("--file", file)
            .words(&["--media-type", media_type, "--subject", &subject, "--issuer", ISSUER, "--force"])
            .file("--key", &operator)
            .file("--out", &entry)
            .run()?;
        Ca2a::new("register").file("--dir", &folder).file("--statement", &entry).run()?;
        let kept = folder.join(format!("{name}.cose"));
        fs::rename(&entry, &kept)?;
        stated.push((*file, kept, said(&answer, "issuer_key")?));
    }
    // The first entry of a log has a receipt only once there is a second.
    let log_key = said(&Ca2a::new("checkpoint").file("--dir", &folder).run()?, "log_key")?;
    for (file, kept, issuer_key) in stated {
        let mut name = file.as_os_str().to_owned();
        name.push(".cose");
        let whole = PathBuf::from(name);
        Ca2a::new("register")
            .file("--dir", &folder)
            .file("--statement", &kept)
            .file("--transparent", &whole)
            .run()?;
        Ca2a::new("verify")
            .file("--entry", &whole)
            .file("--file", file)
            .words(&["--issuer-key", &issuer_key, "--log-key", &log_key])
            .run()?;
        println!("release: {} is on the log {log_key}, stated by {issuer_key}", file.display());
    }
    if log.is_none() {
        println!("release: that log and its keys are this run's own; name yours with --log FOLDER");
    }
    Ok(())
}

fn said(answer: &Value, name: &str) -> Result<String> {
    Ok(answer[name].as_str().with_context(|| format!("the command said no `{name}`"))?.to_owned())
}

/// A log and an operator that nobody knows.
fn throwaway() -> Result<PathBuf> {
    let folder = target().join("release-log");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("removing the log of an earlier run")?;
    }
    Ca2a::new("init").file("--dir", &folder).words(&["--name", LOG]).run()?;
    Ca2a(vec!["keygen".into(), "--json".into()]).file("--out", &folder.join("operator.pem")).run()?;
    Ok(folder)
}

/// The command, and what it is told.
struct Ca2a(Vec<std::ffi::OsString>);

impl Ca2a {
    fn new(task: &str) -> Self {
        Self(["log", task, "--json"].map(Into::into).to_vec())
    }

    fn words(mut self, words: &[&str]) -> Self {
        self.0.extend(words.iter().map(Into::into));
        self
    }

    fn file(mut self, name: &str, path: &Path) -> Self {
        self.0.extend([name.into(), path.into()]);
        self
    }

    fn run(self) -> Result<Value> {
        let mut command = cargo();
        command.args(["run", "--quiet", "--locked", "--package", "ca2a-cli", "--"]).args(self.0);
        let answer = output_of(&mut command)?;
        serde_json::from_str(&answer).context("the command answered no JSON")
    }
}
