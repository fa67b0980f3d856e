//! What an operation may see: the input of its case and the context of its file, and nothing else.

use ca2a_core::json::{self, ReadErrorKind};
use ca2a_manifest::Timestamp;
use serde_json::{Map, Value};

use crate::{
    got::{Refusal, Stop},
    mode::Mode,
};

/// What a file says for all its cases.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    clock: Option<u64>,
    keys: Map<String, Value>,
    mode: Mode,
}

impl Context {
    pub(crate) fn new(file: &Map<String, Value>) -> Self {
        let clock = file.get("clock").or_else(|| file.get("now")).and_then(Value::as_u64);
        let time = file.get("verification_time").and_then(Value::as_str).and_then(Timestamp::parse);
        let clock = clock.or(time.map(|time| time.seconds()));
        let keys = file.get("keys").and_then(Value::as_object).cloned().unwrap_or_default();
        Self { clock, keys, mode: Mode::Strict }
    }

    /// The same context in `mode`.
    pub(crate) fn in_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// In which mode cases are judged.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// What the file says, as the members of an object that [`Context::new`] reads.
    pub(crate) fn to_members(&self) -> Map<String, Value> {
        let clock = self.clock.map(|clock| ("clock".to_owned(), Value::from(clock)));
        let keys = (!self.keys.is_empty()).then(|| ("keys".to_owned(), Value::Object(self.keys.clone())));
        clock.into_iter().chain(keys).collect()
    }

    /// The time at which cases without a `now` of their own are judged, in Unix seconds.
    pub(crate) fn clock(&self) -> Result<u64, Stop> {
        self.clock.ok_or_else(|| Stop::Unusable("the file names no clock".to_owned()))
    }

    /// The seed of the signing key called `name`.
    pub(crate) fn seed(&self, name: &str) -> Result<[u8; 32], Stop> {
        let seed = self.keys.get(name).and_then(|key| key.get("seed_hex")).and_then(Value::as_str);
        let seed = seed.and_then(|hex| ca2a_core::encoding::from_hex(hex).ok());
        seed.ok_or_else(|| Stop::Unusable(format!("the file holds no key `{name}`")))
    }

    /// Public keys, each with the thumbprint that the file names for it.
    pub(crate) fn public_keys(&self) -> impl Iterator<Item = ([u8; 32], Option<&str>)> {
        self.keys.values().filter_map(|key| {
            let bytes = ca2a_core::encoding::from_hex(key.get("public_hex")?.as_str()?).ok()?;
            Some((bytes, key.get("cose_key_thumbprint_hex").and_then(Value::as_str)))
        })
    }

    /// The seeds of all signing keys.
    pub(crate) fn seeds(&self) -> impl Iterator<Item = [u8; 32]> {
        let nested = self.keys.values().filter_map(Value::as_object).flat_map(Map::values);
        let seed = |key: &Value| ca2a_core::encoding::from_hex(key.get("seed_hex")?.as_str()?).ok();
        self.keys.values().chain(nested).filter_map(seed)
    }
}

/// The input of a case.
///
/// A member whose value JSON cannot carry from file to file (a lone surrogate) or must carry to the byte stands as its
/// JSON text under its name with `_json` behind it. Every accessor looks there too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Input(Map<String, Value>);

