//! The writer of a value tree.

use alloc::vec::Vec;

use super::{CanonicalError, compare_names, write_float, write_int, write_string};
use crate::json::{Node, Number, Object, Value, is_safe_integer};

/// Appends the canonical form of values to `out`.
pub(super) struct TreeWriter<'w, 'n> {
    out: &'w mut Vec<u8>,
    /// The members of every object that is being written, the innermost last, each object's in canonical order: one
    /// buffer for the whole document.
    members: Vec<(&'n str, &'n Node<'n>)>,
}

impl<'w, 'n> TreeWriter<'w, 'n> {
    pub(super) fn new(out: &'w mut Vec<u8>) -> Self {
        Self { out, members: Vec::new() }
    }

    pub(super) fn node(&mut self, node: &'n Node<'n>) -> Result<(), CanonicalError> {
        match &node.value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Number(number) => self.number(number)?,
            Value::String(text) => write_string(self.out, text),
            Value::Array(items) => {
                self.out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.out.push(b',');
                    }
                    self.node(item)?;
                }
                self.out.push(b']');
            }
            Value::Object(object) => self.object(object, None)?,
        }
        Ok(())
    }

    fn number(&mut self, number: &Number<'_>) -> Result<(), CanonicalError> {
        match number {
            Number::Int(int) if is_safe_integer(*int) => write_int(self.out, *int),
            Number::Int(_) => return Err(CanonicalError::IntegerRange),
            Number::Float(float) if float.is_finite() => write_float(self.out, *float),
            Number::Float(_) => return Err(CanonicalError::NotFinite),
            Number::Text(_) => write_int(self.out, number.as_int().ok_or(CanonicalError::Uninterpreted)?),
        }
        Ok(())
    }

    pub(super) fn object(
        &mut self,
        object: &'n Object<'n>,
        left_out: Option<&str>,
    ) -> Result<(), CanonicalError> {
        let first = self.members.len();
        self.members.extend(object.iter().filter(|(name, _)| Some(*name) != left_out));
        let mine = self.members.get_mut(first..).unwrap_or_default();
        mine.sort_unstable_by(|(left, _), (right, _)| compare_names(left, right));
        self.out.push(b'{');
        for index in first..self.members.len() {
            let Some((name, member)) = self.members.get(index).copied() else { break };
            if index > first {
                self.out.push(b',');
            }
            write_string(self.out, name);
            self.out.push(b':');
            self.node(member)?;
        }
        self.out.push(b'}');
        self.members.truncate(first);
        Ok(())
    }
}
