//! YAML events to a small tree, without anything that a configuration does not need.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};

use super::{
    ConfigError, ConfigProblem,
    scalar::{Kind, kind_1_2},
};

/// Bytes of a configuration.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// Levels of lists and mappings.
pub(super) const MAX_DEPTH: usize = 16;

/// A line and a column, both from 1 on.
pub(super) type Place = (usize, usize);

/// A value and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Text without quotes, whose meaning depends on its place.
    Plain(String),
    /// Text in quotes or in a block: always text.
    Quoted(String),
    List(Vec<Item>),
    /// Keys in their order, each once, each with its place.
    Map(Vec<(String, Place, Item)>),
}

impl Item {
    /// Whether this is `null`, spelt or by being empty.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Plain(text) if kind_1_2(text) == Kind::Null)
    }
}

/// Reads one document; `None` where there is none.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Item>, ConfigError> {
    if bytes.len() > MAX_BYTES {
        return Err(ConfigError::new((1, 1), ConfigProblem::TooLarge { max: MAX_BYTES }));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        ConfigError::new(place_after(&String::from_utf8_lossy(valid)), ConfigProblem::Encoding)
    })?;
    check_characters(text)?;
    check_tabs(text)?;
    check_directives(text)?;
    Events(Parser::new_from_str(text)).document()
}

/// Characters that readers treat differently: YAML 1.1 breaks lines at some of them and refuses the others.
fn check_characters(text: &str) -> Result<(), ConfigError> {
    let foreign = |c: char| match c {
        '\t' | '\n' | '\r' => false,
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        c => c.is_control(),
    };
    let Some((at, found)) = text.char_indices().find(|(_, c)| foreign(*c)) else { return Ok(()) };
    let problem = match (at, found) {
        (0, '\u{feff}') => ConfigProblem::Encoding,
        _ => ConfigProblem::Character(found),
    };
    Err(ConfigError::new(place_after(text.get(..at).unwrap_or_default()), problem))
}

/// YAML 1.1 readers refuse a tab before the first word of a line; YAML 1.2 takes it in some places.
fn check_tabs(text: &str) -> Result<(), ConfigError> {
    for (number, line) in (1..).zip(text.lines()) {
        let indent = line.split(|c| c != ' ' && c != '\t').next().unwrap_or_default();
        if let Some(at) = indent.find('\t') {
            return Err(ConfigError::new(
                (number, at.saturating_add(1)),
                ConfigProblem::Feature("tabs for indentation"),
            ));
        }
    }
    Ok(())
}

/// `%YAML 1.1` and `%TAG` stand before the document, each on a line of its own.
fn check_directives(text: &str) -> Result<(), ConfigError> {
    let says_something = |line: &str| !line.trim().is_empty() && !line.starts_with('#');
    match (1..).zip(text.lines()).find(|(_, line)| says_something(line)) {
        Some((number, line)) if line.starts_with('%') => {
            Err(ConfigError::new((number, 1), ConfigProblem::Feature("directives")))
        }
        _ => Ok(()),
    }
}

fn place_after(text: &str) -> Place {
    let line = text.matches('\n').count().saturating_add(1);
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    (line, column)
}

fn place(marker: &Marker) -> Place {
    (marker.line().max(1), marker.col().saturating_add(1))
}

struct Events<'t>(Parser<'t, saphyr_parser::StrInput<'t>>);

impl<'t> Events<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), ConfigError> {
        match self.0.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Option<Item>, ConfigError> {
        let mut document = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(document),
                Event::DocumentStart(_) if document.is_some() => {
                    return Err(refuse(&span, "further documents"));
                }
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    document = Some(self.item(event, &span, 0)?);
                }
                _ => {}
            }
        }
    }

    fn item(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Item, ConfigError> {
        if depth > MAX_DEPTH {
            return Err(ConfigError::new(place(&span.start), ConfigProblem::TooDeep { max: MAX_DEPTH }));
        }
        let deeper = depth.saturating_add(1);
        let value = match event {
            Event::Alias(_) => return Err(refuse(span, "aliases")),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                return Err(refuse(span, "anchors"));
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return Err(refuse(span, "tags"));
            }
            Event::Scalar(text, ScalarStyle::Plain, ..) => Value::Plain(text.into_owned()),
            Event::Scalar(text, ..) => Value::Quoted(text.into_owned()),
            Event::SequenceStart(..) => self.list(deeper)?,
            Event::MappingStart(..) => self.map(deeper)?,
            _ => {
                return Err(ConfigError::new(
                    place(&span.start),
                    ConfigProblem::Syntax("a value is missing".into()),
                ));
            }
        };
        Ok(Item { value, place: place(&span.start) })
    }

    fn list(&mut self, depth: usize) -> Result<Value, ConfigError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, span) => items.push(self.item(event, &span, depth)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, ConfigError> {
        let mut members: Vec<(String, Place, Item)> = Vec::new();
        let mut known = std::collections::HashSet::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Map(members));
            }
            let key = self.item(event, &span, depth)?;
            let (Value::Plain(name) | Value::Quoted(name)) = key.value else {
                return Err(refuse(&span, "lists and mappings as keys"));
            };
            if !known.insert(name.clone()) {
                return Err(ConfigError::new(key.place, ConfigProblem::DuplicateKey { key: shown(&name) }));
            }
            let (event, span) = self.next()?;
            let item = self.item(event, &span, depth)?;
            members.push((name, key.place, item));
        }
    }
}

fn syntax(error: &ScanError) -> ConfigError {
    ConfigError::new(place(error.marker()), ConfigProblem::Syntax(shown(error.info())))
}

fn refuse(span: &Span, feature: &'static str) -> ConfigError {
    ConfigError::new(place(&span.start), ConfigProblem::Feature(feature))
}

/// Text of the file inside a message: its beginning, with control characters escaped.
pub(super) fn shown(text: &str) -> String {
    const MAX: usize = 80;
    let mut out: String = text.chars().take(MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(MAX).is_some() {
        out.push('…');
    }
    out
}
