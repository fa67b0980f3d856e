//! Both command lines on the same files, each command a process of its own: same exit code, same verdict, same members.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::{differential::Judged, tally::Tally, verdict::Verdict};
use crate::{
    python::{Python, pipe},
    workspace::{output_of, target, write},
};

/// How many generated chains of each verdict go through the command lines as well.
const SAMPLE: usize = 10;

/// A command to give to both.
pub(crate) struct Scene {
    name: String,
    verb: String,
    arguments: Vec<String>,
    /// What the package answered when it was called as a library.
    expected: Option<Verdict>,
}

/// What a command line did.
struct Outcome {
    code: Option<i32>,
    stdout: String,
}

/// Gives every scene to both command lines.
///
/// # Errors
/// A difference, or a command that cannot be run.
pub(crate) fn run(python: &Python, ours: &Path, judged: &[Judged], tally: &mut Tally) -> Result<()> {
    let folder = target().join("interop-files");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut scenes = scenes_of(python, &folder)?;
    scenes.extend(sample(judged, &folder)?);

    let (differences, _) = disagreements(python, ours, &scenes)?;
    if !differences.is_empty() {
        bail!(
            "the command lines differ in {} of {} cases:\n  {}",
            differences.len(),
            scenes.len(),
            differences.join("\n  ")
        );
    }
    let mut verbs: BTreeMap<&str, usize> = BTreeMap::new();
    for scene in &scenes {
        *verbs.entry(&scene.verb).or_default() += 1;
    }
    for (verb, least) in
        [("verify-chain", 120), ("verify-dag", 40), ("verify-lineage", 20), ("validate-config", 20)]
    {
        let count = verbs.get(verb).copied().unwrap_or_default();
        tally.count("both command lines, same files", verb, count, least);
    }
    Ok(())
}

/// Gives every scene to both command lines; returns how they differ, and the exit codes of ours.
///
/// # Errors
/// A command that cannot be run.
pub(crate) fn disagreements(
    python: &Python,
    ours: &Path,
    scenes: &[Scene],
) -> Result<(Vec<String>, Vec<Option<i32>>)> {
    let lines: String = scenes.iter().map(|scene| format!("{}\n", json!(scene.argv()))).collect();
    let answers = pipe(python.driver("command_line").arg("ca2a_runtime.cli"), &lines)?;
    ensure!(answers.lines().count() == scenes.len(), "the Python side did not answer every command");

    let (mut differences, mut codes) = (Vec::new(), Vec::new());
    for (scene, answer) in scenes.iter().zip(answers.lines()) {
        let theirs = theirs(answer)?;
        let ours = outcome(Command::new(ours).args(scene.argv()))?;
        differences.extend(
            difference(scene, &theirs, &ours)
                .map(|how| format!("{} (ca2a {})\n    {how}", scene.name, scene.argv().join(" "))),
        );
        codes.push(ours.code);
    }
    Ok((differences, codes))
}

