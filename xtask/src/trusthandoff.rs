//! Releases of the PyPI package `trusthandoff`, each in an environment of its own under `target/`.
//!
//! It is installed without its dependencies, and what it really needs beside it: 0.4.0 names a package that belongs to
//! somebody else.

use std::{path::PathBuf, process::Command};

use anyhow::{Context as _, Result, bail};
use ca2a_handoff::{Profile, Pydantic};

use crate::workspace::{output_of, root, target};

const CRYPTOGRAPHY: &str = "43.0.3";

/// One release, with one pydantic.
#[derive(Clone, Copy)]
pub(crate) struct Release {
    pub(crate) version: &'static str,
    pydantic: &'static str,
    pub(crate) profile: Profile,
}

/// The releases that bytes are exchanged with: one for each profile, and both spellings of floats.
pub(crate) const RELEASES: [Release; 4] = [
    Release { version: "0.2.3", pydantic: "2.12.5", profile: Profile::P1(Pydantic::Old) },
    Release { version: "0.2.3", pydantic: "2.14.3", profile: Profile::P1(Pydantic::New) },
    Release { version: "0.3.3", pydantic: "2.12.5", profile: Profile::P2(Pydantic::Old) },
    Release { version: "0.4.0", pydantic: "2.12.5", profile: Profile::P3 },
];

impl Release {
    pub(crate) fn name(self) -> String {
        format!("{} (pydantic {})", self.version, self.pydantic)
    }

    fn folder(self) -> PathBuf {
        target().join(format!("interop-trusthandoff-{}-pydantic-{}", self.version, self.pydantic))
    }

    /// `python` of an environment that holds this release, made where it does not stand yet.
    ///
    /// # Errors
    /// No Python 3.11 or later, or a package index that does not answer.
    pub(crate) fn prepare(self) -> Result<Python> {
        let folder = self.folder();
        let wanted = format!("{} {} {CRYPTOGRAPHY}", self.version, self.pydantic);
        let python = Python { folder: folder.clone() };
        if python.holds().ok().as_deref() != Some(wanted.as_str()) {
            println!("interop: installing trusthandoff {} into {}", self.name(), folder.display());
            if folder.exists() {
                std::fs::remove_dir_all(&folder).context("removing a broken environment")?;
            }
            output_of(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
            let pip = |arguments: &[&str]| {
                output_of(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(arguments))
            };
            let pydantic = format!("pydantic=={}", self.pydantic);
            pip(&[&pydantic, &format!("cryptography=={CRYPTOGRAPHY}")])?;
            pip(&["--no-deps", &format!("trusthandoff=={}", self.version)])?;
        }
        let holds = python.holds()?;
        if holds != wanted {
            bail!("the environment holds {holds}, not {wanted}");
        }
        Ok(python)
    }
}

/// An environment with one release.
pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    fn holds(&self) -> Result<String> {
        let code = "from importlib.metadata import version\n\
                    print(*(version(name) for name in ('trusthandoff', 'pydantic', 'cryptography')))";
        Ok(output_of(self.interpreter().args(["-c", code]))?.trim().to_owned())
    }

    fn interpreter(&self) -> Command {
        let mut command = Command::new(self.folder.join("bin/python"));
        command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").arg("-s");
        command
    }

    /// One of our drivers, `xtask/interop/NAME.py`.
    pub(crate) fn driver(&self, name: &str) -> Command {
        let mut command = self.interpreter();
        command.arg(root().join("xtask/interop").join(name).with_extension("py"));
        command
    }
}
