//! The policy file: reading it, and nothing of it unread.

mod error;
mod file;
mod section;

pub use error::{PolicyError, PolicyProblem};
pub use file::AppraisalPolicy;
pub use section::Section;
