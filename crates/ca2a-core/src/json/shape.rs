//! Typed access to members, and what to say when a member is not what it must be.

use alloc::string::{String, ToString};
use core::fmt;

use super::{Node, Object, Span};

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeProblem {
    /// The member is not there.
    Missing,
    /// Nothing of this name may be there.
    Unknown,
    /// The value is of another kind or outside its range.
    Expected {
        /// What must stand there.
        expected: &'static str,
        /// What kind of value does.
        found: &'static str,
    },
}

/// A value that is not what its place demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeError {
    member: String,
    problem: ShapeProblem,
    span: Span,
}

impl ShapeError {
    /// A value at `member` that should have been `expected`.
    #[must_use]
    pub fn expected(member: &str, expected: &'static str, found: &Node<'_>) -> Self {
        let problem = ShapeProblem::Expected { expected, found: found.kind() };
        Self { member: member.to_string(), problem, span: found.span }
    }

    /// A `member` that is not there.
    #[must_use]
    pub fn missing(member: &str) -> Self {
        Self { member: member.to_string(), problem: ShapeProblem::Missing, span: Span::default() }
    }

    /// A `member` that must not be there.
    #[must_use]
    pub fn unknown(member: &str, found: &Node<'_>) -> Self {
        Self { member: member.to_string(), problem: ShapeProblem::Unknown, span: found.span }
    }

    /// The name of the member.
    #[must_use]
    pub fn member(&self) -> &str {
        &self.member
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> ShapeProblem {
        self.problem
    }

    /// Where the value stood; empty when it was missing or built in memory.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            ShapeProblem::Missing => write!(out, "member `{}` is missing", self.member),
            ShapeProblem::Unknown => write!(out, "unknown member `{}`", self.member),
            ShapeProblem::Expected { expected, found } => {
                write!(out, "`{}` must be {expected}, found {found}", self.member)
            }
        }
    }
}

impl core::error::Error for ShapeError {}

impl<'a> Node<'a> {
    /// This node as an object; `what` names it in the error.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn expect_object(&self, what: &str) -> Result<&Object<'a>, ShapeError> {
        self.as_object().ok_or_else(|| ShapeError::expected(what, "an object", self))
    }

    /// This node as an array; `what` names it in the error.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn expect_array(&self, what: &str) -> Result<&[Node<'a>], ShapeError> {
        self.as_array().ok_or_else(|| ShapeError::expected(what, "an array", self))
    }

    /// This node as a string; `what` names it in the error.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn expect_str(&self, what: &str) -> Result<&str, ShapeError> {
        self.as_str().ok_or_else(|| ShapeError::expected(what, "a string", self))
    }
}

impl<'a> Object<'a> {
    /// Closes the object: every member of `required` is there, and nothing beyond `required` and `optional`.
    ///
    /// # Errors
    /// The first unknown member, else the first missing one.
    pub fn closed(&self, required: &[&str], optional: &[&str]) -> Result<(), ShapeError> {
        let known = |name: &str| required.contains(&name) || optional.contains(&name);
        if let Some((name, node)) = self.iter().find(|(name, _)| !known(name)) {
            return Err(ShapeError::unknown(name, node));
        }
        match required.iter().find(|name| !self.contains(name)) {
            Some(name) => Err(ShapeError::missing(name)),
            None => Ok(()),
        }
    }

    /// The member `name`.
    ///
    /// # Errors
    /// When it is missing.
    pub fn required(&self, name: &str) -> Result<&Node<'a>, ShapeError> {
        self.get(name).ok_or_else(|| ShapeError::missing(name))
    }

    /// The member `name`, with both absence and `null` as `None`.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&Node<'a>> {
        self.get(name).filter(|node| !node.is_null())
    }

    /// The string `name`.
    ///
    /// # Errors
    /// When it is missing or anything else.
    pub fn text(&self, name: &str) -> Result<&str, ShapeError> {
        self.required(name)?.expect_str(name)
    }

    /// The string `name`, of at least one character.
    ///
    /// # Errors
    /// When it is missing, empty or anything else.
    pub fn non_empty_text(&self, name: &str) -> Result<&str, ShapeError> {
        let node = self.required(name)?;
        let text = node.as_str().filter(|text| !text.is_empty());
        text.ok_or_else(|| ShapeError::expected(name, "a non-empty string", node))
    }

    /// The integer `name`, from 0 to 2^53-1.
    ///
    /// # Errors
    /// When it is missing, negative, fractional, out of range or anything else.
    pub fn uint(&self, name: &str) -> Result<u64, ShapeError> {
        let node = self.required(name)?;
        node.as_uint().ok_or_else(|| ShapeError::expected(name, "an integer from 0 to 2^53-1", node))
    }

    /// The integer `name`, from 0 to 2^53-1, where it is there at all. `null` is no absence.
    ///
    /// # Errors
    /// When it is there and no such integer.
    pub fn optional_uint(&self, name: &str) -> Result<Option<u64>, ShapeError> {
        if self.contains(name) { self.uint(name).map(Some) } else { Ok(None) }
    }

    /// The array `name`.
    ///
    /// # Errors
    /// When it is missing or anything else.
    pub fn array(&self, name: &str) -> Result<&[Node<'a>], ShapeError> {
        self.required(name)?.expect_array(name)
    }

    /// The object `name`.
    ///
    /// # Errors
    /// When it is missing or anything else.
    pub fn object(&self, name: &str) -> Result<&Object<'a>, ShapeError> {
        self.required(name)?.expect_object(name)
    }
}
