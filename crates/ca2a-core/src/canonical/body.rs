//! The writer of a body whose members are known beforehand, which signs on the hot path and builds no tree.

use alloc::vec::Vec;

#[cfg(debug_assertions)]
use super::compare_names;
use super::{CanonicalError, TreeWriter, USUAL_LENGTH, write_int, write_string};
use crate::json::Node;

/// Writes the canonical form of an object whose members come in canonical order.
///
/// Debug builds assert the order, so that a test finds a body whose members were written out of it.
#[derive(Debug)]
pub struct ObjectWriter {
    out: Vec<u8>,
    #[cfg(debug_assertions)]
    last: alloc::string::String,
}

impl Default for ObjectWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl ObjectWriter {
    /// An object without members yet.
    #[must_use]
    pub fn new() -> Self {
        let mut out = Vec::with_capacity(USUAL_LENGTH);
        out.push(b'{');
        Self {
            out,
            #[cfg(debug_assertions)]
            last: alloc::string::String::new(),
        }
    }

    fn name(&mut self, name: &str) {
        #[cfg(debug_assertions)]
        {
            debug_assert!(
                self.out.len() == 1 || compare_names(&self.last, name) == core::cmp::Ordering::Less,
                "`{name}` is written after `{}`",
                self.last
            );
            self.last = name.into();
        }
        if self.out.len() > 1 {
            self.out.push(b',');
        }
        write_string(&mut self.out, name);
        self.out.push(b':');
    }

    /// A string member.
    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        write_string(&mut self.out, value);
        self
    }

    /// A string member, or `null`.
    #[must_use]
    pub fn text_or_null(mut self, name: &str, value: Option<&str>) -> Self {
        self.name(name);
        match value {
            Some(value) => write_string(&mut self.out, value),
            None => self.out.extend_from_slice(b"null"),
        }
        self
    }

    /// An integer member. The caller keeps it within 2^53-1, as every reader in this workspace does.
    #[must_use]
    pub fn uint(mut self, name: &str, value: u64) -> Self {
        self.name(name);
        write_int(&mut self.out, i64::try_from(value).unwrap_or(i64::MAX));
        self
    }

    /// An array of strings, in the order given.
    #[must_use]
    pub fn texts<'t>(mut self, name: &str, values: impl IntoIterator<Item = &'t str>) -> Self {
        self.name(name);
        self.out.push(b'[');
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write_string(&mut self.out, value);
        }
        self.out.push(b']');
        self
    }

    /// A member of any kind.
    ///
    /// # Errors
    /// Where a number in it has no canonical form.
    pub fn node(mut self, name: &str, value: &Node<'_>) -> Result<Self, CanonicalError> {
        self.name(name);
        TreeWriter::new(&mut self.out).node(value)?;
        Ok(self)
    }

    /// The bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}
