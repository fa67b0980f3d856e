//! `cargo xtask docs`: every page of the book runs, in a fresh folder of its own, and the book is bound where mdBook is here.

use std::{fs, io::ErrorKind, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{cargo, output_of, root, target, write};

/// Builds the commands and runs each page of `docs/src/SUMMARY.md`.
///
/// # Errors
/// A page that the summary names and that is not there, and a page that fails, with what it said.
pub(crate) fn run() -> Result<()> {
    output_of(cargo().args(["build", "--quiet", "--package", "ca2a-cli", "--bin", "ca2a"]))?;
    output_of(cargo().args([
        "build",
        "--quiet",
        "--package",
        "ca2a-conformance",
        "--bin",
        "ca2a-conformance",
    ]))?;
    let source = root().join("docs/src");
    let summary = fs::read_to_string(source.join("SUMMARY.md")).context("reading docs/src/SUMMARY.md")?;
    let mut ran = 0;
    for name in pages(&summary) {
        let page =
            fs::read_to_string(source.join(name)).with_context(|| format!("reading docs/src/{name}"))?;
        let script = script(&page);
        if script.is_empty() {
            continue;
        }
        let said = page_runs(name, &script).with_context(|| format!("docs/src/{name} does not run"))?;
        match said.lines().find(|line| line.starts_with("SKIPPED: ")) {
            Some(why) => println!("{why} ({name})"),
            None => println!("docs: {name} runs"),
        }
        ran += 1;
    }
    if ran == 0 {
        bail!("no page has anything to run: nothing was checked");
    }
    match bind("mdbook")? {
        true => println!("docs: the book is bound in {}", target().join("book").display()),
        false => println!("SKIPPED: mdbook is not here; the pages ran and the book was not bound"),
    }
    Ok(())
}

/// Binds the book with `program`; whether there is one.
fn bind(program: &str) -> Result<bool> {
    match Command::new(program).arg("--version").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        asked => asked.with_context(|| format!("running {program}"))?,
    };
    let bound = target().canonicalize()?.join("book");
    let mut command = Command::new(program);
    output_of(command.arg("build").arg("--dest-dir").arg(bound).arg(root().join("docs")))?;
    Ok(true)
}

/// The pages that a summary links to.
fn pages(summary: &str) -> impl Iterator<Item = &str> {
    summary.lines().filter_map(|line| line.split_once("](")?.1.split_once(')')).map(|(name, _)| name)
}

/// The blocks of a page that are marked `sh`, one after another.
fn script(page: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

/// What the page said.
fn page_runs(name: &str, script: &str) -> Result<String> {
    let folder = target().join("docs").join(Path::new(name).with_extension(""));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    write(&folder.join("page.sh"), script)?;
    let built = target().canonicalize()?.join("debug");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "page.sh"]).current_dir(&folder);
    bash.env("PATH", format!("{}:{path}", built.display())).env("REPOSITORY", root());
    output_of(&mut bash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked_runs() {
        let page = "# A\n\n```sh\necho 1\n```\n\n```json\n{}\n```\n\n```sh\nif x; then\n  y\nfi\n```\n";
        assert_eq!(script(page), "echo 1\nif x; then\n  y\nfi\n");
        assert_eq!(pages("# Summary\n\n- [A](a.md)\n- [B](b.md)\n").collect::<Vec<_>>(), ["a.md", "b.md"]);
    }

    #[test]
    fn a_book_is_bound_by_what_is_here_or_not_at_all() {
        assert!(!bind("no-such-program-anywhere").unwrap());
        assert!(bind("false").is_err());
    }

    #[test]
    fn a_page_that_fails_is_an_error() {
        assert!(page_runs("test-of-a-page.md", "false\n").is_err());
        assert!(page_runs("test-of-a-page.md", "test -n \"$REPOSITORY\"\n").is_ok());
    }
}
