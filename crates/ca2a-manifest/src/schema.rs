//! What a manifest may look like: tables of members, and one function that reads them.
//!
//! The tables are data, so that nothing is checked in one place and forgotten in another. A violation names its place as
//! the package does: the members on the way, joined by points.

mod artifacts;
mod requirements;
mod root;
mod rules;
mod walk;

pub(crate) use root::violations;
pub(crate) use walk::{Fault, Violation};
use walk::{Kind, Member, Shape};

/// A member that must be there.
const fn must(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: true, nullable: false }
}

/// A member that may be absent or null.
const fn may(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: false, nullable: true }
}

/// A member that may be absent, and is not null.
const fn default(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: false, nullable: false }
}

const fn shape(members: &'static [Member]) -> Shape {
    Shape { members, rule: None }
}

pub(crate) use rules::DEFAULT_DEPTH;
pub(crate) use walk::timestamp;
