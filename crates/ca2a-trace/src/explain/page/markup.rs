//! Writing HTML in which no text becomes markup.

use crate::picture::{escape, label};

/// HTML as it is written. Whatever did not come from this crate goes through [`Self::text`] or [`Self::block`].
pub(super) struct Markup(String);

impl Markup {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    /// Markup of our own.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text of anybody: what hides or reorders is replaced, what is too long is cut, the rest escaped.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape(&label::prose(text)));
        self
    }

    /// As [`Self::text`], with its line breaks.
    pub(super) fn block(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape(&label::block(text)));
        self
    }

    pub(super) fn open(&mut self, tag: &str, class: &str) -> &mut Self {
        self.raw("<").raw(tag);
        if !class.is_empty() {
            self.raw(" class=\"").raw(class).raw("\"");
        }
        self.raw(">")
    }

    pub(super) fn close(&mut self, tag: &str) -> &mut Self {
        self.raw("</").raw(tag).raw(">\n")
    }

    /// An element that holds nothing but `text`.
    pub(super) fn element(&mut self, tag: &str, class: &str, text: &str) -> &mut Self {
        self.open(tag, class).text(text).close(tag)
    }

    /// One fact of a list of facts.
    pub(super) fn fact(&mut self, name: &str, class: &str, value: &str) -> &mut Self {
        self.raw("<div><dt>").text(name).raw("</dt>").open("dd", class).text(value).raw("</dd></div>\n")
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}
