//! The strict reader.

use alloc::{borrow::Cow, collections::BTreeSet, string::String, vec::Vec};

use super::{
    Node, Number, NumberPolicy, Object, ReadError, ReadErrorKind, Span, Value, number::is_safe, plain_length,
};
use crate::requirement::{holds, is_off};

/// How large a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in the document.
    pub max_bytes: usize,
    /// Depth of the innermost value, the root at 0.
    pub max_depth: usize,
}

/// 1 MiB, depth 64.
pub const DEFAULT_LIMITS: Limits = Limits { max_bytes: 1 << 20, max_depth: 64 };

/// Reads JSON under [`Limits`] and a [`NumberPolicy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    limits: Limits,
    numbers: NumberPolicy,
}

/// Reads `input` with [`DEFAULT_LIMITS`] and [`NumberPolicy::Integer53`], the rules for everything cA2A owns.
///
/// # Errors
/// Whatever is not strict I-JSON; see [`ReadErrorKind`].
pub fn read(input: &[u8]) -> Result<Node<'_>, ReadError> {
    Reader::new(NumberPolicy::Integer53).read(input)
}

impl Reader {
    /// A reader with [`DEFAULT_LIMITS`].
    #[must_use]
    pub const fn new(numbers: NumberPolicy) -> Self {
        Self { limits: DEFAULT_LIMITS, numbers }
    }

    /// The same reader with other limits. Depth is capped at 512, so that no input can exhaust the stack.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        if self.limits.max_depth > 512 {
            self.limits.max_depth = 512;
        }
        self
    }

    /// Reads one value that makes up the whole input.
    ///
    /// # Errors
    /// Whatever is not strict I-JSON or exceeds a limit; see [`ReadErrorKind`].
    pub fn read(self, input: &[u8]) -> Result<Node<'_>, ReadError> {
        if input.len() > self.limits.max_bytes {
            return Err(ReadError::new(ReadErrorKind::TooLarge, &[], self.limits.max_bytes));
        }
        let text = core::str::from_utf8(input)
            .map_err(|error| ReadError::new(ReadErrorKind::Encoding, input, error.valid_up_to()))?;
        if text.starts_with('\u{feff}') {
            return Err(ReadError::new(ReadErrorKind::Encoding, input, 0));
        }
        let mut parser = Parser { text, bytes: input, at: 0, rules: self };
        let node = parser.document();
        node.map_err(|kind| ReadError::new(kind, input, parser.at))
    }
}

