//! `cargo xtask swtpm`: a software TPM from its first boot to an appraisal, and seven ways to deceive a verifier with it;
//! then the demo on one.
//!
//! The scene is a test of `ca2a-attest` (`tests/collect_tpm/software.rs`), which skips where no software TPM is installed.
//! Here one is installed, and a scene that did not play is a failure.

use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::workspace::root;

/// What has to be refused: another type, a wrong selection, a wrong nonce, a reset, an unrestricted key, PCR 16 only, SHA-1.
const REFUSALS: usize = 7;

pub(crate) fn check() -> anyhow::Result<()> {
    if !installed() {
        println!(
            "SKIPPED: swtpm is not installed and apt-get cannot install it here; no TPM evidence was collected"
        );
        return Ok(());
    }
    let played = Command::new(env!("CARGO"))
        .args([
            "test",
            "--quiet",
            "--package",
            "ca2a-attest",
            "--features",
            "provision",
            "--test",
            "collect_tpm",
        ])
        .args(["--", "--nocapture", "--exact", "software::a_software_tpm_attests_and_cannot_deceive"])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo does not run")?;
    let told = String::from_utf8_lossy(&played.stdout);
    let lines = |start: &str| told.lines().filter(|line| line.starts_with(start)).count();
    print!("{told}");
    ensure!(played.status.success(), "the scene failed");
    ensure!(lines("affirming:") == 1, "nothing was affirmed");
    ensure!(lines("refused:") == REFUSALS, "{} of {REFUSALS} bad variants were refused", lines("refused:"));
    demo()?;
    println!("swtpm: one quote affirmed, {REFUSALS} bad variants refused; the demo holds on a software TPM");
    Ok(())
}

/// `ca2a demo --provider tpm`, which succeeds only where every call went between agents that attested to one another.
fn demo() -> anyhow::Result<()> {
    let folder = root().join("target").join("swtpm-demo");
    let demo = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "ca2a-cli", "--bin", "ca2a", "--"])
        .args(["demo", "--provider", "tpm", "--out"])
        .arg(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status()
        .context("cargo does not run")?;
    ensure!(demo.success(), "the demo on a software TPM failed");
    Ok(())
}

/// Whether there is a software TPM, if need be after installing Debian's.
fn installed() -> bool {
    let runs = |program: &str, arguments: &[&str]| {
        let quiet = || Stdio::null();
        let mut command = Command::new(program);
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(quiet()).stderr(quiet());
        command.status().is_ok_and(|status| status.success())
    };
    let there = || runs("swtpm", &["--version"]);
    there()
        || (runs("apt-get", &["update"])
            && runs("apt-get", &["install", "--yes", "--no-install-recommends", "swtpm", "swtpm-tools"])
            && there())
}
