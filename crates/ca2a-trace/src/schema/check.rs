//! The checker: walks a value along a table and notes what does not fit.

use core::fmt;

use ca2a_core::{
    json::{Node, Object},
    requirement::is_off,
};

use super::grammar::Grammar;

/// What a value must be.
pub(crate) enum Rule {
    /// Any string.
    Text,
    /// A string of at least one character.
    NonEmpty,
    /// Exactly this string.
    Const(&'static str),
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A string of this grammar.
    Pattern(Grammar),
    /// A URI (RFC 3986, scheme included).
    Uri,
    /// An integer within these bounds.
    Int(i64, i64),
    /// An array of these.
    List(&'static Rule),
    /// An object of this shape.
    Object(&'static Shape),
    /// A public JWK.
    Jwk,
    /// Anything: some other part judges it.
    Whatever,
}

/// The members of a closed object.
pub(crate) struct Shape {
    /// Members that must be there, in the order in which their absence is reported.
    pub(crate) required: &'static [&'static str],
    /// Every member that may be there, in the order in which they are judged.
    pub(crate) members: &'static [(&'static str, Rule)],
    /// Rules across members, judged before unknown members.
    pub(crate) across: Option<Across>,
    /// Rules across members, judged after unknown members.
    pub(crate) finally: Option<Across>,
}

/// A rule across the members of an object.
pub(crate) type Across = fn(&mut Check, &Object<'_>);

impl Shape {
    /// A closed object without rules across its members.
    pub(crate) const fn new(
        required: &'static [&'static str],
        members: &'static [(&'static str, Rule)],
    ) -> Self {
        Self { required, members, across: None, finally: None }
    }
}

/// The keyword of JSON Schema that a violation breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keyword {
    /// Another type.
    Type,
    /// Not the one value allowed.
    Const,
    /// Not one of the values allowed.
    Enum,
    /// Against the grammar.
    Pattern,
    /// Not a URI.
    Format,
    /// Too small.
    Minimum,
    /// Too large.
    Maximum,
    /// The empty string.
    MinLength,
    /// A member is missing.
    Required,
    /// A member that nobody knows.
    AdditionalProperties,
    /// A member that must not be there.
    Not,
    /// None of the alternatives.
    AnyOf,
}

impl Keyword {
    /// The keyword as JSON Schema spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Const => "const",
            Self::Enum => "enum",
            Self::Pattern => "pattern",
            Self::Format => "format",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::MinLength => "minLength",
            Self::Required => "required",
            Self::AdditionalProperties => "additionalProperties",
            Self::Not => "not",
            Self::AnyOf => "anyOf",
        }
    }

    /// The requirement that a violation of this keyword breaks; what holds between members is TRC-11 besides.
    fn requirement(self) -> &'static str {
        match self {
            Self::Pattern | Self::Format => "TRC-12",
            Self::Not | Self::AnyOf => "TRC-13",
            _ => "TRC-10",
        }
    }
}

/// One way in which a document does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pointer: String,
    keyword: Keyword,
    expected: String,
}

impl Violation {
    /// Where: a JSON pointer (RFC 6901), but `/` for the document itself, as other implementations write it.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Which keyword of JSON Schema it breaks.
    #[must_use]
    pub fn keyword(&self) -> Keyword {
        self.keyword
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "at `{}`: {}", self.pointer, self.expected)
    }
}

impl std::error::Error for Violation {}

/// A walk over a document: where it is, and what it found.
pub(crate) struct Check {
    path: Vec<String>,
    found: Vec<Violation>,
    first_only: bool,
}

impl Check {
    /// A walk that notes every violation.
    pub(crate) fn all() -> Self {
        Self { path: Vec::new(), found: Vec::new(), first_only: false }
    }

    /// A walk that stops at the first violation.
    pub(crate) fn first() -> Self {
        Self { first_only: true, ..Self::all() }
    }

    pub(crate) fn into_violations(self) -> Vec<Violation> {
        self.found
    }

    fn done(&self) -> bool {
        self.first_only && !self.found.is_empty()
    }

    /// Notes a violation here.
    pub(crate) fn violation(&mut self, keyword: Keyword, expected: impl Into<String>) {
        if self.done() || is_off(keyword.requirement()) {
            return;
        }
        let mut pointer = String::new();
        for step in &self.path {
            pointer.push('/');
            pointer.push_str(step);
        }
        if pointer.is_empty() {
            pointer.push('/');
        }
        self.found.push(Violation { pointer, keyword, expected: expected.into() });
    }

