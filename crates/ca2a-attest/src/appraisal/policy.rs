//! The policy file: reading it, and nothing of it unread.

mod error;
mod section;

pub use error::{PolicyError, PolicyProblem};
pub use section::Section;
