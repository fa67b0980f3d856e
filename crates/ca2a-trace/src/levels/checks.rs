//! What every module of checks works with.

use ca2a_core::{
    TraceLink,
    json::{Node, Number, Object, to_text},
    requirement::is_off,
};

use super::{Finding, Format, Level, Mode, Options, Report, Status, load::Document};

/// Seconds that a time in a record may lie ahead of now.
pub(super) const SKEW: i64 = 60;

/// A run: the document, the questions, and what was found so far.
pub(super) struct Checks<'c> {
    /// The whole document, which its signature covers.
    pub(super) whole: &'c Object<'c>,
    /// The record in it.
    pub(super) trace: &'c Object<'c>,
    pub(super) format: Format,
    pub(super) level: Level,
    pub(super) options: &'c Options<'c>,
    mode: Mode,
    findings: Vec<Finding>,
}

impl<'c> Checks<'c> {
    pub(super) fn new(
        document: &'c Document<'c>,
        level: Level,
        options: &'c Options<'c>,
        mode: Mode,
    ) -> Self {
        let (whole, trace, format) = (&document.whole, document.trace(), document.format);
        Self { whole, trace, format, level, options, mode, findings: Vec::new() }
    }

    pub(super) fn into_report(self) -> Report {
        let Self { level, mode, format, findings, .. } = self;
        Report { level, mode, format, findings }
    }

    pub(super) fn is_strict(&self) -> bool {
        self.mode == Mode::Strict
    }

    pub(super) fn note(&mut self, id: &'static str, status: Status, message: impl Into<String>) {
        self.findings.push(Finding { id, status, message: message.into() });
    }

    pub(super) fn pass(&mut self, id: &'static str, message: impl Into<String>) {
        self.note(id, Status::Pass, message);
    }

    pub(super) fn fail(&mut self, id: &'static str, message: impl Into<String>) {
        let status = if is_off("TRC-122") { Status::Pass } else { Status::Fail };
        self.note(id, status, message);
    }

    pub(super) fn skip(&mut self, id: &'static str, message: impl Into<String>) {
        self.note(id, Status::Skip, message);
    }

    /// `pass` with `held` where `holds`, else `fail` with `broken`.
    pub(super) fn judge(
        &mut self,
        id: &'static str,
        holds: bool,
        held: &str,
        broken: impl FnOnce() -> String,
    ) {
        if holds { self.pass(id, held) } else { self.fail(id, broken()) }
    }

    /// Now, in the integers that a record's times are read as.
    pub(super) fn now(&self) -> i64 {
        i64::try_from(self.options.now).unwrap_or(i64::MAX)
    }

    /// The object `name` of the record.
    pub(super) fn part(&self, name: &str) -> Option<&'c Object<'c>> {
        self.trace.get(name)?.as_object()
    }

    /// `cnf.jwk`, where it is an object.
    pub(super) fn jwk(&self) -> Option<&'c Object<'c>> {
        self.part("cnf")?.get("jwk")?.as_object()
    }

    /// The check that `part` holds a digest as `member`.
    pub(super) fn digest(&mut self, id: &'static str, part: &Object<'_>, member: &str) {
        let node = part.get(member);
        let holds = node.and_then(Node::as_str).is_some_and(is_digest);
        self.judge(id, holds, &format!("`{member}` is a digest"), || {
            format!("`{member}` must be `sha256:` or `sha384:` and lower-case hex, found {}", shown(node))
        });
    }
}

pub(super) fn is_digest(text: &str) -> bool {
    TraceLink::parse(text).is_ok()
}

/// A value for a person, cut to a length.
pub(super) fn shown(node: Option<&Node<'_>>) -> String {
    match node {
        None => "nothing".into(),
        Some(node) if node.as_object().is_some() || node.as_array().is_some() => node.kind().into(),
        Some(node) => format!("`{}`", to_text(node).chars().take(80).collect::<String>()),
    }
}

/// An integer by its spelling, one beyond what is interpreted as the nearest of its sign.
pub(super) fn integer(node: &Node<'_>) -> Option<i64> {
    match node.as_number()? {
        Number::Int(int) => Some(*int),
        Number::Float(_) => None,
        Number::Text(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            let beyond = if digits.len() == text.len() { i64::MAX } else { i64::MIN };
            whole.then(|| text.parse().unwrap_or(beyond))
        }
    }
}

/// What Python takes for true: anything but `null`, `false`, zero and what is empty.
pub(super) fn is_truthy(node: &Node<'_>) -> bool {
    use ca2a_core::json::Value;
    match &node.value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(Number::Int(int)) => *int != 0,
        Value::Number(Number::Float(float)) => *float != 0.0,
        Value::Number(Number::Text(text)) => text.parse() != Ok(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}
