//! Whether the crates build with the features that somebody may choose.

use anyhow::{Result, bail};

use crate::workspace::{cargo, output_of};

/// Crates whose features are few enough to try every set of them.
const FEW: [&str; 7] = [
    "ca2a-core",
    "ca2a-delegation",
    "ca2a-seal",
    "ca2a-policy",
    "ca2a-trace",
    "ca2a-manifest",
    "ca2a-handoff",
];

/// Crates of whose features every pair is tried.
const PAIRS: [&str; 1] = ["ca2a-attest"];

/// What features have in common, which nobody chooses: without them it is code that nobody calls.
const BASES: &str = "x509,collect";

/// Crates of which every feature is tried alone: what they hang together by is tested whole.
const ALONE: [&str; 2] = ["ca2a-runtime", "ca2a-cli"];

/// Checks the crates that are published under sets of their features, with warnings as errors.
///
/// # Errors
/// A set that does not build, or no `cargo hack` to go through them with.
pub(super) fn check() -> Result<()> {
    if output_of(cargo().args(["hack", "--version"])).is_err() {
        bail!("going through the features needs `cargo install --locked cargo-hack`");
    }
    for (packages, sets) in [
        (&FEW[..], &["--feature-powerset"][..]),
        (&PAIRS[..], &["--feature-powerset", "--depth", "2", "--exclude-features", BASES]),
        (&ALONE[..], &["--each-feature"]),
    ] {
        let mut hack = cargo();
        hack.args(["hack", "check", "--quiet", "--locked"]).args(sets);
        hack.args(packages.iter().flat_map(|package| ["--package", package]));
        output_of(hack.env("RUSTFLAGS", "-D warnings"))?;
        println!("release: {} build, {}", packages.join(", "), sets.join(" "));
    }
    Ok(())
}
