//! What a verb answers, and how that is said: as JSON, or as a page for a person.

use ca2a_core::json::{Node, Object, to_text};

use crate::{exit::ExitCode, page::Page};

/// What a verb found or did.
#[derive(Debug)]
pub(crate) struct Answer {
    json: Object<'static>,
    page: Page,
    exit: ExitCode,
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

    pub(crate) fn exit_code(&self) -> ExitCode {
        self.exit
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

/// One line of JSON.
pub(crate) fn line_of(json: Object<'static>) -> String {
    let mut text = to_text(&Node::from(json));
    text.push('\n');
    text
}
