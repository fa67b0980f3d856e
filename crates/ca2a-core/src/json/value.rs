//! The tree that the reader makes and the writers print.

use alloc::{borrow::Cow, string::String, vec::Vec};

use super::Number;

/// Where a value stood in the input: byte offsets, the end exclusive. A value built in memory has an empty span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes of `source` that this span covers; empty when it does not lie inside `source`.
    #[must_use]
    pub fn of(self, source: &[u8]) -> &[u8] {
        source.get(self.start..self.end).unwrap_or_default()
    }
}

/// A JSON value. Text is borrowed from the input wherever it holds no escape.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as far as the [`super::NumberPolicy`] of the reader interpreted it.
    Number(Number<'a>),
    /// A string of Unicode scalar values.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object without duplicate members.
    Object(Object<'a>),
}

/// A value and where it stood. Two nodes are equal when their values are, wherever they stood.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Its place in the input.
    pub span: Span,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// The members of an object, in the order of the input, each name once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object<'a> {
    pub(super) members: Vec<(Cow<'a, str>, Node<'a>)>,
}

impl<'a> Object<'a> {
    /// An empty object.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The member called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// Whether a member is called `name`, `null` included.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The members in input order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Node<'a>)> {
        self.members.iter().map(|(name, node)| (name.as_ref(), node))
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Puts `node` under `name`, replacing what was there and keeping its place.
    pub fn insert(&mut self, name: impl Into<Cow<'a, str>>, node: impl Into<Node<'a>>) {
        let (name, node) = (name.into(), node.into());
        match self.members.iter_mut().find(|(key, _)| *key == name) {
            Some((_, slot)) => *slot = node,
            None => self.members.push((name, node)),
        }
    }

    /// Takes the member called `name` out.
    pub fn remove(&mut self, name: &str) -> Option<Node<'a>> {
        let at = self.members.iter().position(|(key, _)| key == name)?;
        Some(self.members.remove(at).1)
    }

    /// The member called `name` for change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        self.members.iter_mut().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The values for change, in input order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Node<'a>> {
        self.members.iter_mut().map(|(_, node)| node)
    }

    /// Takes out every member for which `keep` is false.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Node<'a>) -> bool) {
        self.members.retain(|(name, node)| keep(name, node));
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Object<'static> {
        let own = |(name, node): (Cow<'a, str>, Node<'a>)| (Cow::Owned(name.into_owned()), node.into_owned());
        Object { members: self.members.into_iter().map(own).collect() }
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Node<'a>>> FromIterator<(K, V)> for Object<'a> {
    /// Builds an object; of two members with one name the later stays.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let members = members.into_iter();
        let mut object = Self { members: Vec::with_capacity(members.size_hint().0) };
        for (name, node) in members {
            object.insert(name, node);
        }
        object
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Node<'a>>, const N: usize> From<[(K, V); N]> for Object<'a> {
    fn from(members: [(K, V); N]) -> Self {
        members.into_iter().collect()
    }
}

impl<'a> Node<'a> {
    /// `null`, built in memory.
    pub const NULL: Node<'static> = Node { value: Value::Null, span: Span { start: 0, end: 0 } };

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The number, if this is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number<'a>> {
        match &self.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The integer, if this is a number spelled as one within ±(2^53-1) and not as `-0`.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_int)
    }

    /// The non-negative integer, if this is one.
    #[must_use]
    pub fn as_uint(&self) -> Option<u64> {
        self.as_int().and_then(|int| u64::try_from(int).ok())
    }

    /// The items, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Node<'a>]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if this is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match &self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The object for change, if this is one.
    #[must_use]
    pub fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        match &mut self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// What kind of value this is, as a person would say it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Node<'static> {
        let value = match self.value {
            Value::Null => Value::Null,
            Value::Bool(truth) => Value::Bool(truth),
            Value::Number(number) => Value::Number(number.into_owned()),
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::Array(items) => Value::Array(items.into_iter().map(Node::into_owned).collect()),
            Value::Object(object) => Value::Object(object.into_owned()),
        };
        Node { value, span: self.span }
    }
}

impl<'a> From<Value<'a>> for Node<'a> {
    fn from(value: Value<'a>) -> Self {
        Self { value, span: Span::default() }
    }
}

macro_rules! node_from {
    ($($source:ty => $make:expr;)*) => {$(
        impl<'a> From<$source> for Node<'a> {
            fn from(source: $source) -> Self {
                let make: fn($source) -> Value<'a> = $make;
                make(source).into()
            }
        }
    )*};
}

node_from! {
    bool => Value::Bool;
    i64 => |int| Value::Number(Number::Int(int));
    u32 => |int| Value::Number(Number::Int(int.into()));
    u64 => |int| Value::Number(Number::from_u64(int));
    usize => |int| Value::Number(Number::from_u64(u64::try_from(int).unwrap_or(u64::MAX)));
    &'a str => |text| Value::String(Cow::Borrowed(text));
    String => |text| Value::String(Cow::Owned(text));
    &'a String => |text| Value::String(Cow::Borrowed(text.as_str()));
    Cow<'a, str> => Value::String;
    Vec<Node<'a>> => Value::Array;
    Object<'a> => Value::Object;
}

impl<'a, T: Into<Node<'a>>> From<Option<T>> for Node<'a> {
    /// `None` becomes `null`.
    fn from(source: Option<T>) -> Self {
        source.map_or(Node::NULL, Into::into)
    }
}

impl<'a, T: Into<Node<'a>>> FromIterator<T> for Node<'a> {
    /// An array of the items.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::Array(items.into_iter().map(Into::into).collect()).into()
    }
}
