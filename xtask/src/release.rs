//! `cargo xtask release`: what a release of this tree consists of, made under `target/` and listed with its checksums.
//!
//! Nothing is published or tagged, and nothing changed unless `--execute` says so; that is a person's to do
//! (`RELEASING.md`). A run of the same commit makes the
//! same bytes, so none of the files holds a time or a path of this machine; only the entry of the log about them does.

mod bump;
mod features;
mod provenance;
mod registered;
mod sbom;
mod semver;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use bump::{Bump, Step};
use ca2a_core::Sha256;
use serde_json::Value;

use crate::{
    vectors,
    workspace::{cargo, output_of, root, target, write},
};

/// What is left out of a run that has less time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Everything: the command is built, and every crate from its packaged sources.
    Whole,
    /// Nothing is compiled.
    WithoutBuild,
}

/// What is asked for.
pub(crate) struct Options {
    depth: Depth,
    log: Option<PathBuf>,
    bump: Option<Bump>,
    is_executed: bool,
}

impl Options {
    /// Reads what follows `release`. It is a dry run unless `--execute` is there: the versions stay as they are.
    ///
    /// # Errors
    /// A word that means nothing or lacks what follows it, and what contradicts itself.
    pub(crate) fn read(mut words: &[&str]) -> Result<Self> {
        let mut options = Self { depth: Depth::Whole, log: None, bump: None, is_executed: false };
        let mut is_dry = false;
        loop {
            words = match words {
                [] if is_dry && options.is_executed => {
                    bail!("`--dry-run` and `--execute` exclude each other")
                }
                [] if options.is_executed && options.bump.is_none() => {
                    bail!("`--execute` does what `--bump` says")
                }
                [] => return Ok(options),
                ["--dry-run", rest @ ..] => {
                    is_dry = true;
                    rest
                }
                ["--execute", rest @ ..] => {
                    options.is_executed = true;
                    rest
                }
                ["--bump", step, day, rest @ ..] => {
                    options.bump = Some(Bump { step: Step::read(step)?, day: (*day).to_owned() });
                    rest
                }
                ["--without-build", rest @ ..] => {
                    options.depth = Depth::WithoutBuild;
                    rest
                }
                ["--log", folder, rest @ ..] => {
                    options.log = Some(PathBuf::from(folder));
                    rest
                }
                [other, ..] => bail!("`release` does not know `{other}`"),
            };
        }
    }
}

/// Makes the files and prints them with their checksums. Provenance and bill of materials are stated on the log in `log`,
/// or on one that this run makes for itself.
///
/// # Errors
/// The first thing that a release must not lack.
pub(crate) fn run(options: &Options) -> Result<()> {
    let Options { depth, log, bump, is_executed } = options;
    let depth = *depth;
    let mut metadata = metadata()?;
    let mut version = version(&metadata)?;
    let next = bump.as_ref().map(|bump| bump.plan(&metadata, &version)).transpose()?;
    changelog(&fs::read_to_string(root().join("CHANGELOG.md"))?, &version)?;
    vectors::run(true)?;
    // A step is judged by the version that it leads to: the one before that is the one that is tagged.
    semver::check(next.as_deref().unwrap_or(&version), bump.as_ref().map(|bump| bump.step))?;
    match (bump, next) {
        (Some(bump), Some(next)) if *is_executed => {
            bump.execute(&version, &next)?;
            metadata = self::metadata()?;
            version = next;
        }
        (_, Some(next)) => {
            println!("release: a dry run, which makes version {version}; `--execute` writes {next}");
        }
        (_, None) => {}
    }
    match depth {
        Depth::Whole => features::check()?,
        Depth::WithoutBuild => println!("SKIPPED: no set of features was checked (--without-build)"),
    }
    let status = output_of(Command::new("git").current_dir(root()).args(["status", "--porcelain"]))?;
    let clean = status.trim().is_empty();
    if !clean {
        println!("release: the tree is not clean; what is made is not what a commit holds");
    }

    let folder = target().join(format!("release-{version}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).context("removing what an earlier run made")?;
    }
    fs::create_dir_all(&folder)?;
    crates(&metadata, &folder, depth)?;
    archive(
        &folder.join(format!("ca2a-vectors-{version}.tar.gz")),
        &root(),
        &["conformance/vectors", "specs"],
    )?;
    command(&folder, &version, depth)?;
    let bill = folder.join(format!("ca2a-{version}.cdx.json"));
    write(&bill, sbom::bom(&metadata, &lock()?, &version)?)?;
    let made = checksums(&folder)?;
    let commit = output_of(Command::new("git").current_dir(root()).args(["rev-parse", "HEAD"]))?;
    let statement = provenance::statement(&made, commit.trim(), clean);
    let provenance = folder.join(format!("ca2a-{version}.provenance.json"));
    write(&provenance, statement)?;
    let stated = [(&*bill, "application/vnd.cyclonedx+json"), (&*provenance, "application/vnd.in-toto+json")];
    registered::register(&stated, &version, log.as_deref())?;

    let listed = checksums(&folder)?;
    let sums: String = listed.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    write(&folder.join("SHA256SUMS"), &sums)?;
    print!("{sums}");
    println!("release: {} files of version {version} in {}", listed.len(), folder.display());
    Ok(())
}

fn metadata() -> Result<Value> {
    let metadata = output_of(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    serde_json::from_str(&metadata).context("cargo metadata printed no JSON")
}

/// The version that every crate of the workspace has.
fn version(metadata: &Value) -> Result<String> {
    let packages = metadata["packages"].as_array().context("metadata without `packages`")?;
    let ours = packages.iter().filter(|package| package["source"].is_null());
    let mut versions: Vec<&str> = ours.filter_map(|package| package["version"].as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    match versions[..] {
        [version] => Ok(version.to_owned()),
        _ => bail!("the crates of the workspace have the versions {}", versions.join(", ")),
    }
}

/// The changelog says something about this version, or about what is not released yet.
fn changelog(text: &str, version: &str) -> Result<()> {
    let about = |name: &str| {
        let section = text.split("\n## ").find(|section| section.starts_with(&format!("[{name}]")));
        section.is_some_and(|section| section.lines().any(|line| line.starts_with("- ")))
    };
    if about(version) || about("Unreleased") {
        return Ok(());
    }
    bail!("CHANGELOG.md has no entry under [{version}] or [Unreleased]")
}

/// The sources of every crate that may be published, as cargo packages them.
fn crates(metadata: &Value, folder: &Path, depth: Depth) -> Result<()> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let names = packages
        .filter(|package| package["source"].is_null() && package["publish"].is_null())
        .filter_map(|package| package["name"].as_str());
    let mut package = cargo();
    package.args(["package", "--locked", "--allow-dirty", "--quiet"]);
    if depth == Depth::WithoutBuild {
        package.arg("--no-verify");
    }
    let staged = target().join("package");
    if staged.exists() {
        fs::remove_dir_all(&staged)?;
    }
    output_of(package.args(names.flat_map(|name| ["--package", name])))?;
    for entry in fs::read_dir(&staged)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|end| end == "crate")) {
            fs::copy(&path, folder.join(name))?;
        }
    }
    Ok(())
}

