//! Scopes: what a credential grants. (CORE-22)

use alloc::vec::Vec;

use crate::{
    json::{Node, ShapeError},
    names::Capability,
    requirement::holds,
};

/// A set of capabilities, at most [`Scope::MAX_LEN`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Scope(Vec<Capability>);

/// A list that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// Not an array of non-empty strings.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A capability stands twice.
    #[error("capability `{0}` stands twice in the scope")]
    Repeated(Capability),
    /// More capabilities than a scope may hold.
    #[error("a scope holds at most {max} capabilities, found {0}", max = Scope::MAX_LEN)]
    TooMany(usize),
}

impl Scope {
    /// The most capabilities that one scope may hold.
    pub const MAX_LEN: usize = 256;

    /// A scope of `capabilities`; repetitions collapse.
    #[must_use]
    pub fn new(capabilities: impl IntoIterator<Item = Capability>) -> Self {
        let mut sorted: Vec<_> = capabilities.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        Self(sorted)
    }

    /// Reads a scope off the wire: an array of distinct non-empty strings in any order. The array may be empty, as
    /// an effective scope may; a credential checks that its own is not.
    ///
    /// # Errors
    /// Another shape, a repeated capability, or too many.
    pub fn from_node(member: &str, node: &Node<'_>) -> Result<Self, ScopeError> {
        let items = node.expect_array(member)?;
        if !holds("DEL-4", items.len() <= Self::MAX_LEN) {
            return Err(ScopeError::TooMany(items.len()));
        }
        let mut sorted = Vec::with_capacity(items.len());
        for item in items {
            let capability = item.as_str().and_then(|text| Capability::new(text).ok());
            sorted.push(
                capability
                    .ok_or_else(|| ShapeError::expected(member, "an array of non-empty strings", item))?,
            );
        }
        sorted.sort_unstable();
        let repeated = sorted.windows(2).find_map(|pair| match pair {
            [left, right] if !holds("DEL-4", left != right) => Some(left.clone()),
            _ => None,
        });
        repeated.map_or(Ok(Self(sorted)), |capability| Err(ScopeError::Repeated(capability)))
    }

    /// Whether `capability` is in the scope.
    #[must_use]
    pub fn contains(&self, capability: &Capability) -> bool {
        self.0.binary_search(capability).is_ok()
    }

    /// The first capability, in order, that `wider` lacks; `None` when this is a subset of it.
    #[must_use]
    pub fn first_beyond(&self, wider: &Self) -> Option<&Capability> {
        let mut theirs = wider.0.iter().peekable();
        self.0.iter().find(|mine| {
            while theirs.next_if(|held| held < mine).is_some() {}
            theirs.peek() != Some(mine)
        })
    }

    /// Whether every capability of this is in `wider`.
    #[must_use]
    pub fn is_subset(&self, wider: &Self) -> bool {
        self.first_beyond(wider).is_none()
    }

    /// The capabilities, sorted by code point, which is the order of the canonical form.
    pub fn iter(&self) -> core::slice::Iter<'_, Capability> {
        self.0.iter()
    }

    /// The capabilities as text, in the same order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Capability::as_str)
    }

    /// The sorted array of the wire.
    #[must_use]
    pub fn to_node(&self) -> Node<'_> {
        self.texts().collect()
    }

    /// Number of capabilities.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Capability> for Scope {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        Self::new(capabilities)
    }
}

impl<'s> IntoIterator for &'s Scope {
    type Item = &'s Capability;
    type IntoIter = core::slice::Iter<'s, Capability>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