type Parsed<T> = Result<T, ReadErrorKind>;

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    rules: Reader,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<Node<'a>> {
        self.blank();
        let node = self.value(0)?;
        self.blank();
        if holds("CORE-1", self.at == self.bytes.len()) { Ok(node) } else { Err(ReadErrorKind::TrailingData) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.step();
        }
    }

    /// Takes `byte`, or says what is wrong with what stands there.
    fn expect(&mut self, byte: u8) -> Parsed<()> {
        match self.peek() {
            Some(found) if found == byte => {
                self.step();
                Ok(())
            }
            Some(_) => Err(ReadErrorKind::Syntax),
            None => Err(ReadErrorKind::UnexpectedEnd),
        }
    }

    fn value(&mut self, depth: usize) -> Parsed<Node<'a>> {
        if !holds("CORE-2", depth <= self.rules.limits.max_depth) {
            return Err(ReadErrorKind::TooDeep);
        }
        let start = self.at;
        let value = match self.peek().ok_or(ReadErrorKind::UnexpectedEnd)? {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Value::String(self.string()?),
            b'-' | b'0'..=b'9' => Value::Number(self.number()?),
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'n' => self.word("null", Value::Null)?,
            _ => return Err(ReadErrorKind::Syntax),
        };
        Ok(Node { value, span: Span { start, end: self.at } })
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Parsed<Value<'a>> {
        for byte in word.bytes() {
            self.expect(byte)?;
        }
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Parsed<Value<'a>> {
        self.step();
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        let mut seen = Names::default();
        self.blank();
        if self.peek() == Some(b'}') {
            self.step();
            return Ok(Value::Object(Object { members }));
        }
        loop {
            self.blank();
            let name_at = self.at;
            if self.peek().is_some_and(|byte| byte != b'"') {
                return Err(ReadErrorKind::Syntax);
            }
            let name = self.string()?;
            if !holds("CORE-3", seen.admit(&name, &members)) {
                self.at = name_at;
                return Err(ReadErrorKind::DuplicateMember);
            }
            self.blank();
            self.expect(b':')?;
            self.blank();
            let node = self.value(depth.saturating_add(1))?;
            members.push((name, node));
            self.blank();
            match self.peek().ok_or(ReadErrorKind::UnexpectedEnd)? {
                b',' => self.step(),
                b'}' => break,
                _ => return Err(ReadErrorKind::Syntax),
            }
        }
        self.step();
        Ok(Value::Object(Object { members }))
    }

    fn array(&mut self, depth: usize) -> Parsed<Value<'a>> {
        self.step();
        let mut items = Vec::new();
        self.blank();
        if self.peek() == Some(b']') {
            self.step();
            return Ok(Value::Array(items));
        }
        loop {
            self.blank();
            items.push(self.value(depth.saturating_add(1))?);
            self.blank();
            match self.peek().ok_or(ReadErrorKind::UnexpectedEnd)? {
                b',' => self.step(),
                b']' => break,
                _ => return Err(ReadErrorKind::Syntax),
            }
        }
        self.step();
        Ok(Value::Array(items))
    }

    fn string(&mut self) -> Parsed<Cow<'a, str>> {
        self.expect(b'"')?;
        let plain = self.plain_run();
        if self.peek() == Some(b'"') {
            self.step();
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = String::from(plain);
        loop {
            match self.peek().ok_or(ReadErrorKind::UnexpectedEnd)? {
                b'"' => break,
                b'\\' => {
                    let escape_at = self.at;
                    let decoded = self.escape();
                    if decoded == Err(ReadErrorKind::LoneSurrogate) {
                        self.at = escape_at;
                    }
                    text.push(decoded?);
                }
                _ => return Err(ReadErrorKind::ControlCharacter),
            }
            text.push_str(self.plain_run());
        }
        self.step();
        Ok(Cow::Owned(text))
    }

    /// The characters up to the next quote, backslash or control character.
    fn plain_run(&mut self) -> &'a str {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        self.at = start.saturating_add(plain_length(rest));
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn escape(&mut self) -> Parsed<char> {
        self.step();
        let escape = self.peek().ok_or(ReadErrorKind::UnexpectedEnd)?;
        self.step();
        Ok(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => {
                self.at = self.at.saturating_sub(1);
                return Err(ReadErrorKind::Syntax);
            }
        })
    }

    fn unicode_escape(&mut self) -> Parsed<char> {
        let high = self.hex4()?;
        if let Some(scalar) = char::from_u32(high.into()) {
            return Ok(scalar);
        }
        if self.bytes.get(self.at..self.at.saturating_add(2)) != Some(br"\u") {
            return lone_surrogate();
        }
        self.at = self.at.saturating_add(2);
        let low = self.hex4()?;
        match char::decode_utf16([high, low]).next() {
            Some(Ok(scalar)) => Ok(scalar),
            _ => lone_surrogate(),
        }
    }

    fn hex4(&mut self) -> Parsed<u16> {
        let mut unit: u16 = 0;
        for _ in 0..4 {
            let byte = self.peek().ok_or(ReadErrorKind::UnexpectedEnd)?;
            let digit = char::from(byte).to_digit(16).ok_or(ReadErrorKind::Syntax)?;
            unit = unit.wrapping_shl(4) | u16::try_from(digit).unwrap_or_default();
            self.step();
        }
        Ok(unit)
    }

    fn digits(&mut self) -> Parsed<()> {
        match self.peek() {
            Some(b'0'..=b'9') => {}
            Some(_) => return Err(ReadErrorKind::Syntax),
            None => return Err(ReadErrorKind::UnexpectedEnd),
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.step();
        }
        Ok(())
    }

    /// RFC 8259 section 6, then the number policy.
    fn number(&mut self) -> Parsed<Number<'a>> {
        let start = self.at;
        let mut integral = true;
        if self.peek() == Some(b'-') {
            self.step();
        }
        if self.peek() == Some(b'0') {
            self.step();
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            integral = false;
            self.step();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            integral = false;
            self.step();
            if let Some(b'+' | b'-') = self.peek() {
                self.step();
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let interpreted = interpret(text, integral, self.rules.numbers);
        if interpreted.is_err() {
            self.at = start;
        }
        interpreted
    }
}

/// Half of a pair of surrogates is no character.
fn lone_surrogate() -> Parsed<char> {
    if is_off("CORE-4") { Ok(char::REPLACEMENT_CHARACTER) } else { Err(ReadErrorKind::LoneSurrogate) }
}

fn interpret(text: &str, integral: bool, policy: NumberPolicy) -> Parsed<Number<'_>> {
    if policy == NumberPolicy::Lexical {
        return Ok(Number::Text(Cow::Borrowed(text)));
    }
    if integral {
        if !holds("CORE-5", text != "-0") {
            return Err(ReadErrorKind::NegativeZero);
        }
        let int = text.parse().ok().filter(|int| is_safe(*int)).ok_or(ReadErrorKind::NumberRange)?;
        return Ok(Number::Int(int));
    }
    if !holds("CORE-5", policy != NumberPolicy::Integer53) {
        return Err(ReadErrorKind::NotAnInteger);
    }
    let float: f64 = text.parse().map_err(|_| ReadErrorKind::Syntax)?;
    if !float.is_finite() {
        return Err(ReadErrorKind::NumberRange);
    }
    if float == 0.0 && float.is_sign_negative() {
        return Err(ReadErrorKind::NegativeZero);
    }
    Ok(Number::Float(float))
}

/// The names that an object has so far. Few are compared one by one; many go into a set, so that a document of one
/// huge object takes no quadratic time.
#[derive(Default)]
struct Names {
    many: Option<BTreeSet<String>>,
}

impl Names {
    const FEW: usize = 32;

    fn admit(&mut self, name: &str, members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
        if members.len() < Self::FEW {
            return members.iter().all(|(taken, _)| taken != name);
        }
        let many =
            self.many.get_or_insert_with(|| members.iter().map(|(taken, _)| taken.as_ref().into()).collect());
        many.insert(name.into())
    }
}
