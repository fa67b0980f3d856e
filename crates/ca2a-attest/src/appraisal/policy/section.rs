//! Typed reading of a mapping of the policy file. Each refusal names its key, with the keys above it.

use alloc::{
    boxed::Box,
    collections::BTreeSet,
    format,
    string::{String, ToString as _},
    vec::Vec,
};
use core::ops::RangeInclusive;

use ca2a_core::{
    encoding::from_hex,
    json::{Node, Object},
    nearest,
};

use super::{PolicyError, PolicyProblem};

/// A mapping whose keys are all known (ATT-410). A key that is absent or `null` reads as `None` everywhere.
#[derive(Debug)]
pub struct Section<'n> {
    path: String,
    node: &'n Node<'n>,
    object: &'n Object<'n>,
}

impl<'n> Section<'n> {
    /// Reads `node` as a mapping that has no keys but `keys`. `path` is where it stands: empty for the whole file.
    ///
    /// # Errors
    /// Anything but a mapping, or an unknown key, with the nearest known one.
    pub fn new(path: &str, node: &'n Node<'n>, keys: &[&str]) -> Result<Self, PolicyError> {
        let Some(object) = node.as_object() else {
            let path = if path.is_empty() { "the policy file" } else { path };
            return Err(expected(path.into(), "a mapping", node));
        };
        if let Some((key, node)) = object.iter().find(|(key, _)| !keys.contains(key)) {
            let nearest = nearest(key, keys.iter().copied()).unwrap_or_default();
            let problem =
                PolicyProblem::UnknownKey { key: join(path, &excerpt(key)), nearest: join(path, nearest) };
            return Err(PolicyError::new(node.span, problem));
        }
        Ok(Self { path: path.to_string(), node, object })
    }

    /// The path of `key`.
    #[must_use]
    pub fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The keys that are there, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &'n str> {
        self.object.iter().filter(|(_, node)| !node.is_null()).map(|(key, _)| key)
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'n Node<'n>> {
        self.object.optional(key)
    }

    /// The mapping under `key`, which has no keys but `keys`.
    ///
    /// # Errors
    /// See [`Self::new`].
    pub fn section(&self, key: &str, keys: &[&str]) -> Result<Option<Self>, PolicyError> {
        self.get(key).map(|node| Self::new(&self.path(key), node, keys)).transpose()
    }

    /// The mappings of the list under `key`, each of which has no keys but `keys`. Absent is empty.
    ///
    /// # Errors
    /// Anything but a list of mappings.
    pub fn sections(&self, key: &str, keys: &[&str]) -> Result<Vec<Self>, PolicyError> {
        let items = self.items(key)?.unwrap_or_default();
        let read = |(at, node): (usize, _)| Self::new(&format!("{}[{at}]", self.path(key)), node, keys);
        items.iter().enumerate().map(read).collect()
    }

