#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod record;

use std::thread;

pub use record::write;

/// On which side of a requirement a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What follows the requirement is taken, or made.
    Accept,
    /// What breaks it is not.
    Refuse,
}

impl Side {
    /// The word of a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
        }
    }
}

/// What a test is about, until it ends: see [`covers!`].
#[derive(Debug)]
pub struct Covers {
    package: &'static str,
    side: Side,
    ids: &'static [&'static str],
}

impl Covers {
    /// For [`covers!`], which names the package that it stands in.
    #[must_use]
    pub fn new(package: &'static str, side: Side, ids: &'static [&'static str]) -> Self {
        Self { package, side, ids }
    }
}

impl Drop for Covers {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        for id in self.ids {
            write(self.package, id, self.side, None);
        }
    }
}

/// Says which requirements the test that it stands at the top of is about: `covers!(refuse, "DEL-24", "DEL-25")`.
#[macro_export]
macro_rules! covers {
    (accept, $($id:literal),+ $(,)?) => { $crate::covers!(@ Accept, $($id),+) };
    (refuse, $($id:literal),+ $(,)?) => { $crate::covers!(@ Refuse, $($id),+) };
    (@ $side:ident, $($id:literal),+) => {
        let _covers = $crate::Covers::new(env!("CARGO_PKG_NAME"), $crate::Side::$side, &[$($id),+]);
    };
}
