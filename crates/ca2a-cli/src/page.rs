//! Answers for a person: lines of tinted text, and tables.
//!
//! Everything that comes from a document may hold control characters that steer a terminal, so text is made harmless
//! here, in the one place that prints it (CLI-6).

use std::fmt::Write as _;

/// What a piece of text means; how that looks is decided when it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tint {
    #[default]
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Warn,
    Name,
}

impl Tint {
    fn escape(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\u{1b}[1m",
            Self::Faint => "\u{1b}[2m",
            Self::Good => "\u{1b}[32m",
            Self::Bad => "\u{1b}[1;31m",
            Self::Warn => "\u{1b}[33m",
            Self::Name => "\u{1b}[36m",
        }
    }
}

/// A line of pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line(Vec<(Tint, String)>);

impl Line {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn tint(mut self, tint: Tint, text: impl Into<String>) -> Self {
        self.0.push((tint, text.into()));
        self
    }

    pub(crate) fn plain(self, text: impl Into<String>) -> Self {
        self.tint(Tint::Plain, text)
    }

    pub(crate) fn faint(self, text: impl Into<String>) -> Self {
        self.tint(Tint::Faint, text)
    }

    pub(crate) fn strong(self, text: impl Into<String>) -> Self {
        self.tint(Tint::Strong, text)
    }

    pub(crate) fn name(self, text: impl Into<String>) -> Self {
        self.tint(Tint::Name, text)
    }

    /// A tick: this was checked and holds.
    pub(crate) fn tick(self) -> Self {
        self.tint(Tint::Good, "✓ ")
    }

    /// A cross: this does not hold.
    pub(crate) fn cross(self) -> Self {
        self.tint(Tint::Bad, "✗ ")
    }

    /// A dot: this was not judged.
    pub(crate) fn dot(self) -> Self {
        self.tint(Tint::Faint, "· ")
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| harmless(text).chars().count()).sum()
    }

    pub(crate) fn print(&self, color: bool) -> String {
        let mut out = String::new();
        for (tint, text) in &self.0 {
            let text = harmless(text);
            if color && !tint.escape().is_empty() {
                let _ = write!(out, "{}{text}\u{1b}[0m", tint.escape());
            } else {
                out.push_str(&text);
            }
        }
        out
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::new().plain(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::new().plain(text)
    }
}

/// Text whose control and direction-changing characters are written out as escapes.
pub(crate) fn harmless(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if steers(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
        out
    })
}

/// An answer for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page(Vec<Line>);

impl Page {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn line(mut self, line: impl Into<Line>) -> Self {
        self.0.push(line.into());
        self
    }

    pub(crate) fn blank(self) -> Self {
        self.line("")
    }

    /// A member of a list of facts: a faint name, padded, and what it is.
    pub(crate) fn fact(self, name: &str, value: impl Into<Line>) -> Self {
        let mut line = Line::new().faint(format!("  {name:<11}"));
        line.0.extend(value.into().0);
        self.line(line)
    }

    /// Rows of cells, each column as wide as its widest cell, indented by two.
    pub(crate) fn table(mut self, rows: Vec<Vec<Line>>) -> Self {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(Line::width).max().unwrap_or_default()
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for row in rows {
            let mut line = Line::new().plain("  ");
            let last = row.len().saturating_sub(1);
            for (column, (cell, width)) in row.into_iter().zip(&widths).enumerate() {
                let gap =
                    if column == last { 0 } else { width.saturating_sub(cell.width()).saturating_add(2) };
                line.0.extend(cell.0);
                line.0.push((Tint::Plain, " ".repeat(gap)));
            }
            self.0.push(line);
        }
        self
    }

    /// Text of several lines, as it is.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.extend(text.lines().map(Line::from));
        self
    }

    /// The lines of `other` after these.
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(crate) fn print(&self, color: bool) -> String {
        self.0.iter().fold(String::new(), |mut out, line| {
            out.push_str(line.print(color).trim_end());
            out.push('\n');
            out
        })
    }
}

/// A key, digest or other long hex, cut to what a person compares: the first eight characters and the last four.
pub(crate) fn short(hex: &str) -> String {
    let count = hex.chars().count();
    if count <= 16 {
        return hex.into();
    }
    let head: String = hex.chars().take(8).collect();
    let tail: String = hex.chars().skip(count.saturating_sub(4)).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    #[test]
    fn text_of_others_cannot_steer_the_terminal() {
        covers!(accept, "CLI-6");
        covers!(refuse, "CLI-6");
        let line = Line::new().name("a\u{1b}[2Jb\u{202e}c\n");
        assert_eq!(line.print(false), "a\\u{1b}[2Jb\\u{202e}c\\u{a}");
        assert_eq!(line.print(true), "\u{1b}[36ma\\u{1b}[2Jb\\u{202e}c\\u{a}\u{1b}[0m");
    }

    #[test]
    fn columns_align_by_character() {
        let rows = vec![vec!["é".into(), "x".into()], vec!["longer".into(), "y".into()]];
        assert_eq!(Page::new().table(rows).print(false), "  é       x\n  longer  y\n");
    }

    #[test]
    fn long_names_are_cut_and_short_ones_are_not() {
        assert_eq!(short("0123456789abcdef0"), "01234567…def0");
        assert_eq!(short("0123456789abcdef"), "0123456789abcdef");
    }
}