    /// Walks into the member `name`.
    pub(crate) fn within(&mut self, name: &str, walk: impl FnOnce(&mut Self)) {
        if self.done() {
            return;
        }
        // RFC 6901 section 3. Names of the tables need no escape; names of JWK extras may.
        self.path.push(name.replace('~', "~0").replace('/', "~1"));
        walk(self);
        self.path.pop();
    }

    /// Judges `node` by `rule`.
    pub(crate) fn rule(&mut self, rule: &'static Rule, node: &Node<'_>) {
        match rule {
            Rule::Text => {
                self.text(node);
            }
            Rule::NonEmpty => {
                if self.text(node).is_some_and(str::is_empty) {
                    self.violation(Keyword::MinLength, "must not be empty");
                }
            }
            Rule::Const(only) => {
                self.text(node);
                if node.as_str() != Some(only) {
                    self.violation(Keyword::Const, format!("must be `{only}`"));
                }
            }
            Rule::OneOf(allowed) => {
                self.text(node);
                if !node.as_str().is_some_and(|text| allowed.contains(&text)) {
                    self.violation(Keyword::Enum, format!("must be one of `{}`", allowed.join("`, `")));
                }
            }
            Rule::Pattern(grammar) => {
                if self.text(node).is_some_and(|text| !grammar.admits(text)) {
                    self.violation(Keyword::Pattern, grammar.expectation());
                }
            }
            Rule::Uri => {
                if self.text(node).is_some_and(|text| !super::uri::is_uri(text)) {
                    self.violation(Keyword::Format, "must be a URI with its scheme (RFC 3986)");
                }
            }
            Rule::Int(least, most) => self.int(node, *least, *most),
            Rule::List(item) => match node.as_array() {
                Some(items) => {
                    for (index, node) in items.iter().enumerate() {
                        self.within(&index.to_string(), |check| check.rule(item, node));
                    }
                }
                None => self.wrong_type("an array", node),
            },
            Rule::Object(shape) => match node.as_object() {
                Some(object) => self.object(shape, object),
                None => self.wrong_type("an object", node),
            },
            Rule::Jwk => super::jwk::check(self, node),
            Rule::Whatever => {}
        }
    }

    /// Judges `object` by `shape`: what is missing, each member, rules across members, unknown members.
    pub(crate) fn object(&mut self, shape: &'static Shape, object: &Object<'_>) {
        self.required(shape.required, object);
        for (name, rule) in shape.members {
            if let Some(node) = object.get(name) {
                self.within(name, |check| check.rule(rule, node));
            }
        }
        if let Some(across) = shape.across.filter(|_| !is_off("TRC-11")) {
            across(self, object);
        }
        let known = |name: &str| shape.members.iter().any(|(member, _)| *member == name);
        if let Some((name, _)) = object.iter().find(|(name, _)| !known(name)) {
            self.violation(Keyword::AdditionalProperties, format!("unknown member `{name}`"));
        }
        if let Some(finally) = shape.finally.filter(|_| !is_off("TRC-11")) {
            finally(self, object);
        }
    }

    /// Notes every name of `required` that `object` lacks.
    pub(crate) fn required(&mut self, required: &[&str], object: &Object<'_>) {
        for name in required.iter().filter(|name| !object.contains(name)) {
            self.violation(Keyword::Required, format!("member `{name}` is missing"));
        }
    }

    /// The text of `node`, or a violation.
    pub(crate) fn text<'n>(&mut self, node: &'n Node<'_>) -> Option<&'n str> {
        if node.as_str().is_none() {
            self.wrong_type("a string", node);
        }
        node.as_str()
    }

    pub(crate) fn wrong_type(&mut self, expected: &str, node: &Node<'_>) {
        self.violation(Keyword::Type, format!("must be {expected}, found {}", node.kind()));
    }

    fn int(&mut self, node: &Node<'_>, least: i64, most: i64) {
        match node.as_int() {
            None => self.wrong_type("an integer within ±(2^53-1)", node),
            Some(int) if int < least => {
                self.violation(Keyword::Minimum, format!("must be at least {least}, found {int}"));
            }
            Some(int) if int > most => {
                self.violation(Keyword::Maximum, format!("must be at most {most}, found {int}"));
            }
            Some(_) => {}
        }
    }
}
