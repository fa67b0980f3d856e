//! The reason text of a scope denial, which quotes the capability as Python's `repr()` does.
//!
//! The text is hashed into the record, so it is part of the wire.

use std::fmt::Write as _;

const BEFORE: &str = "capability ";
const AFTER: &str = " is not in the effective scope";

/// The reason text for `capability` (TRC-4).
pub(crate) fn scope_reason(capability: &str) -> String {
    format!("{BEFORE}{}{AFTER}", python_repr(capability))
}

/// Whether `reason` is the text for some capability, however old or new the writer's character tables are: a string
/// literal of Python stands between the fixed words.
pub(crate) fn is_scope_reason(reason: &str) -> bool {
    let literal = reason.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
    literal.is_some_and(is_python_literal)
}

/// Python's `repr()` of a string: single quotes unless the text holds one and no double quote; `\\`, the quote,
/// `\t \n \r` escaped; every other character that is not printable as `\xNN`, `\uNNNN` or `\UNNNNNNNN`.
fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push(quote);
    for character in text.chars() {
        let code = u32::from(character);
        // Writing to a string cannot fail.
        let _ = match character {
            '\\' => out.write_str(r"\\"),
            '\t' => out.write_str(r"\t"),
            '\n' => out.write_str(r"\n"),
            '\r' => out.write_str(r"\r"),
            _ if character == quote => write!(out, "\\{quote}"),
            _ if is_printable(character) => out.write_char(character),
            _ if code <= 0xff => write!(out, "\\x{code:02x}"),
            _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push(quote);
    out
}

/// Python's `str.isprintable` for one character: neither a control, format, surrogate, private-use or unassigned
/// character nor a separator other than the space.
///
/// The standard library's `Debug` of a string escapes the same categories; it alone has the table. (At the start of a
/// string it also escapes combining marks, hence the letter in front.)
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    let mut pair = String::from("a");
    pair.push(character);
    let mut escaped = pair.escape_debug();
    escaped.next() == Some('a') && escaped.next() == Some(character)
}

/// Whether `literal` is one plain string literal of Python: a quote, characters or escapes, the same quote.
fn is_python_literal(literal: &str) -> bool {
    let mut characters = literal.chars();
    let Some(quote @ ('\'' | '"')) = characters.next() else { return false };
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let digits = match characters.next() {
                    Some('\\' | '\'' | '"' | 't' | 'n' | 'r') => 0,
                    Some('x') => 2,
                    Some('u') => 4,
                    Some('U') => 8,
                    _ => return false,
                };
                let read = characters.by_ref().take(digits).filter(char::is_ascii_hexdigit).count();
                if read != digits {
                    return false;
                }
            }
            _ if character == quote => return characters.next().is_none(),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
#[path = "repr_tests.rs"]
mod tests;