/// The command, built without a path of this machine in it.
fn command(folder: &Path, version: &str, depth: Depth) -> Result<()> {
    if depth == Depth::WithoutBuild {
        println!("SKIPPED: the command was not built (--without-build)");
        return Ok(());
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let from = |path: &Path, to: &str| format!("--remap-path-prefix={}={to}", path.display());
    let flags: Vec<_> =
        [from(&root(), "ca2a")].into_iter().chain(home.map(|home| from(&home, "cargo"))).collect();
    let build = target().join("release-build");
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--locked", "--package", "ca2a-cli", "--target-dir"]).arg(&build);
    // Beside those of the workspace, which the variable `RUSTFLAGS` would replace.
    output_of(cargo.arg("--config").arg(format!("target.'cfg(all())'.rustflags={flags:?}")))?;
    archive(&folder.join(format!("ca2a-{version}.tar.gz")), &build.join("release"), &["ca2a"])?;
    let manual = build.join("manual");
    let mut pages = crate::workspace::cargo();
    pages.args(["run", "--locked", "--package", "ca2a-cli", "--example", "manual", "--"]).arg(&manual);
    output_of(&mut pages)?;
    let names = ["completions", "man1"];
    archive(&folder.join(format!("ca2a-manual-{version}.tar.gz")), &manual, &names)
}

/// Packs `names` of `folder` so that the same files give the same bytes.
fn archive(path: &Path, folder: &Path, names: &[&str]) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--mtime=@0",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=a+rX,u+w,go-w",
    ]);
    tar.args(["--use-compress-program=gzip -n", "--create", "--file"]).arg(path);
    output_of(tar.arg("--directory").arg(folder).args(names)).map(|_| ())
}

fn lock() -> Result<String> {
    fs::read_to_string(root().join("Cargo.lock")).context("reading Cargo.lock")
}

/// The files of `folder` with their SHA-256, by name.
fn checksums(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let sum = Sha256::of(&fs::read(entry.path())?).to_hex();
        found.push((entry.file_name().to_string_lossy().into_owned(), sum));
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_something_to_say() {
        let text = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- more\n\n## [0.1.0] - 2026\n\n- all\n";
        assert!(changelog(text, "0.1.0").is_ok() && changelog(text, "0.2.0").is_ok());
        let silent = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026\n\n- all\n";
        assert!(changelog(silent, "0.2.0").is_err());
    }

    #[test]
    fn nothing_is_written_unless_it_is_asked_for() {
        let read = |words: &str| Options::read(&words.split_whitespace().collect::<Vec<_>>());
        for dry in
            ["", "--dry-run", "--bump minor 2026-11-23", "--without-build --bump patch 2026-11-23 --dry-run"]
        {
            assert!(!read(dry).unwrap().is_executed, "{dry}");
        }
        assert!(read("--bump minor 2026-11-23 --execute").unwrap().is_executed);
        for none in [
            "--execute",
            "--bump",
            "--bump minor",
            "--bump large 2026-11-23",
            "--bump minor 2026-11-23 --execute --dry-run",
            "--publish",
        ] {
            assert!(read(none).is_err(), "{none}");
        }
    }

    #[test]
    fn one_version_for_all() {
        let package = |version: &str| serde_json::json!({ "source": null, "version": version });
        let metadata = |versions: &[&str]| {
            let packages: Vec<Value> = versions.iter().map(|version| package(version)).collect();
            serde_json::json!({ "packages": packages })
        };
        assert_eq!(version(&metadata(&["0.1.0", "0.1.0"])).unwrap(), "0.1.0");
        assert!(version(&metadata(&["0.1.0", "0.1.1"])).is_err());
        assert!(version(&metadata(&[])).is_err());
    }
}
