//! Cutting an array into its items without reading them.

use super::{Span, plain_length};

/// The items of an array in `input`, as spans: a cheap pass that finds where each item starts and ends.
///
/// An item's own bytes are **not** checked; whoever uses the spans must have read the same bytes strictly before (a
/// cache keyed by them), or do so next. What lies between the items is checked, so an array whose every item is
/// known to be valid is valid. `None` where `input` is not one array, with anything but blanks around it.
///
/// ```
/// let input = br#" [{"a": "]"}, 2] "#;
/// let items: Vec<_> = ca2a_core::json::elements(input).expect("an array").map(|span| span.of(input)).collect();
/// assert_eq!(items, [&br#"{"a": "]"}"#[..], b"2"]);
/// ```
#[must_use]
pub fn elements(input: &[u8]) -> Option<Elements> {
    let mut spans = alloc::vec::Vec::new();
    let mut at = blank(input, 0);
    at = expect(input, at, b'[')?;
    at = blank(input, at);
    if input.get(at) == Some(&b']') {
        at = at.saturating_add(1);
    } else {
        loop {
            at = blank(input, at);
            let end = skip_item(input, at)?;
            spans.push(Span { start: at, end });
            at = blank(input, end);
            match input.get(at)? {
                b',' => at = at.saturating_add(1),
                b']' => {
                    at = at.saturating_add(1);
                    break;
                }
                _ => return None,
            }
        }
    }
    (blank(input, at) == input.len()).then(|| Elements { spans: spans.into_iter() })
}

/// The spans of an array's items; see [`elements`].
#[derive(Debug, Clone)]
pub struct Elements {
    spans: alloc::vec::IntoIter<Span>,
}

impl Iterator for Elements {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        self.spans.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }
}

impl ExactSizeIterator for Elements {}

fn expect(input: &[u8], at: usize, byte: u8) -> Option<usize> {
    (input.get(at) == Some(&byte)).then(|| at.saturating_add(1))
}

fn blank(input: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = input.get(at) {
        at = at.saturating_add(1);
    }
    at
}

/// The end of the item at `at`: a bracketed value by counting brackets outside strings, or anything up to a comma,
/// bracket or blank. At least one byte long.
fn skip_item(input: &[u8], start: usize) -> Option<usize> {
    match input.get(start)? {
        b'{' | b'[' => skip_nested(input, start),
        b'"' => skip_string(input, start.saturating_add(1)),
        _ => {
            let rest = input.get(start..)?;
            let length = rest
                .iter()
                .position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t'))?;
            (length > 0).then(|| start.saturating_add(length))
        }
    }
}

fn skip_nested(input: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut open = 0_usize;
    loop {
        match input.get(at)? {
            b'"' => {
                at = skip_string(input, at.saturating_add(1))?;
                continue;
            }
            b'{' | b'[' => open = open.saturating_add(1),
            b'}' | b']' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(at.saturating_add(1));
                }
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
}

fn skip_string(input: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = at.saturating_add(plain_length(input.get(at..)?));
        match input.get(at)? {
            b'"' => return Some(at.saturating_add(1)),
            b'\\' => at = at.saturating_add(2),
            // A control character, which is the reader's to refuse.
            _ => at = at.saturating_add(1),
        }
    }
}
