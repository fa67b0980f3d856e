//! What may stand under a key.

use crate::config::Choice;

/// 2^53-1, the largest integer that every reader of JSON has.
pub(super) const MOST: u64 = (1 << 53) - 1;

/// `host:port` or `[v6]:port`.
pub(super) const ADDRESS: Value = Value::Pattern("^.+:[0-9]{1,5}$");
/// An http or https URL.
pub(super) const URL: Value = Value::Pattern("^https?://.");
/// An Ed25519 key, or a SHA-256 digest.
pub(super) const HEX_32: Value = Value::Pattern("^[0-9a-f]{64}$");
/// What a platform measures, of the length that it measures with.
pub(super) const MEASUREMENT: Value = Value::Pattern("^([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$");
/// A SPIFFE id.
pub(super) const SPIFFE_ID: Value = Value::Pattern("^spiffe://.");

/// A mapping, and what its keys are.
pub(super) struct Section {
    /// Its path: the keys above it, `[]` for the items of a list.
    pub(super) path: &'static str,
    pub(super) keys: &'static [Key],
}

/// A key of a mapping.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) value: Value,
    /// Whether `null` is absence (CFG-1).
    pub(super) or_null: bool,
    /// Whether its mapping makes no sense without it.
    pub(super) required: bool,
    /// What it says, for whoever writes the file.
    pub(super) about: &'static str,
}

/// A value, as far as it can be judged by itself.
pub(super) enum Value {
    /// Text of at least one character.
    Text,
    /// Text of this form (ECMA-262, which is what JSON Schema writes).
    Pattern(&'static str),
    /// An integer within bounds.
    Integer(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// A list of these, of this length at least.
    List(&'static Value, u64),
    /// A mapping, which has a section of its own.
    Section,
    /// A list of such mappings.
    Sections,
}

impl Value {
    /// One of the words of `T`.
    pub(super) const fn word<T: Choice>() -> Self {
        Self::Word(words::<T>)
    }

    /// An integer from `least` on.
    pub(super) const fn from(least: u64) -> Self {
        Self::Integer(least, MOST)
    }

    /// An integer from `least` on that is counted in 32 bits.
    pub(super) const fn count_from(least: u64) -> Self {
        Self::Integer(least, 0xffff_ffff)
    }
}

fn words<T: Choice>() -> Vec<&'static str> {
    T::ALL.iter().map(|choice| choice.as_str()).collect()
}

impl Key {
    pub(super) const fn new(name: &'static str, value: Value, about: &'static str) -> Self {
        Self { name, value, or_null: false, required: false, about }
    }

    /// A path, or other text, that `null` leaves out.
    pub(super) const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Value::Text, about).or_null()
    }

    /// A mapping, which `null` leaves out.
    pub(super) const fn section(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Value::Section, about).or_null()
    }

    pub(super) const fn or_null(mut self) -> Self {
        self.or_null = true;
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self.or_null = false;
        self
    }
}
