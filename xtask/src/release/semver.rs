//! Whether the API keeps what the version of it promises.

use std::process::Command;

use anyhow::{Result, bail};

use super::bump::Step;
use crate::workspace::{cargo, output_of, root};

/// Compares the public API with that of the last tagged version before `version`, where there is one. It keeps what `step`
/// promises, or without one what the versions do.
///
/// # Errors
/// A change that the version does not allow, or no `cargo semver-checks` to look for one with.
pub(super) fn check(version: &str, step: Option<Step>) -> Result<()> {
    let tags = output_of(Command::new("git").current_dir(root()).args([
        "tag",
        "--list",
        "v*",
        "--sort=-v:refname",
    ]))?;
    let Some(tag) = before(&tags, version) else {
        println!("release: no version was tagged before {version}, so there is no API to compare with");
        return Ok(());
    };
    if output_of(cargo().args(["semver-checks", "--version"])).is_err() {
        bail!("comparing with {tag} needs `cargo install --locked cargo-semver-checks`");
    }
    let mut check = cargo();
    check.args(["semver-checks", "--workspace", "--baseline-rev", tag]);
    if let Some(step) = step {
        check.args(["--release-type", step.name()]);
    }
    output_of(&mut check).map(|_| println!("release: the API keeps what it promised in {tag}"))
}

/// The latest of `tags`, latest first, that is not of `version` itself.
fn before<'t>(tags: &'t str, version: &str) -> Option<&'t str> {
    tags.lines().map(str::trim).find(|tag| tag.strip_prefix('v').is_some_and(|tagged| tagged != version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_with_the_one_before() {
        assert_eq!(before("", "0.1.0"), None);
        assert_eq!(before("v0.1.0\n", "0.1.0"), None);
        assert_eq!(before("v0.2.0\nv0.1.0\n", "0.2.0"), Some("v0.1.0"));
        assert_eq!(before("v0.1.1\nv0.1.0\n", "0.2.0"), Some("v0.1.1"));
        // The step to a version that nobody has yet: the version of the tree is the one before.
        assert_eq!(before("v0.1.0\n", "0.1.1"), Some("v0.1.0"));
    }
}