    /// The truth value under `key`.
    ///
    /// # Errors
    /// Anything else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, PolicyError> {
        let read = |node: &Node<'_>| node.as_bool().ok_or_else(|| self.expected(key, "true or false", node));
        self.get(key).map(read).transpose()
    }

    /// The integer of `range` under `key`.
    ///
    /// # Errors
    /// Anything else.
    pub fn uint(&self, key: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, PolicyError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let value = node.as_uint().filter(|value| range.contains(value));
        let wanted = || format!("an integer from {} to {}", range.start(), range.end());
        value.map(Some).ok_or_else(|| self.expected(key, &wanted(), node))
    }

    /// The text under `key`, of at least one character.
    ///
    /// # Errors
    /// Anything else.
    pub fn text(&self, key: &str) -> Result<Option<&'n str>, PolicyError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let text = node.as_str().filter(|text| !text.is_empty());
        text.map(Some).ok_or_else(|| self.expected(key, "text of at least one character", node))
    }

    /// The texts of the list under `key`.
    ///
    /// # Errors
    /// Anything but a list of texts.
    pub fn texts(&self, key: &str) -> Result<Option<BTreeSet<Box<str>>>, PolicyError> {
        let text = |node: &'n Node<'n>| {
            let text = node.as_str().filter(|text| !text.is_empty());
            text.map(Box::from).ok_or_else(|| self.expected(key, "a list of texts", node))
        };
        self.items(key)?.map(|items| items.iter().map(text).collect()).transpose()
    }

    /// The word of `words` under `key`.
    ///
    /// # Errors
    /// Anything else, with the nearest word.
    pub fn word(&self, key: &str, words: &[&'static str]) -> Result<Option<&'static str>, PolicyError> {
        self.get(key).map(|node| self.known(key, node, words)).transpose()
    }

    /// The words of the list under `key`, each of which is one of `words`.
    ///
    /// # Errors
    /// Anything else, with the nearest word.
    pub fn words(
        &self,
        key: &str,
        words: &[&'static str],
    ) -> Result<Option<BTreeSet<&'static str>>, PolicyError> {
        let read = |items: &'n [Node<'n>]| items.iter().map(|node| self.known(key, node, words)).collect();
        self.items(key)?.map(read).transpose()
    }

    /// `N` bytes under `key`, in lower-case hex.
    ///
    /// # Errors
    /// Anything else.
    pub fn hex<const N: usize>(&self, key: &str) -> Result<Option<[u8; N]>, PolicyError> {
        self.get(key).map(|node| self.bytes(key, node)).transpose()
    }

    /// The values of the list under `key`, each of `N` bytes in lower-case hex.
    ///
    /// # Errors
    /// Anything else.
    pub fn hexes<const N: usize>(&self, key: &str) -> Result<Option<BTreeSet<[u8; N]>>, PolicyError> {
        let read = |items: &'n [Node<'n>]| items.iter().map(|node| self.bytes(key, node)).collect();
        self.items(key)?.map(read).transpose()
    }

    /// The integers of `range` of the list under `key`.
    ///
    /// # Errors
    /// Anything else.
    pub fn uints(&self, key: &str, range: RangeInclusive<u64>) -> Result<Option<BTreeSet<u64>>, PolicyError> {
        let wanted = || format!("a list of integers from {} to {}", range.start(), range.end());
        let read = |node: &'n Node<'n>| {
            let value = node.as_uint().filter(|value| range.contains(value));
            value.ok_or_else(|| self.expected(key, &wanted(), node))
        };
        self.items(key)?.map(|items| items.iter().map(read).collect()).transpose()
    }

    /// A refusal of the value under `key`.
    #[must_use]
    pub fn refuse(&self, key: &str, problem: impl Into<Box<str>>) -> PolicyError {
        let span = self.get(key).map_or(self.node.span, |node| node.span);
        PolicyError::new(span, PolicyProblem::Value { key: self.path(key), problem: problem.into() })
    }

    /// A refusal of this mapping, which lacks `key`.
    #[must_use]
    pub fn missing(&self, key: &str) -> PolicyError {
        PolicyError::new(self.node.span, PolicyProblem::Missing { key: self.path(key) })
    }

    fn items(&self, key: &str) -> Result<Option<&'n [Node<'n>]>, PolicyError> {
        let read = |node: &'n Node<'n>| node.as_array().ok_or_else(|| self.expected(key, "a list", node));
        self.get(key).map(read).transpose()
    }

    fn known(&self, key: &str, node: &Node<'_>, words: &[&'static str]) -> Result<&'static str, PolicyError> {
        let text = node.as_str().ok_or_else(|| self.expected(key, "a word", node))?;
        let known = words.iter().copied().find(|word| *word == text);
        known.ok_or_else(|| {
            let nearest = nearest(text, words.iter().copied()).unwrap_or_default();
            let problem = PolicyProblem::UnknownWord { key: self.path(key), word: excerpt(text), nearest };
            PolicyError::new(node.span, problem)
        })
    }

    fn bytes<const N: usize>(&self, key: &str, node: &Node<'_>) -> Result<[u8; N], PolicyError> {
        let bytes = node.as_str().and_then(|text| from_hex(text).ok());
        let wanted = || format!("{} lower-case hex characters", N.saturating_mul(2));
        bytes.ok_or_else(|| self.expected(key, &wanted(), node))
    }

    fn expected(&self, key: &str, wanted: &str, found: &Node<'_>) -> PolicyError {
        expected(self.path(key), wanted, found)
    }
}

fn expected(key: String, wanted: &str, found: &Node<'_>) -> PolicyError {
    let shown = match (found.as_str(), found.as_int()) {
        (Some(text), _) => format!("`{}`", excerpt(text)).into(),
        (_, Some(number)) => format!("`{number}`").into(),
        _ => found.kind().into(),
    };
    PolicyError::new(found.span, PolicyProblem::Expected { key, expected: wanted.into(), found: shown })
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}

fn excerpt(text: &str) -> Box<str> {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
