//! One case: what is asked, and what a requirement wants of the answer.

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

/// A case of a vector file.
#[derive(Clone)]
pub(super) struct Case {
    /// The requirement and, behind a slash, which side of it and what about it.
    pub(super) id: String,
    requirement: &'static str,
    about: &'static str,
    op: &'static str,
    input: Value,
    expect: Value,
    preimages: Vec<Value>,
}

impl Case {
    /// A case of the operation `op` that has to be accepted, with at least the members of `expect`.
    pub(super) fn accept(
        requirement: &'static str,
        name: &str,
        about: &'static str,
        op: &'static str,
        input: Value,
        mut expect: Value,
    ) -> Self {
        expect["ok"] = json!(true);
        Self {
            id: format!("{requirement}/accept-{name}"),
            requirement,
            about,
            op,
            input,
            expect,
            preimages: Vec::new(),
        }
    }

    /// A case that has to be refused with `code`, or, where the place of the document decides on it, with any.
    pub(super) fn refuse(
        requirement: &'static str,
        name: &str,
        about: &'static str,
        op: &'static str,
        input: Value,
        code: impl Into<Option<&'static str>>,
    ) -> Self {
        let expect = match code.into() {
            Some(code) => json!({ "ok": false, "error": code }),
            None => json!({ "ok": false }),
        };
        Self {
            id: format!("{requirement}/refuse-{name}"),
            requirement,
            about,
            op,
            input,
            expect,
            preimages: Vec::new(),
        }
    }

    /// A case of a server, whose answer says by its status whether it is a refusal: `side` is `accept` or `refuse`.
    pub(super) fn answer(
        requirement: &'static str,
        side: &str,
        name: &str,
        about: &'static str,
        input: Value,
        expect: Value,
    ) -> Self {
        Self::says(requirement, side, name, about, "http", input, expect)
    }

    /// A case of an operation whose answer says in its members whether it is a refusal: `side` is `accept` or `refuse`.
    pub(super) fn says(
        requirement: &'static str,
        side: &str,
        name: &str,
        about: &'static str,
        op: &'static str,
        input: Value,
        expect: Value,
    ) -> Self {
        let case = Self::accept(requirement, name, about, op, input, expect);
        Self { id: format!("{requirement}/{side}-{name}"), ..case }
    }

    /// The same case, whose answer says this, too.
    pub(super) fn expecting(mut self, name: &str, value: Value) -> Self {
        self.expect[name] = value;
        self
    }

    /// The same case, with the bytes that `of` signs, hashes or authenticates.
    pub(super) fn preimage(mut self, of: &str, text: &str) -> Self {
        let sha256 = Sha256::of(text.as_bytes()).to_hex();
        self.preimages.push(json!({ "of": of, "utf8": text, "hex": hex(text.as_bytes()), "sha256": sha256 }));
        self
    }

    pub(super) fn to_json(&self) -> Value {
        let mut case = json!({
            "id": self.id,
            "requirement": self.requirement,
            "about": self.about,
            "op": self.op,
            "input": self.input,
            "expect": self.expect,
        });
        if !self.preimages.is_empty() {
            case["preimages"] = Value::from(self.preimages.clone());
        }
        case
    }
}
