//! The published Python package, in an environment of its own under `target/`.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{output_of, root, target};

/// The releases that this project exchanges bytes with.
const RELEASES: &[(&str, &str)] = &[
    ("ca2a-runtime", "0.4.0"),
    ("agent-manifest", "0.15.0"),
    ("agentrust-trace", "0.11.0"),
    ("agentrust-trace-tests", "0.6.2"),
    ("scitt-cose", "0.5.0"),
    ("pyhpke", "0.6.5"),
];

/// What speaks A2A with this project: the official SDK, under the published package.
const A2A_RELEASES: &[(&str, &str)] =
    &[("ca2a-runtime", "0.4.0"), ("a2a-sdk[http-server,grpc]", "1.3.0"), ("uvicorn", "0.54.0")];

/// An environment that holds the published packages and nothing else of ours.
pub(crate) struct Python {
    folder: PathBuf,
    releases: &'static [(&'static str, &'static str)],
}

impl Python {
    /// Makes the environment, or takes the one that stands from an earlier run if it holds the right releases.
    ///
    /// # Errors
    /// No Python 3.11 or later, or a package index that does not answer.
    pub(crate) fn prepare() -> Result<Self> {
        Self { folder: target().join("interop"), releases: RELEASES }.made()
    }

    /// The environment of those who speak A2A.
    ///
    /// # Errors
    /// As [`Self::prepare`].
    pub(crate) fn a2a() -> Result<Self> {
        Self { folder: target().join("interop-a2a"), releases: A2A_RELEASES }.made()
    }

    fn made(self) -> Result<Self> {
        let python = self;
        let wanted = python.releases.iter().map(|(name, release)| format!("{name}=={release}"));
        let wanted: Vec<String> = wanted.collect();
        if python.installed().ok().as_ref() != Some(&wanted) {
            println!("interop: installing {} into {}", wanted.join(", "), python.folder.display());
            if python.folder.exists() {
                fs::remove_dir_all(&python.folder).context("removing a broken environment")?;
            }
            output_of(Command::new("python3").args(["-m", "venv"]).arg(&python.folder))
                .context("making a Python environment; `python3` 3.11 with `venv` is needed")?;
            let mut pip = Command::new(python.bin("pip"));
            output_of(pip.args(["install", "--quiet"]).args(&wanted)).context(
                "installing the packages that this run compares with; without them nothing is compared",
            )?;
        }
        let installed = python.installed()?;
        if installed != wanted {
            bail!("the environment holds {}, not {}", installed.join(", "), wanted.join(", "));
        }
        let versions = "import sys, cryptography; print(sys.version.split()[0], cryptography.__version__)";
        let versions = output_of(python.interpreter().args(["-c", versions]))?;
        let (interpreter, cryptography) = versions.trim().split_once(' ').unwrap_or_default();
        println!(
            "interop: {}, Python {interpreter}, cryptography {cryptography}",
            installed.join(", ").replace("==", " ")
        );
        Ok(python)
    }

    pub(crate) fn bin(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// What of the releases is there, as `pip` names it.
    fn installed(&self) -> Result<Vec<String>> {
        let code = "import sys; from importlib.metadata import version\n\
                    for name in sys.argv[1:]: print(f'{name}=={version(name.split(chr(91))[0])}')";
        let names = self.releases.iter().map(|(name, _)| name);
        let printed = output_of(self.interpreter().args(["-c", code]).args(names))?;
        Ok(printed.lines().map(str::to_owned).collect())
    }

    /// `python`, without anything that the surroundings would make it import.
    pub(crate) fn interpreter(&self) -> Command {
        let mut command = Command::new(self.bin("python"));
        command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").arg("-s");
        command
    }

    /// One of our drivers, `xtask/interop/NAME.py`.
    pub(crate) fn driver(&self, name: &str) -> Command {
        let mut command = self.interpreter();
        command.arg(root().join("xtask/interop").join(name).with_extension("py"));
        command
    }

    /// The package's own command line.
    pub(crate) fn ca2a(&self) -> Command {
        let mut command = Command::new(self.bin("ca2a"));
        command.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        command
    }
}

/// Runs `command` with `input` on its standard input and returns what it printed.
///
/// # Errors
/// A command that cannot be started or fails; what it said on standard error is in the message.
pub(crate) fn pipe(command: &mut Command, input: &str) -> Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {command:?}"))?;
    let mut stdin = child.stdin.take().context("a child without a standard input")?;
    let output = std::thread::scope(|scope| {
        // Written beside the reading, so that neither side waits on a full pipe.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        child.wait_with_output()
    })?;
    if !output.status.success() {
        bail!("{command:?} ended with {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("a driver printed something that is not UTF-8")
}
