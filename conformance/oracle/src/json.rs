//! Reading JSON, strictly, one character after another.

use std::str::Chars;

/// A value. Numbers are integers: the formats that are read here have no others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool,
    Integer(i64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// The depth of the innermost value, with the root at 0 (CORE-2).
const DEPTH: u32 = 64;
/// The largest document in bytes.
const SIZE: usize = 1024 * 1024;
/// The largest integer: 2^53-1.
pub(crate) const MOST: i64 = 9_007_199_254_740_991;

/// The one value in `bytes`; `None` where there is none, or more.
pub(crate) fn read(bytes: &[u8]) -> Option<Value> {
    if bytes.len() > SIZE {
        return None;
    }
    let mut left = Reader { text: std::str::from_utf8(bytes).ok()?.chars() };
    let value = left.value(0)?;
    left.blanks();
    left.peek().is_none().then_some(value)
}

struct Reader<'a> {
    text: Chars<'a>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.clone().next()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.text.next();
        }
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        self.blanks();
        (self.text.next()? == wanted).then_some(())
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        word.chars().all(|wanted| self.text.next() == Some(wanted)).then_some(value)
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.blanks();
        match self.peek()? {
            'n' => self.word("null", Value::Null),
            't' => self.word("true", Value::Bool),
            'f' => self.word("false", Value::Bool),
            '"' => self.text().map(Value::Text),
            '[' => self.list(depth),
            '{' => self.object(depth),
            _ => self.integer(),
        }
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        self.take('[')?;
        let mut items = Vec::new();
        self.blanks();
        if self.peek()? == ']' {
            self.text.next();
            return Some(Value::List(items));
        }
        loop {
            items.push(self.value(depth.saturating_add(1))?);
            self.blanks();
            match self.text.next()? {
                ',' => {}
                ']' => return Some(Value::List(items)),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        self.take('{')?;
        let mut members: Vec<(String, Value)> = Vec::new();
        self.blanks();
        if self.peek()? == '}' {
            self.text.next();
            return Some(Value::Object(members));
        }
        loop {
            self.blanks();
            let name = self.text()?;
            if members.iter().any(|(other, _)| *other == name) {
                return None;
            }
            self.take(':')?;
            members.push((name, self.value(depth.saturating_add(1))?));
            self.blanks();
            match self.text.next()? {
                ',' => {}
                '}' => return Some(Value::Object(members)),
                _ => return None,
            }
        }
    }

    fn integer(&mut self) -> Option<Value> {
        let mut spelled = String::new();
        while let Some(next @ ('-' | '+' | '.' | 'e' | 'E' | '0'..='9')) = self.peek() {
            spelled.push(next);
            self.text.next();
        }
        let number: i64 = spelled.parse().ok()?;
        // What is spelled as the number is written is no fraction, has no needless zero, and is not `-0`.
        (number.to_string() == spelled && (-MOST..=MOST).contains(&number)).then_some(Value::Integer(number))
    }

    fn text(&mut self) -> Option<String> {
        if self.text.next()? != '"' {
            return None;
        }
        let mut read = String::new();
        loop {
            match self.text.next()? {
                '"' => return Some(read),
                '\\' => read.push(self.escape()?),
                control if control < ' ' => return None,
                other => read.push(other),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.text.next()? {
            same @ ('"' | '\\' | '/') => same,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                match char::decode_utf16([first]).next()? {
                    Ok(whole) => whole,
                    Err(_) => {
                        self.word("\\u", Value::Null)?;
                        let mut pair = char::decode_utf16([first, self.unit()?]);
                        let whole = pair.next()?.ok()?;
                        pair.next().is_none().then_some(whole)?
                    }
                }
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let mut unit = 0_u32;
        for _ in 0..4 {
            unit = unit.checked_mul(16)?.checked_add(self.text.next()?.to_digit(16)?)?;
        }
        u16::try_from(unit).ok()
    }
}

/// `text` in canonical form (RFC 8785, section 3.2.2.2).
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_strict_json_is_not_read() {
        for text in [
            "",
            " ",
            "[1,]",
            "{,}",
            "01",
            "-0",
            "1.0",
            "1e0",
            "+1",
            "9007199254740992",
            "nul",
            "[1] 2",
            "'a'",
            "\"\t\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\x\"",
            "{\"a\":1,\"\\u0061\":1}",
            "\u{feff}1",
            "[",
            "{\"a\"",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(b"\xff"), None);
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(64).as_bytes()).is_some() && read(nested(65).as_bytes()).is_none());
    }

    #[test]
    fn strict_json_is_read() {
        let read = |text: &str| read(text.as_bytes()).unwrap();
        assert_eq!(read(" [ -7 , 0 ] "), Value::List(vec![Value::Integer(-7), Value::Integer(0)]));
        assert_eq!(read(r#""\ud83d\ude00\n\/""#), Value::Text("\u{1f600}\n/".to_owned()));
        assert_eq!(read(r#"{"a":{}}"#), Value::Object(vec![("a".to_owned(), Value::Object(vec![]))]));
    }
}