impl Input {
    pub(crate) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Every member.
    pub(crate) fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The member `name`; `None` where it is absent or `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether the case names `name`, be it `null`.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The members of the object `name` as an input of their own.
    pub(crate) fn object(&self, name: &str) -> Result<Self, Stop> {
        match self.get(name) {
            Some(Value::Object(members)) => Ok(Self(members.clone())),
            _ => Err(missing(name)),
        }
    }

    /// The text `name`, read strictly where it stands as JSON.
    pub(crate) fn text(&self, name: &str) -> Result<String, Stop> {
        self.optional_text(name)?.ok_or_else(|| missing(name))
    }

    /// The text `name` where there is one.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<String>, Stop> {
        if let Some(json) = self.moved(name) {
            let node = json::read(json.as_bytes()).map_err(|error| Refusal::by_type(error.kind().rule()))?;
            return Ok(node.as_str().map(str::to_owned));
        }
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::by_type("a text is wanted here").into()),
        }
    }

    /// The texts of the array `name`.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, Stop> {
        let value = self.get(name).ok_or_else(|| missing(name))?;
        let text = |item: &Value| item.as_str().map(str::to_owned);
        let texts = value.as_array().and_then(|items| items.iter().map(text).collect());
        texts.ok_or_else(|| Refusal::by_type("a list of texts is wanted here").into())
    }

    /// The texts of the array `name`, none where it is absent.
    pub(crate) fn optional_texts(&self, name: &str) -> Result<Vec<String>, Stop> {
        if self.get(name).is_some() { self.texts(name) } else { Ok(Vec::new()) }
    }

    /// The non-negative integer `name`. Another number is refused: no type of ours takes it.
    pub(crate) fn uint(&self, name: &str) -> Result<u64, Stop> {
        self.optional_uint(name)?.ok_or_else(|| missing(name))
    }

    /// The non-negative integer `name` where there is one.
    pub(crate) fn optional_uint(&self, name: &str) -> Result<Option<u64>, Stop> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| Refusal::by_type("an integer from 0 is wanted here").into()),
        }
    }

    /// The truth value `name`, `false` where it is absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The bytes that `name` spells in hex.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, Stop> {
        let value = self.get(name).ok_or_else(|| missing(name))?;
        let bytes = value.as_str().and_then(unhex);
        bytes.ok_or_else(|| Refusal::by_type("bytes are wanted here").into())
    }

    /// The `N` bytes that `name` spells in hex.
    pub(crate) fn array<const N: usize>(&self, name: &str) -> Result<[u8; N], Stop> {
        self.bytes(name)?
            .try_into()
            .map_err(|_| Refusal::by_type("another number of bytes is wanted here").into())
    }

    /// The `N` bytes that `name` spells in hex, where there is one.
    pub(crate) fn optional_array<const N: usize>(&self, name: &str) -> Result<Option<[u8; N]>, Stop> {
        self.get(name).map(|_| self.array(name)).transpose()
    }

    /// The JSON text of `name`: as it stands under `<name>_json`, or of the value under `name`.
    pub(crate) fn document(&self, name: &str) -> Result<String, Stop> {
        self.optional_document(name).ok_or_else(|| missing(name))
    }

    /// The JSON text of `name`, where there is one.
    pub(crate) fn optional_document(&self, name: &str) -> Option<String> {
        self.moved(name).map(str::to_owned).or_else(|| self.get(name).map(render))
    }

    /// This input with its members changed, and those of the documents in it that are JSON. What stays as it was keeps
    /// its spelling.
    pub(crate) fn changed(&self, change: &dyn Fn(&mut Value)) -> Self {
        let mut whole = Value::Object(self.0.clone());
        change(&mut whole);
        let Value::Object(mut members) = whole else { return self.clone() };
        for (_, value) in members.iter_mut().filter(|(name, _)| name.ends_with("_json")) {
            let Some(read) = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
                continue;
            };
            let mut changed = read.clone();
            change(&mut changed);
            if changed != read {
                *value = changed.to_string().into();
            }
        }
        Self(members)
    }

    /// Compares `ours` with the intermediate value that a case names under `name`, if it names one.
    pub(crate) fn agrees(&self, name: &str, ours: &str) -> Result<(), Stop> {
        match self.get(name).and_then(Value::as_str) {
            Some(theirs) if !theirs.is_empty() && theirs != ours => {
                Err(Stop::Broken(format!("`{name}` is {theirs}, we make {ours}")))
            }
            _ => Ok(()),
        }
    }

    fn moved(&self, name: &str) -> Option<&str> {
        self.get(&format!("{name}_json")).and_then(Value::as_str)
    }

    /// Whether the strict reader refuses some document of this input for what it is lenient about elsewhere: a
    /// fraction, `-0`, a range, a duplicate, a lone surrogate.
    pub(crate) fn reader_refuses(&self) -> bool {
        self.0.iter().any(|(name, value)| refuses(name, value))
    }
}

/// Documents are what stands as JSON text or as its bytes, the files of a command, and every object of the case.
fn refuses(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) if name.ends_with("_hex") => {
            unhex(text).is_some_and(|bytes| document_refused(&bytes))
        }
        Value::String(text) => name.ends_with("_json") && document_refused(text.as_bytes()),
        Value::Object(files) if name == "files" => files.values().any(|contents| match contents {
            Value::String(text) => document_refused(text.as_bytes()),
            contents => document_refused(render(contents).as_bytes()),
        }),
        Value::Object(members) => {
            document_refused(render(value).as_bytes())
                || members.iter().any(|(name, value)| refuses(name, value))
        }
        _ => false,
    }
}

fn document_refused(bytes: &[u8]) -> bool {
    let read = json::read(bytes);
    read.is_err_and(|error| {
        matches!(
            error.kind(),
            ReadErrorKind::DuplicateMember
                | ReadErrorKind::LoneSurrogate
                | ReadErrorKind::NegativeZero
                | ReadErrorKind::NotAnInteger
                | ReadErrorKind::NumberRange
        )
    })
}

/// The JSON text of `value`, with every member that stands as its text put back in its place.
pub(crate) fn render(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match (name.strip_suffix("_json"), value) {
                (Some(name), Value::String(text)) => format!("{}:{text}", Value::from(name)),
                _ => format!("{}:{}", Value::from(name.as_str()), render(value)),
            };
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(render).collect();
            format!("[{}]", items.join(","))
        }
        _ => value.to_string(),
    }
}

fn missing(name: &str) -> Stop {
    Stop::Unusable(format!("the case gives no usable `{name}`"))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let even = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    even.then(|| text.as_bytes().chunks(2).map(pair).collect()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn input(members: Value) -> Input {
        let Value::Object(members) = members else { return Input::default() };
        Input::new(members)
    }

    #[test]
    fn a_member_that_stands_as_text_is_put_back() {
        let proof = input(json!({ "proof": { "challenge_json": "\"\\ud800\"", "signature": "ab" } }));
        assert_eq!(proof.document("proof").unwrap(), r#"{"challenge":"\ud800","signature":"ab"}"#);
        assert!(proof.reader_refuses());
        assert!(matches!(proof.object("proof").unwrap().text("challenge"), Err(Stop::Refused(_))));
    }

    #[test]
    fn what_the_reader_refuses_is_found_wherever_it_stands() {
        for refused in [
            json!({ "chain_json": "[{\"depth\": -0}]" }),
            json!({ "chain_json": "{\"a\": 1, \"a\": 1}" }),
            json!({ "body_hex": "5b312e305d" }),
            json!({ "files": { "chain.json": [{ "depth": 0.5 }] } }),
            json!({ "files": { "chain.json": "[9007199254740992]" } }),
        ] {
            assert!(input(refused.clone()).reader_refuses(), "{refused}");
        }
        for read in
            [json!({ "chain_json": "[1]" }), json!({ "body_hex": "5b315d" }), json!({ "yaml": "a: [" })]
        {
            assert!(!input(read.clone()).reader_refuses(), "{read}");
        }
    }

    #[test]
    fn a_negative_integer_is_refused_and_a_missing_one_is_no_case() {
        let negative = input(json!({ "at_time": -1, "null": null }));
        assert!(matches!(negative.optional_uint("at_time"), Err(Stop::Refused(_))));
        assert!(matches!(negative.optional_uint("null"), Ok(None)));
        assert!(matches!(negative.uint("now"), Err(Stop::Unusable(_))));
    }
}
