//! Why a verb refused, and how that is said.

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};

use crate::{
    answer::line_of,
    page::{Line, Page, Tint},
};

/// Why a verb refused. Boxed, because every verb returns one in place of its answer.
#[derive(Debug)]
pub(crate) struct Failure(Box<Details>);

#[derive(Debug)]
struct Details {
    code: ErrorCode,
    message: String,
    hop: Option<usize>,
    record: Option<usize>,
    rule: Option<&'static str>,
    help: Option<String>,
    /// What else JSON says.
    members: Object<'static>,
    seen: Page,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            code,
            message: message.into(),
            hop: None,
            record: None,
            rule: None,
            help: None,
            members: Object::new(),
            seen: Page::new(),
        }))
    }

    /// A value on the command line that cannot be meant.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// What to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The rule that was broken: a requirement id of `specs/`.
    pub(crate) fn rule(mut self, rule: &'static str) -> Self {
        self.0.rule = Some(rule);
        self
    }

    /// The hop at which it failed, counted from 0.
    pub(crate) fn hop(mut self, hop: Option<usize>) -> Self {
        self.0.hop = hop;
        self
    }

    /// The record at which it failed, counted from 0.
    pub(crate) fn record(mut self, record: Option<usize>) -> Self {
        self.0.record = record;
        self
    }

    /// A member more of the JSON.
    pub(crate) fn member(mut self, name: &'static str, node: impl Into<Node<'static>>) -> Self {
        self.0.members.insert(name, node);
        self
    }

    /// What had been checked by then.
    pub(crate) fn after(mut self, seen: Page) -> Self {
        self.0.seen = seen;
        self
    }

    /// The same refusal under another code.
    pub(crate) fn under(mut self, code: ErrorCode) -> Self {
        self.0.code = code;
        self
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.0.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    pub(crate) fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The refusal as one JSON object. A verdict says first that it is none: `"verified": false`, as the peer's does.
    pub(crate) fn json_text(self, verdict: Option<&'static str>) -> String {
        let Details { code, message, hop, record, rule, help, members, seen: _ } = *self.0;
        let mut json = Object::new();
        if let Some(verdict) = verdict {
            json.insert(verdict, false);
        }
        json.insert("code", code.as_str());
        json.insert("error", message);
        let place = [("hop", hop), ("record", record)];
        for (name, index) in place.into_iter().filter_map(|(name, index)| Some((name, index?))) {
            json.insert(name, index);
        }
        if let Some(rule) = rule {
            json.insert("requirement", rule);
        }
        for (name, node) in members.iter() {
            json.insert(name.to_owned(), node.clone());
        }
        if let Some(help) = help {
            json.insert("help", help);
        }
        line_of(json)
    }

    /// The refusal for a person: what is wrong, what was seen, which rule, what to do.
    pub(crate) fn page(self) -> Page {
        let Details { code, message, rule, help, seen, .. } = *self.0;
        let heading = Line::new().cross().tint(Tint::Bad, code.as_str()).plain("  ").plain(message);
        let mut page = Page::new().line(heading);
        if seen != Page::new() {
            page = page.blank().then(seen).blank();
        }
        if let Some(rule) = rule {
            page = page.fact("rule", Line::new().name(rule).faint("  in specs/"));
        }
        if let Some(help) = help {
            page = page.fact("what to do", help);
        }
        page
    }
}
