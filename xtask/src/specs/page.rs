//! A page of `specs/`: the lines that state a requirement.

use std::str::FromStr as _;

use ca2a_core::ErrorCode;

/// The layers that number requirements. An id under another prefix is refused, and words such as `SHA-256` or
/// `RFC-8785` in a comment are no citation.
pub(super) const PREFIXES: &[&str] = &[
    "CORE", "DEL", "HOLD", "REV", "POL", "ATT", "SEAL", "TRC", "LOG", "WIRE", "RUN", "CFG", "CLI", "CONF",
    "HAND", "MAN", "A2A", "GATE",
];

/// A line that states a requirement: `**DEL-7** (MUST, code SCOPE_ESCALATION): ...`.
pub(super) struct Requirement<'a> {
    pub(super) id: &'a str,
    /// What stands between the parentheses after the id, if they are there.
    terms: Option<&'a str>,
}

impl<'a> Requirement<'a> {
    /// A definition is bold text at the start of a line or list item that looks like an id.
    pub(super) fn stated(line: &'a str) -> Option<Self> {
        let (id, rest) = line.trim_start_matches(['-', ' ', '|']).strip_prefix("**")?.split_once("**")?;
        let (prefix, number) = id.split_once('-')?;
        let looks = !prefix.is_empty()
            && prefix.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && number.starts_with(|first: char| first.is_ascii_digit());
        let terms =
            rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(terms, _)| terms);
        looks.then_some(Self { id, terms })
    }

    /// The layer that owns it: what stands before the number.
    pub(super) fn prefix(&self) -> &'a str {
        self.id.split_once('-').map_or(self.id, |(prefix, _)| prefix)
    }

    /// MUST, MUST NOT, SHOULD, SHOULD NOT or MAY.
    pub(super) fn level(&self) -> &'a str {
        self.terms.unwrap_or_default().split([',', ';']).next().unwrap_or_default().trim()
    }

    /// Whether it has to be met, and tests show that it is.
    pub(super) fn by_tests(&self) -> bool {
        self.level().starts_with("MUST") && !self.by_process()
    }

    /// Whether something else than a test shows it, which the requirement names.
    fn by_process(&self) -> bool {
        self.terms.unwrap_or_default().split(", ").any(|term| term == "by process")
    }

    /// What a refusal under it may be called, as its terms say it.
    pub(super) fn codes(&self) -> impl Iterator<Item = &'a str> {
        self.terms.unwrap_or_default().split([' ', ',', ';']).filter(|word| {
            word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
    }

    /// What is wrong with its shape, if anything.
    pub(super) fn fault(&self) -> Option<String> {
        self.form_fault().map(str::to_owned).or_else(|| {
            let unknown = self.codes().find(|code| ErrorCode::from_str(code).is_err())?;
            Some(format!("names `{unknown}`, which is no error code"))
        })
    }

    fn form_fault(&self) -> Option<&'static str> {
        let (prefix, number) = self.id.split_once('-')?;
        if !PREFIXES.contains(&prefix) {
            return Some("has a prefix that no layer owns");
        }
        if number.starts_with('0') || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some("is not numbered in plain decimal from 1");
        }
        (!["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"].contains(&self.level()))
            .then_some("does not say (MUST), (MUST NOT), (SHOULD), (SHOULD NOT) or (MAY) after its id")
    }
}

/// The layers that a line of `specs/README.md` says are held against their tests.
pub(super) fn held(line: &str) -> Option<impl Iterator<Item = &str>> {
    let list = line.strip_prefix("Held against their tests: ")?;
    Some(list.split([',', '.', ' ']).filter(|word| !word.is_empty()))
}
