//! Constraints of a grant: Cedar statements, which somebody else evaluates.

use core::fmt;

/// Evaluates the constraints of delegation hops. (MAN-38)
///
/// A constraint narrows the list of tools and never adds to it: a `forbid` that applies takes a tool away, and where any
/// `permit` is among the constraints, one of them must apply to a tool that stays.
pub trait ConstraintEvaluator: Send + Sync {
    /// Whether a tool stays under constraints.
    fn evaluate(&self, question: &ConstraintQuestion<'_>) -> ConstraintAnswer;
}

/// One question to an evaluator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConstraintQuestion<'a> {
    /// The statements, in the order of the grant; at least one.
    pub constraints: &'a [&'a str],
    /// Whose authority is in question: the agent of the manifest, or else the last principal.
    pub agent: &'a str,
    /// The tool, as the grant names it.
    pub tool: &'a str,
    /// The root of the chain.
    pub root: &'a str,
    /// How many hops stand below the root.
    pub depth: u64,
}

/// What an evaluator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintAnswer {
    /// The tool stays.
    Permitted,
    /// The tool is taken away.
    Forbidden,
    /// The statements cannot be evaluated.
    Unknown,
}

impl fmt::Debug for dyn ConstraintEvaluator + '_ {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ConstraintEvaluator")
    }
}
