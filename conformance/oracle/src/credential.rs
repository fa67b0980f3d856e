//! A credential, read by the rules of `specs/delegation.md` in their order.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::json::{Value, quoted};

/// A credential whose members are what they must be. Its signature was not looked at.
pub(crate) struct Credential {
    pub(crate) id: String,
    pub(crate) issuer: [u8; 32],
    pub(crate) subject: [u8; 32],
    pub(crate) scope: BTreeSet<String>,
    pub(crate) depth: i64,
    pub(crate) parent: Option<String>,
    pub(crate) signature: [u8; 64],
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
}

const NEEDED: [&str; 7] = ["credential_id", "issuer", "subject", "scope", "depth", "parent_id", "signature"];
const POSSIBLE: [&str; 2] = ["not_before", "not_after"];

impl Credential {
    /// The credential that `value` is (DEL-1 to DEL-9).
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let Value::Object(members) = value else { return None };
        let get = |name: &str| members.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        let known = |name: &str| NEEDED.contains(&name) || POSSIBLE.contains(&name);
        if !members.iter().all(|(name, _)| known(name)) {
            return None;
        }
        let bound = |name: &str| match get(name) {
            None => Some(None),
            Some(value) => natural(value).map(Some),
        };
        let read = Self {
            id: text(get("credential_id")?)?,
            issuer: hex(get("issuer")?)?,
            subject: hex(get("subject")?)?,
            scope: scope(get("scope")?)?,
            depth: natural(get("depth")?)?,
            parent: match get("parent_id")? {
                Value::Null => None,
                value => Some(text(value)?),
            },
            signature: hex(get("signature")?)?,
            from: bound("not_before")?,
            until: bound("not_after")?,
        };
        match (read.from, read.until) {
            (Some(from), Some(until)) if from > until => None,
            _ => Some(read),
        }
    }

    /// What a revocation calls it (DEL-14).
    pub(crate) fn digest(&self) -> String {
        format!("sha256:{}", spelled(&sha256(self.body().as_bytes())))
    }

    /// What is signed (DEL-10).
    pub(crate) fn body(&self) -> String {
        let mut members = vec![
            format!("\"credential_id\":{}", quoted(&self.id)),
            format!("\"depth\":{}", self.depth),
            format!("\"issuer\":\"{}\"", spelled(&self.issuer)),
        ];
        members.extend(self.until.map(|until| format!("\"not_after\":{until}")));
        members.extend(self.from.map(|from| format!("\"not_before\":{from}")));
        let parent = self.parent.as_deref().map_or_else(|| "null".to_owned(), quoted);
        members.push(format!("\"parent_id\":{parent}"));
        let scope: Vec<String> = self.scope.iter().map(|capability| quoted(capability)).collect();
        members.push(format!("\"scope\":[{}]", scope.join(",")));
        members.push(format!("\"subject\":\"{}\"", spelled(&self.subject)));
        format!("{{{}}}", members.join(","))
    }
}

pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

pub(crate) fn natural(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number @ 0..) => Some(*number),
        _ => None,
    }
}

pub(crate) fn scope(value: &Value) -> Option<BTreeSet<String>> {
    let Value::List(items) = value else { return None };
    let scope: BTreeSet<String> = items.iter().map(text).collect::<Option<_>>()?;
    // In a set the same one twice is one.
    (scope.len() == items.len() && (1..=256).contains(&items.len())).then_some(scope)
}

/// `N` bytes in lower-case hex.
pub(crate) fn hex<const N: usize>(value: &Value) -> Option<[u8; N]> {
    let Value::Text(text) = value else { return None };
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' | b'a'..=b'f' => {
            char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
        }
        _ => None,
    };
    let digits: Vec<u8> = text.as_bytes().iter().map(digit).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some((high << 4) | low),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

pub(crate) fn spelled(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
