//! What a verb answers, and how that is said: as JSON, or as a page for a person.

use ca2a_core::{
    ErrorCode,
    json::{Node, Object, to_text},
};

use crate::{
    exit::ExitCode,
    page::{Line, Page, Tint},
};

/// What a verb found or did.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: Object<'static>,
    pub(crate) page: Page,
    pub(crate) exit: ExitCode,
    /// Whether the verb said it itself, on the way.
    given: bool,
}

impl Answer {
    pub(crate) fn new(json: Object<'static>, page: Page) -> Self {
        Self { json, page, exit: ExitCode::Success, given: false }
    }

    /// The answer of a verb that has said everything already.
    pub(crate) fn given() -> Self {
        Self { given: true, ..Self::new(Object::new(), Page::new()) }
    }

    /// The same answer with another exit code.
    pub(crate) fn exit(mut self, exit: ExitCode) -> Self {
        self.exit = exit;
        self
    }

    /// What is left to say, as JSON or as a page.
    pub(crate) fn text(self, json: bool, color: bool) -> String {
        match (self.given, json) {
            (true, _) => String::new(),
            (false, true) => line_of(self.json),
            (false, false) => self.page.print(color),
        }
    }
}

/// Why a verb refused.
#[derive(Debug)]
pub(crate) struct Failure {
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
        Self {
            code,
            message: message.into(),
            hop: None,
            record: None,
            rule: None,
            help: None,
            members: Object::new(),
            seen: Page::new(),
        }
    }

    /// A value on the command line that cannot be meant.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// What to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The rule that was broken: a requirement id of `specs/`.
    pub(crate) fn rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The record at which it failed, counted from 0.
    pub(crate) fn record(mut self, record: Option<usize>) -> Self {
        self.record = record;
        self
    }

    /// The hop at which it failed, counted from 0.
    pub(crate) fn hop(mut self, hop: Option<usize>) -> Self {
        self.hop = hop;
        self
    }

    /// A member more of the JSON.
    pub(crate) fn member(mut self, name: &'static str, node: impl Into<Node<'static>>) -> Self {
        self.members.insert(name, node);
        self
    }

    /// What had been checked by then.
    pub(crate) fn after(mut self, seen: Page) -> Self {
        self.seen = seen;
        self
    }

    /// The same refusal under another code.
    pub(crate) fn under(mut self, code: ErrorCode) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    pub(crate) fn help_text(&self) -> Option<String> {
        self.help.clone()
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The refusal as one JSON object; a verdict says `"verified": false` first, as the peer's does.
    pub(crate) fn json_text(self, verdict: Option<&'static str>) -> String {
        let mut json = Object::new();
        if let Some(verdict) = verdict {
            json.insert(verdict, false);
        }
        json.insert("code", self.code.as_str());
        json.insert("error", self.message);
        if let Some(hop) = self.hop {
            json.insert("hop", hop);
        }
        if let Some(record) = self.record {
            json.insert("record", record);
        }
        if let Some(rule) = self.rule {
            json.insert("requirement", rule);
        }
        for (name, node) in self.members.iter() {
            json.insert(name.to_owned(), node.clone());
        }
        if let Some(help) = self.help {
            json.insert("help", help);
        }
        line_of(json)
    }

    /// The refusal for a person: what was seen, what is wrong, which rule, what to do.
    pub(crate) fn page(self) -> Page {
        let heading = Line::new().cross().tint(Tint::Bad, self.code.as_str()).plain("  ").plain(self.message);
        let mut page = Page::new().line(heading);
        if self.seen != Page::new() {
            page = page.blank().then(self.seen).blank();
        }
        if let Some(rule) = self.rule {
            page = page.fact("rule", Line::new().name(rule).faint("  in specs/"));
        }
        if let Some(help) = self.help {
            page = page.fact("what to do", help);
        }
        page
    }
}

/// One line of JSON.
fn line_of(json: Object<'static>) -> String {
    let mut text = to_text(&Node::from(json));
    text.push('\n');
    text
}
