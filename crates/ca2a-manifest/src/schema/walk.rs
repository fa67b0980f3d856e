//! Reading a value against a table.

use ca2a_core::{
    json::{Node, Object},
    requirement::holds,
};

use crate::{
    Timestamp,
    document::whole,
    names::{is_digest, is_manifest_id},
};

/// What a member must be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A string.
    Text,
    /// A string that keeps a rule, and the rule.
    Ruled(fn(&str) -> bool, &'static str),
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Count(u64, u64),
    /// `sha256:` or `shake256:` and 64 lower-case hex digits.
    Digest,
    /// A UUID of version 7.
    Id,
    /// A point in time.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An array of these, of a length within bounds.
    List(&'static Kind, usize, usize),
    /// An object of this shape.
    Of(&'static Shape),
    /// Any object.
    Free,
    /// How long an approval holds: a whole number from 1, and never forgiven when missing.
    Duration,
}

/// One member of a shape.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) nullable: bool,
}

/// What holds between the members of an object, or what is wrong.
pub(super) type Rule = fn(&Object<'_>) -> Result<(), &'static str>;

/// The members of an object. It is closed: nothing else may stand in it.
pub(super) struct Shape {
    pub(super) members: &'static [Member],
    /// What holds between members; asked where each holds by itself.
    pub(super) rule: Option<Rule>,
}

impl Shape {
    /// The same members under a rule.
    pub(super) const fn ruled(self, rule: Rule) -> Self {
        Self { members: self.members, rule: Some(rule) }
    }
}

/// How a member fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not there.
    Missing,
    /// Nothing of this name may be there.
    Unknown,
    /// It is not what it must be.
    Value(&'static str),
}

/// A place that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The members on the way, joined by points; empty for the document itself.
    pub(crate) path: String,
    pub(crate) fault: Fault,
    /// How many members are on the way.
    pub(crate) depth: usize,
    /// Whether its absence is never forgiven.
    pub(crate) essential: bool,
}

impl Violation {
    pub(super) fn of_document(problem: &'static str) -> Self {
        Self { path: String::new(), fault: Fault::Value(problem), depth: 0, essential: true }
    }

    pub(crate) fn problem(&self) -> &'static str {
        match self.fault {
            Fault::Missing => "is missing",
            Fault::Unknown => "is no member of this format",
            Fault::Value(problem) => problem,
        }
    }
}

/// Violations that are reported; what follows is more of the same.
const MAX_VIOLATIONS: usize = 64;

/// Where a walk is, and what it found.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) found: Vec<Violation>,
    path: Vec<String>,
}

impl Walk {
    pub(super) fn object(&mut self, object: &Object<'_>, shape: &Shape) {
        let before = self.found.len();
        for member in shape.members {
            self.member(object, member);
        }
        let unknown = |name: &str| {
            let known = shape.members.iter().any(|member| member.name == name);
            !holds("MAN-6", known)
        };
        for (name, _) in object.iter().filter(|(name, _)| unknown(name)).take(MAX_VIOLATIONS) {
            let shown: String = name.chars().take(100).collect();
            self.at(shown, |walk| walk.fail(Fault::Unknown, true));
        }
        if let Some(Err(problem)) = shape.rule.filter(|_| self.found.len() == before).map(|rule| rule(object))
        {
            self.fail(Fault::Value(problem), true);
        }
    }

    fn member(&mut self, object: &Object<'_>, member: &Member) {
        let essential = matches!(member.kind, Kind::Duration);
        self.at(member.name.to_owned(), |walk| match object.get(member.name) {
            None if member.required => walk.fail(Fault::Missing, essential),
            None => {}
            Some(node) if node.is_null() && member.nullable => {}
            Some(node) => walk.value(node, member.kind),
        });
    }

    fn value(&mut self, node: &Node<'_>, kind: Kind) {
        let text = node.as_str();
        let problem = match kind {
            Kind::Text => text.is_none().then_some("must be text"),
            Kind::Ruled(rule, problem) => (!text.is_some_and(rule)).then_some(problem),
            Kind::Flag => node.as_bool().is_none().then_some("must be true or false"),
            Kind::Count(least, most) => {
                let within = whole(node).is_some_and(|count| (least..=most).contains(&count));
                (!within).then_some("must be a whole number within its bounds")
            }
            Kind::Duration => whole(node)
                .is_none_or(|seconds| seconds < 1)
                .then_some("must be a whole number of seconds from 1"),
            Kind::Digest => (!text.is_some_and(is_digest))
                .then_some("must be `sha256:` or `shake256:` and 64 lower-case hex digits"),
            Kind::Id => {
                (!text.is_some_and(is_manifest_id)).then_some("must be a UUID of version 7, with hyphens")
            }
            Kind::Time => {
                timestamp(node).is_none().then_some("must be a time such as `2026-06-01T12:00:00Z`")
            }
            Kind::Word(words) => (!text.is_some_and(|text| words.contains(&text)))
                .then_some("is none of the words that may stand here"),
            Kind::List(item, least, most) => return self.list(node, *item, least, most),
            Kind::Of(shape) => match node.as_object() {
                Some(object) => return self.object(object, shape),
                None => Some("must be an object"),
            },
            Kind::Free => node.as_object().is_none().then_some("must be an object"),
        };
        if let Some(problem) = problem {
            self.fail(Fault::Value(problem), true);
        }
    }

    fn list(&mut self, node: &Node<'_>, item: Kind, least: usize, most: usize) {
        match node.as_array() {
            None => self.fail(Fault::Value("must be an array"), true),
            Some(items) if !(least..=most).contains(&items.len()) => {
                self.fail(Fault::Value("must be an array of a length within its bounds"), true);
            }
            Some(items) => {
                for (place, node) in items.iter().enumerate() {
                    self.at(place.to_string(), |walk| walk.value(node, item));
                }
            }
        }
    }

    fn at(&mut self, name: String, inside: impl FnOnce(&mut Self)) {
        self.path.push(name);
        inside(self);
        self.path.pop();
    }

    fn fail(&mut self, fault: Fault, essential: bool) {
        if self.found.len() < MAX_VIOLATIONS {
            let depth = self.path.len();
            self.found.push(Violation { path: self.path.join("."), fault, depth, essential });
        }
    }
}

/// The time that `node` states: as text, or as whole seconds since 1970.
pub(crate) fn timestamp(node: &Node<'_>) -> Option<Timestamp> {
    match node.as_str() {
        Some(text) => Timestamp::parse(text),
        None => whole(node).map(Timestamp::of_seconds),
    }
}
