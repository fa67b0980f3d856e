//! Which requirement a check is for, said where the check is.
//!
//! `holds("DEL-28", child.is_subset(&parent))` is the condition beside it, and [`enforce`] the verdict beside it: in every
//! build that is used both are the identity, read nothing, and leave nothing behind.
//!
//! A kit that tests implementations has to notice a check that is missing. For tests of `ca2a-conformance`, and for
//! nothing else, there is the feature `breakable`: with it [`switch_off`] takes the checks of one requirement out of this
//! process, once and for good. The feature does nothing without `debug_assertions`, as in a release build of the whole
//! workspace, and `cargo xtask layers` lets nobody turn it on but a dev-dependency of the kit, so that verification has no
//! global state wherever it matters.
//!
//! ```
//! use ca2a_core::requirement::{enforce, holds};
//!
//! assert!(holds("CORE-2", 64 <= 64) && !holds("CORE-2", 65 <= 64));
//! assert_eq!(enforce("DEL-22", Err("forged")), Err("forged"));
//! ```

/// Whether the condition that `requirements` demand holds: `condition`. One id, or several with `, ` between them where
/// one check serves them all.
#[inline(always)]
#[must_use]
pub fn holds(requirements: &str, condition: bool) -> bool {
    condition || is_off(requirements)
}

/// The verdict of the check that `requirements` demand: `verdict`. Ids as in [`holds`].
///
/// # Errors
/// As `verdict`.
#[inline(always)]
pub fn enforce<E>(requirements: &str, verdict: Result<(), E>) -> Result<(), E> {
    if is_off(requirements) { Ok(()) } else { verdict }
}

pub use switch::{is_off, switch_off};

/// This build cannot do without a check, as none should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no check can be switched off: that takes a build for tests of the conformance kit")]
pub struct NotBreakable;

#[cfg(not(all(feature = "breakable", debug_assertions)))]
mod switch {
    use super::NotBreakable;

    /// Whether one of `requirements` was switched off: never. For a check that must substitute a value to go on.
    #[inline(always)]
    #[must_use]
    pub const fn is_off(_requirements: &str) -> bool {
        false
    }

    /// Switches the checks of `requirement` off for the rest of this process.
    ///
    /// # Errors
    /// Always, in this build.
    pub const fn switch_off(_requirement: &str) -> Result<(), NotBreakable> {
        Err(NotBreakable)
    }
}

#[cfg(all(feature = "breakable", debug_assertions))]
mod switch {
    extern crate std;

    use std::{borrow::ToOwned as _, string::String, sync::OnceLock};

    use super::NotBreakable;

    static OFF: OnceLock<String> = OnceLock::new();

    /// Whether one of `requirements` was switched off. For a check that must substitute a value to go on.
    #[must_use]
    pub fn is_off(requirements: &str) -> bool {
        OFF.get().is_some_and(|off| requirements.split(", ").any(|id| id == off))
    }

    /// Switches the checks of `requirement` off for the rest of this process.
    ///
    /// # Errors
    /// When another one was switched off before: one at a time shows what each is for.
    pub fn switch_off(requirement: &str) -> Result<(), NotBreakable> {
        let off = OFF.get_or_init(|| requirement.to_owned());
        if off == requirement { Ok(()) } else { Err(NotBreakable) }
    }
}

#[cfg(all(test, not(all(feature = "breakable", debug_assertions))))]
mod tests {
    use super::*;

    /// CONF-15: also where the kit's tests are built with the rest of the workspace for release.
    #[test]
    fn a_build_that_is_not_for_tests_keeps_its_checks() {
        assert_eq!(switch_off("CORE-2"), Err(NotBreakable));
        assert!(!is_off("CORE-2") && !holds("CORE-2", false));
    }
}
