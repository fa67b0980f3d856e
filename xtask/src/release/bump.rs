//! The next version: where it stands in the tree, and the changelog's section of its own.

use std::fs;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::workspace::{cargo, output_of, root, write};

/// What a version promises about the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Major,
    Minor,
    Patch,
}

impl Step {
    /// # Errors
    /// A word that is none.
    pub(super) fn read(word: &str) -> Result<Self> {
        match word {
            "major" => Ok(Self::Major),
            "minor" => Ok(Self::Minor),
            "patch" => Ok(Self::Patch),
            other => bail!("`--bump` is `major`, `minor` or `patch`, not `{other}`"),
        }
    }

    /// As `cargo semver-checks` calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
        }
    }

    /// The version after `version`.
    fn after(self, version: &str) -> Result<String> {
        let numbers = version.split('.').map(str::parse).collect::<Result<Vec<u64>, _>>();
        let numbers = numbers.with_context(|| format!("`{version}` is no version of three numbers"))?;
        let [major, minor, patch] = numbers[..] else { bail!("`{version}` has not three numbers") };
        Ok(match self {
            Self::Major => format!("{}.0.0", major + 1),
            Self::Minor => format!("{major}.{}.0", minor + 1),
            Self::Patch => format!("{major}.{minor}.{}", patch + 1),
        })
    }
}

/// A step to the next version, and the day of its release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bump {
    pub(super) step: Step,
    pub(super) day: String,
}

impl Bump {
    /// The version that follows `version`, said for each crate of `metadata`.
    ///
    /// # Errors
    /// A day that is none, or a version that nothing follows.
    pub(super) fn plan(&self, metadata: &Value, version: &str) -> Result<String> {
        let digits =
            |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = self.day.split('-').collect();
        let is_day =
            matches!(parts[..], [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2));
        ensure!(is_day, "the day of a release is YYYY-MM-DD, not `{}`", self.day);
        let next = self.step.after(version)?;
        for package in metadata["packages"].as_array().into_iter().flatten() {
            if let Some(name) = package["name"].as_str().filter(|_| package["source"].is_null()) {
                println!("release: {name} {version} -> {next}");
            }
        }
        Ok(next)
    }

    /// Writes the version `next` wherever `version` stands, or nothing.
    ///
    /// # Errors
    /// A file in which it does not stand as it should.
    pub(super) fn execute(&self, version: &str, next: &str) -> Result<()> {
        let edited = |file: &str, edit: &dyn Fn(&str) -> Result<String>| -> Result<_> {
            let path = root().join(file);
            let text = fs::read_to_string(&path).with_context(|| format!("reading {file}"))?;
            Ok((path, edit(&text).with_context(|| file.to_owned())?))
        };
        let files = [
            edited("Cargo.toml", &|text| manifest(text, version, next))?,
            edited("CHANGELOG.md", &|text| changelog(text, next, &self.day))?,
            edited("deploy/kubernetes/sidecar.yaml", &|text| replace(text, "ca2a:", version, next))?,
        ];
        for (path, text) in files {
            write(&path, text)?;
        }
        output_of(cargo().args(["update", "--workspace", "--offline"])).map(|_| ())
    }
}

/// The workspace's own version, and that of each crate of ours that another one asks for.
fn manifest(text: &str, version: &str, next: &str) -> Result<String> {
    let is_ours = |line: &str| line.starts_with("ca2a-") && line.contains("path = \"crates/");
    let stands = format!("version = \"{version}\"");
    let mut section = "";
    let mut changed = 0_usize;
    let mut written = String::with_capacity(text.len());
    for line in text.lines() {
        if line.starts_with('[') {
            section = line;
        }
        if is_ours(line) || (section == "[workspace.package]" && line.starts_with("version ")) {
            ensure!(line.contains(&stands), "`{line}` is not of version {version}");
            written.push_str(&line.replace(&stands, &format!("version = \"{next}\"")));
            changed += 1;
        } else {
            written.push_str(line);
        }
        written.push('\n');
    }
    ensure!(changed > 1, "it does not say which version the crates have");
    Ok(written)
}

/// What is not released yet goes under the version, and there is room for more above it.
fn changelog(text: &str, next: &str, day: &str) -> Result<String> {
    let unreleased = "\n## [Unreleased]\n";
    ensure!(text.contains(unreleased), "there is no section [Unreleased]");
    ensure!(!text.contains(&format!("\n## [{next}]")), "there is a section [{next}] already");
    Ok(text.replacen(unreleased, &format!("{unreleased}\n## [{next}] - {day}\n"), 1))
}

fn replace(text: &str, before: &str, version: &str, next: &str) -> Result<String> {
    let stands = format!("{before}{version}");
    ensure!(text.contains(&stands), "`{stands}` does not stand in it");
    Ok(text.replace(&stands, &format!("{before}{next}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_step() {
        let after = |step: Step, version: &str| step.after(version).unwrap();
        assert_eq!(after(Step::Patch, "0.1.9"), "0.1.10");
        assert_eq!(after(Step::Minor, "0.1.9"), "0.2.0");
        assert_eq!(after(Step::Major, "0.1.9"), "1.0.0");
        for none in ["", "1.2", "1.2.3.4", "1.2.3-rc.1", "a.b.c"] {
            assert!(Step::Minor.after(none).is_err(), "{none}");
        }
        assert!(Step::read("huge").is_err());
        assert_eq!(Step::read("minor").unwrap().name(), "minor");
    }

    /// Of this very tree: every place is found.
    #[test]
    fn every_crate_gets_the_version() {
        let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let version = text.split("version = \"").nth(1).unwrap().split('"').next().unwrap();
        let written = manifest(&text, version, "98.7.6").unwrap();
        let crates = fs::read_dir(root().join("crates")).unwrap().count();
        assert_eq!(written.matches("98.7.6").count(), crates + 1);
        assert_eq!(manifest(&written, "98.7.6", version).unwrap(), text);
        assert!(manifest(&text, "98.7.6", "98.7.7").is_err());
        let sidecar = fs::read_to_string(root().join("deploy/kubernetes/sidecar.yaml")).unwrap();
        assert!(replace(&sidecar, "ca2a:", version, "98.7.6").unwrap().contains("ca2a:98.7.6"));
        assert!(replace(&sidecar, "ca2a:", "98.7.6", version).is_err());
    }

    #[test]
    fn what_was_not_released_is_under_the_version() {
        let text = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- more\n\n## [0.1.0] - 2026-01-01\n";
        let written = changelog(text, "0.2.0", "2026-11-23").unwrap();
        assert_eq!(
            written,
            "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-23\n\n### Added\n\n- more\n\n## [0.1.0] - 2026-01-01\n"
        );
        assert!(changelog(text, "0.1.0", "2026-11-23").is_err());
        assert!(changelog("# Changelog\n", "0.1.0", "2026-11-23").is_err());
    }

    #[test]
    fn a_day_is_a_day() {
        let plan =
            |day: &str| Bump { step: Step::Minor, day: day.to_owned() }.plan(&serde_json::json!({}), "0.1.0");
        assert_eq!(plan("2026-11-23").unwrap(), "0.2.0");
        for none in ["", "today", "2026-11", "26-11-23", "2026-11-2x", "2026-11-23-1"] {
            assert!(plan(none).is_err(), "{none}");
        }
    }
}
