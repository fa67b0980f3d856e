//! A document of ours that may be YAML or JSON, as one tree for the crate that owns it.

use ca2a_core::json::{self, Limits, Node, Number, NumberPolicy, Object, Reader, Span, Value};

use super::{
    ConfigError, ConfigProblem,
    scalar::{Kind, agreed_integer, kind_1_1, kind_1_2},
    yaml::{self, Item, MAX_BYTES, MAX_DEPTH, Place, shown},
};

/// Reads `bytes` as JSON, or else as YAML under the rules of the configuration file (CFG-1 to CFG-5): a plain scalar is
/// what YAML 1.1 and YAML 1.2 agree that it is, and refused where they do not or where it is no integer. The empty
/// document is the empty mapping.
///
/// # Errors
/// What is neither, with its line and column: `CONFIG_ERROR`.
pub fn document(bytes: &[u8]) -> Result<Node<'static>, ConfigError> {
    let limits = Limits { max_bytes: MAX_BYTES, max_depth: MAX_DEPTH };
    if let Ok(node) = Reader::new(NumberPolicy::Integer53).limits(limits).read(bytes) {
        return Ok(node.into_owned());
    }
    let Some(document) = yaml::read(bytes)? else { return Ok(Object::new().into()) };
    // What the YAML reader took is UTF-8.
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    Lines::of(text).node("", document)
}

/// The line and column, both from 1 on, at which `span` starts in `bytes`.
#[must_use]
pub fn line_and_column(bytes: &[u8], span: Span) -> (usize, usize) {
    let before = bytes.get(..span.start).unwrap_or(bytes);
    let line = before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
    let rest = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    (line, String::from_utf8_lossy(rest).chars().count().saturating_add(1))
}

/// Where each line starts.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at.saturating_add(1));
        Self { text, starts: std::iter::once(0).chain(after).collect() }
    }

    fn span(&self, (line, column): Place) -> Span {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let rest = self.text.get(start..).unwrap_or_default();
        let within: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
        let start = start.saturating_add(within);
        Span { start, end: start }
    }

    fn node(&self, path: &str, item: Item) -> Result<Node<'static>, ConfigError> {
        let place = item.place;
        let value = match item.value {
            yaml::Value::Plain(text) => plain(path, &text, place)?,
            yaml::Value::Quoted(text) => Value::String(text.into()),
            yaml::Value::List(items) => {
                let node = |(at, item)| self.node(&format!("{path}[{at}]"), item);
                Value::Array(items.into_iter().enumerate().map(node).collect::<Result<_, _>>()?)
            }
            yaml::Value::Map(members) => {
                let mut object = Object::new();
                for (key, _, item) in members {
                    let path = if path.is_empty() { shown(&key) } else { format!("{path}.{}", shown(&key)) };
                    let node = self.node(&path, item)?;
                    object.insert(key, node);
                }
                Value::Object(object)
            }
        };
        Ok(Node { value, span: self.span(place) })
    }
}

fn plain(path: &str, text: &str, place: Place) -> Result<Value<'static>, ConfigError> {
    let (old, new) = (kind_1_1(text), kind_1_2(text));
    match (old, new) {
        (Kind::Null, Kind::Null) => return Ok(Value::Null),
        (Kind::Bool(old), Kind::Bool(new)) if old == new => return Ok(Value::Bool(new)),
        (Kind::Text, Kind::Text) => return Ok(Value::String(text.to_owned().into())),
        _ => {}
    }
    let integer = agreed_integer(text).and_then(|value| i64::try_from(value).ok());
    if let Some(value) = integer.filter(|value| value.unsigned_abs() <= json::MAX_SAFE_INTEGER.unsigned_abs())
    {
        return Ok(Value::Number(Number::Int(value)));
    }
    let (kind, version) = if new == Kind::Text { (old, "1.1") } else { (new, "1.2") };
    let problem = ConfigProblem::MustBeQuoted {
        key: path.to_owned(),
        text: shown(text),
        reads_as: kind.name(),
        version,
    };
    Err(ConfigError::new(place, problem))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ca2a_core::json;

    use super::{document, line_and_column};

    #[test]
    fn yaml_and_json_are_one_document() {
        let yaml = "version: 1\nsnp:\n  vmpl: 0x0\n  debug: false\n  ids: [\"00\", ab]\n  none:\n";
        let json = r#"{"version":1,"snp":{"vmpl":0,"debug":false,"ids":["00","ab"],"none":null}}"#;
        assert_eq!(document(yaml.as_bytes()).unwrap(), json::read(json.as_bytes()).unwrap());
        assert_eq!(document(json.as_bytes()).unwrap(), json::read(json.as_bytes()).unwrap());
        assert_eq!(document(b"").unwrap(), json::read(b"{}").unwrap());
    }

    #[test]
    fn a_scalar_with_two_readings_is_refused_with_its_place() {
        for (text, place) in [
            ("a: 12e34\n", "line 1, column 4: `12e34` reads as a number in YAML 1.2"),
            ("a:\n  b: yes\n", "line 2, column 6: `yes` reads as a truth value in YAML 1.1"),
            ("a: [1.5]\n", "line 1, column 5: `1.5` reads as a number in YAML 1.2"),
            ("a: 9007199254740992\n", "line 1, column 4: `9007199254740992` reads as an integer in YAML 1.2"),
        ] {
            let error = document(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }

    #[test]
    fn a_node_knows_where_it_stood() {
        let text = "é: 1\nsnp:\n  ü: {debug: true}\n";
        let node = document(text.as_bytes()).unwrap();
        let debug =
            node.as_object().unwrap().object("snp").unwrap().object("ü").unwrap().get("debug").unwrap();
        assert_eq!(line_and_column(text.as_bytes(), debug.span), (3, 14));
    }
}