/// The scenes that the Python side wrote.
fn scenes_of(python: &Python, folder: &Path) -> Result<Vec<Scene>> {
    output_of(python.driver("scenes").arg(folder))?;
    let index: Value = serde_json::from_str(&fs::read_to_string(folder.join("index.json"))?)?;
    let text =
        |value: &Value| value.as_str().map(str::to_owned).context("an index of something else than text");
    index
        .as_array()
        .context("an index that is no list")?
        .iter()
        .map(|scene| {
            Ok(Scene {
                name: text(&scene["name"])?,
                verb: text(&scene["verb"])?,
                arguments: scene["arguments"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(text)
                    .collect::<Result<_>>()?,
                expected: None,
            })
        })
        .collect()
}

/// Some generated chains of each verdict, as files.
fn sample(judged: &[Judged], folder: &Path) -> Result<Vec<Scene>> {
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    let mut scenes = Vec::new();
    for (index, Judged { case, verdict }) in judged.iter().enumerate() {
        let count = taken.entry(verdict.label()).or_default();
        if *count == SAMPLE {
            continue;
        }
        *count += 1;
        let file = |kind: &str, text: &str| -> Result<String> {
            let path = folder.join(format!("generated-{index}-{kind}.json"));
            write(&path, text)?;
            Ok(path.display().to_string())
        };
        let mut arguments: Vec<String> = vec!["--chain".into(), file("chain", &case.document)?];
        arguments.extend(["--max-depth".into(), case.max_depth.to_string()]);
        for root in &case.roots {
            arguments.extend(["--trusted-root-issuer".into(), root.clone()]);
        }
        if let Some(at) = case.at {
            arguments.extend(["--at-time".into(), at.to_string()]);
        }
        if let Some(snapshot) = &case.snapshot {
            arguments.extend(["--revocations".into(), file("revocations", snapshot)?]);
        }
        if let Some(bound) = case.staleness {
            arguments.extend(["--max-revocation-staleness".into(), bound.to_string()]);
        }
        let name = format!("generated {index}, {}", case.mutation.unwrap_or("as issued"));
        scenes.push(Scene {
            name,
            verb: "verify-chain".to_owned(),
            arguments,
            expected: Some(verdict.clone()),
        });
    }
    Ok(scenes)
}

impl Scene {
    pub(crate) fn new(name: String, verb: &str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { name, verb: verb.to_owned(), arguments, expected: None }
    }

    fn argv(&self) -> Vec<&str> {
        [self.verb.as_str()].into_iter().chain(self.arguments.iter().map(String::as_str)).collect()
    }
}

fn theirs(answer: &str) -> Result<Outcome> {
    let answer: Value = serde_json::from_str(answer).with_context(|| format!("no answer: {answer}"))?;
    let code = answer["exit"].as_i64().and_then(|code| code.try_into().ok());
    Ok(Outcome { code, stdout: answer["stdout"].as_str().context("an answer without `stdout`")?.to_owned() })
}

fn outcome(command: &mut Command) -> Result<Outcome> {
    let output = command.output().context("running our command line")?;
    let stdout =
        String::from_utf8(output.stdout).context("our command line printed something that is not UTF-8")?;
    Ok(Outcome { code: output.status.code(), stdout })
}

/// How the two differ, if they do. Ours may say more than theirs; `error` is for people.
fn difference(scene: &Scene, theirs: &Outcome, ours: &Outcome) -> Option<String> {
    let all = || {
        format!(
            "theirs: exit {:?}, {}\n    ours: exit {:?}, {}",
            theirs.code, theirs.stdout, ours.code, ours.stdout
        )
    };
    if theirs.code != ours.code || theirs.code.is_none() {
        return Some(all());
    }
    if scene
        .expected
        .as_ref()
        .is_some_and(|expected| Verdict::read(&ours.stdout).ok().as_ref() != Some(expected))
    {
        return Some(all());
    }
    let members =
        |text: &str| serde_json::from_str::<Value>(text).ok().and_then(|value| value.as_object().cloned());
    let same = match (members(&theirs.stdout), members(&ours.stdout)) {
        (Some(theirs), Some(ours)) => theirs
            .iter()
            .filter(|(name, _)| *name != "error")
            .all(|(name, value)| ours.get(name) == Some(value)),
        (None, None) => theirs.stdout.trim() == ours.stdout.trim(),
        _ => false,
    };
    (!same).then(all)
}

/// Builds our command line, the one that a user runs who wants every binding, and says where it is.
///
/// # Errors
/// Code that does not compile.
pub(crate) fn build() -> Result<PathBuf> {
    output_of(crate::workspace::cargo().args([
        "build",
        "--quiet",
        "--package",
        "ca2a-cli",
        "--bin",
        "ca2a",
        "--features",
        "grpc",
    ]))?;
    let path = target().join("debug").join("ca2a");
    ensure!(path.is_file(), "cargo built no {}", path.display());
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(theirs: (i32, &str), ours: (i32, &str), expected: Option<Verdict>) -> bool {
        let scene =
            Scene { name: "one".into(), verb: "verify-chain".into(), arguments: Vec::new(), expected };
        let outcome = |(code, stdout): (i32, &str)| Outcome { code: Some(code), stdout: stdout.to_owned() };
        difference(&scene, &outcome(theirs), &outcome(ours)).is_none()
    }

    #[test]
    fn ours_may_say_more_and_say_it_otherwise_but_not_differ() {
        let theirs = (1, r#"{"verified": false, "code": "SCOPE_ESCALATION", "error": "x"}"#);
        let ours = r#"{"code":"SCOPE_ESCALATION","error":"y","hop":1,"verified":false}"#;
        assert!(compared(theirs, (1, ours), Some(Verdict::Refused("SCOPE_ESCALATION".into()))));
        assert!(!compared(theirs, (1, ours), Some(Verdict::Refused("CREDENTIAL_REPLAY".into()))));
        assert!(!compared(theirs, (2, ours), None));
        assert!(!compared(theirs, (1, &ours.replace("SCOPE", "HOPE")), None));
        assert!(!compared(theirs, (1, r#"{"code":"SCOPE_ESCALATION"}"#), None));
        assert!(!compared(theirs, (1, ""), None));
        assert!(compared((0, "ok: a\n"), (0, "ok: a"), None));
        assert!(!compared((0, "ok: a"), (0, "ok: b"), None));
    }
}
