//! Typed reading of a mapping, each refusal with its key and place.

use super::{
    Choice, ConfigError, ConfigProblem, scalar,
    schema::{is_known, join, meant},
    yaml::{Item, Place, Value, shown},
};

/// A mapping whose keys are all known.
#[derive(Debug)]
pub(super) struct Section<'i> {
    path: String,
    members: &'i [(String, Place, Item)],
}

/// A value and the key that it stands under.
#[derive(Debug)]
pub(super) struct Field<'i> {
    path: String,
    item: &'i Item,
}

impl<'i> Section<'i> {
    /// The mapping at the top.
    pub(super) fn root(item: &'i Item) -> Result<Self, ConfigError> {
        Field { path: String::new(), item }.section()
    }

    /// An empty mapping.
    pub(super) fn empty(path: &str) -> Self {
        Self { path: path.to_owned(), members: &[] }
    }

    /// The value under `key`, `null` included.
    pub(super) fn get(&self, key: &str) -> Option<Field<'i>> {
        let (_, _, item) = self.members.iter().find(|(name, _, _)| name == key)?;
        Some(Field { path: join(&self.path, key), item })
    }

    /// The value under `key`, where it is there and not `null`.
    pub(super) fn present(&self, key: &str) -> Option<Field<'i>> {
        self.get(key).filter(|field| !field.item.is_null())
    }

    /// The mapping under `key`; absent and `null` are the empty one.
    pub(super) fn section(&self, key: &str) -> Result<Self, ConfigError> {
        match self.present(key) {
            Some(field) => field.section(),
            None => Ok(Self::empty(&join(&self.path, key))),
        }
    }
}

impl<'i> Field<'i> {
    /// A refusal of this value.
    pub(super) fn refuse(&self, problem: impl Into<String>) -> ConfigError {
        let problem = ConfigProblem::Value { key: self.path.clone(), problem: problem.into() };
        ConfigError::new(self.item.place, problem)
    }

    /// This value needs another key beside it.
    pub(super) fn needs(&self, needs: &'static str) -> ConfigError {
        ConfigError::new(self.item.place, ConfigProblem::Needs { key: self.path.clone(), needs })
    }

    fn expected(&self, expected: impl Into<String>) -> ConfigError {
        let found = match &self.item.value {
            Value::Plain(text) => match scalar::kind_1_2(text) {
                scalar::Kind::Text => format!("`{}`", shown(text)),
                scalar::Kind::Null => "nothing".to_owned(),
                kind => format!("{} (`{}`)", kind.name(), shown(text)),
            },
            Value::Quoted(text) => format!("the text `{}`", shown(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        };
        let key = if self.path.is_empty() { "the configuration" } else { &self.path };
        let problem = ConfigProblem::Expected { key: key.to_owned(), expected: expected.into(), found };
        ConfigError::new(self.item.place, problem)
    }

    pub(super) fn section(&self) -> Result<Section<'i>, ConfigError> {
        let Value::Map(members) = &self.item.value else { return Err(self.expected("a mapping")) };
        if let Some((key, place, _)) = members.iter().find(|(key, _, _)| !is_known(&self.path, key)) {
            let problem = ConfigProblem::UnknownKey { key: shown(key), nearest: meant(&self.path, key) };
            return Err(ConfigError::new(*place, problem));
        }
        Ok(Section { path: self.path.clone(), members })
    }

    /// Text of at least one character and without control characters. Without quotes it must read as text in
    /// YAML 1.1 and in YAML 1.2 (CFG-4).
    pub(super) fn text(&self) -> Result<&'i str, ConfigError> {
        let text = match &self.item.value {
            Value::Quoted(text) => text,
            Value::Plain(text) => {
                let old = (scalar::kind_1_1(text), "1.1");
                let new = (scalar::kind_1_2(text), "1.2");
                if let Some((kind, version)) =
                    [new, old].into_iter().find(|(kind, _)| *kind != scalar::Kind::Text)
                {
                    return Err(self.must_be_quoted(text, kind, version));
                }
                text
            }
            Value::List(_) | Value::Map(_) => return Err(self.expected("text")),
        };
        if text.is_empty() {
            return Err(self.expected("text of at least one character"));
        }
        match text.chars().find(|c| c.is_control()) {
            Some(control) => Err(ConfigError::new(self.item.place, ConfigProblem::Character(control))),
            None => Ok(text),
        }
    }

    fn must_be_quoted(&self, text: &str, kind: scalar::Kind, version: &'static str) -> ConfigError {
        if text.is_empty() {
            return self.expected("text");
        }
        let problem = ConfigProblem::MustBeQuoted {
            key: self.path.clone(),
            text: shown(text),
            reads_as: kind.name(),
            version,
        };
        ConfigError::new(self.item.place, problem)
    }

    /// An integer from `least` to 2^53-1, in a spelling that YAML 1.1 and YAML 1.2 read alike (CFG-5).
    pub(super) fn uint(&self, least: u64) -> Result<u64, ConfigError> {
        const MOST: u64 = (1 << 53) - 1;
        let value = match &self.item.value {
            Value::Plain(text) => scalar::agreed_integer(text),
            _ => None,
        };
        value
            .and_then(|value| u64::try_from(value).ok())
            .filter(|value| (least..=MOST).contains(value))
            .ok_or_else(|| self.expected(format!("an integer of at least {least}, in plain decimal")))
    }

    /// One of the words of `T`.
    pub(super) fn choice<T: Choice>(&self) -> Result<T, ConfigError> {
        let word = match &self.item.value {
            Value::Plain(text) | Value::Quoted(text) => Some(text.as_str()),
            _ => None,
        };
        let found = T::ALL.iter().copied().find(|choice| Some(choice.as_str()) == word);
        found.ok_or_else(|| {
            let words: Vec<_> = T::ALL.iter().map(|choice| format!("`{}`", choice.as_str())).collect();
            self.expected(format!("one of {}", words.join(", ")))
        })
    }

    /// `true` or `false`, which YAML 1.1 and YAML 1.2 read alike.
    pub(super) fn flag(&self) -> Result<bool, ConfigError> {
        match &self.item.value {
            Value::Plain(text) if text == "true" => Ok(true),
            Value::Plain(text) if text == "false" => Ok(false),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Result<impl Iterator<Item = Field<'i>>, ConfigError> {
        let Value::List(items) = &self.item.value else { return Err(self.expected("a list")) };
        let path = self.path.clone();
        Ok(items.iter().enumerate().map(move |(at, item)| Field { path: format!("{path}[{at}]"), item }))
    }
}
