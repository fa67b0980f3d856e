//! One value, many spellings: member order, blanks and escapes that mean the same and that no signature covers.

use ca2a_core::json::{Node, Value, to_text};

use crate::interop::random::Random;

/// Writes `node` in some spelling of RFC 8259.
pub(crate) fn spell(node: &Node<'_>, random: &mut Random) -> String {
    let mut out = String::new();
    if random.chance(50) {
        out.push_str(&to_text(node));
    } else {
        write(&mut out, node, random);
    }
    out
}

fn write(out: &mut String, node: &Node<'_>, random: &mut Random) {
    blank(out, random);
    match &node.value {
        Value::String(text) => write_text(out, text, random),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item, random);
            }
            out.push(']');
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            random.shuffle(&mut members);
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                blank(out, random);
                write_text(out, name, random);
                blank(out, random);
                out.push(':');
                write(out, member, random);
            }
            out.push('}');
        }
        _ => out.push_str(&to_text(node)),
    }
    blank(out, random);
}

fn blank(out: &mut String, random: &mut Random) {
    if random.chance(10) {
        out.push([' ', '\n', '\t', '\r'][random.index(4)]);
    }
}

fn write_text(out: &mut String, text: &str, random: &mut Random) {
    out.push('"');
    let mut units = [0; 2];
    for character in text.chars() {
        let must = matches!(character, '"' | '\\') || character < ' ';
        if must || random.chance(5) {
            for unit in character.encode_utf16(&mut units) {
                let escape =
                    if random.chance(50) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") };
                out.push_str(&escape);
            }
        } else {
            out.push(character);
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use ca2a_core::json;

    #[test]
    fn every_spelling_reads_back_as_the_same_value() {
        let source = "{\"a\":[\"\\u0001 \u{10000}\\\"\\\\\u{2028}\",1,null,true],\"\u{ffee}\":{\"b\":\"\"}}";
        let value = json::read(source.as_bytes()).unwrap();
        let canonical = ca2a_core::canonical::to_vec(&value).unwrap();
        let mut random = Random::new(7);
        let mut spellings = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let text = spell(&value, &mut random);
            let again = json::read(text.as_bytes()).unwrap();
            assert_eq!(ca2a_core::canonical::to_vec(&again).unwrap(), canonical, "{text}");
            spellings.insert(text);
        }
        assert!(spellings.len() > 20);
    }
}
