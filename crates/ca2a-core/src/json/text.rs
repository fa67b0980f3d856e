//! Printing a value in its own order, for people and for the wire where no signature covers the bytes.

use alloc::{string::String, vec::Vec};

use super::{Node, Number, Value};
use crate::canonical::{USUAL_LENGTH, write_float, write_int, write_string};

/// One line, members in their own order, no blanks.
#[must_use]
pub fn to_text(node: &Node<'_>) -> String {
    print(node, None)
}

/// Two blanks a level, members in their own order, for a person.
#[must_use]
pub fn to_pretty(node: &Node<'_>) -> String {
    print(node, Some(0))
}

fn print(node: &Node<'_>, indent: Option<usize>) -> String {
    let mut out = Vec::with_capacity(USUAL_LENGTH);
    write(&mut out, node, indent);
    // Everything written is UTF-8: string contents, ASCII punctuation and numbers.
    String::from_utf8(out).unwrap_or_default()
}

fn write(out: &mut Vec<u8>, node: &Node<'_>, indent: Option<usize>) {
    let inner = indent.map(|level| level.saturating_add(1));
    match &node.value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(Number::Int(int)) => write_int(out, *int),
        // JSON has no name for these; `null` is what other writers print.
        Value::Number(Number::Float(float)) if !float.is_finite() => out.extend_from_slice(b"null"),
        Value::Number(Number::Float(float)) => write_float(out, *float),
        Value::Number(Number::Text(text)) => out.extend_from_slice(text.as_bytes()),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                separate(out, index, inner);
                write(out, item, inner);
            }
            close(out, items.is_empty(), indent, b']');
        }
        Value::Object(object) => {
            out.push(b'{');
            for (index, (name, member)) in object.iter().enumerate() {
                separate(out, index, inner);
                write_string(out, name);
                out.extend_from_slice(if inner.is_some() { b": " } else { b":" });
                write(out, member, inner);
            }
            close(out, object.is_empty(), indent, b'}');
        }
    }
}

fn separate(out: &mut Vec<u8>, index: usize, indent: Option<usize>) {
    if index > 0 {
        out.push(b',');
    }
    new_line(out, indent);
}

fn close(out: &mut Vec<u8>, empty: bool, indent: Option<usize>, bracket: u8) {
    if !empty {
        new_line(out, indent);
    }
    out.push(bracket);
}

fn new_line(out: &mut Vec<u8>, indent: Option<usize>) {
    if let Some(level) = indent {
        out.push(b'\n');
        out.resize(out.len().saturating_add(level.saturating_mul(2)), b' ');
    }
}
