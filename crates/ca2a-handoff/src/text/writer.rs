//! The writer.

use alloc::vec::Vec;

use ca2a_core::json::{Node, Number, Object, Value};

use super::{Style, float};

/// Appends JSON in one [`Style`].
#[derive(Debug)]
pub(crate) struct Writer {
    out: Vec<u8>,
    style: Style,
}

impl Writer {
    pub(crate) fn new(style: Style) -> Self {
        Self { out: Vec::with_capacity(1024), style }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// An object whose members `members` writes.
    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        members(self);
        self.out.push(b'}');
    }

    /// The name of the next member, with what separates it from the one before.
    pub(crate) fn name(&mut self, name: &str) -> &mut Self {
        self.separate();
        self.text(name);
        self.out.extend_from_slice(self.style.colon.as_bytes());
        self
    }

    /// A comma, unless the object or array has just begun: no value ends in an opening bracket.
    fn separate(&mut self) {
        if !matches!(self.out.last(), Some(b'{' | b'[')) {
            self.out.extend_from_slice(self.style.comma.as_bytes());
        }
    }

    pub(crate) fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    pub(crate) fn bool(&mut self, truth: bool) {
        self.out.extend_from_slice(if truth { b"true" } else { b"false" });
    }

    pub(crate) fn int(&mut self, int: i64) {
        let digits = alloc::format!("{int}");
        self.out.extend_from_slice(digits.as_bytes());
    }

    /// What `some` prints of a value that is there, or `null`.
    pub(crate) fn option<T>(&mut self, value: Option<T>, some: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => some(self, value),
            None => self.null(),
        }
    }

    pub(crate) fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.array(texts, Self::text);
    }

    pub(crate) fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) {
        self.out.push(b'[');
        for each in items {
            self.separate();
            item(self, each);
        }
        self.out.push(b']');
    }

    /// Text that needs no escape, such as a time.
    pub(crate) fn plain(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.out.push(b'"');
        write(&mut self.out);
        self.out.push(b'"');
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.out.push(b'"');
        let plain = |byte: &u8| match byte {
            b'"' | b'\\' | 0..=0x1f => false,
            0x7f.. => !self.style.ascii,
            _ => true,
        };
        let mut rest = text;
        loop {
            let run = rest.bytes().position(|byte| !plain(&byte)).unwrap_or(rest.len());
            let (ready, tail) = rest.split_at_checked(run).unwrap_or((rest, ""));
            self.out.extend_from_slice(ready.as_bytes());
            let mut letters = tail.chars();
            let Some(special) = letters.next() else { break };
            escape(&mut self.out, special);
            rest = letters.as_str();
        }
        self.out.push(b'"');
    }

    /// A free-form value.
    pub(crate) fn node(&mut self, node: &Node<'_>) {
        match &node.value {
            Value::Null => self.null(),
            Value::Bool(truth) => self.bool(*truth),
            Value::Number(number) => self.number(number),
            Value::String(text) => self.text(text),
            Value::Array(items) => self.array(items, |writer, item| writer.node(item)),
            Value::Object(object) => self.members(object),
        }
    }

    /// A free-form object, sorted by code point where the style sorts.
    pub(crate) fn members(&mut self, object: &Object<'_>) {
        let mut members: Vec<(&str, &Node<'_>)> = object.iter().collect();
        if self.style.sorted {
            members.sort_unstable_by_key(|(name, _)| *name);
        }
        self.object(|writer| {
            for (name, member) in members {
                writer.name(name).node(member);
            }
        });
    }

    /// Integers keep their digits, whatever their size; an integer and a float stay apart.
    fn number(&mut self, number: &Number<'_>) {
        match number {
            Number::Int(int) => self.int(*int),
            Number::Float(value) => float::write(&mut self.out, *value, self.style.floats),
            Number::Text(text) if text.contains(['.', 'e', 'E']) => {
                float::write(&mut self.out, text.parse().unwrap_or(f64::NAN), self.style.floats);
            }
            // What Python makes of it.
            Number::Text(text) if text == "-0" => self.out.push(b'0'),
            Number::Text(text) => self.out.extend_from_slice(text.as_bytes()),
        }
    }
}

fn escape(out: &mut Vec<u8>, special: char) {
    match special {
        '"' => out.extend_from_slice(br#"\""#),
        '\\' => out.extend_from_slice(br"\\"),
        '\u{8}' => out.extend_from_slice(br"\b"),
        '\t' => out.extend_from_slice(br"\t"),
        '\n' => out.extend_from_slice(br"\n"),
        '\u{c}' => out.extend_from_slice(br"\f"),
        '\r' => out.extend_from_slice(br"\r"),
        other => {
            for unit in other.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(alloc::format!("\\u{unit:04x}").as_bytes());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use alloc::string::String;

    use ca2a_core::json::{NumberPolicy, Reader};

    use super::*;
    use crate::text::FloatSpelling;

    fn printed(style: Style, json: &str) -> String {
        let mut writer = Writer::new(style);
        writer.node(&Reader::new(NumberPolicy::Lexical).read(json.as_bytes()).unwrap());
        String::from_utf8(writer.finish()).unwrap()
    }

    const INPUT: &str = r#"{"b": "é😀\u007f/\u0001", "a": [1, 1.0, -0, 18446744073709551616, {}], "": null}"#;

    /// HAND-4.
    #[test]
    fn the_same_value_in_each_style() {
        assert_eq!(
            printed(Style::COMPACT, INPUT),
            r#"{"":null,"a":[1,1.0,0,18446744073709551616,{}],"b":"\u00e9\ud83d\ude00\u007f/\u0001"}"#
        );
        assert_eq!(
            printed(Style::SPACED, INPUT),
            r#"{"": null, "a": [1, 1.0, 0, 18446744073709551616, {}], "b": "\u00e9\ud83d\ude00\u007f/\u0001"}"#
        );
        assert_eq!(
            printed(Style::declared(FloatSpelling::PydanticNew), INPUT),
            "{\"b\":\"é😀\u{7f}/\\u0001\",\"a\":[1,1.0,0,18446744073709551616,{}],\"\":null}"
        );
    }

    #[test]
    fn names_sort_by_code_point_and_not_by_utf_16() {
        assert_eq!(
            printed(Style::UTF8, "{\"\u{10000}\": 1, \"\u{ffff}\": 2}"),
            "{\"\u{ffff}\":2,\"\u{10000}\":1}"
        );
    }
}
