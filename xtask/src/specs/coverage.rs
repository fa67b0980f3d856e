//! What the tests that ran and passed are about, as `covers!` recorded it under `target/covers/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, bail};

use super::page::Requirement;
use crate::workspace::{cargo, output_of, target};

/// The two sides of a requirement on which tests stand, and the codes that vectors were refused with.
#[derive(Debug, Default, Clone)]
pub(super) struct Shown {
    accept: bool,
    refuse: bool,
    codes: BTreeSet<String>,
}

/// What is shown of each requirement, by its id.
#[derive(Debug, Default)]
pub(super) struct Coverage(BTreeMap<String, Shown>);

impl Coverage {
    /// The records of this workspace. Where there are none, the tests of `packages` make them.
    ///
    /// # Errors
    /// Records that cannot be read or are none, and tests that fail.
    pub(super) fn recorded(packages: &[String]) -> Result<Self> {
        let folder = target().join("covers");
        if !folder.is_dir() {
            println!("specs: no records in target/covers: running the tests of {}", packages.join(", "));
            let mut tests = cargo();
            tests.args(["test", "--quiet", "--tests"]);
            output_of(tests.args(packages.iter().flat_map(|package| ["--package", package])))?;
        }
        let mut coverage = Self::default();
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            coverage.read(&entry?.path())?;
        }
        Ok(coverage)
    }

    fn read(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        for line in text.lines() {
            self.add(line).with_context(|| format!("{}: `{line}`", path.display()))?;
        }
        Ok(())
    }

    /// Adds a record: `DEL-28`, `accept` or `refuse`, a code or `-`, and the test, between tabs.
    pub(super) fn add(&mut self, line: &str) -> Result<()> {
        let [id, side, code, _] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("no record of four columns");
        };
        let shown = self.0.entry(id.to_owned()).or_default();
        match side {
            "accept" => shown.accept = true,
            "refuse" => shown.refuse = true,
            _ => bail!("a record is of `accept` or `refuse`"),
        }
        if code != "-" {
            shown.codes.insert(code.to_owned());
        }
        Ok(())
    }

    /// The ids that tests are about.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether tests stand on both sides of `id`.
    pub(super) fn is_whole(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|shown| shown.accept && shown.refuse)
    }

    /// What is not shown of a requirement, or shown otherwise than it says.
    pub(super) fn faults(&self, requirement: &Requirement<'_>) -> Vec<String> {
        let shown = self.0.get(requirement.id).cloned().unwrap_or_default();
        let mut faults = Vec::new();
        let mut fault = |text: String| faults.push(format!("`{}`: {text}", requirement.id));
        for (side, there) in
            [("accepts what follows it", shown.accept), ("refuses what breaks it", shown.refuse)]
        {
            if !there {
                fault(format!("no test that passed {side}"));
            }
        }
        let codes: Vec<&str> = requirement.codes().collect();
        for code in shown.codes.iter().filter(|code| !codes.contains(&code.as_str())) {
            fault(format!("a vector is refused as {code}, and it names {}", codes.join(", ")));
        }
        faults
    }
}
